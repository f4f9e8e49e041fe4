#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/config.h"
#include "parking_lot/garage/spot.h"
#include "parking_lot/garage/tariff.h"

namespace parking_lot::garage {

/// Equal spots beside each other.
struct SpotRun {
  std::uint32_t count = 0;
  SpotKind kind = SpotKind::regular;
  Features features;
};

struct RowConfig {
  std::string name;
  std::string zone;  ///< for `fill_in`; empty: the level's name
  std::vector<SpotRun> spots;
};

struct LevelConfig {
  std::string name;
  std::vector<RowConfig> rows;
};

struct EntranceConfig {
  std::string name;
  /// To the first spot of a row (`P1/A`) or of each row of a level (`P1`), in any unit; each further spot of
  /// the row is one more. Absent: 1000 per level and 10 per row before it.
  std::map<std::string, std::uint32_t> distances;
};

/// From this occupancy on, another strategy. It ends `switch_back_percent` below.
struct AllocationSwitch {
  std::uint16_t from_percent = 0;
  Allocation allocation = Allocation::first_available;
};

struct GarageConfig {
  std::string name;
  std::string zone = "UTC";  ///< IANA name
  std::string currency = "EUR";
  std::vector<LevelConfig> levels;
  std::vector<EntranceConfig> entrances;
  Allocation allocation = Allocation::first_available;
  std::vector<AllocationSwitch> allocation_switches;  ///< rising
  std::uint16_t switch_back_percent = 5;
  std::vector<Tariff> tariffs;  ///< the first one is the default
  std::uint32_t lane_max = 100;
  Duration reservation = Duration::seconds(900);
  Duration ticket_retention = Duration::seconds(30 * 86400);
  std::uint32_t ticket_retention_count = 10000;
  std::uint32_t report_days = 400;  ///< how many days of figures are kept
  StorageConfig storage;
};

inline constexpr std::uint32_t spots_max = 1'000'000;

struct ParsedGarages {
  std::vector<GarageConfig> garages;  ///< usable only if there is no error among the issues
  std::vector<ConfigIssue> issues;    ///< all at once, in the order of the file
  bool ok() const { return issues.empty(); }
};

/// The garages of a config, whose other keys `parse_config` reads. Never aborts on any text.
ParsedGarages parse_garages(std::string_view json, const ReadEnvironment& environment);

/// How a config names several levels or rows at once: `A-F`, `1-12` and `P1-P4` as their members; any other
/// name as itself.
std::vector<std::string> names_of_range(const std::string& text);

}  // namespace parking_lot::garage
