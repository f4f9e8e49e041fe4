#include <catch2/catch.hpp>

#include "driven_scheduler.h"

using namespace parking_lot;

namespace {

class DeliveringLot : public DrivenScheduler {
 public:
  explicit DeliveringLot(StorageKind queue = StorageKind::in_memory) : DrivenScheduler(pool_of(100, queue)) {}

  void complete(std::string_view id) {
    TaskSpec task = spec(id);
    task.mailbox = core.mailbox_key({"acme", "ann", {}});
    task.payload = PayloadRef{1000 + last_request, 1, 1};
    submit(task);
    persist();
    const Start run = start_of(id);
    feed({Finished{run.task, run.lease, PayloadRef{2000 + last_request, 1, 1}, 1}});
  }
  void confirm(const Deliver& message) { feed({Delivered{gpu, message.incarnation, message.sequence}}); }
  void refuse(DeliveryFailed::Kind kind) { feed({DeliveryFailed{gpu, kind}}); }
  std::uint64_t overdue_events() {
    std::uint64_t count = 0;
    for (const AuditEvent& event : core.audit({}).events)
      count += event.action == Action::deliver && event.attempt > 0;
    return count;
  }
};

}  // namespace

TEST_CASE("an outcome is delivered once its record is durable and stays owed until it is confirmed") {
  DeliveringLot lot(StorageKind::file);
  lot.complete("a");
  CHECK(lot.deliveries.empty());
  lot.persist();
  REQUIRE(lot.deliveries.size() == 1);
  CHECK(lot.stats().undelivered == 1);
  lot.confirm(lot.deliveries[0]);
  CHECK(lot.stats().undelivered == 0);
}

TEST_CASE("a confirmation of another message than the oldest one owed ends nothing") {
  DeliveringLot lot;
  lot.complete("a");
  lot.complete("b");
  REQUIRE(lot.deliveries.size() == 2);
  lot.confirm(lot.deliveries[1]);
  CHECK(lot.stats().undelivered == 2);
  lot.confirm(lot.deliveries[0]);
  lot.confirm(lot.deliveries[0]);
  lot.confirm(lot.deliveries[1]);
  CHECK(lot.stats().undelivered == 0);
}

TEST_CASE("a store that fails is tried again from the oldest outcome with the same number, later each time") {
  DeliveringLot lot;
  lot.complete("a");
  lot.complete("b");
  lot.refuse(DeliveryFailed::Kind::unavailable);
  CHECK(lot.stats().delivery_held);
  lot.complete("c");
  CHECK(lot.deliveries.size() == 2);
  lot.advance(1000);
  REQUIRE(lot.deliveries.size() == 5);
  CHECK(lot.deliveries[2].sequence == lot.deliveries[0].sequence);
  CHECK(lot.deliveries[3].sequence == lot.deliveries[1].sequence);
  lot.refuse(DeliveryFailed::Kind::unavailable);
  lot.advance(1999);
  CHECK(lot.deliveries.size() == 5);
  lot.advance(1);
  CHECK(lot.deliveries.size() == 8);
}

TEST_CASE("messages that fail together are one failed attempt") {
  DeliveringLot lot;
  for (int i = 0; i < 30; ++i) lot.complete("task-" + std::to_string(i));
  for (int i = 0; i < 30; ++i) lot.refuse(DeliveryFailed::Kind::unavailable);
  CHECK(lot.overdue_events() == 0);
  const std::size_t before = lot.deliveries.size();
  lot.advance(1000);
  CHECK(lot.deliveries.size() == before + 30);
}

TEST_CASE(
    "after the last attempt that is allowed an audit event says so, once, and the outcome is still "
    "delivered") {
  DeliveringLot lot;
  lot.complete("a");
  for (int i = 0; i < 25; ++i) {
    lot.refuse(DeliveryFailed::Kind::unavailable);
    lot.advance(30'000);
  }
  CHECK(lot.overdue_events() == 1);
  lot.confirm(lot.deliveries.back());
  CHECK(lot.stats().undelivered == 0);
}

TEST_CASE("a message that the store refuses for good is replaced by one without payload that says so") {
  DeliveringLot lot;
  lot.complete("a");
  lot.complete("b");
  lot.refuse(DeliveryFailed::Kind::refused);
  REQUIRE(lot.deliveries.size() == 4);
  CHECK(lot.deliveries[2].sequence == lot.deliveries[0].sequence);
  CHECK(lot.deliveries[2].result.id == 0);
  CHECK(lot.deliveries[2].reason == Reason::payload_dropped);
  CHECK(lot.deliveries[3].result.id != 0);
}

TEST_CASE("an outcome that is still owed is not forgotten, however old it is") {
  DeliveringLot lot;
  lot.complete("a");
  lot.advance(1000LL * 86400 * 400);
  lot.submit("b");
  CHECK(lot.handle("a"));
  CHECK(lot.stats().undelivered == 1);
}
