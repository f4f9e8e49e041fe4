#include <algorithm>
#include <utility>

#include "heap_sort.h"
#include "machine.h"

namespace parking_lot {

// --- starting ---

void Scheduler::Machine::start(Pool& pool, const Candidate& candidate) {
  const std::uint32_t slot = candidate.entry.slot;
  Task& task = tasks_[slot];
  const bool is_woken = task.phase == Phase::parked;
  if (task.phase == Phase::arriving) record_admission(pool, slot);
  Executor& executor = pool.pick_executor(*candidate.lane);

  const Lease lease{pool.stream.incarnation(), pool.next_lease};
  const std::uint64_t sequence =
      emit(pool, slot, TaskStarted{task.admission, lease, executor.id, task.attempt + 1, is_woken});
  if (executor.credits != endless_credits) pool.set_credits(executor, executor.credits - 1);
  if (is_woken) pool.note_departure(now_.steady);

  Run& run = runs_[task.run];
  run.is_known_here = true;
  run.stage = Run::Stage::started;
  run.expected = expected_length(pool, task);
  expect_end(pool, task.run);
  watch_charge(pool, task.run);
  yield_after(pool, sequence,
              Start{pool.id, handle_of(slot), lease, executor.id, task.attempt, task.units, task.payload});
  notify(pool, slot, Notify::Event::started, sequence);
}

/// Takes back a start that the host has not seen. True if it had not.
bool Scheduler::Machine::withdraw_start(Pool& pool, std::uint32_t run_slot) {
  const Run& run = runs_[run_slot];
  if (run.was_yielded || !run.is_known_here) return false;
  const TaskHandle handle{run.task, run.generation};
  bool is_withdrawn = false;
  const auto take_back = [&](const Effect& effect) {
    if (const auto* held = std::get_if<Start>(&effect)) {
      if (held->task != handle || held->lease != run.lease) return false;
      is_withdrawn = true;
      return true;
    }
    const auto* event = std::get_if<Notify>(&effect);
    return event != nullptr && event->task == handle && event->event == Notify::Event::started;
  };
  outbox_.withdraw(pool.id.index, take_back);
  if (!is_withdrawn) outbox_.withdraw_ready(take_back);
  if (is_withdrawn) pool.give_back_credits(run.executor, 1);
  return is_withdrawn;
}

// --- reports ---

std::uint32_t Scheduler::Machine::find_run(TaskHandle handle, Lease lease) {
  const Task* task = task_at(handle);
  if (task != nullptr && task->run != no_slot && runs_[task->run].lease == lease) return task->run;
  for (const std::uint32_t run : detached_) {
    if (runs_[run].task == handle.slot && runs_[run].generation == handle.generation &&
        runs_[run].lease == lease)
      return run;
  }
  for (const Pool& pool : pools) {  // of a stream that failed
    const std::uint32_t run = find_stale_run(pool, lease);
    if (run != no_slot && runs_[run].task == handle.slot && runs_[run].generation == handle.generation)
      return run;
  }
  return no_slot;
}

void Scheduler::Machine::take(const ExecutorReady& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr) return;
  const bool is_first = pool->is_fair() && pool->lane(input.realm).executors == 0 && pool->lanes.size() > 1;
  const auto before = is_first ? competing(*pool) : std::vector<unsigned>();
  pool->connect(input);
  wake_others(*pool, before);
  mark_dirty(*pool);
}

