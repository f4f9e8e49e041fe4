#include "garage/local_time.h"

namespace parking_lot::garage {
namespace {

constexpr std::size_t offsets_max = 1000;

}  // namespace

bool are_offsets(std::span<const ZoneOffset> offsets) {
  if (offsets.size() > offsets_max) return false;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    if (offsets[i].offset_secs <= -86'400 || offsets[i].offset_secs >= 86'400) return false;
    if (offsets[i].utc.ms < -time_max.ms || offsets[i].utc > time_max) return false;
    if (i > 0 && offsets[i].utc <= offsets[i - 1].utc) return false;
  }
  return true;
}

void LocalClock::seek(WallTime utc) {
  while (place_ + 1 < offsets_.size() && offsets_[place_ + 1].utc <= utc) ++place_;
  while (place_ > 0 && offsets_[place_].utc > utc) --place_;
}

LocalMoment LocalClock::local(WallTime utc) {
  std::int64_t ms = utc.ms;
  if (!offsets_.empty()) {
    seek(utc);
    ms += offset_ms(place_);
  }
  std::int64_t day = ms / day_ms;
  if (ms % day_ms < 0) --day;
  return {day, ms - day * day_ms};
}

WallTime LocalClock::utc(std::int64_t day, DayMinute minute) {
  const std::int64_t shown = day * day_ms + std::int64_t{minute} * 60000;
  if (offsets_.empty()) return {shown};
  // No offset is longer than a day, so the answer lies within a day of the time read as UTC.
  seek({shown - day_ms});
  for (;; ++place_) {
    const std::int64_t candidate = shown - offset_ms(place_);
    if (place_ + 1 == offsets_.size() || candidate < offsets_[place_ + 1].utc.ms) {
      const bool is_skipped = place_ > 0 && candidate < offsets_[place_].utc.ms;
      return is_skipped ? offsets_[place_].utc : WallTime{candidate};
    }
  }
}

}  // namespace parking_lot::garage
