#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "garage_layouts.h"
#include "garage_zones.h"
#include "parking_lot/garage/tariff.h"

using namespace parking_lot;
using namespace parking_lot::garage;

namespace {

Tariff random_tariff(Dice& dice) {
  Tariff tariff;
  tariff.rounding = static_cast<Rounding>(dice.below(3));
  tariff.rounding_unit = dice.one_in(2) ? 1 : 1 + dice.below(100);
  if (dice.one_in(2)) tariff.grace_entry = minutes(dice.below(30));
  if (dice.one_in(4)) tariff.flat = dice.below(500);
  std::int64_t upto = 0;
  Money fee = 0;
  for (std::uint32_t i = dice.below(4); i > 0; --i) {
    upto += 1 + dice.below(200);
    fee += dice.below(400);
    tariff.tiers.push_back({minutes(upto), fee});
  }
  if (!dice.one_in(5)) tariff.increment = {minutes(1 + dice.below(90)), dice.below(300)};
  tariff.tiers_each_day = dice.one_in(2);
  if (dice.one_in(2)) tariff.daily_cap = {1 + dice.below(4000), static_cast<CapPeriod>(dice.below(2))};
  if (dice.one_in(2)) {
    // Not at a time that clocks skip or show twice: there a minute alone does not tell where it is.
    const auto from = static_cast<DayMinute>(4 * 60 + dice.below(19 * 60));
    const auto to = static_cast<DayMinute>(4 * 60 + dice.below(19 * 60));
    if (from != to) tariff.overnight = {{from, to}, dice.below(900), true};
  }
  if (dice.one_in(2))
    tariff.weekend = {static_cast<std::uint8_t>(dice.below(128)),
                      static_cast<std::uint16_t>(dice.below(200))};
  if (dice.one_in(3))
    tariff.ev_overstay = {minutes(1 + dice.below(400)), {minutes(1 + dice.below(60)), dice.below(200)}};
  if (dice.one_in(3)) tariff.lost_ticket = dice.below(5000);
  for (std::uint32_t i = dice.below(4); i > 0; --i) {
    const auto kind = static_cast<ValidationKind>(dice.below(3));
    const std::int64_t value = kind == ValidationKind::minutes  ? minutes(dice.below(200)).ms
                               : kind == ValidationKind::amount ? dice.below(500)
                                                                : dice.below(101);
    tariff.validations.push_back({"v", kind, value});
  }
  if (dice.one_in(3)) tariff.permits.push_back({"p", static_cast<std::uint16_t>(dice.below(101))});
  if (dice.one_in(3)) tariff.percent_of_type[0] = static_cast<std::uint16_t>(dice.below(300));
  if (dice.one_in(3)) tariff.percent_of_kind[1] = static_cast<std::uint16_t>(dice.below(300));
  if (dice.one_in(3)) {
    const WallTime from = at("2026-03-28T00:00:00Z") + minutes(dice.below(2000));
    tariff.events.push_back({"e", from, from + minutes(1 + dice.below(600)), dice.below(2000)});
  }
  return tariff;
}

/// Around the two changes of clocks, most of the time.
Stay random_stay(Dice& dice) {
  static const WallTime around[] = {at("2026-03-27T12:00:00Z"), at("2026-10-23T12:00:00Z"),
                                    at("2026-12-30T12:00:00Z")};
  Stay stay;
  stay.entry = around[dice.below(3)] + minutes(dice.below(2880));
  stay.exit = stay.entry + minutes(dice.one_in(3) ? dice.below(120) : dice.below(8000));
  stay.surge_percent = dice.one_in(2) ? 100 : static_cast<std::uint16_t>(50 + dice.below(200));
  stay.spots = dice.one_in(5) ? 3 : 1;
  stay.features = dice.one_in(2) ? Features(Feature::ev_charger) : Features();
  stay.validations = static_cast<std::uint32_t>(dice.below(16));
  stay.permit = dice.one_in(2) ? 0 : -1;
  stay.card = dice.one_in(5) ? Stay::Card::lost : Stay::Card::kept;
  return stay;
}

/// The cost of time alone, minute by minute: what the rules say, without a closed form anywhere.
class MinuteByMinute {
 public:
  MinuteByMinute(const Tariff& tariff, const ZoneOffsets& offsets) : tariff_(tariff), offsets_(offsets) {}

  Money of(WallTime begin, WallTime end, std::int64_t surge, std::int64_t vehicle) {
    std::map<std::int64_t, std::int64_t> hundredths;  // by period
    std::int64_t counted = 0;
    std::int64_t period = -1;
    std::int64_t night = -1;
    for (WallTime now = begin; now < end; now = now + minutes(1)) {
      const std::int64_t shown = now.ms + offset_ms(now);
      const std::int64_t day = shown / 86'400'000;
      const std::int64_t minute = shown % 86'400'000 / 60'000;
      const bool is_daily = tariff_.daily_cap.period == CapPeriod::calendar_day;
      const std::int64_t of_now = is_daily ? day : (now - begin).ms / 86'400'000;
      if (of_now != period && tariff_.tiers_each_day) counted = 0;
      period = of_now;
      if (const std::int64_t of_night = night_at(day, minute); of_night >= 0) {
        if (of_night != night) hundredths[period] += tariff_.overnight.fee * 100;
        night = of_night;
        continue;
      }
      const bool is_weekend = (tariff_.weekend.days >> ((day + 3) % 7) & 1) != 0;
      hundredths[period] += fee_that_begins_at(counted++) * (is_weekend ? tariff_.weekend.percent : 100);
    }
    return sum_of(hundredths, surge, vehicle);
  }

