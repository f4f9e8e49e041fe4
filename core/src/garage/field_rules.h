#pragma once

#include <string_view>

/// What a refused field of a command must be, where several commands have the field.
namespace parking_lot::garage {

inline constexpr std::string_view name_must = "must have 1 to 128 bytes and no control characters.";
inline constexpr std::string_view money_must = "must be from 0 to 1000000000000000 minor units.";
inline constexpr std::string_view erased_must = "must not be what stands for an erased name.";
inline constexpr std::string_view time_must = "must not lie before 1970 or beyond the year 10208.";
inline constexpr std::string_view type_must = "must be car, truck, van, motorcycle or bus.";

}  // namespace parking_lot::garage
