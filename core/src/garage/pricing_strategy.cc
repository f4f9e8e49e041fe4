#include <algorithm>

#include "garage/course.h"

namespace parking_lot::garage {
namespace {

bool contains(DayHours hours, DayMinute minute) {
  return hours.from < hours.to ? minute >= hours.from && minute < hours.to
                               : minute >= hours.from || minute < hours.to;
}

Money rounded(Money amount, const Tariff& tariff) {
  const Money unit = std::max<Money>(1, tariff.rounding_unit);
  const Money rest = amount % unit;
  const bool goes_up =
      tariff.rounding == Rounding::up ? rest != 0 : tariff.rounding == Rounding::nearest && 2 * rest >= unit;
  return amount - rest + (goes_up ? unit : 0);
}

void add(Quote& quote, LineKind kind, Money amount, const Stay& stay, std::int16_t index = -1,
         std::uint32_t percent = 0) {
  quote.amount += amount;
  quote.lines.push_back({.kind = kind,
                         .amount = amount,
                         .from = stay.entry,
                         .to = stay.exit,
                         .percent = percent,
                         .index = index});
}

}  // namespace

std::uint16_t PricingStrategy::surge_percent(WallTime entry, std::uint64_t occupied,
                                             std::uint64_t spots) const {
  std::uint16_t percent = 0;
  const DayMinute minute = LocalClock(offsets_).local(entry).minute();
  for (const SurgeHours& surge : tariff_.surge_hours) {
    if (contains(surge.hours, minute)) percent = std::max(percent, surge.percent);
  }
  for (const SurgeOccupancy& surge : tariff_.surge_occupancy) {
    if (occupied * 100 > spots * surge.above_percent) percent = std::max(percent, surge.percent);
  }
  return percent == 0 ? 100 : percent;
}

/// What the time until `end` costs: event, flat fee, time with nights, charger.
void PricingStrategy::charge_time(const Stay& stay, WallTime end, Quote& quote) const {
  const Duration length = end - stay.entry;
  if (stay.card == Stay::Card::kept && length <= tariff_.grace_entry)
    return add(quote, LineKind::grace, 0, stay);
  if (length.ms <= 0) return;
  WallTime begin = stay.entry;
  for (std::size_t i = 0; i < tariff_.events.size() && begin == stay.entry; ++i) {
    const EventRate& event = tariff_.events[i];
    if (begin < event.from || begin >= event.to) continue;
    add(quote, LineKind::event, event.fee * stay.spots, stay, static_cast<std::int16_t>(i));
    begin = std::min(end, event.to);
  }
  if (begin < end) {
    if (tariff_.flat != 0) add(quote, LineKind::flat, tariff_.flat * stay.spots, stay);
    Stay until = stay;
    until.exit = end;
    Course(tariff_, offsets_, until, quote).walk(begin, end);
  }
  const EvOverstay& overstay = tariff_.ev_overstay;
  const std::int64_t over = length.ms - overstay.after.ms;
  if (overstay.after.ms > 0 && over > 0 && stay.features.has(Feature::ev_charger)) {
    const std::int64_t step = std::max<std::int64_t>(60'000, overstay.increment.length.ms);
    const Money fee = overstay.increment.fee;
    add(quote, LineKind::ev_overstay,
        std::min((over + step - 1) / step, period_max / std::max<Money>(1, fee)) * fee, stay);
  }
}

/// What comes off: validations in the order of the tariff, then the permit.
void PricingStrategy::take_off(const Stay& stay, Quote& quote) const {
  const std::size_t count = std::min(tariff_.validations.size(), validations_max);
  for (std::size_t i = 0; i < count; ++i) {
    const Validation& validation = tariff_.validations[i];
    if ((stay.validations >> i & 1) == 0 || validation.kind == ValidationKind::minutes) continue;
    const Money off = validation.kind == ValidationKind::amount
                          ? std::min<Money>(quote.amount, validation.value)
                          : quote.amount - scaled(quote.amount, 100 - validation.value, 100);
    add(quote, LineKind::validation, -off, stay, static_cast<std::int16_t>(i));
  }
  if (stay.permit < 0 || static_cast<std::size_t>(stay.permit) >= tariff_.permits.size()) return;
  const PermitRate& permit = tariff_.permits[static_cast<std::size_t>(stay.permit)];
  const Money off = quote.amount - scaled(quote.amount, 100 - permit.percent_off, 100);
  add(quote, LineKind::permit, -off, stay, static_cast<std::int16_t>(stay.permit), permit.percent_off);
}

void PricingStrategy::quote(const Stay& asked, Quote& quote) const {
  Stay stay = asked;
  stay.exit = std::min(asked.exit, asked.entry + stay_max);
  quote.amount = 0;
  quote.lines.clear();
  charge_time(stay, stay.exit, quote);
  for (std::size_t i = 0; i < std::min(tariff_.validations.size(), validations_max); ++i) {
    if (tariff_.validations[i].kind != ValidationKind::minutes || (stay.validations >> i & 1) == 0) continue;
    // Several ones of minutes are one: the stay is priced as if it had ended so much earlier.
    std::int64_t minutes_ms = 0;
    for (std::size_t j = i; j < std::min(tariff_.validations.size(), validations_max); ++j) {
      if (tariff_.validations[j].kind == ValidationKind::minutes && (stay.validations >> j & 1) != 0)
        minutes_ms += tariff_.validations[j].value;
    }
    Quote shorter;
    charge_time(stay, std::max(stay.entry, stay.exit + Duration{-minutes_ms}), shorter);
    add(quote, LineKind::validation, shorter.amount - quote.amount, stay, static_cast<std::int16_t>(i));
    break;
  }
  if (stay.card == Stay::Card::lost && quote.amount < tariff_.lost_ticket)
    add(quote, LineKind::lost_ticket, tariff_.lost_ticket - quote.amount, stay);
  take_off(stay, quote);
  const Money final_amount = rounded(quote.amount, tariff_);
  if (final_amount != quote.amount) add(quote, LineKind::rounding, final_amount - quote.amount, stay);
}

}  // namespace parking_lot::garage
