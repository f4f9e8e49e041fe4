#include "garage/inventory.h"

#include <bit>

#include "parking_lot/check.h"

namespace parking_lot::garage {
namespace {

/// All feature sets, those with fewer members first: so that what nobody asked for is spent last.
constexpr std::array<std::uint8_t, feature_sets> sets_by_count = {0, 1, 2, 4, 3, 5, 6, 7};

constexpr bool needs_run(const Need& need) {
  return need.size == VehicleSize::large && need.spots_required >= 2;
}

}  // namespace

Inventory::Inventory(const Layout& layout)
    : layout_(&layout), states_(layout.spot_count()), holders_(layout.spot_count()) {
  for (std::uint32_t i = 0; i < layout.spot_count(); ++i) {
    const std::uint32_t of = class_of(layout.spot(SpotId{i}));
    states_[i].of = static_cast<std::uint8_t>(of);
    ++class_size_[of];
  }
  class_free_ = class_size_;
  free_count_ = layout.spot_count();
  use(Allocation::first_available);
}

void Inventory::use(Allocation allocation) {
  allocation_ = allocation;
  const std::uint32_t count = layout_->orders_of(allocation);
  orders_.clear();
  orders_.resize(count);
  rank_in_class_.assign(std::size_t{layout_->spot_count()} * count, 0);
  for (std::uint32_t number = 0; number < count; ++number) {
    Order& order = orders_[number];
    for (std::uint32_t each = 0; each < class_count; ++each) order.free[each] = RankSet(class_size_[each]);
    for (const SpotId spot : layout_->order(allocation, number)) {
      const std::uint32_t of = class_of(layout_->spot(spot));
      const auto rank = static_cast<std::uint32_t>(order.spots[of].size());
      order.spots[of].push_back(spot);
      rank_in_class_[std::size_t{spot.index} * count + number] = rank;
      if (states_[spot.index].state == SpotState::free) order.free[of].insert(rank);
    }
  }
  for (auto& each : runs_) {
    if (each) each->use_orders(row_ranks());
  }
}

/// Rows in each order, by the place of their first spot.
std::vector<std::vector<std::uint32_t>> Inventory::row_ranks() const {
  std::vector<std::vector<std::uint32_t>> all;
  for (std::uint32_t number = 0; number < orders_.size(); ++number) {
    std::vector<std::uint32_t> ranks(layout_->rows().size(), 0xffffffff);
    std::uint32_t next = 0;
    for (const SpotId spot : layout_->order(allocation_, number)) {
      std::uint32_t& rank = ranks[layout_->spot(spot).row];
      if (rank == 0xffffffff) rank = next++;
    }
    for (std::uint32_t& rank : ranks) {
      if (rank == 0xffffffff) rank = next++;  // a row without spots
    }
    all.push_back(std::move(ranks));
  }
  return all;
}

FreeRuns& Inventory::runs(Features wanted) {
  std::unique_ptr<FreeRuns>& runs = runs_[wanted.bits];
  if (!runs) {
    runs = std::make_unique<FreeRuns>(*layout_, wanted);
    for (std::uint32_t i = 0; i < states_.size(); ++i) {
      if (states_[i].state == SpotState::free) runs->set({SpotId{i}, 1}, SpotState::free);
    }
    runs->use_orders(row_ranks());
  }
  return *runs;
}

std::uint32_t Inventory::best_class(VehicleSize size, Features wanted) const {
  for (auto kind = static_cast<std::uint32_t>(size); kind < 3; ++kind) {
    for (const std::uint8_t offered : sets_by_count) {
      const std::uint32_t of = kind * feature_sets + offered;
      if (class_free_[of] != 0 && may_use(Features(offered), wanted)) return of;
    }
  }
  return class_count;
}

const SpotId* Inventory::best_single(const Need& need, std::uint32_t entrance) const {
  const std::uint32_t of = best_class(need.size, need.wanted);
  if (of == class_count) return nullptr;
  const Order& order = orders_[order_at(entrance)];
  return &order.spots[of][order.free[of].first()];
}

void Inventory::expect(const Need& need, std::uint32_t entrance) const {
  const SpotId* spot = best_single(need, entrance);
  if (spot != nullptr) expect(*spot);
}

SpotRange Inventory::find(const Need& need, std::uint32_t entrance) {
  const SpotId* spot = best_single(need, entrance);
  if (spot != nullptr) return {*spot, 1};
  return needs_run(need) ? runs(need.wanted).find(order_at(entrance), need.spots_required) : SpotRange{};
}

bool Inventory::could_ever_fit(const Need& need) {
  for (auto kind = static_cast<std::uint32_t>(need.size); kind < 3; ++kind) {
    for (std::uint8_t offered = 0; offered < feature_sets; ++offered) {
      if (class_size_[kind * feature_sets + offered] != 0 && may_use(Features(offered), need.wanted))
        return true;
    }
  }
  return needs_run(need) && runs(need.wanted).longest_when_empty() >= need.spots_required;
}

std::uint64_t Inventory::room_for(VehicleSize size, Features wanted) {
  if (best_class(size, wanted) != class_count) return single_spot_room;
  return size == VehicleSize::large ? runs(wanted).longest() : 0;
}

void Inventory::set(SpotRange spots, SpotState state) {
  for (std::uint32_t i = 0; i < spots.count; ++i) set(SpotId{spots.first.index + i}, state);
  for (auto& each : runs_) {
    if (each) each->set(spots, state);
  }
}

void Inventory::set(SpotId spot, SpotState state) {
  states_[spot.index].state = state;
  const bool is_free = state == SpotState::free;
  const std::uint32_t of = states_[spot.index].of;
  const std::uint32_t* ranks = &rank_in_class_[spot.index * orders_.size()];
  for (std::size_t number = 0; number < orders_.size(); ++number) {
    RankSet& free = orders_[number].free[of];
    is_free ? free.insert(ranks[number]) : free.erase(ranks[number]);
  }
  is_free ? ++class_free_[of] : --class_free_[of];
  is_free ? ++free_count_ : --free_count_;
}

void Inventory::take(SpotRange spots, Owner owner, std::uint64_t number, std::uint64_t version) {
  PARKING_LOT_CHECK(are_free(spots));
  for (std::uint32_t i = 0; i < spots.count; ++i) holders_[spots.first.index + i] = {number, version};
  if (owner == Owner::ticket) occupied_count_ += spots.count;
  set(spots, owner == Owner::ticket ? SpotState::occupied : SpotState::reserved);
}

void Inventory::give_back(SpotRange spots, std::uint64_t version) {
  for (std::uint32_t i = 0; i < spots.count; ++i) {
    const std::uint32_t spot = spots.first.index + i;
    PARKING_LOT_CHECK(states_[spot].state != SpotState::free);
    if (states_[spot].state == SpotState::occupied) --occupied_count_;
    holders_[spot] = {0, version};
  }
  set(spots, SpotState::free);
}

bool Inventory::are_free(SpotRange spots) const {
  for (std::uint32_t i = 0; i < spots.count; ++i) {
    if (states_[spots.first.index + i].state != SpotState::free) return false;
  }
  return true;
}

SpotView Inventory::view(SpotId spot) const {
  const State& state = states_[spot.index];
  const Holder& holder = holders_[spot.index];
  SpotView view{.id = spot, .spot = layout_->spot(spot), .state = state.state, .version = holder.version};
  (state.state == SpotState::occupied ? view.ticket : view.reservation) = holder.owner;
  return view;
}

std::size_t Inventory::memory_bytes() const {
  std::size_t bytes =
      states_.size() * (sizeof(State) + sizeof(Holder)) + rank_in_class_.size() * sizeof(std::uint32_t);
  bytes += orders_.size() * (states_.size() * sizeof(SpotId) + states_.size() / 7);
  for (const auto& each : runs_) bytes += each ? each->memory_bytes() : 0;
  return bytes;
}

}  // namespace parking_lot::garage
