#include <algorithm>
#include <type_traits>
#include <utility>

#include "machine.h"
#include "recorded_costs.h"

/// Durable watermarks, failed writes, and the one path that serves start-up, reload and takeover alike.
namespace parking_lot {
namespace {

/// Few enough that incarnations stay short where they are written, with every task and lease.
constexpr int incarnation_step_bits = 24;

template <class F>
constexpr bool is_state = std::is_same_v<F, PoolRestored> || std::is_same_v<F, TaskRestored> ||
                          std::is_same_v<F, TenantRestored> || std::is_same_v<F, UnitsRestored>;

bool is_state_of_pool(const Fact& fact) {
  return std::visit([](const auto& each) { return is_state<std::decay_t<decltype(each)>>; }, fact);
}

/// Whether the record is the first of a load, and not the next one of the load that goes on.
bool begins_anew(const Stream<Record>& stream, const Record& record) {
  if (std::holds_alternative<PoolRestored>(record.fact)) return true;
  return !is_state_of_pool(record.fact) && record.sequence <= stream.sequence();
}

/// Whether a fact of this kind can be true of a task in this phase.
template <class F>
bool can_follow(Phase phase) {
  if constexpr (std::is_same_v<F, TaskParked>) return phase == Phase::admitted;
  if constexpr (std::is_same_v<F, TaskRequeued>) return phase == Phase::running;
  if constexpr (std::is_same_v<F, TaskStarted>) return phase != Phase::running && phase != Phase::ended;
  if constexpr (std::is_same_v<F, TaskFinished> || std::is_same_v<F, PriorityChanged>)
    return phase != Phase::ended;
  if constexpr (std::is_same_v<F, TaskDelivered> || std::is_same_v<F, DeliveryOverdue>)
    return phase == Phase::ended;
  return true;
}

}  // namespace

void Scheduler::Machine::take(const Persisted& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr || pool->stream.state() != StreamState::open) return;
  pool->stream.persisted(input.through);
  outbox_.release(pool->id.index, pool->stream.durable_through());
  while (!pool->unrecorded.empty() && pool->unrecorded.front().sequence <= pool->stream.durable_through()) {
    pool->unrecorded.pop_front();
  }
  if (!pool->deliveries.empty()) list_for_delivery(*pool);
}

void Scheduler::Machine::open_pool(Pool& pool) {
  std::uint64_t incarnation = 0;
  if (pool.stream.is_durable()) {
    // Not simply the next one: where an older copy of the stream was restored, the lost future had that one
    // too, and what it sent to a mailbox store would hide what the new one sends.
    const std::uint64_t newest = pool.incarnations.empty() ? 0 : pool.incarnations.back();
    incarnation = newest + 1 + (entropy_.high >> (64 - incarnation_step_bits));
  } else {
    // Volatile incarnations are named by the host's random bits: nothing remembers the last one.
    incarnation = (entropy_.high ^ (entropy_.low + pool.id.index) * 0x9e3779b97f4a7c15ULL) | 1;
  }
  emit(pool, no_slot, PoolOpened{incarnation, entropy_});
}

// --- a failed write ---

void Scheduler::Machine::take(const PersistFailed& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr || !pool->stream.is_durable() || pool->stream.state() != StreamState::open) return;
  for (const Arrival& arrival : std::exchange(pool->arrivals, {})) {
    refuse(arrival.request, Refusal::storage_unavailable);
    withdraw_arrival(*pool, arrival);
  }
  fail_held(*pool);
  pool->told_through = std::min(pool->told_through, pool->stream.durable_through());
  audit_.hide(input.pool, pool->stream.durable_through());
  pool->audited_through = pool->stream.durable_through();
  reset(*pool);
  pool->stream.failed();
  std::erase(written_, pool->id.index);  // a reload in the same batch lists it again
  notify(*pool, no_slot, Notify::Event::storage_changed, 0);
}

/// What rested on the write is uncertain now: clients hear so, starts never happened.
void Scheduler::Machine::fail_held(Pool& pool) {
  outbox_.withdraw(pool.id.index, [&](const Effect& effect) {
    if (const auto* reply = std::get_if<Reply>(&effect)) refuse(reply->request, Refusal::unconfirmed);
    if (const auto* held = std::get_if<Start>(&effect)) pool.give_back_credits(held->executor, 1);
    return true;
  });
}