void Scheduler::Machine::take(const ExecutorGone& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr) return;
  const Executor* executor = pool->find_executor(input.executor);
  const RealmId realm = executor == nullptr ? 0 : executor->realm;
  pool->disconnect(input.executor);
  mark_dirty(*pool);
  std::vector<std::pair<std::uint64_t, std::uint32_t>>
      lost;  // by lease number: an order that no slot decides
  for (std::uint32_t i = 0; i < runs_.end(); ++i) {
    const Run& run = runs_[i];
    if (run.stage != Run::Stage::free && run.pool == input.pool.index && run.executor == input.executor) {
      lost.emplace_back(run.lease.number, i);
    }
  }
  heap_sort(lost.begin(), lost.end());
  const bool is_dead = input.death == ExecutorGone::Death::known;
  for (const auto& [number, run] : lost) {
    if (runs_[run].is_current && pool->stream.state() == StreamState::open && withdraw_start(*pool, run)) {
      requeue(*pool, runs_[run].task, Reason::none, Holding::freed);  // the host never saw it start
      continue;
    }
    Failed how;
    how.task = {runs_[run].task, runs_[run].generation};
    how.lease = runs_[run].lease;
    how.reason = realm != 0 ? Reason::realm_gone : Reason::lost;
    how.credits = 0;
    how.units = is_dead ? Failed::Units::freed : Failed::Units::unknown;
    take(how);
  }
  if (realm != 0 && pool->lane(realm).executors == 0) abandon_realm(*pool, realm);
}

/// What is pinned to a realm that has gone can never run.
void Scheduler::Machine::abandon_realm(Pool& pool, RealmId realm) {
  pool.lane(realm).is_abandoned = pool.stream.state() != StreamState::open;
  if (pool.lane(realm).is_abandoned) return;
  if (!pool.arrivals.empty()) settle(pool);
  std::vector<std::uint32_t> slots;
  pool.by_admission.visit_after(0, [&](std::uint32_t slot) {
    const Task& task = tasks_[slot];
    if (task.realm == realm && task.phase != Phase::ended && task.phase != Phase::running)
      slots.push_back(slot);
    return true;
  });
  for (const std::uint32_t slot : slots)
    finish(pool, slot, Status::failed, Reason::realm_gone, {}, Holding::freed);
}

void Scheduler::Machine::take(const Running& input) {
  const std::uint32_t slot = find_run(input.task, input.lease);
  if (slot == no_slot || !runs_[slot].is_current || runs_[slot].stage != Run::Stage::started) return;
  Run& run = runs_[slot];
  Pool& pool = pools[run.pool];
  run.stage = Run::Stage::running;
  if (pool.stream.state() != StreamState::open) return;  // timers start again when it is
  const Duration timeout = tasks_[run.task].timeout;
  if (timeout.ms > 0) run.due = now_.steady + timeout;
  renew_lease(pool, slot);
}

void Scheduler::Machine::take(const Heartbeat& input) {
  const std::uint32_t slot = find_run(input.task, input.lease);
  if (slot != no_slot && runs_[slot].is_current) renew_lease(pools[runs_[slot].pool], slot);
}

void Scheduler::Machine::take(const UsageReported& input) {
  const std::uint32_t slot = find_run(input.task, input.lease);
  if (slot == no_slot || !runs_[slot].is_current) return;
  Run& run = runs_[slot];
  Pool& pool = pools[run.pool];
  if (pool.stream.state() != StreamState::open) {
    pool.held_reports.push_back(input);
    return;
  }
  renew_lease(pool, slot);
  if (pool.has_resources()) return;  // one number says nothing of several
  const Units units = std::min(input.units, units_max);
  if (units == run.units) return;
  emit(pool, run.task, UsageRecorded{tasks_[run.task].admission, units});
  mark_dirty(pool);
}

void Scheduler::Machine::take(const Finished& input) {
  const std::uint32_t slot = find_run(input.task, input.lease);
  if (slot == no_slot) return;
  Run& run = runs_[slot];
  Pool& pool = pools[run.pool];
  pool.give_back_credits(run.executor, input.credits);
  mark_dirty(pool);
  if (pool.stream.state() != StreamState::open) {
    pool.held_reports.push_back(Finished{input.task, input.lease, input.result, 0});
    return;
  }
  if (run.is_current) {
    finish(pool, run.task, Status::completed, Reason::none, input.result, Holding::freed);
    keep_until_durable(pool, Finished{input.task, input.lease, input.result, 0});
  } else {
    release_unused(pool, slot, input.result);
    release_units(pool, slot);
  }
}

