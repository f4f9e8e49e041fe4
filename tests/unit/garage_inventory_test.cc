#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "garage/inventory.h"
#include "garage_layouts.h"

using namespace parking_lot;
using namespace parking_lot::garage;

namespace {

/// The rules of allocation as they are told, by looking at every spot.
class PlainAllocator {
 public:
  explicit PlainAllocator(const Layout& layout) : layout_(layout), is_free_(layout.spot_count(), true) {}

  void set(SpotRange spots, bool is_free) {
    for (std::uint32_t i = 0; i < spots.count; ++i) is_free_[spots.first.index + i] = is_free;
  }

  SpotRange find(const Need& need, const std::vector<SpotId>& order) const {
    std::vector<std::tuple<int, int, std::size_t, std::uint32_t>> fitting;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
      const ParkingSpot& spot = layout_.spot(order[rank]);
      if (!is_free_[order[rank].index] || !fits(spot.kind, need.size) || !may_use(spot.features, need.wanted))
        continue;
      static constexpr int place_of_set[] = {0, 1, 2, 4, 3, 5, 6, 7};
      fitting.emplace_back(static_cast<int>(spot.kind), place_of_set[spot.features.bits], rank,
                           order[rank].index);
    }
    if (!fitting.empty()) return {SpotId{std::get<3>(*std::min_element(fitting.begin(), fitting.end()))}, 1};
    if (need.size != VehicleSize::large || need.spots_required < 2) return {};
    std::vector<std::uint32_t> rows;
    for (const SpotId spot : order) {
      const std::uint32_t row = layout_.spot(spot).row;
      if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
    }
    for (const std::uint32_t row : rows) {
      const Layout::Row& built = layout_.rows()[row];
      std::uint32_t length = 0;
      for (std::uint32_t i = built.first; i < built.first + built.count; ++i) {
        const ParkingSpot& spot = layout_.spot(SpotId{i});
        const bool counts =
            is_free_[i] && spot.kind != SpotKind::compact && may_use(spot.features, need.wanted);
        length = counts ? length + 1 : 0;
        if (length == need.spots_required) return {SpotId{i + 1 - length}, length};
      }
    }
    return {};
  }

 private:
  const Layout& layout_;
  std::vector<bool> is_free_;
};

Need random_need(Dice& dice) {
  Need need;
  need.size = static_cast<VehicleSize>(dice.below(3));
  need.wanted = Features(dice.one_in(4) ? static_cast<std::uint8_t>(dice.below(8)) : std::uint8_t{0});
  if (need.size == VehicleSize::large) need.spots_required = static_cast<std::uint16_t>(dice.below(8));
  if (need.size == VehicleSize::large && dice.one_in(10)) need.spots_required = 64;
  return need;
}

}  // namespace

TEST_CASE("the garage gives the spots that a look at every single spot would give, and none twice") {
  constexpr std::uint32_t garages = 100;
  constexpr std::uint32_t operations = 10'000;
  std::uint64_t found = 0;
  std::uint64_t runs_found = 0;
  for (std::uint64_t seed = 1; seed <= garages; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const GarageConfig config = mixed_garage(dice);
    const Layout layout(config);
    Inventory inventory(layout);
    PlainAllocator plain(layout);
    std::vector<SpotRange> held;
    std::vector<int> owners(layout.spot_count(), 0);
    const std::uint32_t usual_fill = dice.below(100);
    std::map<std::pair<int, std::uint32_t>, std::vector<SpotId>> orders;
    for (std::uint32_t i = 0; i < operations; ++i) {
      if (dice.one_in(997)) inventory.use(static_cast<Allocation>(dice.below(4)));
      const bool wants_out = inventory.free_count() * 100 < (100 - usual_fill) * layout.spot_count();
      if (!held.empty() && (wants_out ? !dice.one_in(3) : dice.one_in(3))) {
        const std::size_t which = dice.below(static_cast<std::uint32_t>(held.size()));
        inventory.give_back(held[which], i);
        plain.set(held[which], true);
        for (std::uint32_t k = 0; k < held[which].count; ++k) --owners[held[which].first.index + k];
        held[which] = held.back();
        held.pop_back();
        continue;
      }
      const Need need = random_need(dice);
      const std::uint32_t entrance = dice.below(3);
      const std::uint32_t number = inventory.allocation() == Allocation::nearest ? entrance : 0;
      auto& order = orders[{static_cast<int>(inventory.allocation()), number}];
      if (order.empty()) order = layout.order(inventory.allocation(), number);
      const SpotRange expected = plain.find(need, order);
      const SpotRange spots = inventory.find(need, entrance);
      if (!(spots == expected)) {
        CAPTURE(i, spots.first.index, spots.count, expected.first.index, expected.count);
        FAIL("another choice than the reference");
      }
      const std::uint64_t cost = need.size != VehicleSize::large ? 1
                                 : need.spots_required >= 2      ? need.spots_required
                                                                 : Inventory::single_spot_room;
      if ((inventory.room_for(need.size, need.wanted) >= cost) != (spots.count != 0)) {
        CAPTURE(i);
        FAIL("the room for the lane disagrees with what is found");
      }
      if (spots.count == 0) continue;
      ++found;
      runs_found += spots.count > 1;
      inventory.take(spots, Inventory::Owner::ticket, i + 1, i);
      plain.set(spots, false);
      held.push_back(spots);
      for (std::uint32_t k = 0; k < spots.count; ++k) {
        if (++owners[spots.first.index + k] != 1) FAIL("one spot was given twice");
      }
    }
    std::uint64_t occupied = 0;
    for (const SpotRange& spots : held) occupied += spots.count;
    REQUIRE(inventory.occupied_count() == occupied);
    REQUIRE(inventory.free_count() == layout.spot_count() - occupied);
  }
  CHECK(found > garages * operations / 4);
  CHECK(runs_found > 1000);
}

