#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "parking_lot/garage/tariff.h"

namespace parking_lot::garage {

/// Days since 1970-01-01 and the time since that day's local midnight.
struct LocalMoment {
  std::int64_t day = 0;
  std::int64_t ms = 0;
  DayMinute minute() const { return static_cast<DayMinute>(ms / 60000); }
};

/// 0: Monday.
constexpr std::uint32_t weekday(std::int64_t day) {
  const std::int64_t rest = (day + 3) % 7;
  return static_cast<std::uint32_t>(rest < 0 ? rest + 7 : rest);
}

inline constexpr std::int64_t day_ms = 86'400'000;

/// Whether these can be the offsets of a zone: rising, each less than a day, and not too many.
bool are_offsets(std::span<const ZoneOffset> offsets);

/// Local time by the offsets that a host gave. Moments that are asked for one after the other cost O(1) each.
class LocalClock {
 public:
  explicit LocalClock(const ZoneOffsets& offsets) : offsets_(offsets) {}

  LocalMoment local(WallTime utc);

  /// When clocks show this minute (0 to 1440) of this day. Of a time that comes twice the first; of one that
  /// is skipped the moment at which clocks jump.
  WallTime utc(std::int64_t day, DayMinute minute);

 private:
  std::int64_t offset_ms(std::size_t place) const { return std::int64_t{offsets_[place].offset_secs} * 1000; }
  void seek(WallTime utc);

  const ZoneOffsets& offsets_;
  std::size_t place_ = 0;  // of the offset in force at the moment asked for last
};

}  // namespace parking_lot::garage
