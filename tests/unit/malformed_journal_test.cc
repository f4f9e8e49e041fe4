#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "driven_scheduler.h"

using namespace parking_lot;

namespace {

constexpr std::uint32_t seeds = 3000;

/// A journal in which every kind of record occurs.
class BusyPool : public DrivenScheduler {
 public:
  BusyPool() : DrivenScheduler(pool_of(20, StorageKind::file)) {
    for (int round = 0; round < 3; ++round) {
      const std::string name = std::to_string(round);
      TaskSpec repeated = spec("r" + name, 2);
      const std::string repeated_id = "r" + name;
      repeated.task_id = repeated_id;
      repeated.retry.max_attempts = 3;
      submit(repeated);
      submit("done" + name);
      submit("parked" + name, 20);
      persist();
      finish("done" + name);
      feed({UsageReported{start_of(repeated_id).task, start_of(repeated_id).lease, 3}});
      fail(repeated_id);
      command(SetPriority{0, named("parked" + name), Priority::high});
      command(SetPoolState{0, gpu, PoolState::paused});
      cancel("parked" + name);
      command(SetPoolState{0, gpu, PoolState::active});
      submit("too dear", 100);
      advance(5000);
      persist();
    }
    for (CheckpointPlace place = 0; place != end_of_checkpoint;)
      place = core.checkpoint(gpu, place, 2, state);
  }

  std::vector<Record> state;
};

/// Leaves out, repeats and moves records, and changes what they are about.
std::vector<Record> broken(std::vector<Record> records, std::mt19937& random) {
  const auto below = [&](std::size_t count) { return random() % count; };
  for (std::size_t change = 0; change < 1 + below(6); ++change) {
    const std::size_t at = below(records.size());
    switch (below(5)) {
      case 0:
        records.erase(records.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 1:
        records.insert(records.begin() + static_cast<std::ptrdiff_t>(below(records.size())), records[at]);
        break;
      case 2:
        std::swap(records[at], records[below(records.size())]);
        break;
      case 3:
        records[at].sequence = below(3) == 0 ? random() : records[at].sequence + below(3);
        break;
      default:
        std::visit(
            [&](auto& fact) {
              if constexpr (requires { fact.admission; })
                fact.admission = below(4) == 0 ? std::uint64_t{random()} << below(32) : below(12);
              if constexpr (requires { fact.units; }) fact.units = random();
              if constexpr (requires { fact.admitted; }) fact.admitted.admission = below(12);
            },
            records[at].fact);
    }
    if (records.empty()) break;
  }
  return records;
}

}  // namespace

TEST_CASE("a journal that cannot be true is read without harm, and what was ignored is counted") {
  BusyPool pool;
  std::vector<Record> whole(pool.journal.begin(), pool.journal.end());
  std::vector<Record> from_state = pool.state;
  for (std::uint32_t seed = 0; seed < seeds; ++seed) {
    std::mt19937 random(seed);
    INFO("seed " << seed);
    DrivenScheduler other(pool_of(20, StorageKind::file), DrivenScheduler::Executors::none);
    other.now = pool.now;
    other.feed({PersistFailed{other.gpu}});
    other.feed(
        {Recovered{other.gpu, broken(seed % 3 == 0 ? from_state : whole, random)}, RecoveryDone{other.gpu}});
    other.connect(1);
    other.persist();
    other.advance(120'000);
    other.persist();
    REQUIRE(other.stats().storage == StreamState::open);
    REQUIRE(other.stats().units_in_use <= 20);
    const RequestId submitted = other.submit("after");
    other.persist();
    REQUIRE(other.answers.contains(submitted));
  }
}

TEST_CASE("records that contradict those before them are ignored and counted") {
  BusyPool pool;
  std::vector<Record> twice(pool.journal.begin(), pool.journal.end());
  const std::uint64_t last = twice.back().sequence;
  TaskFinished again;
  again.admission = 2;  // it has ended already
  twice.push_back(Record{last + 1, pool.now.wall, again});
  DrivenScheduler other(pool_of(20, StorageKind::file), DrivenScheduler::Executors::none);
  other.feed({PersistFailed{other.gpu}});
  other.feed({Recovered{other.gpu, twice}, RecoveryDone{other.gpu}});
  CHECK(other.stats().ignored_records == 1);
}