TEST_CASE("a bigger spot is given only when no smaller one fits") {
  GarageConfig config = plain_garage(1, 0);
  config.levels[0].rows[0].spots = {
      {1, SpotKind::oversized, {}}, {1, SpotKind::regular, {}}, {1, SpotKind::compact, {}}};
  const Layout layout(config);
  Inventory inventory(layout);
  const Need small{.size = VehicleSize::small, .wanted = {}, .spots_required = 0};
  for (const std::uint32_t expected : {2U, 1U, 0U}) {
    const SpotRange spots = inventory.find(small, 0);
    REQUIRE(spots == SpotRange{SpotId{expected}, 1});
    inventory.take(spots, Inventory::Owner::ticket, expected + 1, 1);
  }
  CHECK(inventory.find(small, 0).count == 0);
}

TEST_CASE("chargers are spent last, and spots for the disabled on nobody who did not ask") {
  GarageConfig config = plain_garage(1, 0);
  config.levels[0].rows[0].spots = {{1, SpotKind::regular, Feature::accessible},
                                    {1, SpotKind::regular, Feature::ev_charger},
                                    {1, SpotKind::regular, {}}};
  const Layout layout(config);
  Inventory inventory(layout);
  const Need plain;
  const auto park = [&](const Need& need) {
    const SpotRange spots = inventory.find(need, 0);
    if (spots.count != 0) inventory.take(spots, Inventory::Owner::ticket, 1, 1);
    return spots.count == 0 ? 99 : spots.first.index;
  };
  CHECK(park(plain) == 2);
  CHECK(park(plain) == 1);
  CHECK(park(plain) == 99);
  CHECK(park(Need{.size = VehicleSize::medium, .wanted = Feature::accessible, .spots_required = 0}) == 0);
}

TEST_CASE("strategies differ in the spot that comes first") {
  const GarageConfig config = plain_garage(3, 10);
  const Layout layout(config);
  Inventory inventory(layout);
  const Need need;
  CHECK(layout.spot_name(inventory.find(need, 0).first) == "P1/1/1");
  inventory.use(Allocation::back_to_front);
  CHECK(layout.spot_name(inventory.find(need, 0).first) == "P1/3/10");
  inventory.use(Allocation::nearest);
  CHECK(layout.spot_name(inventory.find(need, 0).first) == "P1/1/1");
  CHECK(layout.spot_name(inventory.find(need, 1).first) == "P1/3/1");
}

TEST_CASE("fill_in fills one zone after the other") {
  GarageConfig config = plain_garage(4, 2);
  for (std::size_t row = 0; row < 4; ++row) config.levels[0].rows[row].zone = row % 2 == 0 ? "even" : "odd";
  const Layout layout(config);
  Inventory inventory(layout);
  inventory.use(Allocation::fill_in);
  std::vector<std::string> names;
  for (std::uint64_t i = 1; i <= 8; ++i) {
    const SpotRange spots = inventory.find({}, 0);
    inventory.take(spots, Inventory::Owner::ticket, i, i);
    names.push_back(layout.spot_name(spots.first));
  }
  CHECK(names == std::vector<std::string>{"P1/1/1", "P1/1/2", "P1/3/1", "P1/3/2", "P1/2/1", "P1/2/2",
                                          "P1/4/1", "P1/4/2"});
}

TEST_CASE("names of spots lead back to them, and other texts nowhere") {
  const GarageConfig config = plain_garage(2, 3);
  const Layout layout(config);
  for (std::uint32_t i = 0; i < layout.spot_count(); ++i)
    CHECK(layout.find_spot(layout.spot_name(SpotId{i})) == SpotId{i});
  for (const char* text : {"", "P1", "P1/1", "P1/1/0", "P1/1/4", "P1/9/1", "P1/1/x", "P1/1/1/", "/"})
    CHECK_FALSE(layout.find_spot(text).has_value());
}
