#include "parking_lot/lot.h"

#include <catch2/catch.hpp>
#include <deque>
#include <string>
#include <vector>

#include "driven_scheduler.h"

using namespace parking_lot;

namespace {

/// A lot whose pool is volatile; its mailbox store is durable where the test says so.
class DrivenLot {
 public:
  explicit DrivenLot(StorageKind storage, std::uint32_t remembered = 100000)
      : lot(*Lot::open(config(storage, remembered), now, Entropy{1, 2})) {
    if (storage != StorageKind::in_memory) {
      feed(mailbox::RecoveryDone{StoreId{0}});
      persist();
    }
    feed(ExecutorReady{pool, 1, 0, endless_credits, ExecutorReady::Liveness::certain});
    ann = lot.scheduler().mailbox_key({"acme", "ann", {}});
  }

  static Config config(StorageKind storage, std::uint32_t remembered) {
    PoolConfig pool = pool_of(4);
    pool.mailbox.storage.kind = storage;
    pool.task_retention_count = remembered;
    return config_of(pool);
  }

  template <class Input>
  void feed(const Input& input) {
    lot.handle(now, input);
    drain();
  }

  void complete(std::string_view id, std::uint64_t result) {
    TaskSpec spec = DrivenScheduler::spec(id);
    spec.mailbox = ann;
    feed(submission(0, spec));
    feed(Finished{start.task, start.lease, PayloadRef{result, 1, 1}, 1});
  }
  std::vector<std::string> inbox() {
    feed(mailbox::Fetch{1, ann, {}, {}, 50});
    std::vector<std::string> ids;
    for (const MailboxMessage& message : page) ids.push_back(message.task_id);
    return ids;
  }
  void acknowledge_all() {
    inbox();
    feed(mailbox::Acknowledge{1, ann, page.back().cursor});
  }
  void persist() { feed(mailbox::Persisted{StoreId{0}, ~std::uint64_t{0}}); }
  void advance(std::int64_t ms) {
    now.wall.ms += ms;
    now.steady.ms += ms;
    feed(Tick{});
  }
  PoolStats stats() const { return lot.scheduler().stats(pool); }

  static constexpr PoolId pool{0};
  Now now{WallTime{1'000'000}, SteadyTime{0}};
  Lot lot;
  NameId ann;
  Start start;
  std::vector<MailboxMessage> page;
  std::vector<std::uint64_t> released;

 private:
  void drain() {
    while (const auto effect = lot.poll()) {
      if (const auto* each = std::get_if<Start>(&*effect)) start = *each;
      if (const auto* each = std::get_if<mailbox::Page>(&*effect)) page = *each->messages;
      if (const auto* each = std::get_if<Release>(&*effect)) released.push_back(each->payload.id);
    }
  }
};

using Ids = std::vector<std::string>;
using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("an outcome is in its mailbox as soon as the effects of its end are polled") {
  DrivenLot lot(StorageKind::in_memory);
  lot.complete("a", 11);
  CHECK(lot.inbox() == Ids{"a"});
  CHECK(lot.stats().undelivered == 0);
}

TEST_CASE("a result is released once, when both the pool and the mailbox have let it go") {
  for (const bool reads_first : {true, false}) {
    DrivenLot lot(StorageKind::in_memory, 1);
    lot.complete("a", 11);
    if (reads_first) lot.acknowledge_all();
    CHECK(lot.released.empty());
    lot.complete("b", 12);  // the pool remembers one ended task: it forgets the first
    if (!reads_first) {
      CHECK(lot.released.empty());
      lot.acknowledge_all();
    }
    lot.advance(1);
    CHECK(lot.released == Numbers{11});
  }
}

TEST_CASE("a result without a mailbox is released when the pool forgets it") {
  DrivenLot lot(StorageKind::in_memory, 0);
  lot.feed(submission(0, DrivenScheduler::spec("a")));
  lot.feed(Finished{lot.start.task, lot.start.lease, PayloadRef{11, 1, 1}, 1});
  lot.advance(1);
  CHECK(lot.released == Numbers{11});
}

TEST_CASE("outcomes wait in order while the store fails and all arrive when it is back") {
  DrivenLot lot(StorageKind::file);
  lot.complete("a", 11);
  lot.complete("b", 12);
  lot.feed(mailbox::PersistFailed{StoreId{0}});
  CHECK(lot.stats().delivery_held);
  lot.complete("c", 13);
  CHECK(lot.stats().undelivered == 3);
  lot.advance(1000);
  CHECK(lot.stats().undelivered == 3);
  lot.feed(mailbox::RecoveryDone{StoreId{0}});
  lot.advance(30'000);
  CHECK(lot.stats().undelivered == 3);  // on their way, not durable yet
  lot.persist();
  CHECK(lot.stats().undelivered == 0);
  CHECK(lot.inbox() == Ids{"a", "b", "c"});
  CHECK(lot.released.empty());
}

TEST_CASE("the lot wakes for its mailbox as well as for its pools") {
  DrivenLot lot(StorageKind::in_memory);
  lot.complete("a", 11);
  int wakes = 0;
  while (!lot.inbox().empty() && wakes < 1000) {
    REQUIRE(lot.lot.next_deadline());
    lot.advance(std::max<std::int64_t>(lot.lot.next_deadline()->ms - lot.now.steady.ms, 1));
    ++wakes;
  }
  CHECK(lot.now.wall.ms - 1'000'000 > 604'800'000);
  CHECK(wakes < 1000);
}
