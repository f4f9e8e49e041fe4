#include "parking_lot/scheduler.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "driven_scheduler.h"

using namespace parking_lot;
using Ids = std::vector<std::string>;

TEST_CASE("a lot without pools is refused with the name of the key") {
  const auto opened = Scheduler::open(Config{}, Now{}, Entropy{});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().where == "pools");
}

TEST_CASE("nothing is waited for before there is anything to wait for") {
  DrivenScheduler lot(pool_of(1));
  CHECK_FALSE(lot.core.next_deadline());
}

TEST_CASE("a wall deadline is looked at again within half a minute") {
  DrivenScheduler lot(pool_of(1));
  lot.submit("runs");
  TaskSpec spec = lot.spec("waits");
  spec.deadline = lot.now.wall + Duration::seconds(3600);
  lot.submit(spec);
  REQUIRE(lot.core.next_deadline());
  CHECK(*lot.core.next_deadline() == lot.now.steady + Duration{30000});
}

TEST_CASE("a clock that seems to go back is taken as standing still") {
  PoolConfig pool = pool_of(1);
  pool.default_timeout = Duration{100};
  DrivenScheduler lot(pool);
  lot.now.steady.ms = 1000;
  lot.submit("a");
  const Start run = lot.start_of("a");
  lot.feed({Running{run.task, run.lease}});
  lot.now.steady.ms = 500;
  lot.feed({Tick{}});
  CHECK(*lot.core.next_deadline() == SteadyTime{1100});
  CHECK(lot.status("a") == Status::running);
}

TEST_CASE(
    "one pass for all inputs of a batch: the dearer task of the higher class starts, not the earlier one") {
  DrivenScheduler lot(pool_of(4));
  TaskSpec cheap = lot.spec("cheap", 1);
  TaskSpec dear = lot.spec("dear", 4);
  dear.priority = Priority::high;
  lot.feed({submission(0, cheap), submission(0, dear)});
  CHECK(lot.started() == Ids{"dear"});
}

TEST_CASE(
    "inputs about pools, tasks and executors that do not exist change nothing and commands among them are "
    "answered") {
  DrivenScheduler lot(pool_of(1));
  const PoolId nowhere{7};
  const TaskHandle nobody{123, 9};
  Failed failed;
  failed.task = nobody;
  Submit elsewhere = submission(900, lot.spec("a"));
  elsewhere.pool = nowhere;
  lot.feed({elsewhere, Cancel{901, {nowhere, {}, "a"}}, CancelTenant{902, nowhere, {}},
            ListTasks{903, nowhere, Status::queued, true, 0, 50},
            SetPoolState{904, nowhere, PoolState::paused}, Cancel{905, {lot.gpu, nobody, {}}},
            Inspect{906, {lot.gpu, {}, "a"}}});
  lot.feed({ExecutorReady{nowhere, 1, 0, 1, {}}, ExecutorGone{nowhere, 1, {}}, ExecutorGone{lot.gpu, 99, {}},
            Running{nobody, {}}, Heartbeat{nobody, {}}, UsageReported{nobody, {}, 5},
            Finished{nobody, {}, {}, 1}, failed, Persisted{nowhere, 1}, PersistFailed{nowhere},
            Delivered{nowhere, 1, 1}, DeliveryFailed{nowhere, {}}, RecoveryDone{nowhere},
            Recovered{nowhere, {}}, ClientGone{55}});
  for (RequestId request = 900; request <= 904; ++request)
    CHECK(lot.refusal(request) == Refusal::unknown_pool);
  CHECK(lot.refusal(905) == Refusal::unknown_task);
  CHECK(lot.refusal(906) == Refusal::unknown_task);
  CHECK(lot.stats().units_in_use == 0);
}

TEST_CASE("a volatile pool takes no storage reports") {
  DrivenScheduler lot(pool_of(1));
  lot.submit("a");
  lot.feed({PersistFailed{lot.gpu}, RecoveryDone{lot.gpu}, Persisted{lot.gpu, 99}});
  CHECK(lot.stats().storage == StreamState::open);
  CHECK(lot.status("a") == Status::running);
}

