#include <algorithm>
#include <optional>
#include <utility>

#include "machine.h"

/// Record → state, live and at replay. Nothing here decides, reads the clock or yields an effect.
namespace parking_lot {

void Scheduler::Machine::apply(Pool& pool, std::uint32_t, const PoolOpened& fact, Stamp) {
  pool.stream.set_incarnation(fact.incarnation);
  pool.incarnations.push_back(fact.incarnation);
  pool.next_lease = 1;
  pool.state_basis = 0;
}

void Scheduler::Machine::apply(Pool& pool, std::uint32_t, const PoolStateChanged& fact, Stamp stamp) {
  pool.state = fact.state;
  pool.state_basis = stamp.sequence;
}

void Scheduler::Machine::apply(Pool& pool, std::uint32_t slot, const TaskAdmitted& fact, Stamp stamp) {
  Task& task = tasks_[slot];
  task.basis = stamp.sequence;
  task.submitted_at = stamp.at;
  task.status = Status::submitted;
  pool.by_admission.set(task.admission, slot);
  if (task.task_id) pool.by_name[task.task_id.index] = slot;
  pool.next_admission = std::max(pool.next_admission, fact.admission + 1);
}

void Scheduler::Machine::apply(Pool& pool, std::uint32_t slot, const TaskParked& fact, Stamp stamp) {
  Task& task = tasks_[slot];
  task.basis = stamp.sequence;
  task.status = Status::queued;
  task.ready_at = fact.ready_at;
  const bool is_queued = task.phase == Phase::arriving;  // live, it entered the queue before the pass
  if (fact.ready_at.ms > 0) {
    task.phase = Phase::waiting;
    ++pool.waiting;
  } else if (is_queued) {
    task.phase = Phase::parked;
    count_parked(pool, slot);
  } else {
    enqueue(pool, slot);
  }
}

void Scheduler::Machine::apply(Pool& pool, std::uint32_t slot, const TaskStarted& fact, Stamp stamp) {
  Task& task = tasks_[slot];
  leave_phase(pool, slot);
  task.basis = stamp.sequence;
  task.phase = Phase::running;
  task.status = Status::running;
  task.reason = Reason::none;
  task.attempt = fact.attempt;
  task.run = new_run(pool, slot, fact, stamp);
  pool.next_lease = std::max(pool.next_lease, fact.lease.number + 1);
  ++pool.running;
}

void Scheduler::Machine::apply(Pool& pool, std::uint32_t slot, const TaskRequeued& fact, Stamp stamp) {
  Task& task = tasks_[slot];
  end_current_run(pool, slot, fact.units_held ? Holding::held : Holding::freed);
  leave_phase(pool, slot);
  task.basis = stamp.sequence;
  task.status = Status::queued;
  task.reason = fact.reason;
  task.ready_at = fact.ready_at;
  if (fact.reason == Reason::retry) ++task.failures;
  if (fact.reason == Reason::lost) ++task.lost;
  if (fact.reason == Reason::none) --task.attempt;  // the start was withdrawn
  if (fact.ready_at.ms > 0) {
    task.phase = Phase::backing_off;
    ++pool.backing_off;
  } else {
    enqueue(pool, slot);
  }
}

void Scheduler::Machine::apply(Pool& pool, std::uint32_t slot, const PriorityChanged& fact, Stamp stamp) {
  Task& task = tasks_[slot];
  task.basis = stamp.sequence;
  const bool is_parked = task.phase == Phase::parked;
  const Duration* before = pool.queued_at.find(slot);
  const auto queued_at = before == nullptr ? std::nullopt : std::optional(*before);
  if (is_parked) dequeue(pool, slot);
  task.priority = task.leaves_as = fact.priority;
  if (queued_at) pool.queued_at[slot] = *queued_at;  // it has waited all the same
  if (is_parked) enqueue(pool, slot);
}

void Scheduler::Machine::apply(Pool& pool, std::uint32_t slot, const UsageRecorded& fact, Stamp stamp) {
  Task& task = tasks_[slot];
  task.basis = stamp.sequence;
  if (task.run == no_slot) return;
  Run& run = runs_[task.run];
  if (pool.has_resources()) return;
  pool.in_use = pool.in_use - run.units + fact.units;
  pool.most_in_use = std::max(pool.most_in_use, pool.in_use);
  if (run.tenant != 0) {
    Units& used = pool.tenants[run.tenant].in_use.of[0];
    used = used - run.units + fact.units;
  }
  run.units = fact.units;
  if (run.tenant != 0) refresh_lines(pool, run.tenant);
  if (run.expected_end != never_steady) pool.ends.update(run.expected_end, task.run, Amounts(run.units));
}

void Scheduler::Machine::apply(Pool& pool, std::uint32_t slot, const TaskFinished& fact, Stamp stamp) {
  Task& task = tasks_[slot];
  task.outcome = outcomes_.allocate();
  Outcome& outcome = outcomes_[task.outcome];
  outcome = Outcome{};
  outcome.result = fact.result;
  outcome.finished_at = stamp.at;
  outcome.incarnation = pool.stream.incarnation();
  outcome.sequence = stamp.sequence;
  outcome.is_delivered = !task.mailbox;
  if (task.run != no_slot) {
    outcome.started_at = runs_[task.run].started_at;
    if (fact.status == Status::completed) remember_run_time(pool, task, stamp.at - outcome.started_at);
  }
  end_current_run(pool, slot, fact.units_held ? Holding::held : Holding::freed);
  leave_phase(pool, slot);
  task.basis = stamp.sequence;
  task.phase = Phase::ended;
  task.status = fact.status;
  if (fact.status != Status::failed) task.payload = {};
  task.reason = fact.reason;
  pool.ended.push_back(slot);
  if (task.mailbox) {
    if (fact.result.id != 0) results.insert(fact.result.id);
    pool.deliveries.push_back({slot});
    list_for_delivery(pool);
  }
}

void Scheduler::Machine::apply(Pool& pool, std::uint32_t, const UnitsReleased& fact, Stamp) {
  for (const std::uint32_t run : detached_) {
    if (runs_[run].pool == pool.id.index && runs_[run].lease == fact.lease) {
      free_run_units(pool, run);
      return;
    }
  }
}

void Scheduler::Machine::apply(Pool& pool, std::uint32_t slot, const TaskDelivered&, Stamp stamp) {
  tasks_[slot].basis = stamp.sequence;
  outcomes_[tasks_[slot].outcome].is_delivered = true;
  if (!pool.deliveries.empty() && pool.deliveries.front().task == slot) {
    pool.deliveries.pop_front();
  } else {  // not the first one: after a reload
    std::erase_if(pool.deliveries, [&](const Delivery& delivery) { return delivery.task == slot; });
  }
  if (pool.deliveries_sent > 0) --pool.deliveries_sent;
}

void Scheduler::Machine::apply(Pool&, std::uint32_t, const DeliveryOverdue&, Stamp) {}
void Scheduler::Machine::apply(Pool&, std::uint32_t, const TaskRejected&, Stamp) {}
void Scheduler::Machine::apply(Pool&, std::uint32_t, const RejectionsCounted&, Stamp) {}

// --- the steps that they share ---

void Scheduler::Machine::enqueue(Pool& pool, std::uint32_t slot) {
  Task& task = tasks_[slot];
  task.phase = Phase::parked;
  queue_task(pool, slot);
  count_parked(pool, slot);
}

void Scheduler::Machine::count_parked(Pool& pool, std::uint32_t slot) {
  ++pool.parked;
  if (pool.tracks_tenants()) ++pool.tenants[pool.tenants.find(tasks_[slot].tenant)].parked;
}

void Scheduler::Machine::dequeue(Pool& pool, std::uint32_t slot) {
  const Task& task = tasks_[slot];
  if (pool.guarded == slot) stop_guard(pool);
  pool.exhausted.erase(key_of(task));
  if (task.phase == Phase::parked) {
    --pool.parked;
    if (pool.tracks_tenants()) --pool.tenants[pool.tenants.find(task.tenant)].parked;
  }
  unqueue_task(pool, slot);
}

/// Takes the task out of whatever its phase keeps it in.
void Scheduler::Machine::leave_phase(Pool& pool, std::uint32_t slot) {
  switch (tasks_[slot].phase) {
    case Phase::arriving:
    case Phase::parked:
      dequeue(pool, slot);
      wall_timers_.disarm(slot);
      break;
    case Phase::waiting:
      --pool.waiting;
      wall_timers_.disarm(slot);
      break;
    case Phase::backing_off:
      --pool.backing_off;
      backoff_timers_.disarm(slot);
      break;
    case Phase::running:
      --pool.running;
      break;
    default:
      break;
  }
}

/// The task goes on without its run; a run that may still use its units keeps them.
void Scheduler::Machine::end_current_run(Pool& pool, std::uint32_t slot, Holding holding) {
  const std::uint32_t run_slot = std::exchange(tasks_[slot].run, no_slot);
  if (run_slot == no_slot) return;
  runs_[run_slot].is_current = false;
  if (holding == Holding::freed) {
    free_run_units(pool, run_slot);
  } else {
    detached_.push_back(run_slot);
  }
}

void Scheduler::Machine::free_run_units(Pool& pool, std::uint32_t run_slot) {
  Run& run = runs_[run_slot];
  pool.in_use -= run.units;
  if (pool.has_resources()) pool.amounts_in_use.take(pool.run_costs.at(run_slot));
  end_account(pool, run_slot);
  if (run.stage == Run::Stage::quarantined) {
    pool.quarantined -= run.units;
    if (pool.has_resources()) pool.amounts_quarantined.take(pool.run_costs.at(run_slot));
  }
  forget_end(pool, run_slot);
  run_timers_.disarm(run_slot);
  std::erase(detached_, run_slot);
  run.stage = Run::Stage::free;
  if (pool.has_resources()) pool.run_costs.erase(run_slot);
  runs_.free(run_slot);
}

/// A run read from a journal may be one that is alive in this process: then it goes on.
std::uint32_t Scheduler::Machine::new_run(Pool& pool, std::uint32_t slot, const TaskStarted& fact,
                                          Stamp stamp) {
  const Task& task = tasks_[slot];
  const std::uint32_t known = find_stale_run(pool, fact.lease);
  const std::uint32_t run_slot = known != no_slot ? known : runs_.allocate();
  Run& run = runs_[run_slot];
  if (known == no_slot) {
    run = Run{};
    run.stage = Run::Stage::unknown;
  } else {
    std::erase(pool.stale_runs, run_slot);
    if (run.stage != Run::Stage::started && run.stage != Run::Stage::running) {
      run.stage = Run::Stage::running;  // until later records say otherwise
      run.due = never_steady;
    }
  }
  run.lease = fact.lease;
  run.units = task.units;
  run.started_at = stamp.at;
  run.task = slot;
  run.generation = task.generation;
  run.admission = task.admission;
  run.executor = fact.executor;
  run.pool = static_cast<std::uint16_t>(pool.id.index);
  run.is_current = true;
  pool.in_use += run.units;
  if (pool.has_resources()) {
    pool.amounts_in_use.add(pool.run_costs[run_slot] = pool.costs.at(slot));
  }
  begin_account(pool, run_slot);
  return run_slot;
}

std::uint32_t Scheduler::Machine::allocate_task(Pool& pool) {
  const std::uint32_t slot = tasks_.allocate();
  // Generations begin at random bits: a late report to an earlier process names no task of this one.
  const std::uint32_t last = tasks_[slot].generation;
  const std::uint32_t generation = (last == 0 ? static_cast<std::uint32_t>(entropy_.high) : last) + 1;
  tasks_[slot] = Task{};
  tasks_[slot].generation = generation == 0 ? 1 : generation;
  tasks_[slot].pool = static_cast<std::uint16_t>(pool.id.index);
  return slot;
}

void Scheduler::Machine::forget_names(const Task& task) {
  names.release(task.task_id);
  names.release(task.tenant);
  names.release(task.mailbox);
}

void Scheduler::Machine::forget(Pool& pool, std::uint32_t slot) {
  Task& task = tasks_[slot];
  release_payload(pool, 0, task.payload);
  if (task.outcome != no_slot) {
    results.erase(outcomes_[task.outcome].result.id);
    release_payload(pool, 0, outcomes_[task.outcome].result);
    outcomes_.free(task.outcome);
  }
  pool.by_admission.erase(task.admission);
  const std::uint32_t* named = pool.by_name.find(task.task_id.index);
  if (named != nullptr && *named == slot) pool.by_name.erase(task.task_id.index);
  forget_names(task);
  if (pool.has_resources()) pool.costs.erase(slot);
  task.phase = Phase::free;
  ++task.generation;  // handles to it are stale from now on
  tasks_.free(slot);
}

}  // namespace parking_lot
