#pragma once

#include <string_view>

namespace parking_lot {

/// What a name begins with that was erased. No name of a person may.
inline constexpr std::string_view erased_prefix = "erased:";
constexpr bool is_erased_name(std::string_view name) {
  return name.substr(0, erased_prefix.size()) == erased_prefix;
}

}  // namespace parking_lot
