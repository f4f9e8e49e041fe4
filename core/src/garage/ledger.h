#pragma once

#include <cstdint>
#include <vector>

#include "garage/local_time.h"
#include "parking_lot/garage/record.h"

namespace parking_lot::garage {

/// Figures by local day: entries, money, and how full the garage was. Each record tells it the time, so that
/// a replay gives the same figures.
class Ledger {
 public:
  Ledger(const ZoneOffsets& offsets, std::uint32_t days_max) : offsets_(offsets), days_max_(days_max) {}

  /// Goes on to `at`; since the last call `occupied` spots were. O(1), and O(1) for each day that has begun.
  void advance(WallTime at, std::uint64_t occupied);
  /// Figures of the day that `advance` reached last.
  DayFigures& today() { return days_.back(); }
  void note_occupied(std::uint64_t occupied);
  void add_payment(Money amount);
  void add_refund(Money amount);

  void restore(const DayFigures& figures, WallTime at);
  /// The zone was told anew: days begin at other times from now on.
  void zone_changed() { day_end_ = WallTime{0}; }
  void clear();
  /// Where `advance` has got to.
  WallTime through() const { return last_; }
  const std::vector<DayFigures>& days() const { return days_; }

 private:
  void begin_day(WallTime at);

  const ZoneOffsets& offsets_;
  std::uint32_t days_max_;
  std::vector<DayFigures> days_;  // oldest first
  WallTime last_{0};
  WallTime day_end_{0};
};

}  // namespace parking_lot::garage
