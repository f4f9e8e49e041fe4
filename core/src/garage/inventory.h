#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "garage/free_runs.h"
#include "garage/layout.h"
#include "garage/rank_set.h"
#include "parking_lot/bring_near.h"

namespace parking_lot::garage {

/// What a vehicle needs of a spot.
struct Need {
  VehicleSize size = VehicleSize::medium;
  Features wanted;
  std::uint16_t spots_required = 0;  ///< of a large vehicle without an oversized spot; 0 and 1: none
};

/// The spots with their states, and which one a vehicle gets.
///
/// Invariant: a spot is free, or holds exactly one owner (a ticket or a reservation). Best fit: the smallest
/// kind that takes the vehicle; within it the fewest features beyond those that are wanted; within these the
/// first in the order of the strategy. A large vehicle for which no oversized spot is free takes the first
/// long enough run of regular or bigger spots in the first row, in the strategy's order, that has one.
///
/// `find`, `take` and `give_back` are O(log spots) for each spot; `use` and the first search for a run with
/// certain features O(spots).
class Inventory {
 public:
  explicit Inventory(const Layout& layout);

  /// Changes the strategy. Spots keep their states.
  void use(Allocation allocation);
  Allocation allocation() const { return allocation_; }

  /// Spots for this need, in the order for this entrance; `count` 0: nothing fits now.
  SpotRange find(const Need& need, std::uint32_t entrance);
  /// Whether an empty garage could take it.
  bool could_ever_fit(const Need& need);
  /// `room_for` when a single spot serves.
  static constexpr std::uint64_t single_spot_room = 0xffffffff;
  /// The cost, in spots, up to which a vehicle of this size and these wishes would find something now: as
  /// `TaskQueue::first_that_fits` wants it.
  std::uint64_t room_for(VehicleSize size, Features wanted);

  enum class Owner : std::uint8_t { ticket, reservation };
  /// `take` or `give_back` of this spot comes soon: its memory may be brought near.
  void expect(SpotId spot) const {
    bring_near(&holders_[spot.index]);
    bring_near(&rank_in_class_[spot.index * orders_.size()]);
    layout_->expect(spot);
  }
  /// `expect` or `find` of this need comes soon.
  void expect_order(const Need& need, std::uint32_t entrance) const {
    bring_near(best_single(need, entrance));
  }
  /// `find` of this need comes soon, and `take` of what it finds.
  void expect(const Need& need, std::uint32_t entrance) const;
  /// The spots must be free.
  void take(SpotRange spots, Owner owner, std::uint64_t number, std::uint64_t version);
  void give_back(SpotRange spots, std::uint64_t version);

  bool are_free(SpotRange spots) const;
  SpotView view(SpotId spot) const;
  SpotKind kind_of(SpotId spot) const { return static_cast<SpotKind>(states_[spot.index].of / feature_sets); }
  Features features_of(SpotId spot) const {
    return Features(static_cast<std::uint8_t>(states_[spot.index].of % feature_sets));
  }
  std::uint64_t free_count() const { return free_count_; }
  std::uint64_t occupied_count() const { return occupied_count_; }
  std::uint64_t reserved_count() const { return layout_->spot_count() - free_count_ - occupied_count_; }
  std::size_t memory_bytes() const;

 private:
  static constexpr std::uint32_t class_count = 3 * feature_sets;
  /// What every decision asks of a spot, apart from the rest: of 100,000 spots it fits into a near cache.
  struct State {
    SpotState state = SpotState::free;
    std::uint8_t of = 0;  ///< class
  };
  struct Holder {
    std::uint64_t owner = 0;  ///< number of a ticket or reservation
    std::uint64_t version = 0;
  };
  /// One order of the strategy: free spots of each class by their rank within the class.
  struct Order {
    std::array<std::vector<SpotId>, class_count> spots;  ///< by rank
    std::array<RankSet, class_count> free;
  };

  static std::uint32_t class_of(const ParkingSpot& spot) {
    return static_cast<std::uint32_t>(spot.kind) * feature_sets + spot.features.bits;
  }
  /// The class that serves the need best among those with a free spot; `class_count`: none.
  std::uint32_t best_class(VehicleSize size, Features wanted) const;
  /// Where the strategy in use has the spot that serves the need best by itself; null: there is none.
  const SpotId* best_single(const Need& need, std::uint32_t entrance) const;
  /// Which of the orders is that for this entrance.
  std::uint32_t order_at(std::uint32_t entrance) const { return orders_.size() == 1 ? 0 : entrance; }
  void set(SpotRange spots, SpotState state);
  void set(SpotId spot, SpotState state);
  FreeRuns& runs(Features wanted);
  std::vector<std::vector<std::uint32_t>> row_ranks() const;

  const Layout* layout_;
  Allocation allocation_ = Allocation::first_available;
  std::vector<State> states_;
  std::vector<Holder> holders_;
  std::vector<Order> orders_;
  std::vector<std::uint32_t> rank_in_class_;  // spot by spot, one for each order
  std::array<std::uint32_t, class_count> class_size_{};
  std::array<std::uint32_t, class_count> class_free_{};
  std::array<std::unique_ptr<FreeRuns>, feature_sets> runs_;  // made when they are first asked for
  std::uint64_t free_count_ = 0;
  std::uint64_t occupied_count_ = 0;
};

}  // namespace parking_lot::garage
