#include "pool.h"

#include <catch2/catch.hpp>

#include "allocator.h"
#include "driven_scheduler.h"

using namespace parking_lot;

namespace {

void connect(Pool& pool, ExecutorId executor, std::uint32_t credits, RealmId realm = 0) {
  pool.connect(ExecutorReady{pool.id, executor, realm, credits, ExecutorReady::Liveness::certain});
}

void park(Pool& pool, std::uint32_t slot, Units units, Priority priority = Priority::normal,
          RealmId realm = 0) {
  pool.lane(realm).queue.insert({QueueKey::of(priority, slot), units, slot});
}

/// Slots with the costs of the tasks parked in them, as far as decisions look at them.
Slab<Task> tasks_of(Pool& pool) {
  Slab<Task> tasks;
  for (int i = 0; i < 100; ++i) tasks.allocate();
  for (Lane& lane : pool.lanes) {
    TaskQueue::Cursor cursor(lane.queue, QueueKey{});
    for (auto entry = cursor.next(units_max); entry; entry = cursor.next(units_max))
      tasks[entry->slot].units = entry->units;
  }
  return tasks;
}

std::optional<Candidate> head_of(Pool& pool) {
  const Slab<Task> tasks = tasks_of(pool);
  return blocked_head({pool, tasks, SteadyTime{0}});
}

std::optional<std::uint32_t> next(Pool& pool) {
  const Slab<Task> tasks = tasks_of(pool);
  const auto candidate = next_to_start({pool, tasks, SteadyTime{0}});
  return candidate ? std::optional(candidate->entry.slot) : std::nullopt;
}

}  // namespace

TEST_CASE("a lane is ready while an executor of it has credit") {
  Pool pool(PoolId{0}, pool_of(10));
  connect(pool, 1, 2);
  connect(pool, 2, 0);
  const Lane& lane = pool.lanes.front();
  CHECK(lane.executors == 2);
  CHECK(lane.ready == 1);
  pool.set_credits(*pool.find_executor(1), 0);
  CHECK(lane.ready == 0);
  pool.give_back_credits(2, 3);
  CHECK(lane.ready == 1);
  CHECK(pool.pick_executor(lane).id == 2);
  pool.disconnect(2);
  CHECK(lane.executors == 1);
  CHECK(lane.ready == 0);
  pool.disconnect(2);
  CHECK(lane.executors == 1);
}

TEST_CASE("credits that are given back never become endless by counting") {
  Pool pool(PoolId{0}, pool_of(10));
  connect(pool, 1, 5);
  pool.give_back_credits(1, endless_credits);
  CHECK(pool.find_executor(1)->credits == endless_credits - 1);
  connect(pool, 2, endless_credits);
  pool.give_back_credits(2, 7);
  CHECK(pool.find_executor(2)->credits == endless_credits);
  pool.give_back_credits(99, 1);
}

TEST_CASE("an executor that moves to another realm leaves its lane") {
  Pool pool(PoolId{0}, pool_of(10));
  connect(pool, 1, 2, 5);
  connect(pool, 1, 2, 6);
  CHECK(pool.find_lane(5)->executors == 0);
  CHECK(pool.find_lane(5)->ready == 0);
  CHECK(pool.find_lane(6)->executors == 1);
}

TEST_CASE("lanes do not block one another for want of credit, and share one leaving order") {
  Pool pool(PoolId{0}, pool_of(10));
  connect(pool, 1, 0);
  connect(pool, 2, 1, 9);
  park(pool, 1, 1);
  park(pool, 2, 1, Priority::low, 9);
  CHECK(next(pool) == 2U);
  pool.give_back_credits(1, 1);
  CHECK(next(pool) == 1U);
  CHECK(pool.ahead_of(ParkedTask{QueueKey::of(Priority::low, 2), 0, 2, 1, Amounts(1)}).tasks == 1);
  CHECK(pool.queued() == 2);
}

TEST_CASE("nothing starts without an executor, in a paused or disabled pool, or while real use is too high") {
  Pool pool(PoolId{0}, pool_of(10));
  park(pool, 1, 1);
  CHECK_FALSE(next(pool));
  connect(pool, 1, 1);
  CHECK(next(pool) == 1U);
  for (const PoolState state : {PoolState::paused, PoolState::disabled}) {
    pool.state = state;
    CHECK_FALSE(next(pool));
  }
  pool.state = PoolState::draining;
  CHECK(next(pool) == 1U);
  pool.in_use = 11;
  CHECK_FALSE(next(pool));
}

TEST_CASE("first fit passes those that do not fit, strict passes nobody but for tasks without units") {
  Pool pool(PoolId{0}, pool_of(10));
  connect(pool, 1, endless_credits);
  pool.in_use = 6;
  park(pool, 1, 8);
  park(pool, 2, 4);
  park(pool, 3, 0);
  CHECK(next(pool) == 2U);
  pool.config.policy = Policy::strict;
  CHECK(next(pool) == 3U);
  pool.in_use = 0;
  CHECK(next(pool) == 1U);
}

TEST_CASE("a task dearer than the capacity or without an executor is no head") {
  Pool pool(PoolId{0}, pool_of(10));
  connect(pool, 1, endless_credits);
  pool.config.policy = Policy::strict;
  park(pool, 1, 50);
  park(pool, 2, 9, Priority::normal, 7);
  park(pool, 3, 4);
  CHECK(next(pool) == 3U);
  CHECK_FALSE(head_of(pool));
  pool.in_use = 7;
  CHECK_FALSE(next(pool));
  REQUIRE(head_of(pool));
  CHECK(head_of(pool)->entry.slot == 3);
}

TEST_CASE("a guard that has run out holds the pool only while its task could run but does not fit") {
  Pool pool(PoolId{0}, pool_of(10));
  connect(pool, 1, endless_credits);
  pool.in_use = 5;
  park(pool, 1, 8);
  park(pool, 2, 1);
  pool.exhausted.emplace(QueueKey::of(Priority::normal, 1),
                         GuardClaim{ParkedTask{QueueKey::of(Priority::normal, 1), 0, 1, 8, Amounts(8)}, 0});
  CHECK(guard_holder(pool));
  CHECK_FALSE(next(pool));
  pool.config.max_units = 7;  // it became ineligible: it blocks nobody
  CHECK(next(pool) == 2U);
  pool.config.max_units = 10;
  pool.in_use = 2;
  CHECK_FALSE(guard_holder(pool));
  CHECK(next(pool) == 1U);
  pool.disconnect(1);
  pool.in_use = 5;
  CHECK_FALSE(guard_holder(pool));
}
