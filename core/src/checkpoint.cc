#include <algorithm>
#include <unordered_set>
#include <utility>

#include "heap_sort.h"
#include "machine.h"
#include "recorded_costs.h"

/// State as records, for checkpoints, and back.
namespace parking_lot {

// --- state → records ---

CheckpointPlace Scheduler::Machine::checkpoint(const Pool& pool, CheckpointPlace from, std::uint32_t limit,
                                               std::vector<Record>& records) const {
  if (!pool.stream.is_durable() || pool.stream.state() != StreamState::open) return no_checkpoint;
  const auto add = [&](const auto& state) {
    records.push_back(Record{pool.stream.sequence(), pool.stream.last_at(), state});
  };
  if (from == 0) {
    pool.settings_kept = pool_settings_json(pool.config);
    add(PoolRestored{.incarnations = pool.incarnations,
                     .next_admission = pool.next_admission,
                     .next_lease = pool.next_lease,
                     .state = pool.state,
                     .state_basis = pool.state_basis,
                     .settings = pool.settings_kept});
  }
  auto slot = static_cast<std::uint32_t>(from);
  for (std::uint32_t count = 0; slot < tasks_.end() && count < limit; ++slot) {
    const Task& task = tasks_[slot];
    if (task.pool != pool.id.index || task.phase == Phase::free) continue;
    add(state_of(pool, slot));
    ++count;
  }
  if (slot < tasks_.end()) return slot;
  for (const std::uint32_t each : detached_) {
    const Run& run = runs_[each];
    if (run.pool != pool.id.index) continue;
    std::span<const Units> resources;
    if (pool.has_resources())
      resources = std::span<const Units>(pool.run_costs.at(each).of).first(pool.config.resources.size());
    add(UnitsRestored{run.admission, run.lease, run.executor, run.units, run.started_at, resources});
  }
  take_tenants(pool, records);
  return end_of_checkpoint;
}

/// What ended runs have led to; runs that go on are charged again when they are restored.
void Scheduler::Machine::take_tenants(const Pool& pool, std::vector<Record>& records) const {
  pool.tenant_figures.clear();
  pool.tenants.visit([&](std::uint32_t number) {
    const Tenant& tenant = pool.tenants[number];
    std::vector<std::uint64_t>& figures = pool.tenant_figures.emplace_back();
    for (const Account& account : tenant.accounts)
      figures.push_back(static_cast<std::uint64_t>(account.base) + account.settled / tenant.weight);
    for (const RunHistory& history : tenant.history) {
      for (const std::int64_t ms : history.ms) figures.push_back(static_cast<std::uint64_t>(ms));
    }
    records.push_back(Record{pool.stream.sequence(), pool.stream.last_at(),
                             TenantRestored{names.text(tenant.name), figures}});
  });
}

TaskRestored Scheduler::Machine::state_of(const Pool& pool, std::uint32_t slot) const {
  const Task& task = tasks_[slot];
  TaskRestored state;
  state.admitted.admission = task.admission;
  state.admitted.units = task.units;
  describe(pool, state.admitted, slot);
  state.basis = task.basis;
  state.submitted_at = task.submitted_at;
  state.status = task.status;
  state.reason = task.reason;
  state.ready_at = task.ready_at;
  state.attempt = task.attempt;
  state.failures = task.failures;
  state.lost = task.lost;
  switch (task.phase) {
    case Phase::waiting:
      state.stage = TaskRestored::Stage::waiting;
      break;
    case Phase::backing_off:
      state.stage = TaskRestored::Stage::backing_off;
      break;
    case Phase::running: {
      const Run& run = runs_[task.run];
      state.stage = TaskRestored::Stage::running;
      state.lease = run.lease;
      state.executor = run.executor;
      state.units_used = run.units;
      state.started_at = run.started_at;
      break;
    }
    case Phase::ended: {
      const Outcome& outcome = outcomes_[task.outcome];
      state.stage = TaskRestored::Stage::ended;
      state.started_at = outcome.started_at;
      state.finished_at = outcome.finished_at;
      state.result = outcome.result;
      state.outcome_incarnation = outcome.incarnation;
      state.outcome_sequence = outcome.sequence;
      state.is_delivered = outcome.is_delivered;
      break;
    }
    default:
      break;
  }
  return state;
}

void Scheduler::Machine::visit_payloads(const Pool& pool, Remembered remembered,
                                        const std::function<void(PayloadRef)>& visit) const {
  std::unordered_set<std::uint32_t> forgettable;
  for (std::size_t i = 0; remembered == Remembered::needed && i < pool.ended.size(); ++i) {
    if (!is_forgettable(pool, pool.ended[i], pool.ended.size() - i)) break;
    forgettable.insert(pool.ended[i]);
  }
  pool.by_admission.visit_after(0, [&](std::uint32_t slot) {
    if (forgettable.contains(slot)) return true;
    const Task& task = tasks_[slot];
    if (task.payload.id != 0) visit(task.payload);
    if (task.outcome != no_slot && outcomes_[task.outcome].result.id != 0)
      visit(outcomes_[task.outcome].result);
    return true;
  });
}

// --- records → state ---

void Scheduler::Machine::apply(Pool& pool, std::uint32_t, const PoolRestored& fact, Stamp) {
  pool.incarnations.assign(fact.incarnations.begin(), fact.incarnations.end());
  if (!pool.incarnations.empty()) pool.stream.set_incarnation(pool.incarnations.back());
  pool.next_admission = fact.next_admission;
  pool.next_lease = fact.next_lease;
  pool.state = fact.state;
  pool.state_basis = fact.state_basis;
  if (!fact.settings.empty()) restore_settings(pool, fact.settings);
}

void Scheduler::Machine::apply(Pool& pool, std::uint32_t slot, const TaskRestored& fact, Stamp) {
  Task& task = tasks_[slot];
  const std::uint32_t* named = pool.by_name.find(task.task_id.index);
  const std::uint32_t namesake = named == nullptr ? no_slot : *named;
  apply(pool, slot, fact.admitted, Stamp{fact.basis, fact.submitted_at});
  // Of several tasks that had the id one after the other, the last one bears it.
  if (namesake != no_slot && tasks_[namesake].admission > task.admission)
    pool.by_name[task.task_id.index] = namesake;
  task.status = fact.status;
  task.reason = fact.reason;
  task.ready_at = fact.ready_at;
  task.attempt = fact.attempt;
  task.failures = static_cast<std::uint16_t>(fact.failures);
  task.lost = static_cast<std::uint16_t>(fact.lost);
  switch (fact.stage) {
    case TaskRestored::Stage::waiting:
      task.phase = Phase::waiting;
      ++pool.waiting;
      return;
    case TaskRestored::Stage::parked:
      enqueue(pool, slot);
      return;
    case TaskRestored::Stage::backing_off:
      task.phase = Phase::backing_off;
      ++pool.backing_off;
      return;
    case TaskRestored::Stage::running:
      task.phase = Phase::running;
      ++pool.running;
      task.run =
          new_run(pool, slot, TaskStarted{task.admission, fact.lease, fact.executor, fact.attempt, false},
                  Stamp{fact.basis, fact.started_at});
      if (!pool.has_resources())
        apply(pool, slot, UsageRecorded{task.admission, fact.units_used}, Stamp{fact.basis, fact.started_at});
      return;
    case TaskRestored::Stage::ended:
      task.phase = Phase::ended;
      restore_outcome(pool, slot, fact);
      return;
  }
}

void Scheduler::Machine::restore_outcome(Pool& pool, std::uint32_t slot, const TaskRestored& fact) {
  Task& task = tasks_[slot];
  task.outcome = outcomes_.allocate();
  outcomes_[task.outcome] = Outcome{.result = fact.result,
                                    .started_at = fact.started_at,
                                    .finished_at = fact.finished_at,
                                    .incarnation = fact.outcome_incarnation,
                                    .sequence = fact.outcome_sequence,
                                    .is_delivered = fact.is_delivered};
  pool.ended.push_back(slot);
  if (!task.mailbox) return;
  if (fact.result.id != 0) results.insert(fact.result.id);
  if (!fact.is_delivered) pool.deliveries.push_back({slot});
}

/// A run that a record of the stream has detached meanwhile is there already.
void Scheduler::Machine::apply(Pool& pool, std::uint32_t, const UnitsRestored& fact, Stamp) {
  for (const std::uint32_t run : detached_) {
    if (runs_[run].pool == pool.id.index && runs_[run].lease == fact.lease) return;
  }
  const std::uint32_t slot = pool.by_admission.find(fact.admission);
  const std::uint32_t known = find_stale_run(pool, fact.lease);
  const std::uint32_t run_slot = known != no_slot ? known : runs_.allocate();
  Run& run = runs_[run_slot];
  if (known == no_slot) {
    run = Run{};
    run.stage = Run::Stage::unknown;
  } else {
    std::erase(pool.stale_runs, run_slot);
  }
  run.lease = fact.lease;
  const PresentCost cost = present_cost(pool, fact.units, fact.resources);
  run.units = cost.units;
  if (pool.has_resources()) {
    pool.run_costs[run_slot] = cost.amounts;
    pool.amounts_in_use.add(cost.amounts);
  }
  if (run.stage == Run::Stage::quarantined) {
    pool.quarantined += run.units;
    if (pool.has_resources()) pool.amounts_quarantined.add(pool.run_costs.at(run_slot));
  }
  run.started_at = fact.started_at;
  run.task = slot;
  run.generation = slot == no_slot ? 0 : tasks_[slot].generation;
  run.admission = fact.admission;
  run.executor = fact.executor;
  run.pool = static_cast<std::uint16_t>(pool.id.index);
  run.is_current = false;
  pool.in_use += run.units;
  begin_account(pool, run_slot);
  detached_.push_back(run_slot);
}

/// State comes in the order of slots: outcomes go back into the order in which they were recorded.
void Scheduler::Machine::order_outcomes(Pool& pool) {
  const auto recorded_before = [this](std::uint32_t a, std::uint32_t b) {
    return outcomes_[tasks_[a].outcome].sequence < outcomes_[tasks_[b].outcome].sequence;
  };
  if (!std::is_sorted(pool.ended.begin(), pool.ended.end(), recorded_before))
    heap_sort(pool.ended.begin(), pool.ended.end(), recorded_before);
  heap_sort(pool.deliveries.begin(), pool.deliveries.end(),
            [&](const Delivery& a, const Delivery& b) { return recorded_before(a.task, b.task); });
}

/// A payload passes from a failed task to the one that goes on in its place, which no record says: the task
/// admitted last keeps it. What the journal does not know gives nothing back that the journal needs.
void Scheduler::Machine::settle_payloads(Pool& pool) {
  std::vector<std::uint32_t> slots;
  pool.by_admission.visit_after(0, [&](std::uint32_t slot) {
    if (tasks_[slot].payload.id != 0) slots.push_back(slot);
    return true;
  });
  std::stable_partition(slots.begin(), slots.end(),
                        [this](std::uint32_t slot) { return tasks_[slot].phase == Phase::stale; });
  std::unordered_set<std::uint64_t> kept;
  for (auto slot = slots.rbegin(); slot != slots.rend(); ++slot) {
    Task& task = tasks_[*slot];
    if (kept.insert(task.payload.id).second) continue;
    task.payload = {};
    task.was_retried = task.phase == Phase::ended;
  }
}

}  // namespace parking_lot