void Scheduler::Machine::take(const Failed& input) {
  const std::uint32_t slot = find_run(input.task, input.lease);
  if (slot == no_slot) return;
  Pool& pool = pools[runs_[slot].pool];
  pool.give_back_credits(runs_[slot].executor, input.credits);
  mark_dirty(pool);
  if (pool.stream.state() != StreamState::open) {
    Failed held = input;
    held.credits = 0;
    pool.held_reports.push_back(held);
    return;
  }
  end_run(pool, slot, input);
}

/// A run ended without a result: the task is repeated or it has failed.
void Scheduler::Machine::end_run(Pool& pool, std::uint32_t run_slot, const Failed& how) {
  const std::uint32_t slot = runs_[run_slot].task;
  const bool is_known_free = how.units == Failed::Units::freed;
  if (!runs_[run_slot].is_current) {
    release_unused(pool, run_slot, how.result);
    if (is_known_free) {
      release_units(pool, run_slot);
    } else if (runs_[run_slot].stage != Run::Stage::quarantined) {
      // If the record that ended its task is lost, the run is the task's again, and nobody reports it anew.
      keep_until_durable(pool, Failed{how.task, how.lease, how.reason, {}, 0, how.units});
      quarantine(pool, run_slot);
    }
    return;
  }
  const Holding holding = is_known_free ? Holding::freed : Holding::held;
  const Task& task = tasks_[slot];
  const bool is_lost = how.reason == Reason::lost || how.reason == Reason::executor_failed;
  const bool repeats =
      is_lost ? task.lost < task.max_lost
              : how.reason == Reason::task_failed && task.failures + 1U < task.retry.max_attempts;
  Failed kept{how.task, how.lease, how.reason, how.result, 0, how.units};
  if (repeats) {
    release_payload(pool, 0, std::exchange(kept.result, {}));
    requeue(pool, slot, is_lost ? Reason::lost : Reason::retry, holding);
  } else {
    const Status status = how.reason == Reason::timed_out ? Status::expired : Status::failed;
    finish(pool, slot, status, how.reason, how.result, holding);
  }
  keep_until_durable(pool, kept);
  if (!is_known_free) quarantine(pool, run_slot);
}

/// A result that came too late to be the outcome. (After a reload it may be just that, reported a second
/// time.)
void Scheduler::Machine::release_unused(Pool& pool, std::uint32_t run_slot, PayloadRef result) {
  const Task* task = task_at({runs_[run_slot].task, runs_[run_slot].generation});
  const bool is_outcome =
      task != nullptr && task->outcome != no_slot && outcomes_[task->outcome].result == result;
  if (!is_outcome) release_payload(pool, 0, result);
}

void Scheduler::Machine::keep_until_durable(Pool& pool, const Input& report) {
  if (pool.stream.is_durable()) pool.unrecorded.push_back({pool.stream.sequence(), report});
}

// --- ending ---

std::uint64_t& Scheduler::Machine::outcome_count(Pool& pool, Status status) {
  switch (status) {
    case Status::completed:
      return pool.totals.completed;
    case Status::failed:
      return pool.totals.failed;
    case Status::expired:
      return pool.totals.expired;
    default:
      return pool.totals.dropped;
  }
}

/// Records the outcome. Only a run that is `held` keeps its units.
void Scheduler::Machine::finish(Pool& pool, std::uint32_t slot, Status status, Reason reason,
                                PayloadRef result, Holding holding) {
  const std::uint64_t admission = tasks_[slot].admission;
  const PayloadRef payload =
      status == Status::failed ? PayloadRef{} : tasks_[slot].payload;  // a failed one can be retried
  const std::uint64_t sequence =
      emit(pool, slot, TaskFinished{admission, status, reason, result, holding == Holding::held});
  ++outcome_count(pool, status);
  notify(pool, slot, Notify::Event::ended, sequence);
  release_payload(pool, sequence, payload);
  mark_dirty(pool);
}