/// Empties the pool for a reload. Tasks keep their slots and runs theirs, so that handles and leases stay
/// valid.
void Scheduler::Machine::reset(Pool& pool) {
  std::vector<std::uint32_t> slots;
  pool.by_admission.visit_after(0, [&](std::uint32_t slot) {
    slots.push_back(slot);
    return true;
  });
  for (const std::uint32_t slot : slots) make_stale(pool, slot);
  // An end that was reported but not recorded is held and recorded after the reload.
  for (Unrecorded& end : pool.unrecorded) pool.held_reports.push_back(std::move(end.report));
  pool.unrecorded.clear();
  pool.stale_runs.clear();
  for (std::uint32_t run = 0; run < runs_.end(); ++run) {
    if (runs_[run].stage == Run::Stage::free || runs_[run].pool != pool.id.index) continue;
    run_timers_.disarm(run);
    forget_end(pool, run);
    runs_[run].tenant = 0;
    runs_[run].charged = 0;
    runs_[run].presumed_end = never_steady;
    std::erase(detached_, run);
    pool.stale_runs.push_back(run);
  }
  pool.tenants.visit([&](std::uint32_t tenant) { names.release(pool.tenants[tenant].name); });
  pool.tenants.clear();
  pool.presumed_ends.clear();
  pool.service_now = {};
  pool.raised.clear();
  pool.queued_at.clear();
  pool.reserved_for = no_slot;
  pool.recorded.reset();
  pool.recorded_capacity.reset();
  pool.set_layout(pool.layout_for(pool.config));
  if (pool.incarnations.size() > pool.stale_incarnations.size()) pool.stale_incarnations = pool.incarnations;
  pool.incarnations.clear();
  pool.by_name.clear();
  pool.ended.clear();
  pool.exhausted.clear();
  pool.guarded = no_slot;
  pool.deliveries.clear();
  pool.deliveries_sent = 0;
  pool.delivery_held = false;
  pool.in_use = pool.quarantined = 0;
  pool.amounts_in_use = pool.amounts_quarantined = {};
  pool.parked = pool.waiting = pool.backing_off = pool.running = 0;
  pool.next_admission = 1;
  pool.state = PoolState::active;
}

void Scheduler::Machine::make_stale(Pool& pool, std::uint32_t slot) {
  Task& task = tasks_[slot];
  if (task.phase == Phase::parked || task.phase == Phase::waiting) wall_timers_.disarm(slot);
  if (task.phase == Phase::backing_off) backoff_timers_.disarm(slot);
  if (task.outcome != no_slot) {
    if (outcomes_[task.outcome].sequence > pool.stream.durable_through()) --outcome_count(pool, task.status);
    outcomes_.free(task.outcome);
    task.outcome = no_slot;
  }
  task.phase = Phase::stale;
}

// --- reading a journal ---

void Scheduler::Machine::take(const Recovered& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr || !pool->stream.is_durable() || pool->stream.state() == StreamState::open) return;
  if (pool->stream.state() == StreamState::failed) {
    pool->stream.reloading();
  } else if (!input.records.empty() && begins_anew(pool->stream, input.records.front())) {
    reset(*pool);  // the load before broke off half-way
    pool->stream.reloading();
  }
  for (const Record& record : input.records) replay(*pool, record);
}

void Scheduler::Machine::replay(Pool& pool, const Record& record) {
  if (!is_plausible(pool, record)) {
    ++pool.totals.ignored_records;
    return;
  }
  if (!is_state_of_pool(record.fact) || std::holds_alternative<PoolRestored>(record.fact))
    pool.stream.replayed(record.sequence, record.at);
  const Stamp stamp{record.sequence, record.at};
  std::visit(
      [&](const auto& fact) {
        using F = std::decay_t<decltype(fact)>;
        std::uint32_t slot = no_slot;
        if constexpr (std::is_same_v<F, TaskAdmitted>) {
          slot = restore_slot(pool, fact);
        } else if constexpr (std::is_same_v<F, TaskRestored>) {
          if (find_recovered(pool, fact.admitted.admission) != no_slot)
            return;  // from the stream, and the same
          slot = restore_slot(pool, fact.admitted);
        } else if constexpr (requires { fact.admission; }) {
          slot = find_recovered(pool, fact.admission);
          // Of a forgotten task, or one that a checkpoint will bring, only the release of its units matters.
          if (slot == no_slot && !std::is_same_v<F, UnitsReleased> && !std::is_same_v<F, UnitsRestored>)
            return;
        }
        apply(pool, slot, fact, stamp);
        if constexpr (!is_state<F>) {
          if (record.sequence > pool.audited_through) audit_fact(pool, slot, fact, stamp);
        }
      },
      record.fact);
}