TEST_CASE("two lots fed the same inputs yield the same effects whatever names were interned before") {
  const auto run = [](int strangers) {
    DrivenScheduler lot(pool_of(3));
    for (int i = 0; i < strangers; ++i) lot.core.names().intern("stranger " + std::to_string(i));
    for (int i = 0; i < 50; ++i) {
      const std::string id = "task-" + std::to_string(i);
      TaskSpec spec = lot.spec(id, static_cast<Units>(i % 4));
      spec.priority = static_cast<Priority>(i % 3);
      lot.submit(spec);
      if (i % 5 == 4) lot.finish(lot.core.task_id(lot.starts.back().task));
    }
    return lot.started();
  };
  CHECK(run(0) == run(1000));
}

// --- what went wrong in the forerunner ---

TEST_CASE("an arrival does not barge in before a parked task that fits as well") {
  DrivenScheduler lot(pool_of(2));
  lot.submit("runs", 2);
  lot.submit("waits", 1);
  const Start run = lot.start_of("runs");
  lot.started();
  lot.feed({Finished{run.task, run.lease, {}, 1}, submission(0, lot.spec("arrives", 2))});
  CHECK(lot.started() == Ids{"waits"});
}

TEST_CASE("a wake goes on behind the first task that does not fit") {
  DrivenScheduler lot(pool_of(4));
  lot.submit("runs", 4);
  lot.submit("also", 3);
  lot.submit("dear", 3);
  lot.submit("cheap", 1);
  lot.started();
  lot.finish("runs");
  CHECK(lot.started() == Ids{"also", "cheap"});
}

TEST_CASE("a cost at the end of the range neither wraps nor parks for ever") {
  DrivenScheduler lot(pool_of(2));
  lot.submit("runs", 2);
  CHECK(lot.refusal(lot.submit("max", units_max)) == Refusal::cost_exceeds_capacity);
  CHECK(lot.refusal(lot.submit("wraps", ~Units{0})) == Refusal::invalid_task);
  CHECK(lot.stats().parked == 0);
}

TEST_CASE("units freed between a refused start and the parking are not lost") {
  DrivenScheduler lot(pool_of(1));
  lot.submit("first");
  const Start run = lot.start_of("first");
  lot.started();
  lot.feed({submission(0, lot.spec("second")), Finished{run.task, run.lease, {}, 1}});
  CHECK(lot.started() == Ids{"second"});
}

TEST_CASE("a parked task that cannot start keeps its place although the queue has filled up behind it") {
  PoolConfig pool = pool_of(2);
  pool.max_queue_depth = 2;
  DrivenScheduler lot(pool);
  lot.submit("runs", 2);
  lot.submit("head", 2);
  lot.submit("second", 2);
  CHECK(lot.refusal(lot.submit("third", 2)) == Refusal::queue_full);
  lot.fail("runs", Reason::lost);
  CHECK(lot.stats().parked == 2);
  CHECK(lot.started() == Ids{"runs", "runs"});
  lot.finish("runs");
  lot.finish("head");
  lot.finish("second");
  CHECK(lot.stats().completed == 3);
}

TEST_CASE("a run that crashes gives its units back and its task is failed, not completed") {
  DrivenScheduler lot(pool_of(1));
  lot.submit("a");
  lot.fail("a");
  CHECK(lot.status("a") == Status::failed);
  CHECK(lot.stats().units_in_use == 0);
  lot.submit("b");
  CHECK(lot.status("b") == Status::running);
}

TEST_CASE("ties in a class go by admission also when the clock stands still or goes back") {
  DrivenScheduler lot(pool_of(1));
  lot.submit("runs");
  for (int i = 0; i < 20; ++i) {
    lot.now.wall.ms -= 7;
    lot.submit("task-" + std::to_string(i));
  }
  lot.started();
  lot.finish("runs");
  for (int i = 0; i < 20; ++i) {
    const std::string id = "task-" + std::to_string(i);
    REQUIRE(lot.started() == Ids{id});
    lot.finish(id);
  }
}

TEST_CASE("a deadline fires by itself and its outcome names the task and goes to its mailbox") {
  DrivenScheduler lot(pool_of(1));
  lot.submit("runs");
  TaskSpec spec = lot.spec("late");
  spec.deadline = lot.now.wall + Duration{50};
  spec.mailbox = lot.core.mailbox_key({"acme", "ann", {}});
  lot.submit(spec);
  lot.advance(50);
  CHECK(lot.status("late") == Status::expired);
  REQUIRE(lot.deliveries.size() == 1);
  CHECK(lot.core.names().text(lot.deliveries[0].task_id) == "late");
  CHECK(lot.deliveries[0].status == Status::expired);
}
