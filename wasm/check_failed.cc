#include <cstdlib>
#include <string>

#include "parking_lot/check.h"

/// `check_failed` of the modules, in the place of the core's, whose standard error would be most of the C
/// library in them.

// In `library_check.js`; does not return.
extern "C" void pl_broken(const char* message);

namespace parking_lot {

void check_failed(const char* expression, const char* file, int line) {
  std::string message = "parking_lot: broken invariant: ";
  message.append(expression).append(" (").append(file).append(":").append(std::to_string(line)).append(")");
  pl_broken(message.c_str());
  std::abort();
}

}  // namespace parking_lot
