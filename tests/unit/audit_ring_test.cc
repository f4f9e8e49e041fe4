#include "audit_ring.h"

#include <catch2/catch.hpp>

using namespace parking_lot;

namespace {

AuditRing::Event event_of(std::uint64_t sequence, NameId task = {}, std::uint16_t pool = 0) {
  AuditRing::Event event;
  event.sequence = sequence;
  event.task_id = task;
  event.pool = pool;
  return event;
}

void put(AuditRing& ring, const AuditRing::Event& event) {
  if (AuditRing::Event* const place = ring.next()) {
    *place = event;
    ring.hold(event);
  }
}

}  // namespace

TEST_CASE("the ring keeps the latest events under numbers that never return") {
  Names names;
  AuditRing ring(3, names);
  for (std::uint64_t i = 1; i <= 5; ++i) put(ring, event_of(i));
  CHECK(ring.first() == 2);
  CHECK(ring.end() == 5);
  for (std::uint64_t i = ring.first(); i < ring.end(); ++i) CHECK(ring[i].sequence == i + 1);
}

TEST_CASE("an event keeps its names until it is overwritten") {
  Names names;
  AuditRing ring(2, names);
  const NameId task = names.intern("task-1");
  put(ring, event_of(1, task));
  names.release(task);
  CHECK(names.text(ring[0].task_id) == "task-1");
  put(ring, event_of(2));
  CHECK(names.size() == 1);
  put(ring, event_of(3));
  CHECK(names.size() == 0);
}

TEST_CASE("a ring of no events keeps nothing and holds no names") {
  Names names;
  AuditRing ring(0, names);
  const NameId task = names.intern("task-1");
  put(ring, event_of(1, task));
  names.release(task);
  CHECK(ring.first() == ring.end());
  CHECK(names.size() == 0);
}

TEST_CASE("only events of the failed stream after its watermark are hidden") {
  Names names;
  AuditRing ring(8, names);
  put(ring, event_of(1, {}, 0));
  put(ring, event_of(2, {}, 0));
  put(ring, event_of(2, {}, 1));
  ring.hide(PoolId{0}, 1);
  CHECK_FALSE(ring[0].is_hidden);
  CHECK(ring[1].is_hidden);
  CHECK_FALSE(ring[2].is_hidden);
}
