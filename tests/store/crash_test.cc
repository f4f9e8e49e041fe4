#include <catch2/catch.hpp>

#include "workload.h"

using namespace parking_lot;
using namespace parking_lot::test;

TEST_CASE("A crash at any operation loses nothing that was confirmed and shows nothing torn") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    for (std::uint64_t position = 0; position < 150; ++position) {
      INFO("seed " << seed << ", crash at operation " << position);
      Rig rig(seed * 1000 + position, tiny_segments());
      rig.disk.crash_at = position;
      if (!rig.try_open()) {
        rig.crash();
        rig.open();
        continue;
      }
      Workload workload(rig, seed);
      workload.run(120);
      rig.crash();
      workload.check();
    }
  }
}

TEST_CASE("Crash upon crash, the store goes on from what is there") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    Rig rig(seed, tiny_segments());
    rig.open();
    Workload workload(rig, seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 12; ++round) {
      INFO("round " << round);
      rig.disk.crash_at = rig.disk.operations() + random() % 120;
      workload.run(80);
      rig.crash();
      workload.check();
    }
  }
}

TEST_CASE("After a failed sync what was confirmed stays, what failed stays gone, and later commits work") {
  int failures = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    Rig rig(seed, tiny_segments());
    rig.open();
    Workload workload(rig, seed);
    for (int round = 0; round < 3; ++round) {
      rig.disk.fail_sync_at = rig.disk.syncs() + seed % 9;
      workload.run(100);
    }
    failures += workload.failures();
    rig.crash();
    workload.check();
  }
  CHECK(failures > 200);
}

TEST_CASE("A full disk fails the commit alone, and commits work again when there is space") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    Rig rig(seed, tiny_segments());
    rig.open();
    Workload workload(rig, seed);
    workload.run(40);
    rig.disk.space = rig.disk.bytes() + seed * 37 % 6000;
    workload.run(150);
    const int failures = workload.failures();
    rig.disk.space.reset();
    workload.run(60);
    CHECK(workload.failures() == failures);
    rig.crash();
    workload.check();
  }
}

TEST_CASE("The reason of a commit that found the disk full is no_space, and reading goes on") {
  Rig rig;
  rig.open();
  rig.append(gpu, 1, 3);
  REQUIRE(rig.commit() == true);
  rig.disk.space = rig.disk.bytes();
  rig.append(gpu, 4, 2000, 100);
  std::optional<StoreFault> fault;
  std::uint64_t durable = 0;
  rig.store->commit([&](const CommitOutcome& outcome) {
    REQUIRE(outcome.failure);
    fault = outcome.failure->fault;
    REQUIRE(outcome.streams.size() == 1);
    durable = outcome.streams[0].durable;
  });
  CHECK(fault == StoreFault::no_space);
  CHECK(durable == 3);
  CHECK(rig.load(gpu) == numbers(1, 3));
  rig.disk.space.reset();
  rig.append(gpu, 4, 2);
  REQUIRE(rig.commit() == true);
  CHECK(rig.load(gpu) == numbers(1, 5));
  rig.open();
  CHECK(rig.load(gpu) == numbers(1, 5));
}
