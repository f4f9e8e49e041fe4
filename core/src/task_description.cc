#include <algorithm>

#include "machine.h"

/// A task as a specification, as a journal knows it, and back.
namespace parking_lot {

/// The specification of a known task, for submitting it again.
TaskSpec Scheduler::Machine::spec_again(std::uint32_t slot) const {
  const Task& task = tasks_[slot];
  TaskSpec spec;
  spec.task_id = names.text(task.task_id);
  spec.tenant = task.tenant;
  spec.mailbox = task.mailbox;
  spec.priority = task.priority;
  spec.kind = task.kind;
  spec.units = task.units;
  spec.timeout = task.timeout;
  spec.estimate = task.estimate;
  spec.payload = task.payload;
  spec.retry = task.retry.policy();
  spec.max_lost = task.max_lost;
  spec.on_disconnect = task.on_disconnect;
  spec.realm = task.realm;
  spec.resources = resources_of(pools[task.pool], slot);
  return spec;
}

/// What the task costs of each resource; nothing where the pool counts only units.
std::span<const Units> Scheduler::Machine::resources_of(const Pool& pool, std::uint32_t slot) const {
  const Amounts* cost = pool.costs.find(slot);
  if (cost == nullptr) return {};
  return std::span<const Units>(cost->of).first(pool.config.resources.size());
}

/// Spells out what a journal must know of a task.
void Scheduler::Machine::describe(const Pool& pool, TaskAdmitted& fact, std::uint32_t slot) const {
  const Task& task = tasks_[slot];
  fact.incarnation = pool.incarnations[task.incarnation];
  fact.task_id = names.text(task.task_id);
  fact.tenant = names.text(task.tenant);
  fact.mailbox = names.text(task.mailbox);
  fact.priority = task.priority;
  fact.kind = task.kind;
  fact.deadline = task.deadline;
  fact.start_after = task.ready_at;
  fact.timeout = task.timeout;
  fact.estimate = task.estimate;
  fact.payload = task.payload;
  fact.retry = task.retry.policy();
  fact.max_lost = task.max_lost;
  fact.on_disconnect = task.on_disconnect;
  fact.realm = task.realm;
  fact.digest = task.digest;
  fact.resources = resources_of(pool, slot);
}

/// Fills a task read from a journal.
void Scheduler::Machine::describe(const Pool& pool, Task& task, const TaskAdmitted& fact) {
  task.admission = fact.admission;
  task.digest = fact.digest;
  task.units = fact.units;
  task.deadline = fact.deadline;
  task.ready_at = fact.start_after;
  task.timeout = fact.timeout;
  task.estimate = fact.estimate;
  task.payload = fact.payload;
  task.retry = CompactRetry::of(fact.retry);
  task.task_id = names.intern(fact.task_id);
  task.tenant = names.intern(fact.tenant);
  task.mailbox = names.intern(fact.mailbox);
  const auto named = std::find(pool.incarnations.rbegin(), pool.incarnations.rend(), fact.incarnation);
  task.incarnation = named == pool.incarnations.rend()
                         ? 0
                         : static_cast<std::uint32_t>(pool.incarnations.rend() - named - 1);
  task.realm = fact.realm;
  task.max_lost = static_cast<std::uint16_t>(fact.max_lost);
  task.priority = task.leaves_as = fact.priority;
  task.kind = fact.kind;
  task.on_disconnect = fact.on_disconnect;
}

TaskAdmitted Scheduler::Machine::keep(Pool& pool, const TaskAdmitted& fact) {
  TaskAdmitted kept = fact;
  kept.task_id = pool.stream.keep_text(fact.task_id);
  kept.tenant = pool.stream.keep_text(fact.tenant);
  kept.mailbox = pool.stream.keep_text(fact.mailbox);
  kept.resources = pool.stream.keep_numbers(fact.resources);
  return kept;
}

PoolConfigured Scheduler::Machine::keep(Pool& pool, const PoolConfigured& fact) {
  return {pool.stream.keep_text(fact.settings)};
}

TaskRejected Scheduler::Machine::keep(Pool& pool, const TaskRejected& fact) {
  return {fact.code, pool.stream.keep_text(fact.task_id), pool.stream.keep_text(fact.tenant)};
}

}  // namespace parking_lot
