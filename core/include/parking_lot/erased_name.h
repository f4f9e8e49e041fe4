#pragma once

#include <string_view>

namespace parking_lot {

/// What stands in place of an erased name: this and a few digits or letters. No name of a person may look so.
inline constexpr std::string_view erased_prefix = "erased:";
/// In memory, for the mailbox of a user.
inline constexpr std::string_view erased_user = "erased:user";
constexpr bool is_erased_name(std::string_view name) {
  if (name.substr(0, erased_prefix.size()) != erased_prefix || name.size() > 32) return false;
  for (const char c : name.substr(erased_prefix.size())) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'))) return false;
  }
  return name.size() > erased_prefix.size();
}

}  // namespace parking_lot
