#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "parking_lot/garage/vehicle.h"

namespace parking_lot::garage {

/// Position of a spot in the garage's config: levels, then rows, then positions, in the order of the file.
struct SpotId {
  std::uint32_t index = 0xffffffff;
  friend auto operator<=>(const SpotId&, const SpotId&) = default;
  explicit operator bool() const { return index != 0xffffffff; }
};

/// A spot as it was built.
struct ParkingSpot {
  SpotKind kind = SpotKind::regular;
  Features features;
  std::uint32_t row = 0;       ///< counted through the garage
  std::uint32_t position = 0;  ///< within the row, from 0
};

/// Spots beside each other in one row; `count` 0: none.
struct SpotRange {
  SpotId first;
  std::uint32_t count = 0;
  friend bool operator==(const SpotRange&, const SpotRange&) = default;
};

/// A spot as it is now.
struct SpotView {
  SpotId id;
  ParkingSpot spot;
  SpotState state = SpotState::free;
  std::uint64_t version = 0;      ///< number of the record that changed it last
  std::uint64_t ticket = 0;       ///< number of the ticket that occupies it
  std::uint64_t reservation = 0;  ///< number of the reservation that holds it
};

/// Whether one spot of this kind takes a vehicle of this size.
constexpr bool fits(SpotKind kind, VehicleSize size) {
  return static_cast<std::uint8_t>(kind) >= static_cast<std::uint8_t>(size);
}

/// Whether a spot with `offered` may be given to a vehicle that asks for `wanted`: it offers all of that, and
/// spots for the disabled are kept for those who ask for one.
constexpr bool may_use(Features offered, Features wanted) {
  return offered.has_all(wanted) && (!offered.has(Feature::accessible) || wanted.has(Feature::accessible));
}

}  // namespace parking_lot::garage
