#include <algorithm>

#include "machine.h"

/// In and out of the queue, how lanes keep it, and ageing.
namespace parking_lot {

ParkedTask Scheduler::Machine::parked_task(const Pool& pool, std::uint32_t slot) const {
  const Task& task = tasks_[slot];
  ParkedTask parked;
  parked.key = key_of(task);
  parked.slot = slot;
  parked.units = task.units;
  parked.cost = pool.cost_of(task, slot);
  if (pool.tracks_tenants()) {
    const std::uint32_t tenant = pool.tenants.find(task.tenant);
    const bool has_line = pool.is_fair() || (tenant != no_tenant && pool.tenants[tenant].limit);
    if (has_line) parked.tenant = tenant;
  }
  return parked;
}

/// The task's place among those that may leave. Its phase is somebody else's matter.
void Scheduler::Machine::queue_task(Pool& pool, std::uint32_t slot) {
  Task& task = tasks_[slot];
  task.leaves_as = task.priority;
  if (pool.config.ageing.ms > 0) {
    run_clock(pool);
    pool.queued_at.try_emplace(slot, pool.clock);  // it stays when only the lanes change
    arm_pool_timer(pool, PoolTimer::ageing, now_.steady + pool.config.ageing);
  }
  if (pool.tracks_tenants()) enter_line(pool, slot);
  Lane& lane = pool.lane(task.realm);
  lane.was_used = true;
  if (lane.order) {
    lane.order->insert(parked_task(pool, slot));
  } else {
    lane.queue.insert({key_of(task), task.units, slot, TaskQueue::estimate_of(task.estimate)});
  }
}

void Scheduler::Machine::unqueue_task(Pool& pool, std::uint32_t slot) {
  const Task& task = tasks_[slot];
  Lane& lane = pool.lane(task.realm);
  if (lane.order) {
    const ParkedTask parked = parked_task(pool, slot);
    lane.order->erase(parked);
    if (task.leaves_as != task.priority)
      pool.raised.erase({task.realm, parked.tenant, static_cast<std::uint8_t>(task.priority)});
  } else {
    lane.queue.erase(key_of(task));
    if (task.leaves_as != task.priority)
      pool.raised.erase({task.realm, 0, static_cast<std::uint8_t>(task.priority)});
  }
  if (pool.tracks_tenants()) leave_line(pool, slot);
  if (!pool.queued_at.empty()) pool.queued_at.erase(slot);
  if (pool.reserved_for == slot) pool.reserved_for = no_slot;
}

// --- ageing ---

/// The pool's clock stands still while the pool starts nothing.
void Scheduler::Machine::run_clock(Pool& pool) {
  if (pool.starts_tasks()) pool.clock.ms += (now_.steady - pool.clock_read_at).ms;
  pool.clock_read_at = now_.steady;
}

/// Raises the heads of lines that have waited for another interval. Lines are gone through at least eight
/// times per interval, and then all of them: O(lines).
void Scheduler::Machine::age(Pool& pool) {
  const std::int64_t interval = pool.config.ageing.ms;
  if (interval == 0) return;
  run_clock(pool);
  std::vector<std::uint32_t> heads;
  for (Lane& lane : pool.lanes) {
    if (lane.order) {
      lane.order->visit_heads(
          [](void* context, std::uint32_t slot) {
            static_cast<std::vector<std::uint32_t>*>(context)->push_back(slot);
          },
          &heads);
      continue;
    }
    for (const Priority priority : {Priority::critical, Priority::high, Priority::normal, Priority::low}) {
      TaskQueue::Cursor cursor(lane.queue, QueueKey::of(priority, 0));
      const auto head = cursor.next(units_max);
      if (head && Place::of(head->key).level == 3 - static_cast<unsigned>(priority))
        heads.push_back(head->slot);
    }
  }
  if (heads.empty()) return;
  std::int64_t again = std::max<std::int64_t>(interval / 8, 1);
  for (const std::uint32_t slot : heads) {
    const std::int64_t waited = raise(pool, slot);
    again = std::min(again, interval - waited % interval);
  }
  arm_pool_timer(pool, PoolTimer::ageing, now_.steady + Duration{again});
}

/// One class for each interval that it has waited. Of each line of a class only one task is raised at a time.
/// Returns how long it has waited.
std::int64_t Scheduler::Machine::raise(Pool& pool, std::uint32_t slot) {
  Task& task = tasks_[slot];
  const Duration queued_at = pool.queued_at.try_emplace(slot, pool.clock).first;
  const std::int64_t waited = pool.clock.ms - queued_at.ms;
  const std::int64_t steps = waited / pool.config.ageing.ms;
  const auto raised_to =
      static_cast<Priority>(std::min<std::int64_t>(static_cast<std::int64_t>(task.priority) + steps, 3));
  if (raised_to == task.leaves_as) return waited;
  const ParkedTask parked = parked_task(pool, slot);
  const std::tuple<RealmId, std::uint32_t, std::uint8_t> line{task.realm, parked.tenant,
                                                              static_cast<std::uint8_t>(task.priority)};
  if (task.leaves_as == task.priority && !pool.raised.insert(line).second) return waited;
  const bool is_guarded = pool.exhausted.contains(parked.key);
  const GuardClaim claim = is_guarded ? pool.exhausted.at(parked.key) : GuardClaim{};
  Lane& lane = pool.lane(task.realm);
  const bool tracks = pool.tracks_tenants();
  if (lane.order) {
    lane.order->erase(parked);
  } else {
    lane.queue.erase(parked.key);
  }
  if (tracks) leave_line(pool, slot);
  task.leaves_as = raised_to;
  if (tracks) enter_line(pool, slot);
  const ParkedTask now_parked = parked_task(pool, slot);
  if (lane.order) {
    lane.order->insert(now_parked);
  } else {
    lane.queue.insert({now_parked.key, task.units, slot, TaskQueue::estimate_of(task.estimate)});
  }
  if (is_guarded) {
    pool.exhausted.erase(parked.key);
    pool.exhausted.try_emplace(now_parked.key, GuardClaim{now_parked, claim.realm, claim.bottleneck});
  }
  return waited;
}

// --- layout ---

/// Puts all parked tasks into lanes that keep them as the pool's settings now ask for.
void Scheduler::Machine::lay_out(Pool& pool) {
  std::vector<std::uint32_t> slots;
  pool.by_admission.visit_after(0, [&](std::uint32_t slot) {
    if (tasks_[slot].phase == Phase::parked || tasks_[slot].phase == Phase::arriving) slots.push_back(slot);
    return true;
  });
  std::vector<std::pair<NameId, decltype(Tenant::history)>> histories;
  pool.tenants.visit([&](std::uint32_t tenant) {
    histories.emplace_back(pool.tenants[tenant].name, pool.tenants[tenant].history);
  });
  pool.tenants.clear();
  pool.presumed_ends.clear();
  pool.raised.clear();
  pool.set_layout(pool.layout_for(pool.config));
  for (std::uint32_t run = 0; run < runs_.end(); ++run) {
    if (runs_[run].stage == Run::Stage::free || runs_[run].pool != pool.id.index) continue;
    runs_[run].tenant = 0;
    runs_[run].charged = 0;
    runs_[run].presumed_end = never_steady;
    begin_account(pool, run);
    watch_charge(pool, run);
  }
  pool.service_now = {};  // who comes now begins beside those who run
  for (const auto& [name, history] : histories) {
    if (pool.config.estimates == Estimates::learned) {
      const std::uint32_t tenant = add_tenant(pool, name);
      pool.tenants[tenant].history = history;
      note_activity(pool, tenant);
    }
    names.release(name);  // the tenant that was cleared held it
  }
  for (const std::uint32_t slot : slots) {
    queue_task(pool, slot);
    if (pool.tracks_tenants() && tasks_[slot].phase == Phase::parked)
      ++pool.tenants[pool.tenants.find(tasks_[slot].tenant)].parked;
  }
}

}  // namespace parking_lot
