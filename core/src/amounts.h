#pragma once

#include <array>
#include <cstddef>

#include "parking_lot/types.h"

namespace parking_lot {

/// An amount of each resource of a pool, in the order of their names; of a pool that simply counts units only
/// the first one is used.
struct Amounts {
  std::array<Units, resources_max> of{};

  Amounts() = default;
  explicit Amounts(Units units) { of[0] = units; }

  void add(const Amounts& other) {
    for (std::size_t i = 0; i < resources_max; ++i) of[i] += other.of[i];
  }
  void take(const Amounts& other) {
    for (std::size_t i = 0; i < resources_max; ++i) of[i] -= other.of[i];
  }
  bool fits(const Amounts& free) const {
    for (std::size_t i = 0; i < resources_max; ++i) {
      if (of[i] > free.of[i]) return false;
    }
    return true;
  }
  bool is_zero() const { return *this == Amounts{}; }
  friend bool operator==(const Amounts&, const Amounts&) = default;
};

}  // namespace parking_lot
