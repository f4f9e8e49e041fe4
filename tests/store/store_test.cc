#include <catch2/catch.hpp>

#include "sample.h"

using namespace parking_lot;
using namespace parking_lot::test;

TEST_CASE("What was committed is loaded again after opening the store anew") {
  Rig rig;
  rig.open();
  rig.append(gpu, 1, 3);
  rig.append(cpu, 1, 2);
  REQUIRE(rig.commit() == true);
  rig.append(gpu, 4, 2);
  REQUIRE(rig.commit() == true);
  rig.open();
  CHECK(rig.store->streams().size() == 2);
  CHECK(rig.load(gpu) == numbers(1, 5));
  CHECK(rig.load(cpu) == numbers(1, 2));
  CHECK(rig.store->durable(rig.stream(gpu)) == 5);
}

TEST_CASE("What was not committed is gone after a crash") {
  Rig rig;
  rig.open();
  rig.append(gpu, 1, 3);
  REQUIRE(rig.commit() == true);
  rig.append(gpu, 4, 2);
  rig.crash();
  rig.open();
  CHECK(rig.load(gpu) == numbers(1, 3));
}

TEST_CASE("Everything that arrives during a commit goes into the next one together") {
  Rig rig;
  rig.open();
  rig.append(cpu, 1);
  REQUIRE(rig.commit() == true);  // and with it the keys for the names
  rig.disk.holds_syncs = true;
  int ended = 0;
  const auto count = [&](const CommitOutcome& outcome) {
    CHECK(outcome.failure == nullptr);
    ++ended;
  };
  rig.append(gpu, 1);
  rig.store->commit(count);
  for (std::uint64_t number = 2; number <= 5; ++number) {
    rig.append(gpu, number);
    rig.store->commit(count);
  }
  CHECK(ended == 0);
  REQUIRE(rig.files->finish_sync());
  CHECK(ended == 1);
  CHECK(rig.store->durable(rig.stream(gpu)) == 1);
  REQUIRE(rig.files->finish_sync());
  CHECK(ended == 5);
  CHECK(rig.store->durable(rig.stream(gpu)) == 5);
  CHECK(rig.store->stats().commits == 3);
}

TEST_CASE("Records that leave a gap are refused, and those that are durable already are skipped") {
  Rig rig;
  rig.open();
  rig.append(gpu, 1, 3);
  const auto refused = rig.store->append(rig.stream(gpu), PoolSample(5, 1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == StoreFault::out_of_order);
  REQUIRE(rig.commit() == true);
  rig.append(gpu, 2, 4);
  REQUIRE(rig.commit() == true);
  CHECK(rig.load(gpu) == numbers(1, 5));
}

TEST_CASE("Payloads are read before and after their commit and after opening anew") {
  Rig rig;
  rig.options.payload_segment_bytes = 4096;
  rig.open();
  std::string bytes;
  for (std::uint64_t id = 1; id <= 50; ++id) {
    REQUIRE(rig.store->put(id, std::string(300, static_cast<char>('a' + id % 26))));
    REQUIRE(rig.store->read_payload(id, bytes));
    CHECK(bytes == std::string(300, static_cast<char>('a' + id % 26)));
    REQUIRE(rig.commit() == true);
  }
  rig.store->release(7);
  rig.open();
  CHECK(rig.store->largest_payload_id() == 50);
  for (std::uint64_t id = 1; id <= 50; ++id) {
    REQUIRE(rig.store->read_payload(id, bytes));
    CHECK(bytes == std::string(300, static_cast<char>('a' + id % 26)));
  }
  CHECK(rig.store->read_payload(51, bytes).error().fault == StoreFault::not_found);
}

TEST_CASE("An empty payload is a payload") {
  Rig rig;
  rig.open();
  REQUIRE(rig.store->put(9, ""));
  REQUIRE(rig.commit() == true);
  rig.open();
  std::string bytes = "old";
  REQUIRE(rig.store->read_payload(9, bytes));
  CHECK(bytes.empty());
}
