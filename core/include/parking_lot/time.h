#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace parking_lot {

/// A length of time in milliseconds. Negative never occurs in a record.
struct Duration {
  std::int64_t ms = 0;
  friend auto operator<=>(const Duration&, const Duration&) = default;
  static constexpr Duration seconds(std::int64_t s) { return {s * 1000}; }
};

/// Milliseconds since the Unix epoch, UTC. Deadlines and records use it.
struct WallTime {
  std::int64_t ms = 0;
  friend auto operator<=>(const WallTime&, const WallTime&) = default;
  friend constexpr WallTime operator+(WallTime t, Duration d) { return {t.ms + d.ms}; }
  friend constexpr Duration operator-(WallTime a, WallTime b) { return {a.ms - b.ms}; }
};

/// Milliseconds of a clock that never goes back and starts anew with each `open`. Durations use it.
struct SteadyTime {
  std::int64_t ms = 0;
  friend auto operator<=>(const SteadyTime&, const SteadyTime&) = default;
  friend constexpr SteadyTime operator+(SteadyTime t, Duration d) { return {t.ms + d.ms}; }
  friend constexpr Duration operator-(SteadyTime a, SteadyTime b) { return {a.ms - b.ms}; }
};

/// The moment at which inputs happened: both clocks, read together by the host.
struct Now {
  WallTime wall;
  SteadyTime steady;
};

/// Absent moments: later than every other one, so that a minimum ignores them.
inline constexpr WallTime never_wall{std::numeric_limits<std::int64_t>::max()};
inline constexpr SteadyTime never_steady{std::numeric_limits<std::int64_t>::max()};

}  // namespace parking_lot
