#pragma once

#include <cstdint>
#include <string_view>

#include "parking_lot/garage/record.h"

/// What stands in a garage beside tickets, as it is now. Views are valid until the next `handle`.
namespace parking_lot::garage {

/// A vehicle that waits in the lane.
struct PlaceView {
  std::uint64_t number = 0;
  std::uint64_t version = 0;
  Arrival arrival;
  WallTime until;
  std::uint64_t ahead = 0;  ///< vehicles that leave the lane before it, of those with the same needs
};

struct ReservationView {
  std::uint64_t number = 0;
  std::uint64_t version = 0;
  Arrival arrival;
  SpotRange spots;
  WallTime until;
};

struct PermitView {
  std::string_view plate;
  std::string_view permit;
  WallTime until = never_wall;
};

}  // namespace parking_lot::garage
