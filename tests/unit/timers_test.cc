#include <catch2/catch.hpp>

#include "driven_scheduler.h"

using namespace parking_lot;
using Ids = std::vector<std::string>;

TEST_CASE(
    "a tick runs a thousand timers and asks for the next tick at once, and no task starts after its "
    "deadline") {
  PoolConfig pool = pool_of(1);
  pool.max_queue_depth = 5000;
  DrivenScheduler lot(pool);
  lot.submit("runs");
  TaskSpec spec;
  spec.deadline = lot.now.wall + Duration{100};
  for (int i = 0; i < 2500; ++i) lot.submit(spec);
  lot.started();
  const Start run = lot.start_of("runs");
  lot.now.wall.ms += 100;
  lot.now.steady.ms += 100;
  lot.feed({Finished{run.task, run.lease, {}, 1}});
  CHECK(lot.started().empty());
  CHECK(lot.stats().expired >= 1000);
  int ticks = 0;
  while (lot.stats().expired < 2500 && ticks < 10) {
    REQUIRE(lot.core.next_deadline() == lot.now.steady);
    lot.feed({Tick{}});
    ++ticks;
  }
  CHECK(ticks <= 2);
  CHECK(lot.started().empty());
}

TEST_CASE("a task that waits joins the queue at its own number") {
  DrivenScheduler lot(pool_of(1));
  TaskSpec early = lot.spec("early");
  early.start_after = lot.now.wall + Duration{100};
  lot.submit("runs");
  lot.submit(early);
  lot.submit("later");
  CHECK(lot.stats().waiting == 1);
  lot.advance(100);
  CHECK(lot.stats().waiting == 0);
  lot.started();
  lot.finish("runs");
  CHECK(lot.started() == Ids{"early"});
}

TEST_CASE("a waiting task whose deadline comes first expires without becoming ready") {
  DrivenScheduler lot(pool_of(1));
  TaskSpec spec = lot.spec("a");
  spec.start_after = lot.now.wall + Duration{200};
  spec.deadline = lot.now.wall + Duration{100};
  lot.submit(spec);
  lot.advance(100);
  CHECK(lot.status("a") == Status::expired);
  CHECK(lot.stats().waiting == 0);
  lot.advance(1000);
  CHECK(lot.starts.empty());
}

TEST_CASE("a deadline is for the first start: a task that is repeated does not expire") {
  DrivenScheduler lot(pool_of(1));
  TaskSpec spec = lot.spec("a");
  spec.deadline = lot.now.wall + Duration{100};
  spec.retry.max_attempts = 2;
  lot.submit(spec);
  lot.fail("a");
  lot.advance(100);
  CHECK(lot.status("a") == Status::queued);
  lot.advance(900);
  CHECK(lot.status("a") == Status::running);
}

TEST_CASE("the guard gives the pool to the first task that does not fit, once its time is over") {
  PoolConfig pool = pool_of(4);
  pool.starvation_guard = Duration{100};
  DrivenScheduler lot(pool);
  lot.submit("big", 3);
  lot.submit("dear", 4);
  lot.submit("first", 1);
  lot.started();
  lot.advance(100);
  lot.finish("first");
  lot.submit("second", 1);
  CHECK(lot.started().empty());
  TaskSpec urgent = lot.spec("urgent", 1);
  urgent.priority = Priority::high;
  lot.submit(urgent);
  CHECK(lot.started() == Ids{"urgent"});
  lot.finish("urgent");
  lot.finish("big");
  CHECK(lot.started() == Ids{"dear"});
  lot.finish("dear");
  CHECK(lot.started() == Ids{"second"});
}

TEST_CASE("a guarded task that leaves by cancel or by a new class frees the pool") {
  PoolConfig pool = pool_of(4);
  pool.starvation_guard = Duration{100};
  DrivenScheduler lot(pool);
  lot.submit("big", 3);
  lot.submit("dear", 4);
  lot.advance(100);
  lot.submit("small", 1);
  lot.started();
  lot.cancel("dear");
  CHECK(lot.started() == Ids{"small"});

  lot.finish("small");
  lot.submit("dearer", 4);
  lot.advance(100);
  lot.submit("smaller", 1);
  CHECK(lot.started().empty());
  lot.command(SetPriority{0, lot.named("dearer"), Priority::low});
  CHECK(lot.started() == Ids{"smaller"});
}

TEST_CASE("an ended task is remembered until its end is durable") {
  PoolConfig pool = pool_of(2, StorageKind::file);
  pool.task_retention_count = 0;
  DrivenScheduler lot(pool);
  TaskSpec spec = lot.spec("a");
  spec.payload = PayloadRef{7, 1, 1};
  lot.submit(spec);
  lot.persist();
  lot.fail("a");
  lot.submit("b");
  CHECK(lot.releases.empty());
  lot.persist();
  lot.submit("c");
  CHECK_FALSE(lot.handle("a"));
  CHECK(lot.releases.size() == 1);
}
