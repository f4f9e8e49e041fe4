#pragma once

#include <cstdint>
#include <string_view>

#include "parking_lot/garage/codes.h"

namespace parking_lot::garage {

/// What a spot can offer, as bits of `Feature`.
struct Features {
  std::uint8_t bits = 0;

  constexpr Features() = default;
  constexpr explicit Features(std::uint8_t some) : bits(some) {}
  constexpr Features(Feature feature) : bits(static_cast<std::uint8_t>(feature)) {}
  friend constexpr Features operator|(Features a, Features b) {
    return Features(static_cast<std::uint8_t>(a.bits | b.bits));
  }
  constexpr bool has(Feature feature) const { return (bits & static_cast<std::uint8_t>(feature)) != 0; }
  constexpr bool has_all(Features others) const { return (bits & others.bits) == others.bits; }
  friend constexpr bool operator==(Features a, Features b) { return a.bits == b.bits; }
};
inline constexpr std::uint8_t feature_sets = 8;

/// Given by the garage at the first sight of a plate; it stays while anything is known of the vehicle.
struct VehicleId {
  std::uint64_t number = 0;
  friend auto operator<=>(const VehicleId&, const VehicleId&) = default;
  explicit operator bool() const { return number != 0; }
};

/// What stands at a gate. A plate is the name of a person as far as audit and erasure are concerned.
struct Vehicle {
  std::string_view plate;  ///< 1-32 bytes without control characters, not `erased:…`; compared byte by byte
  VehicleType type = VehicleType::car;
  VehicleSize size = VehicleSize::medium;
  /// How many contiguous spots of one row a large vehicle takes if no oversized spot is free. 0 and 1: none.
  std::uint16_t spots_required = 0;
};

}  // namespace parking_lot::garage
