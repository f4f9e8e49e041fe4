#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "parking_lot/time.h"

namespace parking_lot {

/// The longest duration that a config or a task may name: 100 years of 365 days.
inline constexpr Duration duration_max = Duration::seconds(100LL * 365 * 86400);

/// `12` or `1.5` (at most three decimals) times `unit_ms`, if that is a whole number of milliseconds and not
/// longer than `duration_max`.
std::optional<std::int64_t> scaled_decimal(std::string_view number, std::int64_t unit_ms);

}  // namespace parking_lot
