#include "garage/course.h"

#include <algorithm>

namespace parking_lot::garage {

Money scaled(Money value, std::int64_t numerator, std::int64_t denominator) {
  const Money whole = value / denominator;
  const Money rest = value % denominator;
  if (numerator != 0 && whole >= period_max / numerator) return period_max;
  return std::min(period_max, whole * numerator + (rest * numerator + denominator / 2) / denominator);
}

/// What has fallen due when `counted_ms` of time have been counted.
Money Course::fees_before(std::int64_t counted_ms) const {
  if (counted_ms <= 0) return 0;
  for (const Tier& tier : tariff_.tiers) {
    if (counted_ms <= tier.upto.ms) return tier.fee;
  }
  const Tier last = tariff_.tiers.empty() ? Tier{} : tariff_.tiers.back();
  const std::int64_t length = tariff_.increment.length.ms;
  if (length == 0) return last.fee;
  const std::int64_t started = (counted_ms - last.upto.ms + length - 1) / length;
  return last.fee +
         std::min(started, period_max / std::max<Money>(1, tariff_.increment.fee)) * tariff_.increment.fee;
}

void Course::walk(WallTime begin, WallTime end) {
  period_begin_ = begin;
  period_end_ = begin + Duration{day_ms};
  std::int64_t day = clock_.local(begin).day;
  const bool ends_with_day = tariff_.daily_cap.period == CapPeriod::calendar_day;
  while (begin < end) {
    const WallTime midnight = clock_.utc(day + 1, 0);
    const WallTime until = std::min(end, midnight);
    if (begin < until) walk_day(day, begin, until);
    if (ends_with_day && begin < until) end_period(until);
    begin = std::max(begin, until);
    ++day;
  }
  end_period(end);
}

/// Cuts one local day at the beginning and the end of its nights.
void Course::walk_day(std::int64_t day, WallTime begin, WallTime end) {
  if (!tariff_.overnight.is_set) return pass(day, begin, end);
  const DayHours hours = tariff_.overnight.hours;
  const WallTime from = clock_.utc(day, hours.from);
  const WallTime to = clock_.utc(day, hours.to);
  if (hours.from < hours.to) {
    pass(day, begin, std::min(end, from));
    spend_night(day, std::max(begin, from), std::min(end, to));
    pass(day, std::max(begin, to), end);
  } else {
    spend_night(day - 1, begin, std::min(end, to));
    pass(day, std::max(begin, to), std::min(end, from));
    spend_night(day, std::max(begin, from), end);
  }
}

/// Cuts time that counts where rolling periods end.
void Course::pass(std::int64_t day, WallTime begin, WallTime end) {
  if (tariff_.daily_cap.period == CapPeriod::calendar_day) return count(day, begin, end);
  while (begin < end) {
    while (period_end_ <= begin) end_period(period_end_);
    const WallTime until = std::min(end, period_end_);
    count(day, begin, until);
    begin = until;
  }
}

void Course::count(std::int64_t day, WallTime begin, WallTime end) {
  if (begin >= end) return;
  const Money before = fees_before(counted_ms_);
  counted_ms_ += (end - begin).ms;
  const Money due = fees_before(counted_ms_) - before;
  const bool is_weekend = (tariff_.weekend.days >> weekday(day) & 1) != 0;
  (is_weekend ? weekend_ : usual_) += due;
}

void Course::spend_night(std::int64_t night, WallTime begin, WallTime end) {
  if (begin >= end) return;
  if (tariff_.daily_cap.period == CapPeriod::rolling_24h) {
    while (period_end_ <= begin) end_period(period_end_);
  }
  if (night_ != night) nights_ += tariff_.overnight.fee;
  night_ = night;
}

/// Each line is the difference that its rule makes to the rounded sum, so that the lines add up.
void Course::end_period(WallTime at) {
  const bool is_capped = tariff_.daily_cap.amount > 0;
  if (!is_capped && at < stay_.exit && !tariff_.tiers_each_day) {  // periods mean nothing: one for all
    period_end_ = at + Duration{day_ms};
    return;
  }
  const std::int64_t surge = stay_.surge_percent;
  const std::int64_t vehicle = std::int64_t{tariff_.percent_of_type[static_cast<std::size_t>(stay_.type)]} *
                               tariff_.percent_of_kind[static_cast<std::size_t>(stay_.kind)] * stay_.spots;
  const Money base = usual_ + weekend_ + nights_;
  const Money hundredfold = (usual_ + nights_) * 100 + weekend_ * tariff_.weekend.percent;
  const Money with_weekend = scaled(hundredfold, 1, 100);
  const Money with_surge = scaled(hundredfold, surge, 10'000);
  const bool is_cut = is_capped && with_surge > tariff_.daily_cap.amount;
  const Money with_cap = is_cut ? tariff_.daily_cap.amount : with_surge;
  const Money with_vehicle = is_cut ? scaled(tariff_.daily_cap.amount, vehicle, 10'000)
                                    : scaled(hundredfold, surge * vehicle, 100'000'000);
  add_line(LineKind::time, usual_ + weekend_, 0, at);
  add_line(LineKind::night, nights_, 0, at);
  add_line(LineKind::weekend, with_weekend - base, tariff_.weekend.percent, at);
  add_line(LineKind::surge, with_surge - with_weekend, stay_.surge_percent, at);
  add_line(LineKind::cap, with_cap - with_surge, 0, at);
  add_line(LineKind::vehicle, with_vehicle - with_cap, static_cast<std::uint32_t>(vehicle / 100), at);
  quote_.amount += with_vehicle;
  usual_ = weekend_ = nights_ = 0;
  if (tariff_.tiers_each_day) counted_ms_ = 0;
  period_begin_ = at;
  period_end_ = at + Duration{day_ms};
}

void Course::add_line(LineKind kind, Money amount, std::uint32_t percent, WallTime at) {
  if (amount == 0) return;
  quote_.lines.push_back(
      {.kind = kind, .amount = amount, .from = period_begin_, .to = at, .percent = percent});
}

}  // namespace parking_lot::garage
