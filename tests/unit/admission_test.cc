#include <catch2/catch.hpp>

#include "driven_scheduler.h"

using namespace parking_lot;
using Ids = std::vector<std::string>;

TEST_CASE("a malformed task is refused with the name of its field") {
  DrivenScheduler lot(pool_of(4));
  const auto field_of = [&](const TaskSpec& spec) {
    const RequestId request = lot.submit(spec);
    CHECK(lot.refusal(request) == Refusal::invalid_task);
    return std::string(std::get<Refused>(lot.answers[request]).field);
  };
  TaskSpec spec;
  spec.task_id = "two\nlines";
  CHECK(field_of(spec) == "task_id");
  spec = {};
  spec.retry.max_attempts = 0;
  CHECK(field_of(spec) == "retry");
  spec = {};
  spec.timeout = Duration{-1};
  CHECK(field_of(spec) == "timeout");
  spec = {};
  spec.max_lost = 70000;
  CHECK(field_of(spec) == "max_lost");
  spec = {};
  spec.payload.bytes = std::uint64_t{1} << 40;
  CHECK(field_of(spec) == "payload");
  spec = {};
  spec.tenant = lot.core.names().intern(std::string(200, 't'));
  CHECK(field_of(spec) == "tenant");
  CHECK(lot.stats().admitted == 0);
}

TEST_CASE("a replacement that is refused leaves the parked task alone") {
  PoolConfig pool = pool_of(1);
  pool.max_queue_depth = 1;
  DrivenScheduler lot(pool);
  lot.submit("runs");
  TaskSpec waiting = lot.spec("waits");
  waiting.start_after = lot.now.wall + Duration{5000};
  lot.submit(waiting);
  lot.submit("parked");

  TaskSpec late = lot.spec("parked");
  late.dedup = Dedup::replace;
  late.deadline = lot.now.wall;
  CHECK(lot.refusal(lot.submit(late)) == Refusal::deadline_passed);
  CHECK(lot.status("parked") == Status::queued);

  TaskSpec dear = lot.spec("parked", 2);
  dear.dedup = Dedup::replace;
  CHECK(lot.refusal(lot.submit(dear)) == Refusal::cost_exceeds_capacity);
  CHECK(lot.status("parked") == Status::queued);

  TaskSpec ready = lot.spec("waits");  // it would have to park where there is no room
  ready.dedup = Dedup::replace;
  CHECK(lot.refusal(lot.submit(ready)) == Refusal::queue_full);
  CHECK(lot.status("waits") == Status::queued);
  CHECK(lot.stats().waiting == 1);
  CHECK(lot.stats().dropped == 0);
}

TEST_CASE("a replacement takes the place in a full queue that the replaced task leaves") {
  PoolConfig pool = pool_of(1);
  pool.max_queue_depth = 1;
  DrivenScheduler lot(pool);
  lot.submit("runs");
  lot.submit("parked");
  TaskSpec other = lot.spec("parked", 0);
  other.units = 1;
  other.priority = Priority::high;
  other.dedup = Dedup::replace;
  const RequestId request = lot.submit(other);
  CHECK(std::holds_alternative<Submitted>(lot.answers[request]));
  CHECK(lot.stats().parked == 1);
  CHECK(lot.stats().dropped == 1);
  CHECK(lot.view("parked").priority == Priority::high);
}

TEST_CASE(
    "a replacement keeps the place where the tenant's part of the queue is full, and where it has shrunk") {
  PoolConfig pool = pool_of(1);
  pool.tenants["a"].max_queued = 2;
  pool.tenants["b"].max_queued = 0;
  DrivenScheduler lot(pool);
  const auto spec_of = [&](const char* id, const char* tenant) {
    TaskSpec spec = lot.spec(id);
    spec.tenant = lot.core.names().intern(tenant);
    spec.dedup = Dedup::replace;
    return spec;
  };
  lot.submit("runs");
  lot.submit(spec_of("a1", "a"));
  lot.submit(spec_of("a2", "a"));
  TaskSpec later = spec_of("a3", "a");
  later.start_after = lot.now.wall + Duration{5000};
  lot.submit(later);
  CHECK(std::holds_alternative<Submitted>(lot.answers[lot.submit(spec_of("a1", "a"))]));
  CHECK(lot.refusal(lot.submit(spec_of("a3", "a"))) ==
        Refusal::queue_full);  // it has no place there to leave
  CHECK(lot.refusal(lot.submit(spec_of("a2", "b"))) == Refusal::queue_full);
  CHECK(lot.stats().dropped == 1);

  PoolConfig shrunk = lot.core.config(DrivenScheduler::gpu);
  shrunk.max_queue_depth = 1;
  lot.command(Reconfigure{.request = 0, .pool = DrivenScheduler::gpu, .config = &shrunk});
  CHECK(std::holds_alternative<Submitted>(lot.answers[lot.submit(spec_of("a2", "a"))]));
  CHECK(lot.stats().parked == 2);
}

