#include <emscripten/emscripten.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>

/// The parts of the C library that the JSON parser calls, in the place of Emscripten's: those bring
/// floating-point numbers of 128 bits along, 12 kB for a number that nobody looks at and a character code in
/// an error message.

namespace {

EM_JS(double, pl_number, (const char* text), { return Number(UTF8ToString(text)); });

}  // namespace

extern "C" {

/// For the numbers of JSON, which are JavaScript's too. The end is not asked for with assertions off.
double __wrap_strtod(const char* text, char**) { return pl_number(text); }

/// For error messages whose details are cut out again: the format itself.
int __wrap_snprintf(char* out, std::size_t capacity, const char* format, ...) {
  std::size_t length = 0;
  while (format[length] != 0 && length + 1 < capacity) {
    out[length] = format[length];
    ++length;
  }
  if (capacity > 0) out[length] = 0;
  return static_cast<int>(length);
}

}  // extern "C"
