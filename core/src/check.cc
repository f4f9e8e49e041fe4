#include "parking_lot/check.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace parking_lot {

void check_failed(const char* expression, const char* file, int line) {
  // Not fprintf, which would bring the formatting of floating-point numbers into the WebAssembly module.
  std::string message = "parking_lot: broken invariant: ";
  message.append(expression).append(" (").append(file).append(":").append(std::to_string(line)).append(")\n");
  std::fputs(message.c_str(), stderr);
  std::abort();
}

}  // namespace parking_lot
