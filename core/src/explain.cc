#include <algorithm>

#include "machine.h"

/// Why a task waits, and how long.
namespace parking_lot {
namespace {

/// Tasks that are started one after the other to foresee a start; beyond them the pace is taken to go on.
constexpr std::uint32_t foreseen_max = 1000;

}  // namespace

/// The first reason, in the order in which the allocator asks, why this task does not start.
Wait Scheduler::Machine::wait_of(Pool& pool, std::uint32_t slot, TaskHandle& behind) {
  const Task& task = tasks_[slot];
  if (task.phase == Phase::waiting) return Wait::start_after;
  if (task.phase == Phase::backing_off) return Wait::backoff;
  if (task.phase != Phase::parked) return Wait::nothing;
  if (pool.stream.state() != StreamState::open) return Wait::storage;
  if (!pool.starts_tasks()) return Wait::paused;
  const Lane* lane = pool.find_lane(task.realm);
  if (lane == nullptr || lane->executors == 0) return Wait::no_executor;
  const ParkedTask parked = parked_task(pool, slot);
  if (!parked.cost.fits(pool.capacity_amounts())) return Wait::capacity_shrunk;
  const auto free = pool.free_amounts();
  if (!free) return Wait::over_use;
  if (!parked.cost.fits(pool.tenants[parked.tenant].room())) return Wait::tenant_limit;
  const Place place = lane->order ? lane->order->place_of(parked) : Place::of(parked.key);
  const auto holder = guard_holder(pool);
  if (holder && holder->place < place && uses_any(parked.cost, holder->bottleneck)) {
    behind = handle_of(holder->slot);
    return Wait::guard;
  }
  const bool fits = parked.cost.fits(*free);
  const auto head = blocked_head({pool, tasks_, now_.steady});
  const bool is_behind = head && head->place < place;
  if (is_behind &&
      (pool.config.policy == Policy::strict || (pool.config.policy == Policy::backfill && fits))) {
    behind = handle_of(head->entry.slot);
    return Wait::head;
  }
  if (!fits) return Wait::capacity;
  if (const auto held = held_for({pool, tasks_, now_.steady}, place, *free)) {
    behind = handle_of(held->entry.slot);
    return Wait::guard;
  }
  return lane->ready == 0 ? Wait::executor_busy : Wait::nothing;
}

/// What the parked tasks that leave before it cost, of a pool that counts several resources. O(tasks).
Amounts Scheduler::Machine::amounts_ahead(Pool& pool, std::uint32_t slot) {
  Amounts sum;
  if (!pool.has_resources()) return sum;
  const ParkedTask task = parked_task(pool, slot);
  pool.by_admission.visit_after(0, [&](std::uint32_t other) {
    if (tasks_[other].phase != Phase::parked) return true;
    const ParkedOrder& order = *pool.lane(tasks_[other].realm).order;
    if (order.place_of(parked_task(pool, other)) < order.place_of(task)) sum.add(pool.costs.at(other));
    return true;
  });
  return sum;
}

/// Parked tasks in the order in which they will leave, at most a thousand.
std::vector<std::uint32_t> Scheduler::Machine::upcoming(Pool& pool) const {
  struct Charging {
    const Machine& machine;
    const Pool& pool;
  };
  const Charging charging{*this, pool};
  const auto charge = [](const void* context, std::uint32_t slot) {
    const auto& [machine, of_pool] = *static_cast<const Charging*>(context);
    return machine.presumed_charge(of_pool, machine.tasks_[slot]);
  };
  std::vector<std::uint32_t> slots;
  for (const Lane& lane : pool.lanes) {
    std::vector<std::uint32_t> theirs;
    if (lane.order) {
      theirs = lane.order->upcoming(foreseen_max, charge, &charging);
    } else {
      TaskQueue::Cursor cursor(lane.queue, QueueKey{});
      for (auto next = cursor.next(units_max); next && theirs.size() < foreseen_max;
           next = cursor.next(units_max))
        theirs.push_back(next->slot);
    }
    std::vector<std::uint32_t> others;
    others.swap(slots);
    auto other = others.begin();
    for (const std::uint32_t slot : theirs) {
      for (; other != others.end() && key_of(tasks_[*other]) < key_of(tasks_[slot]); ++other)
        slots.push_back(*other);
      slots.push_back(slot);
    }
    slots.insert(slots.end(), other, others.end());
  }
  if (slots.size() > foreseen_max) slots.resize(foreseen_max);
  return slots;
}

/// When a run is expected to end, whatever the policy; never: nobody can tell.
SteadyTime Scheduler::Machine::foreseen_end(const Pool& pool, const Run& run) const {
  if (run.stage == Run::Stage::stopping || run.stage == Run::Stage::quarantined) return run.due;
  if (run.expected_end != never_steady) return run.expected_end;
  // Of a run that was read from a journal nothing is expected yet.
  const Duration expected =
      run.expected.ms == 0 && run.is_current ? expected_length(pool, tasks_[run.task]) : run.expected;
  if (expected.ms == 0) return never_steady;
  const std::int64_t elapsed = std::max<std::int64_t>((now_.wall - run.started_at).ms, 0);
  std::int64_t length = expected.ms;
  while (length < elapsed) length *= 2;
  return now_.steady + Duration{length - elapsed};
}

/// Whether its tenant uses too much now for it to start: so long it is in nobody's way.
bool Scheduler::Machine::waits_for_its_tenant(const Pool& pool, std::uint32_t slot) const {
  const ParkedTask task = parked_task(pool, slot);
  return task.tenant != no_tenant && !task.cost.fits(pool.tenants[task.tenant].room());
}

/// When the limit of its own tenant lets it start: runs of the tenant end as expected, and those of `ahead`
/// that are the tenant's take what they leave before it. Nothing if one has no estimate that this rests on.
std::optional<SteadyTime> Scheduler::Machine::start_by_tenant(const Pool& pool, std::uint32_t slot,
                                                              std::span<const std::uint32_t> ahead) const {
  const std::uint32_t tenant = parked_task(pool, slot).tenant;
  RunEnds ends;
  std::uint32_t number = 0;
  for (std::uint32_t i = 0; i < runs_.end(); ++i) {
    const Run& run = runs_[i];
    if (run.stage == Run::Stage::free || run.pool != pool.id.index || run.tenant != tenant) continue;
    const SteadyTime end = foreseen_end(pool, run);
    if (end != never_steady) ends.insert(std::max(end, now_.steady), number++, pool.used_by(run, i));
  }
  Amounts room = pool.tenants[tenant].room();
  SteadyTime time = now_.steady;
  for (const std::uint32_t next : ahead) {
    if (parked_task(pool, next).tenant != tenant) continue;
    const Amounts cost = pool.cost_of(tasks_[next], next);
    while (!cost.fits(room)) {
      const auto end = ends.next();
      if (!end) return std::nullopt;
      time = std::max(time, end->at);
      room.add(ends.take_first());
    }
    if (next == slot) return time;
    room.take(cost);
    const Duration length = expected_length(pool, tasks_[next]);
    if (length.ms > 0) ends.insert(time + length, number++, cost);
  }
  return std::nullopt;
}

/// Lets the tasks that leave before it start one after the other, each as soon as what is expected to end
/// leaves enough: as if nobody passed anybody and nobody came. O(runs log runs + tasks log tasks), of at most
/// a thousand tasks. One that waits for its time is taken to leave as if it were parked already, but not
/// before that time. Others whose tenants are at their own limits are left out. Nothing if a run or a task
/// ahead has no estimate that this rests on.
std::optional<SteadyTime> Scheduler::Machine::expected_start(Pool& pool, std::uint32_t slot) {
  const Lane* lane = pool.find_lane(tasks_[slot].realm);
  if (!pool.starts_tasks() || lane == nullptr || lane->executors == 0) return std::nullopt;
  const ParkedTask parked = parked_task(pool, slot);
  if (!parked.cost.fits(pool.capacity_amounts())) return std::nullopt;
  RunEnds ends;
  std::uint32_t number = 0;
  Amounts in_use;
  for (std::uint32_t i = 0; i < runs_.end(); ++i) {
    const Run& run = runs_[i];
    if (run.stage == Run::Stage::free || run.pool != pool.id.index) continue;
    in_use.add(pool.used_by(run, i));
    const SteadyTime end = foreseen_end(pool, run);
    if (end != never_steady) ends.insert(std::max(end, now_.steady), number++, pool.used_by(run, i));
  }
  if (!in_use.fits(pool.capacity_amounts())) return std::nullopt;
  Amounts free = pool.capacity_amounts();
  free.take(in_use);

  SteadyTime time = now_.steady;
  SteadyTime earliest = now_.steady;  // as far as its own tenant's limit goes
  const auto wait_for = [&](const Amounts& cost) {
    while (!cost.fits(free)) {
      const auto end = ends.next();
      if (!end) return false;
      time = std::max(time, end->at);
      free.add(ends.take_first());
    }
    return true;
  };
  std::vector<std::uint32_t> ahead = upcoming(pool);
  const bool is_parked = tasks_[slot].phase == Phase::parked;
  if (!is_parked) {
    std::erase_if(ahead, [&](std::uint32_t next) { return key_of(tasks_[slot]) < key_of(tasks_[next]); });
    ahead.push_back(slot);
  }
  if (waits_for_its_tenant(pool, slot)) {
    const auto opened = start_by_tenant(pool, slot, ahead);
    if (!opened) return std::nullopt;
    earliest = *opened;
  }
  for (const std::uint32_t next : ahead) {
    const Amounts cost = pool.cost_of(tasks_[next], next);
    if (!cost.fits(pool.capacity_amounts())) continue;
    if (next != slot && waits_for_its_tenant(pool, next)) continue;
    if (!wait_for(cost)) return std::nullopt;
    if (next == slot && !is_parked)
      return std::max(
          {time, earliest, now_.steady + std::max(tasks_[slot].ready_at - now_.wall, Duration{0})});
    if (next == slot) {
      time = std::max(time, earliest);
      return time == now_.steady && lane->ready == 0 ? std::nullopt : std::optional(time);
    }
    free.take(cost);
    const Duration length = expected_length(pool, tasks_[next]);
    if (length.ms > 0) ends.insert(time + length, number++, cost);
  }
  // Further back: the pace so far goes on.
  const std::int64_t pace_ms = (time - now_.steady).ms;
  const auto position = static_cast<std::int64_t>(pool.ahead_of(parked).tasks);
  if (ahead.empty() || position == 0 || pace_ms > longest_expectation.ms / position) return std::nullopt;
  return now_.steady + Duration{pace_ms * position / static_cast<std::int64_t>(ahead.size())};
}

}  // namespace parking_lot
