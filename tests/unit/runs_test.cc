#include <catch2/catch.hpp>

#include "driven_scheduler.h"

using namespace parking_lot;
using Ids = std::vector<std::string>;

TEST_CASE("a report under an old lease changes nothing") {
  DrivenScheduler lot(pool_of(1));
  lot.submit("a");
  const Start old = lot.start_of("a");
  lot.fail("a", Reason::lost);
  REQUIRE(lot.started() == Ids{"a", "a"});
  lot.feed({Finished{old.task, old.lease, {}, 1}, UsageReported{old.task, old.lease, 50},
            Running{old.task, old.lease}});
  CHECK(lot.status("a") == Status::running);
  CHECK(lot.stats().units_in_use == 1);
  CHECK(lot.stats().completed == 0);
}

TEST_CASE("an end that is reported twice counts once") {
  DrivenScheduler lot(pool_of(2));
  lot.submit("a");
  lot.submit("b");
  const Start run = lot.start_of("a");
  lot.feed({Finished{run.task, run.lease, {}, 1}, Finished{run.task, run.lease, {}, 1}});
  CHECK(lot.stats().completed == 1);
  CHECK(lot.stats().units_in_use == 1);
}

TEST_CASE("a start takes a credit, its end gives it back, and never more than were reported") {
  DrivenScheduler lot(pool_of(10), DrivenScheduler::Executors::none);
  lot.connect(7, 2);
  for (const char* id : {"a", "b", "c"}) lot.submit(id);
  CHECK(lot.started() == Ids{"a", "b"});
  lot.finish("a");
  CHECK(lot.started() == Ids{"c"});
  lot.finish("b", 0);
  lot.submit("d");
  CHECK(lot.started().empty());
  lot.connect(7, 1);
  CHECK(lot.started() == Ids{"d"});
}

TEST_CASE("the executor with the most credit gets the next start, and among equals the one that came first") {
  DrivenScheduler lot(pool_of(10), DrivenScheduler::Executors::none);
  lot.connect(8, 2);
  lot.connect(5, 3);
  for (const char* id : {"a", "b", "c", "d", "e"}) lot.submit(id);
  std::vector<ExecutorId> chosen;
  for (const Start& start : lot.starts) chosen.push_back(start.executor);
  CHECK(chosen == std::vector<ExecutorId>{5, 8, 5, 8, 5});
}

TEST_CASE("an executor that is gone loses its runs and gets no more") {
  DrivenScheduler lot(pool_of(2), DrivenScheduler::Executors::none);
  lot.connect(1, 1);
  lot.submit("a");
  lot.feed({ExecutorGone{lot.gpu, 1, ExecutorGone::Death::known}});
  CHECK(lot.status("a") == Status::queued);
  CHECK(lot.view("a").lost == 1);
  CHECK(lot.stats().units_in_use == 0);
  lot.connect(2, 1);
  CHECK(lot.start_of("a").executor == 2);
}

TEST_CASE("a start that its executor never saw does not outlive it, and the task's deadline still counts") {
  DrivenScheduler lot(pool_of(1, StorageKind::file), DrivenScheduler::Executors::none);
  lot.connect(1, 1);
  TaskSpec spec = lot.spec("a");
  spec.deadline = lot.now.wall + Duration{1000};
  lot.submit(spec);
  lot.feed({ExecutorGone{lot.gpu, 1, ExecutorGone::Death::unknown}});
  lot.persist();
  CHECK(lot.starts.empty());
  CHECK(lot.view("a").attempt == 0);
  CHECK(lot.stats().units_in_use == 0);
  lot.advance(1000);
  lot.persist();
  CHECK(lot.status("a") == Status::expired);
}