void Scheduler::Machine::requeue(Pool& pool, std::uint32_t slot, Reason reason, Holding holding) {
  Task& task = tasks_[slot];
  const Duration delay = reason == Reason::retry ? backoff_of(task) : Duration{0};
  const WallTime ready_at = delay.ms > 0 ? now_.wall + delay : WallTime{0};
  const std::uint64_t sequence =
      emit(pool, slot, TaskRequeued{task.admission, reason, ready_at, holding == Holding::held});
  if (delay.ms > 0) {
    backoff_timers_.arm(slot, (now_.steady + delay).ms, task.admission);
  } else {
    arm_task_timer(slot);  // of a withdrawn start the deadline counts again
  }
  notify(pool, slot, Notify::Event::requeued, sequence);
  mark_dirty(pool);
}

Duration Scheduler::Machine::backoff_of(const Task& task) {
  std::uint64_t delay = task.retry.initial_ms;
  for (unsigned i = 0; i < task.failures && delay < task.retry.max_ms; ++i)
    delay = delay * task.retry.factor_percent / 100;
  delay = std::min<std::uint64_t>(delay, task.retry.max_ms);
  const std::uint64_t jitter = delay * task.retry.jitter_percent / 100;
  if (jitter > 0) delay -= random() % (jitter + 1);
  return Duration{static_cast<std::int64_t>(delay)};
}

/// Orders the end of a run whose outcome is fixed already, and waits for it no longer than the grace.
void Scheduler::Machine::stop_run(Pool& pool, std::uint32_t run_slot, Reason reason) {
  Run& run = runs_[run_slot];
  run.stage = Run::Stage::stopping;
  run.lease_due = never_steady;
  run.due = now_.steady + pool.config.kill_grace;
  arm_run(pool, run_slot);
  expect_end(pool, run_slot);
  yield_after(pool, pool.stream.sequence(),
              Stop{pool.id, {run.task, run.generation}, run.lease, run.executor, reason});
}

/// The run may be dead or not: its units stay taken for a while.
void Scheduler::Machine::quarantine(Pool& pool, std::uint32_t run_slot) {
  Run& run = runs_[run_slot];
  if (run.stage == Run::Stage::quarantined) return;
  run.stage = Run::Stage::quarantined;
  run.lease_due = never_steady;
  run.due = now_.steady + pool.config.quarantine;
  pool.quarantined += run.units;
  if (pool.has_resources()) pool.amounts_quarantined.add(pool.run_costs.at(run_slot));
  if (pool.config.quarantine.ms == 0) {
    release_units(pool, run_slot);
  } else {
    arm_run(pool, run_slot);
    expect_end(pool, run_slot);
  }
}

/// The run is known, or taken, to have ended.
void Scheduler::Machine::release_units(Pool& pool, std::uint32_t run_slot) {
  const Run& run = runs_[run_slot];
  const TaskHandle handle{run.task, run.generation};
  emit(pool, task_at(handle) == nullptr ? no_slot : handle.slot, UnitsReleased{run.admission, run.lease});
  mark_dirty(pool);
}

// --- leases ---

void Scheduler::Machine::renew_lease(const Pool& pool, std::uint32_t run_slot) {
  if (pool.stream.state() != StreamState::open) return;  // no run ends while nothing can be recorded
  Run& run = runs_[run_slot];
  for (const Executor& executor : pool.executors) {
    if (executor.id != run.executor) continue;
    if (executor.liveness == ExecutorReady::Liveness::heartbeats)
      run.lease_due = now_.steady + pool.config.lease;
    run.was_forgiven = false;
    break;
  }
  arm_run(pool, run_slot);
}

void Scheduler::Machine::arm_run(const Pool&, std::uint32_t run_slot) {
  const Run& run = runs_[run_slot];
  const SteadyTime due = std::min(run.due, run.lease_due);
  if (due == never_steady) {
    run_timers_.disarm(run_slot);
  } else {
    run_timers_.arm(run_slot, due.ms, run.lease.number);
  }
}

}  // namespace parking_lot
