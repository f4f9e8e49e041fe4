#pragma once

#include <cstdint>
#include <cstdlib>

/// How long a search goes: `runs` seeds from `first` on. Every seed is printed when it fails; set
/// PARKING_LOT_FUZZ_SEED to begin with another one, PARKING_LOT_FUZZ_RUNS for a longer search.
struct FuzzRuns {
  std::uint64_t first = number_from("PARKING_LOT_FUZZ_SEED", 1);
  std::uint64_t runs = number_from("PARKING_LOT_FUZZ_RUNS", 20'000);
  std::uint64_t end = first + runs;

 private:
  static std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
  }
};
