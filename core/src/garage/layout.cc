#include "garage/layout.h"

#include <algorithm>
#include <charconv>

namespace parking_lot::garage {

Layout::Layout(const GarageConfig& config) : config_(config) {
  for (std::uint32_t level = 0; level < config.levels.size(); ++level) {
    for (std::uint32_t row = 0; row < config.levels[level].rows.size(); ++row)
      add_row(config.levels[level], level, row);
  }
}

void Layout::add_row(const LevelConfig& level, std::uint32_t level_index, std::uint32_t row_index) {
  const RowConfig& from = level.rows[row_index];
  Row row;
  row.name = level.name + '/' + from.name;
  row.first = spot_count();
  row.level = level_index;
  row.place_in_level = row_index;
  const std::string& zone = from.zone.empty() ? level.name : from.zone;
  const auto known = std::find(zones_.begin(), zones_.end(), zone);
  row.zone = static_cast<std::uint32_t>(known - zones_.begin());
  if (known == zones_.end()) zones_.push_back(zone);
  for (const SpotRun& run : from.spots) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      spots_.push_back({.kind = run.kind,
                        .features = run.features,
                        .row = static_cast<std::uint32_t>(rows_.size()),
                        .position = row.count++});
    }
  }
  row_by_name_.emplace(row.name, static_cast<std::uint32_t>(rows_.size()));
  rows_.push_back(std::move(row));
}

std::string Layout::spot_name(SpotId spot) const {
  return row_of(spot).name + '/' + std::to_string(spots_[spot.index].position + 1);
}

std::optional<SpotId> Layout::find_spot(std::string_view name) const {
  const std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::uint32_t position = 0;
  const char* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + slash + 1, end, position);
  if (parsed.ec != std::errc() || parsed.ptr != end || position == 0) return std::nullopt;
  const SpotRange found = range_of({name.substr(0, slash), position - 1, 1, 0});
  return found.count == 0 ? std::nullopt : std::optional(found.first);
}

SpotPlace Layout::place_of(SpotRange spots) const {
  if (spots.count == 0) return {};
  const ParkingSpot& first = spots_[spots.first.index];
  return {rows_[first.row].name, first.position, spots.count, first.row};
}

SpotRange Layout::range_of(const SpotPlace& place) const {
  std::uint32_t index = place.row_hint;
  if (index >= rows_.size() || rows_[index].name != place.row) {
    const auto found = row_by_name_.find(std::string(place.row));
    if (found == row_by_name_.end()) return {};
    index = found->second;
  }
  const Row& row = rows_[index];
  if (place.count == 0 || place.position >= row.count || place.count > row.count - place.position) return {};
  return {SpotId{row.first + place.position}, place.count};
}

std::uint64_t Layout::distance(const EntranceConfig& entrance, SpotId spot) const {
  const Row& row = row_of(spot);
  const std::uint32_t position = spots_[spot.index].position;
  const auto of_row = entrance.distances.find(row.name);
  if (of_row != entrance.distances.end()) return of_row->second + position;
  const auto of_level = entrance.distances.find(config_.levels[row.level].name);
  const std::uint64_t to_level =
      of_level == entrance.distances.end() ? std::uint64_t{1000} * row.level : of_level->second;
  return to_level + std::uint64_t{10} * row.place_in_level + position;
}

std::uint32_t Layout::orders_of(Allocation allocation) const {
  return allocation == Allocation::nearest
             ? std::max<std::uint32_t>(1, static_cast<std::uint32_t>(config_.entrances.size()))
             : 1;
}

std::vector<SpotId> Layout::order(Allocation allocation, std::uint32_t entrance) const {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> ranked(spots_.size());
  const EntranceConfig none;
  const EntranceConfig& from = config_.entrances.empty() ? none : config_.entrances[entrance];
  for (std::uint32_t i = 0; i < spots_.size(); ++i) {
    const Row& row = row_of(SpotId{i});
    std::uint64_t rank = 0;
    if (allocation == Allocation::nearest) rank = distance(from, SpotId{i});
    if (allocation == Allocation::fill_in) rank = row.zone;
    if (allocation == Allocation::back_to_front)
      rank = (std::uint64_t{row.level} << 32) + (0xffffffffU - (i - rows_[0].first));
    ranked[i] = {rank, i};
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<SpotId> order(spots_.size());
  for (std::size_t i = 0; i < ranked.size(); ++i) order[i] = SpotId{ranked[i].second};
  return order;
}

}  // namespace parking_lot::garage
