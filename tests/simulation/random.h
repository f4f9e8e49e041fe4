#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace parking_lot::simulation {

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers from a seed on every machine, which the
/// distributions of the standard library do not promise.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  /// A number below `bound`, which must not be 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + below(most - least + 1); }
  bool chance(std::uint32_t percent) { return below(100) < percent; }

  template <class Container>
  auto& pick(Container& items) {
    return items[static_cast<std::size_t>(below(std::size(items)))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace parking_lot::simulation
