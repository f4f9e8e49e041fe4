#include <algorithm>
#include <utility>

#include "erasure_rig.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

constexpr std::uint64_t users = 1500;  // the keys of two files
const std::string first_keys = "keys-0000000000";
const std::string last_keys = "keys-0000000001";

std::string user(std::uint64_t i) { return "user-" + std::to_string(i); }
/// Every 1,024th number is the header of a file.
std::uint64_t key_of(std::uint64_t i) { return i + (i - 1) / 1023; }

/// A store with a task of each user.
struct KeyRig : ErasureRig {
  KeyRig() {
    open();
    for (std::uint64_t i = 1; i <= users; ++i) admit(i, user(i));
    REQUIRE(commit() == true);
    REQUIRE(disk.contents(first_keys).size() == 65536);
    lock_alone();
  }

  /// Damages as `verify` tells them, each with the file.
  std::vector<std::string> damages() {
    const auto result = verify(*files);
    REQUIRE(result);
    std::vector<std::string> list;
    for (const Damage& damage : result->damages)
      list.push_back(damage.file + ":" + std::to_string(damage.offset) + " " + damage.message);
    return list;
  }
  /// What the steps say that is lost.
  std::string mend() {
    auto plan = plan_repair(*files);
    INFO((plan ? "" : plan.error().message));
    REQUIRE(plan);
    std::string messages;
    for (const RepairStep& step : *plan) messages += step.message + "\n";
    bool is_mended = false;
    repair(*files, std::move(*plan), [&](StoreResult<void> done) { is_mended = done.has_value(); });
    REQUIRE(is_mended);
    lock_alone();
    return messages;
  }
  /// Everybody, with those erased whose keys are from `begin` to `end`.
  static std::vector<std::string> without_keys(std::uint64_t begin, std::uint64_t end) {
    std::vector<std::string> names;
    for (std::uint64_t i = 1; i <= users; ++i) {
      const std::uint64_t key = key_of(i);
      names.push_back(begin <= key && key <= end ? "erased:" + std::to_string(key) : user(i));
    }
    return names;
  }
  /// The number of the key that a new name gets.
  std::uint64_t new_key() {
    admit(users + 1, "somebody new");
    REQUIRE(commit() == true);
    REQUIRE(mailboxes().back() == "somebody new");
    REQUIRE(store->erase([](std::string_view name) { return name == "somebody new"; }).value() == 1);
    REQUIRE(commit() == true);
    return std::stoull(mailboxes().back().substr(7));
  }
};

}  // namespace

TEST_CASE("A key file that is gone is made anew by a repair, and the names of its keys are lost") {
  KeyRig rig;
  SECTION("the first") {
    REQUIRE(rig.files->remove(first_keys));
    CHECK(rig.damages() ==
          std::vector<std::string>{first_keys + ":0 the keys of 1023 sealed names are missing from here on"});
    CHECK_THAT(rig.mend(), Catch::Contains("sealed with 1023 keys are lost: they read erased:1 and so on"));
    rig.open();
    CHECK(rig.mailboxes() == rig.without_keys(1, 1023));
    rig.verify_all();
    CHECK(rig.new_key() > key_of(users));
  }
  SECTION("the last") {
    REQUIRE(rig.files->remove(last_keys));
    CHECK(rig.damages() ==
          std::vector<std::string>{last_keys + ":0 the keys of 477 sealed names are missing from here on"});
    rig.mend();
    rig.open();
    CHECK(rig.mailboxes() == rig.without_keys(1024, ~std::uint64_t{0}));
    rig.verify_all();
    // What was lost may have been used for names that nobody can read any more.
    CHECK(rig.new_key() > 2048);
  }
  SECTION("both") {
    REQUIRE(rig.files->remove(first_keys));
    REQUIRE(rig.files->remove(last_keys));
    CHECK(rig.damages().size() == 2);
    rig.mend();
    rig.open();
    CHECK(rig.mailboxes() == rig.without_keys(1, ~std::uint64_t{0}));
    CHECK(rig.new_key() > 2048);
  }
}

TEST_CASE("A key file that was cut off is filled by a repair, and the names of the keys before stay") {
  KeyRig rig;
  std::string& keys = rig.disk.contents(last_keys);
  std::uint64_t first_lost = 1025;
  SECTION("behind a slot") {
    keys.resize(10 * 64);
    first_lost = 1034;
  }
  SECTION("in a slot") {
    keys.resize(10 * 64 + 40);
    first_lost = 1034;
  }
  SECTION("in the header") { keys.resize(20); }
  SECTION("to nothing") { keys.clear(); }
  CHECK(rig.damages().size() == 1);
  CHECK_THAT(rig.mend(), Catch::Contains("they read erased:" + std::to_string(first_lost) + " and so on"));
  CHECK(rig.damages().empty());
  rig.open();
  CHECK(rig.mailboxes() == rig.without_keys(first_lost, ~std::uint64_t{0}));
  rig.verify_all();
  CHECK(rig.new_key() > 2048);
}

