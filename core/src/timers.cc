#include <algorithm>

#include "machine.h"

namespace parking_lot {
namespace {

constexpr int timers_per_tick_max = 1000;

}  // namespace

/// Runs what is due, at most a thousand timers: wall deadlines, then runs, backoffs and pools.
void Scheduler::Machine::run_timers() {
  int left = timers_per_tick_max;
  for (; left > 0; --left) {
    if (!wall_timers_.empty() && wall_timers_.top().due_ms <= now_.wall.ms) {
      on_task_timer(wall_timers_.top().number);
    } else if (!run_timers_.empty() && run_timers_.top().due_ms <= now_.steady.ms) {
      on_run_timer(run_timers_.top().number);
    } else if (!backoff_timers_.empty() && backoff_timers_.top().due_ms <= now_.steady.ms) {
      on_backoff_over(backoff_timers_.top().number);
    } else if (!pool_timers_.empty() && pool_timers_.begin()->first <= now_.steady.ms) {
      const auto [pool, kind] = pool_timers_.begin()->second;
      pool_timers_.erase(pool_timers_.begin());
      pool_timer_due_.erase(std::uint64_t{pool} << 8 | static_cast<std::uint64_t>(kind));
      on_pool_timer(pools[pool], kind);
    } else {
      break;
    }
  }
  has_timers_left_ = left == 0;
}

/// Arms the next wall moment of a waiting or parked task: start_after, then the deadline of the first start.
void Scheduler::Machine::arm_task_timer(std::uint32_t slot) {
  const Task& task = tasks_[slot];
  WallTime due = task.attempt == 0 ? task.deadline : never_wall;
  if (task.phase == Phase::waiting) due = std::min(due, task.ready_at);
  if (due == never_wall) {
    wall_timers_.disarm(slot);
  } else {
    wall_timers_.arm(slot, due.ms, task.admission);
  }
}

/// The first start must come before the deadline.
bool Scheduler::Machine::is_overdue(std::uint32_t slot) const {
  return tasks_[slot].attempt == 0 && tasks_[slot].deadline <= now_.wall;
}

void Scheduler::Machine::on_task_timer(std::uint32_t slot) {
  const Task& task = tasks_[slot];
  Pool& pool = pools[task.pool];
  if (is_overdue(slot)) {
    finish(pool, slot, Status::expired, Reason::deadline, {}, Holding::freed);
    return;
  }
  wall_timers_.disarm(slot);
  become_ready(pool, slot);
  arm_task_timer(slot);
}

void Scheduler::Machine::on_backoff_over(std::uint32_t slot) {
  backoff_timers_.disarm(slot);
  become_ready(pools[tasks_[slot].pool], slot);
}

/// The wait is over: the task joins the queue at its old place. Follows from the time alone, so it is no
/// record.
void Scheduler::Machine::become_ready(Pool& pool, std::uint32_t slot) {
  Task& task = tasks_[slot];
  --(task.phase == Phase::waiting ? pool.waiting : pool.backing_off);
  task.ready_at = WallTime{0};
  enqueue(pool, slot);
  mark_dirty(pool);
}

/// Of a pool that is only shown: waits that are over by now, which no record tells.
void Scheduler::Machine::end_waits(Pool& pool) {
  std::vector<std::uint32_t> ready;
  pool.by_admission.visit_after(0, [&](std::uint32_t slot) {
    const Task& task = tasks_[slot];
    const bool is_waiting = task.phase == Phase::waiting || task.phase == Phase::backing_off;
    if (is_waiting && task.ready_at <= now_.wall) ready.push_back(slot);
    return true;
  });
  for (const std::uint32_t slot : ready) become_ready(pool, slot);
}

void Scheduler::Machine::on_run_timer(std::uint32_t run_slot) {
  Run& run = runs_[run_slot];
  Pool& pool = pools[run.pool];
  const std::uint32_t slot = run.task;
  switch (run.stage) {
    case Run::Stage::running:
      if (run.due <= now_.steady) {
        finish(pool, slot, Status::expired, Reason::timed_out, {}, Holding::held);
        stop_run(pool, run_slot, Reason::timed_out);
        return;
      }
      [[fallthrough]];
    case Run::Stage::started:
      end_run(pool, run_slot,
              Failed{{run.task, run.generation}, run.lease, Reason::lost, {}, 0, Failed::Units::unknown});
      return;
    case Run::Stage::stopping:
      quarantine(pool, run_slot);
      return;
    default:
      release_units(pool, run_slot);
      return;
  }
}

void Scheduler::Machine::arm_pool_timer(const Pool& pool, PoolTimer kind, SteadyTime due) {
  const std::uint64_t key = std::uint64_t{pool.id.index} << 8 | static_cast<std::uint64_t>(kind);
  const auto [place, is_new] = pool_timer_due_.try_emplace(key, due.ms);
  if (!is_new) {
    if (place <= due.ms) return;  // it looks again when the earlier one fires
    pool_timers_.erase({place, {pool.id.index, kind}});
    place = due.ms;
  }
  pool_timers_.insert({due.ms, {pool.id.index, kind}});
}

void Scheduler::Machine::on_pool_timer(Pool& pool, PoolTimer kind) {
  switch (kind) {
    case PoolTimer::guard:
      mark_dirty(pool);  // the allocation pass updates the guard's clock
      return;
    case PoolTimer::estimate:
      if ((pool.ends.next() && pool.ends.next()->at < now_.steady) ||
          (!pool.presumed_ends.empty() && pool.presumed_ends.begin()->first < now_.steady.ms)) {
        mark_dirty(pool);  // the allocation pass corrects what was outlived
      } else {
        watch_estimates(pool);
      }
      return;
    case PoolTimer::ageing:
      age(pool);
      mark_dirty(pool);
      return;
    case PoolTimer::delivery:
      pool.delivery_held = false;
      list_for_delivery(pool);
      return;
    case PoolTimer::refusals:
      for (std::size_t code = 0; code < pool.refusals.size(); ++code) {
        RefusalCount& count = pool.refusals[code];
        if (count.seen <= refusal_events_per_second) continue;
        if (count.second >= now_.steady.ms / 1000) {  // its second is not over yet
          arm_pool_timer(pool, PoolTimer::refusals, SteadyTime{(count.second + 1) * 1000});
          continue;
        }
        if (pool.stream.state() == StreamState::open) {
          emit(pool, no_slot,
               RejectionsCounted{static_cast<Refusal>(code), count.seen - refusal_events_per_second});
        }
        count = {};
      }
      return;
  }
}

/// The starvation guard. Its clock belongs to a task and runs only while that task is the head and does not
/// fit.
void Scheduler::Machine::update_guard(Pool& pool) {
  const Duration limit = pool.config.starvation_guard;
  if (limit.ms == 0 || pool.config.policy != Policy::first_fit) return;
  const auto head = pool.starts_tasks() ? blocked_head({pool, tasks_, now_.steady}) : std::nullopt;
  if (!head || head->entry.slot != pool.guarded) stop_guard(pool);
  if (!head) return;

  const std::uint32_t slot = head->entry.slot;
  if (pool.guarded == no_slot) {
    pool.guarded = slot;
    pool.guarded_since = now_.steady;
  }
  const SteadyTime due =
      pool.guarded_since + Duration{limit.ms - std::min<std::int64_t>(limit.ms, tasks_[slot].guard_used_ms)};
  if (due <= now_.steady) {
    pool.exhausted.try_emplace(head->entry.key, GuardClaim{parked_task(pool, slot), tasks_[slot].realm});
  } else {
    arm_pool_timer(pool, PoolTimer::guard, due);
  }
}

void Scheduler::Machine::stop_guard(Pool& pool) {
  if (pool.guarded == no_slot) return;
  Task& task = tasks_[pool.guarded];
  const std::int64_t used = task.guard_used_ms + (now_.steady - pool.guarded_since).ms;
  task.guard_used_ms = static_cast<std::uint32_t>(std::min<std::int64_t>(used, 0xffffffff));
  pool.guarded = no_slot;
}

/// Time went by in which no heartbeat could arrive (suspend, a throttled tab, a host that was frozen): leases
/// get at least one heartbeat. What was shorter than a heartbeat is forgiven once until the run gives a sign
/// of life: a host that is always a little late must not keep the lost for ever.
void Scheduler::Machine::forgive_gap(Duration late, Duration suspended) {
  for (std::uint32_t slot = 0; slot < runs_.end(); ++slot) {
    Run& run = runs_[slot];
    if (run.stage == Run::Stage::free || run.lease_due == never_steady) continue;
    const Pool& pool = pools[run.pool];
    if (pool.stream.state() != StreamState::open) continue;  // its runs get full leases when it opens
    const Duration heartbeat = pool.config.heartbeat;
    const bool is_long = late > heartbeat || suspended > heartbeat;
    const bool is_short = late > tolerated_lateness(heartbeat) && !run.was_forgiven;
    if (run.lease_due >= now_.steady + heartbeat || !(is_long || is_short)) continue;
    run.was_forgiven = true;
    run.lease_due = now_.steady + heartbeat;
    arm_run(pool, slot);
  }
}

/// Whether the oldest of so many ended tasks need not be remembered.
bool Scheduler::Machine::is_forgettable(const Pool& pool, std::uint32_t slot, std::size_t ended) const {
  const bool is_too_many =
      ended > pool.config.task_retention_count && outcomes_[tasks_[slot].outcome].is_delivered;
  return is_too_many || is_outdated(slot);
}

/// Ended tasks beyond their number or age go, oldest first, unless their outcome is still to be delivered.
void Scheduler::Machine::forget_old(Pool& pool, std::size_t most) {
  for (std::size_t i = 0; i < most && !pool.ended.empty(); ++i) {
    const std::uint32_t slot = pool.ended.front();
    if (!is_forgettable(pool, slot, pool.ended.size())) return;
    if (tasks_[slot].basis > pool.stream.durable_through()) return;
    pool.ended.pop_front();
    forget(pool, slot);
  }
}

}  // namespace parking_lot
