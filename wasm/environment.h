#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parking_lot::wasm {

/// Looks a variable up in `NAME`, NUL, value, NUL, … as JavaScript passes its environment.
inline std::optional<std::string> variable_in(std::string_view environment, std::string_view wanted) {
  while (!environment.empty()) {
    const std::size_t name_end = environment.find('\0');
    if (name_end == std::string_view::npos) break;
    const std::size_t value_end = environment.find('\0', name_end + 1);
    if (value_end == std::string_view::npos) break;
    if (environment.substr(0, name_end) == wanted) {
      return std::string(environment.substr(name_end + 1, value_end - name_end - 1));
    }
    environment.remove_prefix(value_end + 1);
  }
  return std::nullopt;
}

}  // namespace parking_lot::wasm
