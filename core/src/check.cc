#include "parking_lot/check.h"

#include <cstdio>
#include <cstdlib>

namespace parking_lot {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "parking_lot: broken invariant: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace parking_lot