/// A known task that was read from the journal since the load began.
std::uint32_t Scheduler::Machine::find_recovered(const Pool& pool, std::uint64_t admission) const {
  const std::uint32_t slot = pool.by_admission.find(admission);
  return slot != no_slot && tasks_[slot].phase != Phase::stale ? slot : no_slot;
}

/// Whether the record can follow what was read so far. A journal that this scheduler wrote never holds
/// another; one that does must not be able to break the counts.
bool Scheduler::Machine::is_plausible(const Pool& pool, const Record& record) const {
  if (std::holds_alternative<PoolRestored>(record.fact)) return pool.stream.sequence() == 0;
  if (!is_state_of_pool(record.fact) && record.sequence <= pool.stream.sequence()) return false;
  if (std::holds_alternative<PoolOpened>(record.fact)) return true;
  if (pool.incarnations.empty()) return false;
  if (const auto* admitted = std::get_if<TaskAdmitted>(&record.fact))
    return find_recovered(pool, admitted->admission) == no_slot &&
           pool.by_admission.reaches(admitted->admission) && admitted->units <= units_max;
  if (const auto* state = std::get_if<TaskRestored>(&record.fact))
    return state->admitted.admission < pool.next_admission &&
           pool.by_admission.reaches(state->admitted.admission) && state->admitted.units <= units_max;
  return std::visit(
      [&](const auto& fact) {
        using F = std::decay_t<decltype(fact)>;
        if constexpr (requires { fact.admission; }) {
          const std::uint32_t slot = find_recovered(pool, fact.admission);
          return slot == no_slot || can_follow<F>(tasks_[slot].phase);
        } else {
          return true;
        }
      },
      record.fact);
}

/// The slot for a task read from a journal: the one it had before the reload, if it is the same task.
std::uint32_t Scheduler::Machine::restore_slot(Pool& pool, const TaskAdmitted& fact) {
  std::uint32_t slot = pool.by_admission.find(fact.admission);
  const bool is_same = slot != no_slot && tasks_[slot].phase == Phase::stale &&
                       pool.stale_incarnations[tasks_[slot].incarnation] == fact.incarnation;
  if (is_same) {
    const Task old = tasks_[slot];
    tasks_[slot] = Task{};
    tasks_[slot].generation = old.generation;
    tasks_[slot].pool = old.pool;
    tasks_[slot].client = old.client;
    describe(pool, tasks_[slot], fact);
    forget_names(old);
  } else {
    if (slot != no_slot) forget(pool, slot);
    slot = allocate_task(pool);
    describe(pool, tasks_[slot], fact);
  }
  tasks_[slot].phase = Phase::admitted;
  const PresentCost cost = present_cost(pool, fact.units, fact.resources);
  tasks_[slot].units = cost.units;
  if (pool.has_resources()) pool.costs[slot] = cost.amounts;
  return slot;
}

std::uint32_t Scheduler::Machine::find_stale_run(const Pool& pool, Lease lease) const {
  for (const std::uint32_t run : pool.stale_runs) {
    if (runs_[run].lease == lease) return run;
  }
  return no_slot;
}

void Scheduler::Machine::take(const RecoveryDone& input) {
  Pool* found = pool_at(input.pool);
  if (found == nullptr || !found->stream.is_durable() || found->stream.state() == StreamState::open) return;
  Pool& pool = *found;
  if (pool.stream.state() == StreamState::failed) pool.stream.reloading();
  settle_payloads(pool);
  drop_stale(pool);
  order_outcomes(pool);
  pool.stream.opened();
  pool.recorded_capacity.reset();
  pool.is_read_only = input.purpose == RecoveryDone::Purpose::reading;
  if (pool.is_read_only) {
    if (pool.recorded) adopt(pool, *std::exchange(pool.recorded, std::nullopt));
    forget_old(pool, pool.ended.size());
    end_waits(pool);
    return;
  }
  open_pool(pool);
  settle_config(pool);

  std::vector<std::uint32_t> slots;
  pool.by_admission.visit_after(0, [&](std::uint32_t slot) {
    slots.push_back(slot);
    return true;
  });
  // Results that were produced meanwhile come first: what they end is neither resumed nor lost.
  for (const Input& report : std::exchange(pool.held_reports, {})) {
    std::visit([this](const auto& each) { take(each); }, report);
  }
  const std::vector<std::uint32_t> held = detached_;
  for (const std::uint32_t run : held) {
    if (runs_[run].pool == pool.id.index && runs_[run].timer == no_timer) resume_run(pool, run);
  }
  for (const std::uint32_t slot : slots) resume_task(pool, slot);
  for (std::size_t i = 0; i < pool.lanes.size(); ++i) {
    // A realm that is not connected by now went while the storage was gone, or with an earlier host.
    const Lane& lane = pool.lanes[i];
    if (lane.is_abandoned || (lane.realm != 0 && lane.executors == 0)) abandon_realm(pool, lane.realm);
  }
  for (const ClientId client : std::exchange(pool.gone_clients, {})) take(ClientGone{client});
  inherit_lag(pool);
  announce_ends(pool);
  notify(pool, no_slot, Notify::Event::storage_changed, pool.stream.sequence());
  if (!pool.deliveries.empty()) list_for_delivery(pool);
  mark_dirty(pool);
}

