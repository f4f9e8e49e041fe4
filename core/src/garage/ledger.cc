#include "garage/ledger.h"

#include <algorithm>

namespace parking_lot::garage {

void Ledger::begin_day(WallTime at) {
  LocalClock local(offsets_);
  const std::int64_t day = local.local(at).day;
  day_end_ = local.utc(day + 1, 0);
  if (!days_.empty() && days_.back().day >= day) return;
  if (days_.size() >= days_max_) days_.erase(days_.begin());
  days_.push_back({.day = static_cast<std::int32_t>(day)});
}

void Ledger::advance(WallTime at, std::uint64_t occupied) {
  if (days_.empty() || day_end_.ms == 0) begin_day(days_.empty() ? at : std::max(last_, WallTime{1}));
  if (last_.ms == 0) last_ = at;
  // A garage that stood still for longer than its figures are kept needs none of the days between.
  const std::int64_t skipped = (at - last_).ms / day_ms - days_max_ - 1;
  if (skipped > 0) {
    last_ = last_ + Duration{skipped * day_ms};
    begin_day(last_);
  }
  while (at >= day_end_) {
    today().spot_ms +=
        occupied * static_cast<std::uint64_t>(std::max<std::int64_t>(0, (day_end_ - last_).ms));
    last_ = std::max(last_, day_end_);
    begin_day(day_end_);
    note_occupied(occupied);
  }
  if (at > last_) today().spot_ms += occupied * static_cast<std::uint64_t>((at - last_).ms);
  last_ = std::max(last_, at);
}

void Ledger::note_occupied(std::uint64_t occupied) {
  today().spots_occupied_max = std::max(today().spots_occupied_max, occupied);
}

namespace {

/// Far from the end of `Money`, also when no garage ever earned so much.
constexpr Money sum_max = 4'000'000'000'000'000'000;

}  // namespace

void Ledger::add_payment(Money amount) {
  today().paid = std::min(today().paid + amount, sum_max);
  if (amount > 0) ++today().payments;
}

void Ledger::add_refund(Money amount) { today().refunded = std::min(today().refunded + amount, sum_max); }

void Ledger::restore(const DayFigures& figures, WallTime at) {
  while (!days_.empty() && days_.back().day >= figures.day) days_.pop_back();
  days_.push_back(figures);
  today().paid = std::clamp<Money>(figures.paid, 0, sum_max);
  today().refunded = std::clamp<Money>(figures.refunded, 0, sum_max);
  last_ = at;
  day_end_ = WallTime{0};
}

void Ledger::clear() {
  days_.clear();
  last_ = day_end_ = WallTime{0};
}

}  // namespace parking_lot::garage
