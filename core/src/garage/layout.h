#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "parking_lot/bring_near.h"
#include "parking_lot/garage/garage_config.h"
#include "parking_lot/garage/record.h"

namespace parking_lot::garage {

/// The building: rows and spots as the config has them, their names, and in which order each strategy wants
/// them. Never changes.
class Layout {
 public:
  struct Row {
    std::string name;  ///< `P1/A`
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::uint32_t level = 0;
    std::uint32_t place_in_level = 0;
    std::uint32_t zone = 0;  ///< in the order of the config
  };

  explicit Layout(const GarageConfig& config);

  std::uint32_t spot_count() const { return static_cast<std::uint32_t>(spots_.size()); }
  const ParkingSpot& spot(SpotId spot) const { return spots_[spot.index]; }
  /// `spot` or `place_of` of it comes soon: its memory may be brought near.
  void expect(SpotId spot) const { bring_near(&spots_[spot.index]); }
  const std::vector<Row>& rows() const { return rows_; }
  const Row& row_of(SpotId spot) const { return rows_[spots_[spot.index].row]; }

  std::string spot_name(SpotId spot) const;
  std::optional<SpotId> find_spot(std::string_view name) const;

  SpotPlace place_of(SpotRange spots) const;
  /// Where a record's spots are in this building; `count` 0 if they are not.
  SpotRange range_of(const SpotPlace& place) const;

  /// The spots in the order in which this strategy wants them, for a vehicle at this entrance. Ties go by
  /// position in the config. O(spots · log spots).
  std::vector<SpotId> order(Allocation allocation, std::uint32_t entrance) const;
  /// How many orders a strategy has: one, or one for each entrance.
  std::uint32_t orders_of(Allocation allocation) const;

 private:
  void add_row(const LevelConfig& level, std::uint32_t level_index, std::uint32_t row_index);
  std::uint64_t distance(const EntranceConfig& entrance, SpotId spot) const;

  const GarageConfig& config_;
  std::vector<ParkingSpot> spots_;
  std::vector<Row> rows_;
  std::unordered_map<std::string, std::uint32_t> row_by_name_;
  std::vector<std::string> zones_;
};

}  // namespace parking_lot::garage
