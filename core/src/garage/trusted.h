#pragma once

#include <algorithm>
#include <cstdint>

#include "admission_index.h"
#include "parking_lot/garage/tariff.h"

/// What a journal may say: a fact that speaks of more is ignored, so that nothing overflows afterwards.
namespace parking_lot::garage {

inline constexpr std::uint64_t numbers_end = std::uint64_t{1} << 40;
inline constexpr std::uint16_t percent_max = 1000;
inline constexpr std::uint32_t spots_per_ticket_max = 64;

/// A number of a ticket, vehicle, place or reservation.
inline bool is_number(std::uint64_t number, const AdmissionIndex& index) {
  return number != 0 && number < numbers_end && index.reaches(number);
}
inline bool is_money(Money amount) { return amount >= 0 && amount <= money_max; }
inline WallTime sane(WallTime time) { return std::clamp(time, WallTime{0}, time_max); }

}  // namespace parking_lot::garage
