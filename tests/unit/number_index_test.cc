#include "number_index.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <utility>

using namespace parking_lot;

namespace {

/// Numbers that differ in a few low bits or in high ones: both happen, and both must be spread.
std::uint64_t number_of(unsigned choice) { return std::uint64_t{choice % 64} << (choice % 3 * 28); }

}  // namespace

TEST_CASE("an index holds what a map holds, whatever is set and erased") {
  CHECK(rc::check([](const std::vector<std::pair<unsigned, unsigned>>& changes) {
    NumberIndex index;
    std::map<std::uint64_t, std::uint32_t> expected;
    for (const auto& [choice, change] : changes) {
      const std::uint64_t number = number_of(choice);
      if (change % 3 == 0) {
        index.erase(number);
        expected.erase(number);
      } else {
        const auto [place, is_new] = index.try_emplace(number, change);
        const auto [known, was_new] = expected.try_emplace(number, change);
        RC_ASSERT(is_new == was_new);
        RC_ASSERT(place == known->second);
      }
      RC_ASSERT(index.size() == expected.size());
    }
    std::map<std::uint64_t, std::uint32_t> visited;
    index.visit([&](std::uint64_t number, std::uint32_t place) { visited[number] = place; });
    RC_ASSERT(visited == expected);
    for (unsigned choice = 0; choice < 192; ++choice) {
      const std::uint32_t* const place = index.find(number_of(choice));
      RC_ASSERT((place != nullptr) == expected.contains(number_of(choice)));
    }
  }));
}

TEST_CASE(
    "numbers that follow each other are found among a hundred thousand, also when every other one is gone") {
  NumberIndex index;
  for (std::uint32_t i = 0; i < 100000; ++i) index[i] = i + 1;
  for (std::uint32_t i = 0; i < 100000; i += 2) index.erase(i);
  CHECK(index.size() == 50000);
  for (std::uint32_t i = 0; i < 100000; ++i) {
    const std::uint32_t* const place = index.find(i);
    REQUIRE((place == nullptr) == (i % 2 == 0));
    if (place != nullptr) REQUIRE(*place == i + 1);
  }
}

TEST_CASE("an index that was never written or was cleared is empty") {
  NumberIndex index;
  CHECK(index.empty());
  CHECK_FALSE(index.contains(0));
  index.erase(0);
  index.insert(0);
  CHECK(index.contains(0));
  index.clear();
  CHECK(index.empty());
  CHECK_FALSE(index.contains(0));
}

TEST_CASE("values of a map stay where they are while it grows, and are destroyed when they are erased") {
  NumberMap<std::shared_ptr<int>> map;
  const auto kept = std::make_shared<int>(42);
  const auto [first, is_new] = map.try_emplace(7, kept);
  CHECK(is_new);
  for (std::uint64_t number = 100; number < 10000; ++number) map[number] = kept;
  CHECK(&first == map.find(7));
  CHECK_FALSE(map.try_emplace(7, nullptr).second);
  CHECK(*map.at(7) == 42);
  for (std::uint64_t number = 100; number < 10000; ++number) map.erase(number);
  map.erase(100);
  CHECK(kept.use_count() == 2);
  CHECK(map.size() == 1);
  map.clear();
  CHECK(kept.use_count() == 1);
  CHECK(map.empty());
}