TEST_CASE("Keys that were written over are destroyed by a repair, as one damage if they lie together") {
  KeyRig rig;
  std::string& keys = rig.disk.contents(first_keys);
  for (std::size_t at = 0; at < 100 * 64; ++at) keys[7 * 64 + at] = static_cast<char>(at * 7 + 1);
  rig.open();
  auto reader = rig.store->load_pool(rig.stream(gpu));
  REQUIRE(reader);
  const auto records = reader->next();
  REQUIRE_FALSE(records);
  CHECK(records.error().fault == StoreFault::corrupt);
  CHECK_THAT(records.error().message, Catch::Contains("the key of a sealed name is damaged"));
  CHECK(rig.damages() ==
        std::vector<std::string>{first_keys + ":448 the keys of 100 sealed names are damaged"});
  CHECK_THAT(rig.mend(), Catch::Contains("sealed with 100 keys are lost: they read erased:7 and so on"));
  rig.open();
  CHECK(rig.mailboxes() == rig.without_keys(7, 106));
  rig.verify_all();
  CHECK(rig.new_key() > key_of(users));
}

TEST_CASE("Damage beside keys costs no name") {
  KeyRig rig;
  std::string& keys = rig.disk.contents(first_keys);
  SECTION("in the header") { keys[3] = 'x'; }
  SECTION("behind a key") { keys[5 * 64 + 50] = 'x'; }
  CHECK(rig.damages().size() == 1);
  CHECK_THAT(rig.mend(), Catch::Contains("lost"));
  CHECK(rig.damages().empty());
  rig.open();
  CHECK(rig.mailboxes() == rig.without_keys(0, 0));
}

TEST_CASE("Bytes behind the keys are told once and cut off, and cost no name") {
  KeyRig rig;
  std::string file;
  SECTION("of a file that is full") { file = first_keys; }
  SECTION("of the last one") { file = last_keys; }
  const std::string sound = rig.disk.contents(file);
  rig.disk.contents(file) += std::string(200, 'z');
  CHECK(rig.damages() == std::vector<std::string>{file + ":" + std::to_string(sound.size()) +
                                                  " bytes follow that are no keys and that nobody needs"});
  CHECK_THAT(rig.mend(), Catch::Contains("no name is lost"));
  CHECK(rig.disk.contents(file) == sound);
  CHECK(rig.damages().empty());
  rig.open();
  CHECK(rig.mailboxes() == rig.without_keys(0, 0));
  CHECK(rig.new_key() > key_of(users));
}

TEST_CASE("A key that only a checkpoint needs is missed too") {
  StoreOptions options;
  options.segment_bytes = 2000;
  ErasureRig rig(options);
  rig.open();
  const auto checkpoint = [&](std::uint64_t number) {
    TaskRestored restored;
    restored.admitted.admission = 1;
    restored.admitted.task_id = "a";
    restored.admitted.tenant = "acme";
    restored.admitted.mailbox = "bruno";
    const std::vector<Record> state{{number, WallTime{5}, PoolRestored{}}, {number, WallTime{5}, restored}};
    REQUIRE(rig.store->begin_checkpoint(rig.stream(gpu)));
    REQUIRE(rig.store->add_to_checkpoint(rig.stream(gpu), state));
    REQUIRE(rig.store->end_checkpoint(rig.stream(gpu)));
    REQUIRE(rig.commit() == true);
  };
  rig.admit(1, "bruno");
  for (std::uint64_t i = 2; i <= 40; ++i) {
    rig.admit(i, "");
    REQUIRE(rig.commit() == true);
  }
  checkpoint(40);
  rig.store->trim(WallTime{1'000'000});
  REQUIRE(rig.commit() == true);
  const auto names = rig.disk.names();
  REQUIRE(std::count(names.begin(), names.end(), "records-0000000001") == 0);
  REQUIRE(rig.files->remove(first_keys));
  const auto result = verify(*rig.files);
  REQUIRE(result);
  REQUIRE(result->damages.size() == 1);
  CHECK(result->damages.front().message == "the key of a sealed name is missing from here on");
}
