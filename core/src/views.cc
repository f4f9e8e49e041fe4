#include <algorithm>
#include <utility>

#include "machine.h"

namespace parking_lot {

const Task* Scheduler::Machine::task_at(TaskHandle handle) const {
  if (!handle || handle.slot >= tasks_.end()) return nullptr;
  const Task& task = tasks_[handle.slot];
  return task.generation == handle.generation && task.phase != Phase::free ? &task : nullptr;
}

std::string Scheduler::Machine::spell_id(std::uint64_t incarnation, std::uint64_t admission,
                                         NameId name) const {
  return name ? std::string(names.text(name)) : spell(GeneratedId{incarnation, admission});
}

std::string Scheduler::Machine::spell_id(const Task& task) const {
  const Pool& pool = pools[task.pool];
  const auto& known =
      pool.incarnations.size() > task.incarnation ? pool.incarnations : pool.stale_incarnations;
  return spell_id(task.incarnation < known.size() ? known[task.incarnation] : 0, task.admission,
                  task.task_id);
}

TaskHandle Scheduler::Machine::find(const Pool& pool, std::string_view task_id) const {
  if (const std::uint32_t* named = pool.by_name.find(names.find(task_id).index))
    return is_outdated(*named) ? TaskHandle{} : handle_of(*named);
  const auto spelled = parse_generated_id(task_id);
  if (!spelled) return {};
  const std::uint32_t slot = pool.by_admission.find(spelled->number);
  if (slot == no_slot) return {};
  const Task& task = tasks_[slot];
  const bool is_it = !task.task_id && task.phase != Phase::stale &&
                     pool.incarnations[task.incarnation] == spelled->incarnation;
  return is_it && !is_outdated(slot) ? handle_of(slot) : TaskHandle{};
}

/// Remembered for longer than the pool promises: it may be forgotten any moment, so it is not known any more.
bool Scheduler::Machine::is_outdated(std::uint32_t slot) const {
  const Task& task = tasks_[slot];
  if (task.phase != Phase::ended || !outcomes_[task.outcome].is_delivered) return false;
  return now_.wall - outcomes_[task.outcome].finished_at > pools[task.pool].config.task_retention;
}

PoolStats Scheduler::Machine::stats(const Pool& pool) const {
  PoolStats stats = pool.totals;
  stats.units_max = pool.capacity();
  Units in_use = pool.in_use;
  for (const std::uint32_t run : pool.stale_runs)
    in_use += runs_[run].units;  // they live on while the storage is gone
  stats.units_in_use = std::min(in_use, pool.capacity());
  if (pool.has_resources()) {
    Amounts amounts = pool.amounts_in_use;
    for (const std::uint32_t run : pool.stale_runs) amounts.add(pool.used_by(runs_[run], run));
    for (const auto& [name, most] : pool.config.resources) {
      const std::size_t i = stats.resources.size();
      const Units used = std::min(amounts.of[i], most);
      stats.resources.push_back({name, most, used, std::min(pool.amounts_quarantined.of[i], used)});
    }
  }
  measure_fairness(pool, stats);
  stats.units_quarantined = std::min(pool.quarantined, stats.units_in_use);
  stats.parked = pool.parked;
  stats.waiting = pool.waiting;
  stats.backing_off = pool.backing_off;
  stats.running = pool.running;
  stats.undelivered = pool.deliveries.size();
  stats.state = pool.capacity() == 0 ? PoolState::disabled : pool.state;
  stats.storage = pool.stream.state();
  stats.delivery_held = pool.delivery_held;
  return stats;
}

/// Over the classes, the largest difference in service between two tenants that both have tasks waiting.
void Scheduler::Machine::measure_fairness(const Pool& pool, PoolStats& stats) const {
  if (!pool.is_fair() || pool.stream.state() != StreamState::open) return;
  for (std::uint8_t level = 0; level < levels; ++level) {
    std::int64_t least = INT64_MAX;
    std::int64_t most = 0;
    pool.tenants.visit([&](std::uint32_t number) {
      const Tenant& tenant = pool.tenants[number];
      if (tenant.accounts[level].queued == 0 || !pool.competes(level, number)) return;
      least = std::min(least, tenant.service(level));
      most = std::max(most, tenant.service(level));
    });
    if (least < most)
      stats.fairness_lag = std::max(stats.fairness_lag, static_cast<std::uint64_t>(most - least));
  }
  stats.fairness_lag_bound = fairness_lag_bound(pool);
}

std::size_t Scheduler::Machine::memory_bytes() const {
  std::size_t bytes = tasks_.memory_bytes() + runs_.memory_bytes() + outcomes_.memory_bytes();
  bytes += wall_timers_.memory_bytes() + backoff_timers_.memory_bytes() + run_timers_.memory_bytes();
  bytes += names.size() * (sizeof(std::string) + 2 * sizeof(std::uint64_t));
  for (const Pool& pool : pools) bytes += pool.memory_bytes();
  return bytes;
}

TaskView Scheduler::Machine::view_of(std::uint32_t slot) const {
  const Task& task = tasks_[slot];
  TaskView view;
  view.task = handle_of(slot);
  view.pool = pools[task.pool].id;
  view.task_id = spell_id(task);
  view.tenant = names.text(task.tenant);
  view.mailbox = names.text(task.mailbox);
  view.admission = task.admission;
  view.status = task.status;
  view.reason = task.reason;
  view.priority = task.priority;
  view.kind = task.kind;
  view.units = view.units_used = task.units;
  view.attempt = task.attempt;
  view.lost = task.lost;
  view.submitted_at = task.submitted_at;
  view.deadline = task.deadline;
  if (task.phase == Phase::waiting || task.phase == Phase::backing_off) view.ready_at = task.ready_at;
  view.payload = task.payload;
  const Pool& pool = pools[task.pool];
  if (!resources_of(pool, slot).empty()) view.resources = pool.by_resource(pool.costs.at(slot));
  if (task.run != no_slot) {
    view.units_used = runs_[task.run].units;
    view.started_at = runs_[task.run].started_at;
  }
  if (task.outcome != no_slot) {
    view.started_at = outcomes_[task.outcome].started_at;
    view.finished_at = outcomes_[task.outcome].finished_at;
    view.result = outcomes_[task.outcome].result;
  }
  return view;
}

void Scheduler::Machine::take(const Inspect& input) {
  const Found found = find_for_command(input.task, input.request);
  if (found.slot == no_slot || input.request == 0) return;
  auto view = std::make_shared<const TaskView>(view_of(found.slot));
  const Reply reply{input.request, view.get()};
  yield_after(*found.pool, tasks_[found.slot].basis, reply, std::move(view));
}

void Scheduler::Machine::take(const Explain& input) {
  const Found found = find_for_command(input.task, input.request);
  if (found.slot == no_slot || input.request == 0) return;
  Pool& pool = *found.pool;
  const TaskHandle handle = handle_of(found.slot);
  if (pool.is_dirty) settle(pool);  // explains what is, not what the pass of this batch will change
  if (task_at(handle) == nullptr) {
    refuse(input.request, Refusal::unknown_task, "task_id");
    return;
  }
  const Task& task = tasks_[found.slot];
  auto explanation = std::make_shared<Explanation>();
  explanation->task = view_of(found.slot);
  explanation->waits_for = wait_of(pool, found.slot, explanation->behind);
  if (const Task* behind = task_at(explanation->behind)) explanation->behind_id = spell_id(*behind);
  explanation->units_free = pool.free_units().value_or(0);
  explanation->resources_ahead = pool.by_resource(Amounts{});
  explanation->resources_free = pool.by_resource(pool.free_amounts().value_or(Amounts{}));
  if (task.phase == Phase::parked) {
    const TaskQueue::Ahead ahead = pool.ahead_of(parked_task(pool, found.slot));
    explanation->position = ahead.tasks + 1;
    explanation->units_ahead = ahead.units;
    explanation->resources_ahead = pool.by_resource(amounts_ahead(pool, found.slot));
  }
  if (task.phase == Phase::parked || task.phase == Phase::waiting || task.phase == Phase::backing_off) {
    const auto start = expected_start(pool, found.slot);
    if (start) explanation->expected_at = now_.wall + (*start - now_.steady);
  }
  if (task.attempt == 0 && task.phase != Phase::ended) explanation->expires_at = task.deadline;
  const Reply reply{input.request, static_cast<const Explanation*>(explanation.get())};
  yield_after(pool, task.basis, reply, std::move(explanation));
}

void Scheduler::Machine::take(const ListTasks& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr) {
    refuse(input.request, Refusal::unknown_pool, "pool");
    return;
  }
  if (refused_by_storage(*pool, input.request)) return;
  if (!pool->arrivals.empty()) settle(*pool);
  auto page = std::make_shared<TaskPage>();
  std::uint64_t basis = 0;
  const std::uint32_t limit = std::clamp<std::uint32_t>(input.limit, 1, 1000);
  pool->by_admission.visit_after(input.after, [&](std::uint32_t slot) {
    const Task& task = tasks_[slot];
    if (!input.any_status && task.status != input.status) return true;
    if (page->tasks.size() == limit) {
      page->next = page->tasks.back().admission;
      return false;
    }
    basis = std::max(basis, task.basis);
    page->tasks.push_back(view_of(slot));
    return true;
  });
  if (input.request == 0) return;
  const Reply reply{input.request, static_cast<const TaskPage*>(page.get())};
  yield_after(*pool, basis, reply, std::move(page));
}

}  // namespace parking_lot
