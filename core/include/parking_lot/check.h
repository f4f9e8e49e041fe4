#pragma once

namespace parking_lot {

/// Prints the broken invariant with its place and aborts. Hosts turn the abort into `internal_error`.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace parking_lot

/// An invariant of the program, on in every build. Input from outside can never make it fail.
#define PARKING_LOT_CHECK(expression) \
  (static_cast<bool>(expression) ? void() : ::parking_lot::check_failed(#expression, __FILE__, __LINE__))