 private:
  Money sum_of(const std::map<std::int64_t, std::int64_t>& hundredths, std::int64_t surge,
               std::int64_t vehicle) const {
    const bool is_one = tariff_.daily_cap.amount == 0 && !tariff_.tiers_each_day;
    Money sum = 0;
    std::int64_t all = 0;
    for (const auto& [period, amount] : hundredths) {
      all += amount;
      std::int64_t cut = amount * surge;  // ten-thousandths
      if (tariff_.daily_cap.amount != 0) cut = std::min(cut, tariff_.daily_cap.amount * 10'000);
      sum += (cut * vehicle + 50'000'000) / 100'000'000;
    }
    return is_one ? (all * surge * vehicle + 50'000'000) / 100'000'000 : sum;
  }
  Money fee_that_begins_at(std::int64_t counted) const {
    std::int64_t from = 0;
    Money before = 0;
    for (const Tier& tier : tariff_.tiers) {
      if (counted == from) return tier.fee - before;
      from = tier.upto.ms / 60'000;
      before = tier.fee;
    }
    const std::int64_t step = tariff_.increment.length.ms / 60'000;
    return step != 0 && counted >= from && (counted - from) % step == 0 ? tariff_.increment.fee : 0;
  }
  /// The day on which the night began that this minute belongs to, or -1.
  std::int64_t night_at(std::int64_t day, std::int64_t minute) const {
    if (!tariff_.overnight.is_set) return -1;
    const auto [from, to] = tariff_.overnight.hours;
    if (from < to) return minute >= from && minute < to ? day : -1;
    return minute >= from ? day : minute < to ? day - 1 : -1;
  }
  std::int64_t offset_ms(WallTime now) const {
    std::int64_t offset = offsets_.empty() ? 0 : offsets_.front().offset_secs;
    for (const ZoneOffset& each : offsets_) {
      if (each.utc <= now) offset = each.offset_secs;
    }
    return offset * 1000;
  }

  const Tariff& tariff_;
  const ZoneOffsets& offsets_;
};

const ZoneOffsets& random_zone(Dice& dice) {
  static const ZoneOffsets utc;
  const ZoneOffsets* zones[] = {&berlin(), &new_york(), &utc};
  return *zones[dice.below(3)];
}

}  // namespace

TEST_CASE("time costs what counting minute by minute gives, over changes of clocks too") {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    Tariff tariff = random_tariff(dice);
    tariff.rounding_unit = 1;
    tariff.grace_entry = {};
    tariff.flat = 0;
    tariff.events.clear();
    tariff.ev_overstay = {};
    const ZoneOffsets& zone = random_zone(dice);
    Stay stay = random_stay(dice);
    stay.validations = 0;
    stay.permit = -1;
    stay.card = Stay::Card::kept;
    Quote quote;
    PricingStrategy(tariff, zone).quote(stay, quote);
    const std::int64_t vehicle =
        std::int64_t{tariff.percent_of_type[0]} * tariff.percent_of_kind[1] * stay.spots;
    REQUIRE(quote.amount ==
            MinuteByMinute(tariff, zone).of(stay.entry, stay.exit, stay.surge_percent, vehicle));
  }
}

TEST_CASE("a longer stay never costs less, no price is negative, and the lines add up") {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Tariff tariff = random_tariff(dice);
    const ZoneOffsets& zone = random_zone(dice);
    Stay stay = random_stay(dice);
    const PricingStrategy pricing(tariff, zone);
    Quote quote;
    Money before = 0;
    for (int step = 0; step < 40; ++step) {
      pricing.quote(stay, quote);
      Money sum = 0;
      for (const QuoteLine& line : quote.lines) sum += line.amount;
      if (sum != quote.amount || quote.amount < before) {
        CAPTURE(step, sum, quote.amount, before);
        FAIL("an amount fell or its lines do not add up");
      }
      before = quote.amount;
      stay.exit = stay.exit + Duration{dice.one_in(2) ? dice.below(100'000) : dice.below(20'000'000)};
    }
  }
}

TEST_CASE("the longest and dearest stay there can be stays within the limits of money") {
  Tariff tariff;
  tariff.increment = {minutes(1), fee_max};
  tariff.weekend = {0b111'1111, 1000};
  tariff.percent_of_type[4] = 1000;
  tariff.percent_of_kind[2] = 1000;
  tariff.tiers_each_day = true;
  Stay stay;
  stay.exit = WallTime{36525LL * 86'400'000};
  stay.type = VehicleType::bus;
  stay.kind = SpotKind::oversized;
  stay.spots = 64;
  stay.surge_percent = 1000;
  Quote quote;
  PricingStrategy(tariff, {}).quote(stay, quote);
  Money sum = 0;
  for (const QuoteLine& line : quote.lines) sum += line.amount;
  CHECK(sum == quote.amount);
  CHECK(quote.amount > 0);
}
