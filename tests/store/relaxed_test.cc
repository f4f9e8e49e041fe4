#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "mending.h"
#include "sample.h"

/// Stores with `relaxed` durability: the death of the process takes nothing, that of the machine the newest
/// commits, and never something in the middle.
using namespace parking_lot;
using namespace parking_lot::test;

namespace {

StoreOptions relaxed_and_small() {
  StoreOptions options = tiny_segments();
  options.durability = SyncMode::relaxed;
  return options;
}

/// What the store held after a commit: records up to `last`, and the bytes that were needed then.
struct Moment {
  std::uint64_t last = 0;
  std::map<std::uint64_t, std::string> payloads;
};

/// A random host, which remembers every moment that a loss of power may lead back to.
class RelaxedHost {
 public:
  RelaxedHost(Rig& rig, std::uint64_t seed) : rig_(rig), random_(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps && !rig_.disk.is_dead(); ++i) step();
  }

  /// Opens the store, which must be at one of the moments, the last strict one or later; goes on from there.
  void check() {
    rig_.open();
    std::string differences;
    for (std::size_t at = moments_.size(); at-- > 0;) {
      const std::string difference = difference_to(moments_[at]);
      if (!difference.empty()) {
        differences += difference + "; ";
        continue;
      }
      INFO("the moments after it: " << differences);
      REQUIRE(at >= settled_);
      go_on_from(at);
      return;
    }
    FAIL("the store is at none of " << moments_.size() << " moments: " << differences);
  }
  /// As `check`, for who lost nothing.
  void check_nothing_lost() {
    settled_ = moments_.size() - 1;
    check();
  }
  std::size_t lost() const { return lost_; }

 private:
  std::uint64_t random(std::uint64_t below) { return random_() % below; }

  void step() {
    switch (random(8)) {
      case 0:
      case 1:
        return append();
      case 2:
      case 3:
        return put();
      case 4:
        return release();
      case 5:
        return checkpoint();
      default:
        return commit();
    }
  }
  void append() {
    const std::size_t count = 1 + random(4);
    REQUIRE(rig_.store->append(rig_.stream(gpu), PoolSample(now_.last + 1, count, 10 + random(300))));
    now_.last += count;
    is_gathered_ = true;
  }
  void put() {
    const std::uint64_t id = next_id_++;
    std::string bytes = "payload " + std::to_string(id) + std::string(random(900), 'x');
    REQUIRE(rig_.store->put(id, bytes));
    now_.payloads[id] = std::move(bytes);
    is_gathered_ = true;
  }
  /// Of bytes that nothing needs from the next commit on, or, where none is wanted, from the last one on.
  void release() {
    if (now_.payloads.empty()) return;
    auto chosen = now_.payloads.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(random(now_.payloads.size())));
    if (!is_gathered_) moments_.back().payloads.erase(chosen->first);
    rig_.store->release(chosen->first);
    now_.payloads.erase(chosen);
  }
  void checkpoint() {
    if (now_.last == 0) return;
    const StreamNumber stream = rig_.stream(gpu);
    std::vector<Record> state;
    if (!rig_.store->has_open_checkpoint(stream)) {
      REQUIRE(rig_.store->begin_checkpoint(stream));
      state.push_back({now_.last, WallTime{5}, PoolRestored{}});
    }
    for (std::uint64_t i = random(20); i > 0; --i) state.push_back({now_.last, WallTime{5}, UnitsRestored{}});
    REQUIRE(rig_.store->add_to_checkpoint(stream, state));
    if (random(3) == 0) REQUIRE(rig_.store->end_checkpoint(stream));
  }
  void commit() {
    const std::uint64_t synced = rig_.disk.syncs_of("records-");
    moments_.push_back(now_);
    is_gathered_ = false;
    if (rig_.commit() == true && rig_.disk.syncs_of("records-") > synced) settled_ = moments_.size() - 1;
  }

  std::string difference_to(const Moment& moment) {
    const std::vector<std::int64_t> loaded = rig_.load(gpu);
    const std::uint64_t last =
        loaded.empty() ? 0 : static_cast<std::uint64_t>(std::max(loaded.back(), -loaded.back()));
    if (last != moment.last)
      return "records up to " + std::to_string(last) + ", not " + std::to_string(moment.last);
    std::string bytes;
    for (const auto& [id, wanted] : moment.payloads) {
      const auto read = rig_.store->read_payload(id, bytes);
      if (!read) return "payload " + std::to_string(id) + ": " + read.error().message;
      if (bytes != wanted) return "other bytes under " + std::to_string(id);
    }
    return "";
  }
  void go_on_from(std::size_t at) {
    lost_ += moments_.size() - 1 - at;
    now_ = moments_[at];
    moments_ = {now_};
    settled_ = 0;
    is_gathered_ = false;
    std::vector<std::uint64_t> named;
    for (const auto& [id, bytes] : now_.payloads) named.push_back(id);
    rig_.store->release_all_but(named, next_id_);
  }

  Rig& rig_;
  std::mt19937_64 random_;
  Moment now_;
  std::vector<Moment> moments_{Moment()};
  std::size_t settled_ = 0;  ///< the last moment that was synced strictly
  bool is_gathered_ = false;
  std::uint64_t next_id_ = 1;
  std::size_t lost_ = 0;
};

}  // namespace

TEST_CASE("A relaxed store loses nothing by closing and opening, whatever of its payloads was deleted") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    Rig rig(seed, relaxed_and_small());
    rig.open();
    RelaxedHost host(rig, seed);
    for (int round = 0; round < 8; ++round) {
      INFO("round " << round);
      // Also where somebody makes it strict later.
      rig.options.durability = round % 4 == 3 ? SyncMode::strict : SyncMode::relaxed;
      host.run(150);
      host.check_nothing_lost();
    }
  }
}

