#include "machine.h"

namespace parking_lot {

/// The task that a command names. Commands come in order, so what arrived before them in this batch is
/// settled first.
Scheduler::Machine::Found Scheduler::Machine::find_for_command(const TaskName& name, RequestId request) {
  Found found;
  std::uint32_t slot = no_slot;
  if (name.handle) {
    if (name.handle.slot < tasks_.end() && tasks_[name.handle.slot].generation == name.handle.generation &&
        tasks_[name.handle.slot].phase != Phase::free) {
      slot = name.handle.slot;
      found.pool = &pools[tasks_[slot].pool];
    }
  } else {
    found.pool = pool_at(name.pool);
    if (found.pool == nullptr) {
      refuse(request, Refusal::unknown_pool, "pool");
      return {};
    }
    if (!found.pool->arrivals.empty()) settle(*found.pool);
    const TaskHandle handle = find(*found.pool, name.task_id);
    if (handle) slot = handle.slot;
  }
  if (found.pool != nullptr && refused_by_storage(*found.pool, request)) return {};
  if (slot == no_slot) {
    refuse(request, Refusal::unknown_task, "task_id");
    return {};
  }
  if (!found.pool->arrivals.empty()) settle(*found.pool);
  if (tasks_[slot].phase == Phase::free) {  // it arrived in this batch and was refused
    refuse(request, Refusal::unknown_task, "task_id");
    return {};
  }
  found.slot = slot;
  return found;
}

bool Scheduler::Machine::refused_by_storage(Pool& pool, RequestId request) {
  if (pool.stream.state() == StreamState::open) return false;
  refuse(request, Refusal::storage_unavailable);
  return true;
}

/// A journal that lags too far behind takes no new records but those of reports; one that is only looked at,
/// none.
bool Scheduler::Machine::refused_as_busy(const Pool& pool, RequestId request) {
  if (pool.is_read_only) {
    refuse(request, Refusal::storage_unavailable);
    return true;
  }
  if (pool.stream.unpersisted() <= unpersisted_max) return false;
  refuse(request, Refusal::busy);
  return true;
}

void Scheduler::Machine::take(const Cancel& input) {
  const Found found = find_for_command(input.task, input.request);
  if (found.slot == no_slot || refused_as_busy(*found.pool, input.request)) return;
  const Task& task = tasks_[found.slot];
  if (task.phase == Phase::ended) {
    reply_after(*found.pool, task.basis, input.request, Refused{Refusal::wrong_state, "status", {}});
    return;
  }
  drop(*found.pool, found.slot, Reason::cancelled);
  reply_after(*found.pool, tasks_[found.slot].basis, input.request, Done{1});
}

/// Ends a live task without a result of its own. A run that the host has not seen is withdrawn, another is
/// stopped.
void Scheduler::Machine::drop(Pool& pool, std::uint32_t slot, Reason reason) {
  const std::uint32_t run = tasks_[slot].run;
  if (run == no_slot || withdraw_start(pool, run)) {
    finish(pool, slot, Status::dropped, reason, {}, Holding::freed);
    return;
  }
  finish(pool, slot, Status::dropped, reason, {}, Holding::held);
  stop_run(pool, run, reason);
}

void Scheduler::Machine::take(const CancelTenant& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr) {
    refuse(input.request, Refusal::unknown_pool, "pool");
    return;
  }
  if (refused_by_storage(*pool, input.request) || refused_as_busy(*pool, input.request)) return;
  if (!pool->arrivals.empty()) settle(*pool);
  std::vector<std::uint32_t> slots;
  pool->by_admission.visit_after(0, [&](std::uint32_t slot) {
    if (tasks_[slot].phase != Phase::ended && tasks_[slot].tenant == input.tenant) slots.push_back(slot);
    return true;
  });
  for (const std::uint32_t slot : slots) drop(*pool, slot, Reason::cancelled);
  reply_after(*pool, pool->stream.sequence(), input.request, Done{slots.size()});
}

void Scheduler::Machine::take(const SetPriority& input) {
  const Found found = find_for_command(input.task, input.request);
  if (found.slot == no_slot || refused_as_busy(*found.pool, input.request)) return;
  Task& task = tasks_[found.slot];
  if (input.priority > Priority::critical) {
    refuse(input.request, Refusal::invalid_task, "priority");
    return;
  }
  if (task.phase != Phase::parked && task.phase != Phase::waiting && task.phase != Phase::backing_off) {
    reply_after(*found.pool, task.basis, input.request, Refused{Refusal::wrong_state, "status", {}});
    return;
  }
  if (task.priority != input.priority) {
    emit(*found.pool, found.slot, PriorityChanged{task.admission, input.priority});
    mark_dirty(*found.pool);
  }
  reply_after(*found.pool, task.basis, input.request, Done{1});
}

void Scheduler::Machine::take(const Retry& input) {
  const Found found = find_for_command(input.task, input.request);
  if (found.slot == no_slot || refused_as_busy(*found.pool, input.request)) return;
  const Task task = tasks_[found.slot];
  Pool& pool = *found.pool;
  const bool goes_on_elsewhere =
      task.was_retried || (task.task_id && *pool.by_name.find(task.task_id.index) != found.slot);
  if (task.phase != Phase::ended || task.status != Status::failed || goes_on_elsewhere) {
    reply_after(pool, task.basis, input.request, Refused{Refusal::wrong_state, "status", {}});
    return;
  }
  if (!pool.takes_tasks()) {
    refuse(input.request, Refusal::pool_disabled, "pool");
    return;
  }
  Submit submit;
  submit.request = input.request;
  submit.pool = pool.id;
  submit.spec = spec_again(found.slot);
  if (exceeds_capacity(pool, submit.spec)) {
    refuse(input.request, Refusal::cost_exceeds_capacity, "units");
    return;
  }
  arrive(pool, submit, task.digest, Room::sought);
  pool.arrivals.back().retried = found.slot;
  tasks_[found.slot].payload = {};  // the fresh task keeps the bytes now
  tasks_[found.slot].was_retried = true;
}

void Scheduler::Machine::take(const SetPoolState& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr) {
    refuse(input.request, Refusal::unknown_pool, "pool");
    return;
  }
  if (refused_by_storage(*pool, input.request) || refused_as_busy(*pool, input.request)) return;
  if (!pool->arrivals.empty()) settle(*pool);
  if (pool->state != input.state) {
    run_clock(*pool);
    emit(*pool, no_slot, PoolStateChanged{input.state});
    notify(*pool, no_slot, Notify::Event::pool_changed, pool->state_basis);
    mark_dirty(*pool);
  }
  reply_after(*pool, pool->state_basis, input.request, Done{1});
}

void Scheduler::Machine::take(const ClientGone& input) {
  for (Pool& pool : pools) {
    if (!pool.arrivals.empty()) settle(pool);
  }
  std::vector<TaskHandle>* theirs = clients_.find(input.client);
  if (theirs == nullptr) return;
  const std::vector<TaskHandle> gone = std::move(*theirs);
  clients_.erase(input.client);
  for (const TaskHandle handle : gone) {
    const Task* task = task_at(handle);
    if (task == nullptr || task->phase == Phase::ended) continue;
    if (task->phase == Phase::stale) {  // dropped after the reload, if the journal knows it
      auto& left = clients_[input.client];
      if (left.empty() || task_at(left.back())->pool != task->pool)
        pools[task->pool].gone_clients.push_back(input.client);
      left.push_back(handle);
      continue;
    }
    drop(pools[task->pool], handle.slot, Reason::client_gone);
  }
}

}  // namespace parking_lot