/// Tells again how tasks ended whose record the journal has although its write was reported as failed: the
/// notice was withdrawn then.
void Scheduler::Machine::announce_ends(Pool& pool) {
  const std::uint64_t told_through = std::exchange(pool.told_through, ~std::uint64_t{0});
  for (const std::uint32_t slot : pool.ended) {
    const std::uint64_t sequence = outcomes_[tasks_[slot].outcome].sequence;
    if (sequence > told_through && sequence <= pool.stream.durable_through())
      notify(pool, slot, Notify::Event::ended, sequence);
  }
}

/// What the journal does not know never happened.
void Scheduler::Machine::drop_stale(Pool& pool) {
  std::vector<std::uint32_t> slots;
  pool.by_admission.visit_after(0, [&](std::uint32_t slot) {
    if (tasks_[slot].phase == Phase::stale) slots.push_back(slot);
    return true;
  });
  for (const std::uint32_t slot : slots) forget(pool, slot);
  for (const std::uint32_t run : std::exchange(pool.stale_runs, {})) {
    runs_[run].stage = Run::Stage::free;
    pool.run_costs.erase(run);
    runs_.free(run);
  }
  pool.stale_incarnations.clear();
}

/// Sets a recovered task going again: its timers, or the end of a run that nobody has any more.
void Scheduler::Machine::resume_task(Pool& pool, std::uint32_t slot) {
  Task& task = tasks_[slot];
  switch (task.phase) {
    case Phase::admitted:  // the journal ends with its admission: it had neither started nor parked
      emit(pool, slot, TaskParked{task.admission, task.ready_at > now_.wall ? task.ready_at : WallTime{0}});
      arm_task_timer(slot);
      return;
    case Phase::parked:
    case Phase::waiting:
      arm_task_timer(slot);
      return;
    case Phase::backing_off: {
      const std::int64_t left =
          std::clamp<std::int64_t>((task.ready_at - now_.wall).ms, 0, task.retry.max_ms);
      backoff_timers_.arm(slot, now_.steady.ms + left, task.admission);
      return;
    }
    case Phase::running: {
      Run& run = runs_[task.run];
      if (run.is_known_here && run.was_yielded) {
        resume_run(pool, task.run);
      } else if (run.is_known_here) {
        requeue(pool, slot, Reason::none, Holding::freed);
      } else {
        end_run(pool, task.run,
                Failed{handle_of(slot), run.lease, Reason::lost, {}, 0, Failed::Units::freed});
      }
      return;
    }
    default:
      return;
  }
}

void Scheduler::Machine::resume_run(Pool& pool, std::uint32_t run_slot) {
  Run& run = runs_[run_slot];
  if (!run.is_known_here || !run.was_yielded) {  // it runs nowhere
    release_units(pool, run_slot);
    return;
  }
  if (run.is_current) {
    const Duration timeout = tasks_[run.task].timeout;
    if (run.stage == Run::Stage::running && timeout.ms > 0 && run.due == never_steady)
      run.due = now_.steady + timeout;
    run.expected = expected_length(pool, tasks_[run.task]);
    expect_end(pool, run_slot);
    watch_charge(pool, run_slot);
    renew_lease(pool, run_slot);
    return;
  }
  // Nobody can tell whether the order to end was yielded before the failure; a repeated one is harmless.
  const Task* task = task_at({run.task, run.generation});
  stop_run(pool, run_slot, task == nullptr ? Reason::none : task->reason);
}

}  // namespace parking_lot