TEST_CASE("Loss of power takes the newest commits of a relaxed store, and nothing of what was before") {
  std::size_t lost = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    Rig rig(seed, relaxed_and_small());
    rig.open();
    RelaxedHost host(rig, seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 8; ++round) {
      INFO("round " << round);
      rig.disk.crash_at = rig.disk.operations() + random() % 200;
      host.run(150);
      rig.crash();
      host.check();
    }
    lost += host.lost();
  }
  CHECK(lost > 500);
}

TEST_CASE("Damage in a relaxed store is reported where a later commit vouches for the bytes") {
  Rig rig;
  rig.options.durability = SyncMode::relaxed;
  rig.open();
  for (std::uint64_t number = 1; number <= 4000; number += 4) {
    rig.append(gpu, number, 4, 40);
    REQUIRE(rig.commit() == true);
  }
  rig.store.reset();
  rig.files.reset();
  std::string& bytes = rig.disk.contents("records-0000000001");
  REQUIRE(bytes.size() > 400'000);
  for (const std::size_t before_end : {std::size_t{150'000}, bytes.size() / 2, bytes.size() - 3000}) {
    char& byte = bytes[bytes.size() - before_end];
    byte = static_cast<char>(byte ^ 1);
    const auto opened = rig.try_open();
    INFO("damaged " << before_end << " bytes before the end");
    REQUIRE(!opened);
    CHECK(opened.error().fault == StoreFault::corrupt);
    byte = static_cast<char>(byte ^ 1);
  }
}

TEST_CASE("No damage to a confirmed store is taken for a commit that was on its way") {
  for (const SyncMode mode : {SyncMode::strict, SyncMode::relaxed}) {
    Rig rig(3, tiny_segments());
    rig.options.durability = mode;
    rig.open();
    for (std::uint64_t number = 1; number <= 20; ++number) {
      REQUIRE(rig.store->put(number, std::string(50, static_cast<char>('a' + number))));
      rig.append(gpu, number);
      REQUIRE(rig.commit() == true);
      REQUIRE_FALSE(rig.store->is_confirmed());
    }
    for (int bare = mode == SyncMode::strict ? 1 : 2; bare > 0; --bare) {
      REQUIRE_FALSE(rig.store->is_confirmed());
      REQUIRE(rig.store->wants_commit());
      REQUIRE(rig.commit() == true);
    }
    CHECK(rig.store->is_confirmed());
    CHECK_FALSE(rig.store->wants_commit());
    rig.open();
    CHECK(rig.store->is_confirmed());

    rig.store.reset();
    rig.files.reset();
    const FaultyDisk whole = rig.disk;
    int told = 0;
    for (const std::string name : {"records-0000000001", "payloads-0000000001"}) {
      const std::size_t end = rig.disk.contents(name).find_last_not_of('\0');
      for (std::size_t at = 0; at < end; ++at) {
        char& byte = rig.disk.contents(name).at(at);
        byte = static_cast<char>(byte ^ 8);
        const auto opened = rig.try_open();
        INFO(name << " damaged at " << at);
        if (opened) {
          CHECK(rig.store->durable(rig.stream(gpu)) == 20);
        } else {
          CHECK(opened.error().fault == StoreFault::corrupt);
          ++told;
        }
        rig.store.reset();
        rig.files.reset();
        rig.disk = whole;
      }
    }
    CHECK(told > 500);
  }
}

TEST_CASE("A log that is shorter than what was confirmed of it is told, and opens after a repair") {
  Rig rig(5, tiny_segments());
  SECTION("strict") {}
  SECTION("relaxed") { rig.options.durability = SyncMode::relaxed; }
  rig.open();
  for (std::uint64_t number = 1; number <= 110; ++number) {
    rig.append(gpu, number, 1, 80);
    REQUIRE(rig.commit() == true);
  }
  while (!rig.store->is_confirmed()) REQUIRE(rig.commit() == true);
  rig.store.reset();
  rig.files.reset();
  const FaultyDisk whole = rig.disk;
  std::string newest;
  for (const std::string& name : rig.disk.names()) {
    if (name.starts_with("records-")) newest = std::max(newest, name);
  }
  REQUIRE(newest > "records-0000000003");
  const std::size_t end = rig.disk.contents(newest).find_last_not_of('\0') + 1;
  int told = 0;
  for (std::size_t kept = 0; kept < end; kept += 97) {
    INFO("cut to " << kept);
    rig.disk = whole;
    rig.disk.contents(newest).resize(kept);
    // The commit that confirms the others has nothing of its own, so that it is missing takes nothing.
    if (rig.try_open()) {
      CHECK(rig.store->durable(rig.stream(gpu)) == 110);
      rig.store.reset();
      continue;
    }
    ++told;
    rig.files.reset();
    FaultyFiles files(rig.disk);
    REQUIRE_FALSE(verify(files)->damages.empty());
    const auto plan = plan_repair(files);
    INFO((plan ? "" : plan.error().message));
    REQUIRE(plan);
    REQUIRE_FALSE(plan->empty());
    mend(rig.disk, *plan);
    CHECK(verify(files)->damages.empty());
  }
  CHECK(told >= 10);
  // A damaged mark is passed over, and written anew with the next one.
  rig.disk = whole;
  rig.disk.contents("confirmed").at(30) ^= 1;
  rig.open();
  CHECK(rig.store->durable(rig.stream(gpu)) == 110);
}
