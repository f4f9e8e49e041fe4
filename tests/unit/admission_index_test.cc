#include "admission_index.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <map>
#include <vector>

using namespace parking_lot;

namespace {

std::vector<std::uint32_t> slots_after(const AdmissionIndex& index, std::uint64_t after) {
  std::vector<std::uint32_t> slots;
  index.visit_after(after, [&](std::uint32_t slot) {
    slots.push_back(slot);
    return true;
  });
  return slots;
}

}  // namespace

TEST_CASE("a number that was never set or was erased has no slot") {
  AdmissionIndex index;
  CHECK(index.find(1) == AdmissionIndex::none);
  index.set(700, 5);
  CHECK(index.find(700) == 5);
  CHECK(index.find(1) == AdmissionIndex::none);
  CHECK(index.find(1'000'000) == AdmissionIndex::none);
  index.erase(700);
  CHECK(index.find(700) == AdmissionIndex::none);
}

TEST_CASE("tasks are visited by rising number from any point and until told to stop") {
  AdmissionIndex index;
  for (const std::uint64_t number : {5000U, 3U, 511U, 512U, 4U})
    index.set(number, static_cast<std::uint32_t>(number + 1));
  CHECK(slots_after(index, 0) == std::vector<std::uint32_t>{4, 5, 512, 513, 5001});
  CHECK(slots_after(index, 4) == std::vector<std::uint32_t>{512, 513, 5001});
  CHECK(slots_after(index, 5000).empty());
  int seen = 0;
  index.visit_after(0, [&](std::uint32_t) { return ++seen < 2; });
  CHECK(seen == 2);
}

TEST_CASE("setting a number again replaces its slot") {
  AdmissionIndex index;
  index.set(9, 1);
  index.set(9, 2);
  CHECK(index.find(9) == 2);
  index.erase(9);
  CHECK(index.find(9) == AdmissionIndex::none);
  CHECK(slots_after(index, 0).empty());
}

TEST_CASE("memory of forgotten numbers is given back") {
  AdmissionIndex index;
  for (std::uint64_t i = 1; i <= 100000; ++i) {
    index.set(i, 1);
    if (i > 1000) index.erase(i - 1000);
  }
  CHECK(index.memory_bytes() < 16 * 1024);
}

TEST_CASE("after any history the index is that of a sorted map") {
  CHECK(rc::check([] {
    AdmissionIndex index;
    std::map<std::uint64_t, std::uint32_t> model;
    const auto steps =
        *rc::gen::container<std::vector<std::uint32_t>>(300, rc::gen::arbitrary<std::uint32_t>());
    for (const std::uint32_t step : steps) {
      const std::uint64_t number = step % 3000;
      if (step & 0x80000000 && model.contains(number)) {
        index.erase(number);
        model.erase(number);
      } else {
        index.set(number, step >> 12 & 0xffff);
        model[number] = step >> 12 & 0xffff;
      }
    }
    const auto after = *rc::gen::inRange<std::uint64_t>(0, 3000);
    std::vector<std::uint32_t> expected;
    for (auto at = model.upper_bound(after); at != model.end(); ++at) expected.push_back(at->second);
    RC_ASSERT(slots_after(index, after) == expected);
    for (std::uint64_t i = 0; i < 3000; i += 13) {
      RC_ASSERT(index.find(i) == (model.contains(i) ? model[i] : AdmissionIndex::none));
    }
  }));
}
