#pragma once

#include <cstdint>

#include "garage/local_time.h"
#include "parking_lot/garage/tariff.h"

namespace parking_lot::garage {

/// No period of a stay costs more: sums of a hundred years stay far from the limits of `Money`.
inline constexpr Money period_max = 10'000'000'000;

/// `value * numerator / denominator`, halves up, at most `period_max`. None may be negative; `denominator`
/// times `numerator` stays below 2^63.
Money scaled(Money value, std::int64_t numerator, std::int64_t denominator);

/// Walks over the time of a stay and adds up what it costs, one period of the cap after the other.
///
/// Time counts outside of nights. A fee falls due when its tier or increment *starts*, so what a stay costs
/// never falls while it grows. Between two changes of the rate the sum is closed: O(days), not O(increments).
class Course {
 public:
  Course(const Tariff& tariff, const ZoneOffsets& offsets, const Stay& stay, Quote& quote)
      : tariff_(tariff), clock_(offsets), stay_(stay), quote_(quote) {}

  /// Appends the lines of the time from `begin` to `end`.
  void walk(WallTime begin, WallTime end);

 private:
  void walk_day(std::int64_t day, WallTime begin, WallTime end);
  void pass(std::int64_t day, WallTime begin, WallTime end);
  void count(std::int64_t day, WallTime begin, WallTime end);
  void spend_night(std::int64_t night, WallTime begin, WallTime end);
  void end_period(WallTime at);
  Money fees_before(std::int64_t counted_ms) const;
  void add_line(LineKind kind, Money amount, std::uint32_t percent, WallTime at);

  const Tariff& tariff_;
  LocalClock clock_;
  const Stay& stay_;
  Quote& quote_;

  WallTime period_begin_;
  WallTime period_end_;  // of rolling periods
  std::int64_t counted_ms_ = 0;
  std::int64_t night_ = -1'000'000'000;  // the last one that was charged, by the day it began
  Money usual_ = 0;                      // of the period, on usual days
  Money weekend_ = 0;                    // on days of the weekend, before its percent
  Money nights_ = 0;
};

}  // namespace parking_lot::garage