TEST_CASE("a replacement whose task is dropped is not refused as busy for the record of that") {
  PoolConfig pool = pool_of(1, StorageKind::file);
  pool.max_queue_depth = 100000;
  DrivenScheduler lot(pool);
  lot.submit("runs");
  lot.submit("parked");
  lot.persist();
  for (int i = 0; i < 8192; ++i)
    lot.submit("t" + std::to_string(i));  // two records each: as many as may wait
  TaskSpec next = lot.spec("parked");
  next.dedup = Dedup::replace;
  const RequestId request = lot.submit(next);
  lot.persist();
  CHECK(std::holds_alternative<Submitted>(lot.answers[request]));
  CHECK(lot.status("parked") == Status::queued);
  CHECK(lot.stats().dropped == 1);
}

TEST_CASE("who arrives in the same batch before a replacement does not get the place that it keeps") {
  PoolConfig pool = pool_of(1);
  pool.max_queue_depth = 1;
  DrivenScheduler lot(pool);
  lot.submit("runs");
  lot.submit("parked");
  TaskSpec next = lot.spec("parked");
  next.dedup = Dedup::replace;
  lot.feed({submission(11, lot.spec("other")), submission(12, next), submission(13, lot.spec("another"))});
  lot.last_request = 13;
  CHECK(lot.refusal(11) == Refusal::queue_full);
  CHECK(std::holds_alternative<Submitted>(lot.answers[12]));
  CHECK(lot.refusal(13) == Refusal::queue_full);
  CHECK(lot.stats().parked == 1);
}

TEST_CASE("two submissions of one id in one batch are one task, or one is refused") {
  DrivenScheduler lot(pool_of(1));
  lot.feed({submission(1, lot.spec("a")), submission(2, lot.spec("a")), submission(3, lot.spec("a", 0))});
  lot.last_request = 3;
  CHECK(std::get<Submitted>(lot.answers[1]).how == Submitted::How::admitted);
  CHECK(std::get<Submitted>(lot.answers[2]).how == Submitted::How::joined);
  CHECK(lot.refusal(3) == Refusal::duplicate_task);
  CHECK(lot.starts.size() == 1);
}

TEST_CASE("an id whose task was refused for want of room is free") {
  PoolConfig pool = pool_of(1);
  pool.max_queue_depth = 0;
  DrivenScheduler lot(pool);
  lot.submit("runs");
  CHECK(lot.refusal(lot.submit("a")) == Refusal::queue_full);
  CHECK_FALSE(lot.handle("a"));
  lot.finish("runs");
  const RequestId request = lot.submit("a");
  CHECK(std::get<Submitted>(lot.answers[request]).how == Submitted::How::admitted);
}

TEST_CASE("refusals of several codes beyond a hundred a second are all counted once the second is over") {
  DrivenScheduler lot(pool_of(1));
  const auto refuse_many = [&](Units units) {
    std::vector<Input> inputs(150, submission(0, lot.spec("", units)));
    lot.feed(inputs);
  };
  const auto counted = [&] {
    AuditQuery query;
    query.limit = 10000;
    std::uint64_t count = 0;
    for (const AuditEvent& event : lot.core.audit(query).events) {
      if (event.action == Action::reject) count += event.number;
    }
    return count;
  };
  refuse_many(2);
  lot.now.steady.ms +=
      1500;  // the count of the first second becomes due while the second kind is being refused
  lot.now.wall.ms += 1500;
  refuse_many(~Units{0});
  while (const auto due = lot.core.next_deadline()) {
    lot.advance(std::max<std::int64_t>(due->ms - lot.now.steady.ms, 1));
  }
  CHECK(counted() == 300);
}

TEST_CASE("the way back into a full queue is told by the rate at which tasks leave it") {
  PoolConfig pool = pool_of(1);
  pool.max_queue_depth = 3;
  DrivenScheduler lot(pool);
  lot.submit("runs");
  for (const char* id : {"a", "b", "c"}) lot.submit(id);
  lot.finish("runs");
  lot.advance(400);
  lot.finish("a");
  lot.submit("d");
  lot.submit("e");
  const RequestId request = lot.submit("f");
  REQUIRE(lot.refusal(request) == Refusal::queue_full);
  CHECK(std::get<Refused>(lot.answers[request]).retry_after == Duration{400});
}
