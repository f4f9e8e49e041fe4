#include "parking_lot/slot_table.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <vector>

using namespace parking_lot;

namespace {

constexpr auto any = [](std::uint32_t) { return true; };

}  // namespace

TEST_CASE("a slot is found by its hash and by what is asked of it") {
  SlotTable table;
  CHECK(table.find(7, any) == SlotTable::none);
  table.insert(7, 0);
  table.insert(7, 1);
  CHECK(table.find(7, any) == 0);
  CHECK(table.find(7, [](std::uint32_t slot) { return slot == 1; }) == 1);
  CHECK(table.find(8, any) == SlotTable::none);
  CHECK(table.size() == 2);
}

TEST_CASE("to erase a slot that is not in the table changes nothing") {
  SlotTable table;
  table.insert(7, 3);
  table.erase(7, 4);
  table.erase(8, 3);
  CHECK(table.find(7, any) == 3);
  CHECK(table.size() == 1);
}

TEST_CASE("slots that come and go do not let the table grow") {
  SlotTable table;
  const std::size_t bytes = table.memory_bytes();
  for (std::uint32_t i = 0; i < 10000; ++i) {
    table.insert(i * 31, i);
    table.erase(i * 31, i);
  }
  CHECK(table.memory_bytes() == bytes);
  CHECK(table.size() == 0);
}

TEST_CASE("after any history the table is that of a map, also when hashes collide") {
  CHECK(rc::check([] {
    SlotTable table;
    std::map<std::uint32_t, std::uint32_t> hash_of_slot;
    const auto steps =
        *rc::gen::container<std::vector<std::uint32_t>>(400, rc::gen::arbitrary<std::uint32_t>());
    for (const std::uint32_t step : steps) {
      const std::uint32_t slot = step % 200;
      const std::uint32_t hash = slot % 5 * 64 + slot % 3 + 62;  // many share a place, and some wrap around
      if (hash_of_slot.erase(slot) != 0) {
        table.erase(hash, slot);
      } else {
        table.insert(hash, slot);
        hash_of_slot[slot] = hash;
      }
    }
    RC_ASSERT(table.size() == hash_of_slot.size());
    for (std::uint32_t slot = 0; slot < 200; ++slot) {
      const std::uint32_t hash = slot % 5 * 64 + slot % 3 + 62;
      const std::uint32_t found = table.find(hash, [&](std::uint32_t each) { return each == slot; });
      RC_ASSERT((found == slot) == hash_of_slot.contains(slot));
    }
  }));
}