TEST_CASE("a timeout begins with the report that the run has begun") {
  PoolConfig pool = pool_of(1);
  pool.default_timeout = Duration{100};
  DrivenScheduler lot(pool);
  lot.submit("a");
  lot.advance(10'000);
  CHECK(lot.status("a") == Status::running);
  const Start run = lot.start_of("a");
  lot.feed({Running{run.task, run.lease}});
  lot.advance(99);
  CHECK(lot.stops.empty());
  lot.feed({Running{run.task, run.lease}});  // a repeated report does not prolong it
  lot.advance(1);
  CHECK(lot.stops.size() == 1);
  CHECK(lot.view("a").reason == Reason::timed_out);
}

TEST_CASE(
    "units of a run that was told to stop stay taken until it confirms, or until grace and quarantine are "
    "over") {
  PoolConfig pool = pool_of(2);
  pool.kill_grace = Duration{50};
  pool.quarantine = Duration{70};
  DrivenScheduler lot(pool);
  lot.submit("confirms");
  lot.submit("is silent");
  lot.cancel("confirms");
  lot.cancel("is silent");
  CHECK(lot.stats().units_in_use == 2);
  lot.finish("confirms");
  CHECK(lot.stats().units_in_use == 1);
  lot.advance(50);
  CHECK(lot.stats().units_quarantined == 1);
  lot.advance(69);
  CHECK(lot.stats().units_in_use == 1);
  lot.advance(1);
  CHECK(lot.stats().units_in_use == 0);
  lot.finish("is silent");
  CHECK(lot.stats().units_in_use == 0);
  lot.submit("another", 2);
  CHECK(lot.stats().units_in_use == 2);
  CHECK(lot.stats().units_quarantined == 0);
}

TEST_CASE(
    "a host that was late for less than a heartbeat forgives a run once, and again only after a sign of "
    "life") {
  PoolConfig pool = pool_of(1);
  pool.heartbeat = Duration{800};
  pool.lease = Duration{2000};
  pool.quarantine = Duration{0};
  DrivenScheduler lot(pool, DrivenScheduler::Executors::none);
  lot.feed({ExecutorReady{lot.gpu, 1, 0, endless_credits, ExecutorReady::Liveness::heartbeats}});
  lot.submit("a");
  const Start first = lot.start_of("a");
  const auto is_first = [&] { return lot.start_of("a").lease == first.lease; };

  SECTION("and once only, if it stays silent") {
    lot.advance(2000 + 101);
    CHECK(is_first());
    lot.advance(799);
    CHECK(is_first());
    lot.advance(1 + 101);
    CHECK_FALSE(is_first());
  }
  SECTION("and again after a heartbeat") {
    for (int i = 0; i < 3; ++i) {
      lot.advance(2000 + 101);
      CHECK(is_first());
      lot.feed({Heartbeat{first.task, first.lease}});
    }
    lot.advance(1999);
    CHECK(is_first());
  }
  SECTION("and not at all for an eighth of a heartbeat") {
    lot.advance(2000 + 100);
    CHECK_FALSE(is_first());
  }
  SECTION("and always for more than a heartbeat") {
    for (int i = 0; i < 3; ++i) {
      lot.advance(2000 + 801);
      CHECK(is_first());
    }
  }
}

TEST_CASE("real use above the capacity shows clamped and lets nothing start until it fits again") {
  DrivenScheduler lot(pool_of(4));
  lot.submit("grows", 1);
  const Start run = lot.start_of("grows");
  lot.started();
  lot.feed({UsageReported{run.task, run.lease, 9}});
  CHECK(lot.stats().units_in_use == 4);
  lot.submit("small", 1);
  lot.submit("free of charge", 0);
  CHECK(lot.started().empty());
  lot.feed({UsageReported{run.task, run.lease, 3}});
  CHECK(lot.started() == Ids{"small", "free of charge"});
}

TEST_CASE("a usage at the end of the range does not wrap") {
  DrivenScheduler lot(pool_of(4));
  for (const char* id : {"a", "b", "c", "d"}) lot.submit(id);
  for (const char* id : {"a", "b", "c"}) {
    const Start run = lot.start_of(id);
    lot.feed({UsageReported{run.task, run.lease, ~Units{0}}});
  }
  CHECK(lot.stats().units_in_use == 4);
  for (const char* id : {"a", "b", "c", "d"}) lot.finish(id);
  CHECK(lot.stats().units_in_use == 0);
}

TEST_CASE("tasks pinned to a realm that goes end as failed, also if it goes while the storage is gone") {
  for (const bool is_failing : {false, true}) {
    DrivenScheduler lot(pool_of(1, StorageKind::file), DrivenScheduler::Executors::none);
    lot.connect(1, 1, 9);
    TaskSpec pinned = lot.spec("runs");
    pinned.realm = 9;
    lot.submit(pinned);
    pinned.task_id = "waits";
    lot.submit(pinned);
    lot.persist();
    if (is_failing) lot.fail_write();
    lot.feed({ExecutorGone{lot.gpu, 1, ExecutorGone::Death::known}});
    if (is_failing) lot.reload(lot.written_through);
    lot.persist();
    CHECK(lot.view("runs").reason == Reason::realm_gone);
    CHECK(lot.view("waits").reason == Reason::realm_gone);
    CHECK(lot.stats().units_in_use == 0);
  }
}
