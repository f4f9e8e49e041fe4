#include <catch2/catch.hpp>

#include <numeric>
#include <vector>

#include "garage_zones.h"
#include "parking_lot/garage/tariff.h"

using namespace parking_lot;
using namespace parking_lot::garage;

namespace {

const ZoneOffsets utc;

Quote quote_of(const Tariff& tariff, const ZoneOffsets& offsets, const Stay& stay) {
  Quote quote;
  PricingStrategy(tariff, offsets).quote(stay, quote);
  const Money sum = std::accumulate(quote.lines.begin(), quote.lines.end(), Money{0},
                                    [](Money so_far, const QuoteLine& line) { return so_far + line.amount; });
  REQUIRE(sum == quote.amount);
  return quote;
}

Money price(const Tariff& tariff, const ZoneOffsets& offsets, const char* entry, const char* exit) {
  Stay stay;
  stay.entry = at(entry);
  stay.exit = at(exit);
  return quote_of(tariff, offsets, stay).amount;
}

Money price_of_minutes(const Tariff& tariff, std::int64_t length, std::int64_t more_ms = 0) {
  Stay stay;
  stay.entry = at("2026-11-18T08:00:00Z");  // a Wednesday
  stay.exit = stay.entry + minutes(length) + Duration{more_ms};
  return quote_of(tariff, utc, stay).amount;
}

struct Row {
  const char* entry;
  const char* exit;
  Money price;
};

void check_table(const Tariff& tariff, const ZoneOffsets& offsets, const std::vector<Row>& table) {
  for (const Row& row : table) {
    CAPTURE(row.entry, row.exit);
    CHECK(price(tariff, offsets, row.entry, row.exit) == row.price);
  }
}

}  // namespace

TEST_CASE("tiers and increments are charged when they begin") {
  const Tariff tariff = city();
  struct Length {
    std::int64_t minutes;
    std::int64_t more_ms;
    Money price;
  };
  const std::vector<Length> table = {
      {0, 0, 0},      {10, 0, 0},     {10, 1, 300},   {60, 0, 300},   {60, 1, 700},
      {180, 0, 700},  {180, 1, 850},  {210, 0, 850},  {211, 0, 1000}, {240, 0, 1000},
      {480, 0, 2200}, {540, 0, 2500}, {541, 0, 2500}, {720, 0, 2500},
  };
  for (const Length& row : table) {
    CAPTURE(row.minutes, row.more_ms);
    CHECK(price_of_minutes(tariff, row.minutes, row.more_ms) == row.price);
  }
}

TEST_CASE("the daily cap goes by calendar days of local time, or by 24 hours from the entry") {
  Tariff tariff = city();
  // Monday 22:00 to Tuesday 09:00 in Berlin: 7.00 for two hours, then 16 half hours more.
  check_table(tariff, berlin(), {{"2026-11-16T21:00:00Z", "2026-11-17T08:00:00Z", 700 + 16 * 150}});
  tariff.tiers_each_day = true;  // nine hours of Tuesday for themselves: 7.00 and 12 half hours
  check_table(tariff, berlin(), {{"2026-11-16T21:00:00Z", "2026-11-17T08:00:00Z", 700 + 2500}});
  Tariff rolling = hourly();
  rolling.daily_cap = {1500, CapPeriod::rolling_24h};
  check_table(rolling, berlin(),
              {{"2026-11-16T09:00:00Z", "2026-11-17T08:00:00Z", 1500},
               {"2026-11-16T09:00:00Z", "2026-11-17T09:00:00Z", 1500},
               {"2026-11-16T09:00:00Z", "2026-11-17T09:01:00Z", 1700},
               {"2026-11-16T09:00:00Z", "2026-11-19T09:00:00Z", 4500}});
}

TEST_CASE("in the nights of clock change time counts as it passes, in Berlin and in New York") {
  const Tariff tariff = hourly();
  check_table(tariff, berlin(),
              {{"2026-03-28T23:30:00Z", "2026-03-29T02:30:00Z", 600},   // 00:30 to 04:30, an hour was skipped
               {"2026-10-24T22:30:00Z", "2026-10-25T03:30:00Z", 1000},  // 00:30 to 04:30, an hour came twice
               {"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 4600},  // a day of 23 hours
               {"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 5000}});  // a day of 25 hours
  check_table(tariff, new_york(),
              {{"2026-03-08T06:00:00Z", "2026-03-08T08:00:00Z", 400},    // 01:00 to 04:00
               {"2026-11-01T04:30:00Z", "2026-11-01T07:30:00Z", 600}});  // 00:30 to 02:30
  Tariff capped = hourly();
  capped.daily_cap = {3000, CapPeriod::calendar_day};
  check_table(capped, berlin(),
              {{"2026-03-28T22:00:00Z", "2026-03-29T22:00:00Z", 200 + 3000},    // the last hour of Saturday
               {"2026-10-24T22:00:00Z", "2026-10-25T23:30:00Z", 3000 + 200}});  // half an hour of Monday
  Tariff rolling = hourly();
  rolling.daily_cap = {1500, CapPeriod::rolling_24h};
  check_table(rolling, berlin(),
              {{"2026-03-28T11:00:00Z", "2026-03-29T10:00:00Z", 1500},    // noon to noon: 23 hours
               {"2026-03-28T11:00:00Z", "2026-03-29T11:00:00Z", 1500},    // noon to one: 24 hours
               {"2026-03-28T11:00:00Z", "2026-03-29T11:01:00Z", 1700}});  // and a minute
}

TEST_CASE("a night costs its fee whether it has seven, eight or nine hours") {
  const Tariff tariff = hourly_with_nights();
  check_table(tariff, berlin(),
              {{"2026-03-28T19:00:00Z", "2026-03-29T06:00:00Z", 1300},  // 20:00 to 08:00
               {"2026-10-24T18:00:00Z", "2026-10-25T07:00:00Z", 1300},  // 20:00 to 08:00
               {"2026-11-16T19:00:00Z", "2026-11-17T07:00:00Z", 1300},  // 20:00 to 08:00
               {"2026-11-16T22:00:00Z", "2026-11-16T22:05:00Z", 500},   // five minutes of a night
               {"2026-11-17T04:59:00Z", "2026-11-17T05:01:00Z", 700},   // its last minute, and one more
               {"2026-11-16T20:30:00Z", "2026-11-17T05:30:00Z", 700},   // two half hours are one that counts
               {"2026-11-16T12:00:00Z", "2026-11-19T12:00:00Z", 3 * 500 + 48 * 200}});
  check_table(tariff, new_york(),
              {{"2026-03-08T01:00:00Z", "2026-03-08T12:00:00Z", 1300},    // 20:00 to 08:00
               {"2026-11-01T00:00:00Z", "2026-11-01T13:00:00Z", 1300}});  // 20:00 to 08:00
}

TEST_CASE(
    "a night that begins at a time which is skipped begins when clocks jump, and one that comes twice, the "
    "first "
    "time") {
  Tariff tariff = hourly_with_nights();
  tariff.overnight.hours = {2 * 60 + 30, 6 * 60};
  check_table(tariff, new_york(), {{"2026-03-08T06:00:00Z", "2026-03-08T11:00:00Z", 200 + 500 + 200}});
  tariff.overnight.hours = {60 + 30, 6 * 60};
  check_table(tariff, new_york(), {{"2026-11-01T04:30:00Z", "2026-11-01T06:45:00Z", 200 + 500}});
}

TEST_CASE("leap day and New Year are days like others") {
  Tariff tariff = hourly();
  tariff.daily_cap = {1000, CapPeriod::calendar_day};
  check_table(tariff, utc,
              {{"2028-02-28T12:00:00Z", "2028-03-01T12:00:00Z", 3000},
               {"2027-02-28T12:00:00Z", "2027-03-01T12:00:00Z", 2000},
               {"2026-12-31T22:00:00Z", "2027-01-01T02:00:00Z", 800}});
  tariff.daily_cap.amount = 300;
  check_table(tariff, utc, {{"2026-12-31T22:00:00Z", "2027-01-01T02:00:00Z", 600}});
}

TEST_CASE("weekends go by the local day on which an hour begins") {
  Tariff tariff = hourly();
  tariff.weekend = {0b110'0000, 50};
  check_table(tariff, utc,
              {{"2026-11-20T22:00:00Z", "2026-11-21T02:00:00Z", 400 + 200},
               {"2026-11-22T22:00:00Z", "2026-11-23T02:00:00Z", 200 + 400}});
  check_table(tariff, berlin(), {{"2026-11-20T22:00:00Z", "2026-11-21T02:00:00Z", 200 + 300}});
}

TEST_CASE("vehicle type, kind and number of spots scale fees and cap, and surge stays under the cap") {
  Tariff tariff = city();
  tariff.percent_of_type[static_cast<int>(VehicleType::motorcycle)] = 50;
  tariff.percent_of_kind[static_cast<int>(SpotKind::oversized)] = 200;
  Stay stay;
  stay.entry = at("2026-11-18T08:00:00Z");
  stay.exit = stay.entry + minutes(180);
  stay.type = VehicleType::motorcycle;
  CHECK(quote_of(tariff, utc, stay).amount == 350);
  stay.type = VehicleType::bus;
  stay.kind = SpotKind::oversized;
  CHECK(quote_of(tariff, utc, stay).amount == 1400);
  stay.kind = SpotKind::regular;
  stay.spots = 5;
  CHECK(quote_of(tariff, utc, stay).amount == 3500);
  stay.surge_percent = 150;
  CHECK(quote_of(tariff, utc, stay).amount == 5250);
  stay.exit = stay.entry + minutes(720);
  CHECK(quote_of(tariff, utc, stay).amount == 5 * 2500);
  stay.surge_percent = 100;
  CHECK(quote_of(tariff, utc, stay).amount == 5 * 2500);
}

TEST_CASE("surge is the highest that applies when the vehicle enters") {
  const Tariff tariff = richest();
  const PricingStrategy pricing(tariff, berlin());
  const WallTime noon = at("2026-11-18T11:00:00Z");
  const WallTime evening = at("2026-11-18T17:30:00Z");  // 18:30 in Berlin
  CHECK(pricing.surge_percent(noon, 90, 100) == 100);
  CHECK(pricing.surge_percent(noon, 91, 100) == 150);
  CHECK(pricing.surge_percent(evening, 0, 100) == 125);
  CHECK(pricing.surge_percent(evening, 91, 100) == 150);
  CHECK(pricing.surge_percent(at("2026-11-18T19:00:00Z"), 0, 100) == 100);  // 20:00 is no longer within
}

TEST_CASE("an event costs its fee until it ends, then time counts") {
  Tariff tariff = city();
  tariff.events = {{"cup", at("2026-06-14T16:00:00Z"), at("2026-06-14T22:00:00Z"), 1500}};
  check_table(tariff, utc,
              {{"2026-06-14T16:30:00Z", "2026-06-14T21:00:00Z", 1500},
               {"2026-06-14T16:30:00Z", "2026-06-14T22:30:00Z", 1500 + 300},
               {"2026-06-14T15:30:00Z", "2026-06-14T21:00:00Z", 700 + 5 * 150}});
}

TEST_CASE("who blocks a charger pays for it, above the cap") {
  Tariff tariff = city();
  tariff.ev_overstay = {minutes(240), {minutes(30), 100}};
  Stay stay;
  stay.entry = at("2026-11-18T08:00:00Z");
  stay.exit = stay.entry + minutes(301);
  CHECK(quote_of(tariff, utc, stay).amount == 700 + 5 * 150);
  stay.features = Feature::ev_charger;
  CHECK(quote_of(tariff, utc, stay).amount == 700 + 5 * 150 + 3 * 100);
  stay.exit = stay.entry + minutes(240);
  CHECK(quote_of(tariff, utc, stay).amount == 700 + 2 * 150);
}

TEST_CASE("minutes come off first, then amounts and percents in the order of the tariff, then the permit") {
  Tariff tariff = city();
  tariff.validations = {{"half", ValidationKind::percent, 50},
                        {"shop", ValidationKind::amount, 200},
                        {"film", ValidationKind::minutes, minutes(120).ms}};
  tariff.permits = {{"staff", 80}};
  Stay stay;
  stay.entry = at("2026-11-18T08:00:00Z");
  stay.exit = stay.entry + minutes(300);  // 13.00
  const auto with = [&](std::uint32_t validations, int permit) {
    stay.validations = validations;
    stay.permit = permit;
    return quote_of(tariff, utc, stay).amount;
  };
  CHECK(with(0, -1) == 1300);
  CHECK(with(0b100, -1) == 700);
  CHECK(with(0b001, -1) == 650);
  CHECK(with(0b011, -1) == 450);
  CHECK(with(0b111, -1) == 150);
  CHECK(with(0, 0) == 260);
  CHECK(with(0b111, 0) == 30);
  stay.exit = stay.entry + minutes(60);
  CHECK(with(0b010, -1) == 100);
  CHECK(with(0b011, -1) == 0);
  CHECK(with(0b100, -1) == 0);
}

TEST_CASE("a lost ticket costs its fee or the stay, whichever is more") {
  Tariff tariff = city();
  tariff.lost_ticket = 2000;
  Stay stay;
  stay.card = Stay::Card::lost;
  stay.entry = at("2026-11-18T08:00:00Z");
  stay.exit = stay.entry + minutes(5);
  CHECK(quote_of(tariff, utc, stay).amount == 2000);
  stay.exit = stay.entry + minutes(720);
  CHECK(quote_of(tariff, utc, stay).amount == 2500);
}

TEST_CASE("amounts are rounded to the unit and in the direction that the tariff states") {
  Tariff tariff;
  tariff.rounding_unit = 50;
  for (const auto& [fee, up, down, nearest] : std::vector<std::array<Money, 4>>{
           {101, 150, 100, 100}, {125, 150, 100, 150}, {149, 150, 100, 150}, {150, 150, 150, 150}}) {
    tariff.increment = {minutes(60), fee};
    tariff.rounding = Rounding::up;
    CHECK(price_of_minutes(tariff, 1) == up);
    tariff.rounding = Rounding::down;
    CHECK(price_of_minutes(tariff, 1) == down);
    tariff.rounding = Rounding::nearest;
    CHECK(price_of_minutes(tariff, 1) == nearest);
  }
}

TEST_CASE("the lines of a quote tell what each rule adds") {
  Tariff tariff = hourly_with_nights();
  tariff.weekend = {0b110'0000, 50};
  tariff.daily_cap = {1200, CapPeriod::calendar_day};
  Stay stay;
  stay.entry = at("2026-11-20T16:00:00Z");  // Friday
  stay.exit = at("2026-11-21T10:00:00Z");
  stay.surge_percent = 150;
  const Quote quote = quote_of(tariff, utc, stay);
  std::vector<std::pair<LineKind, Money>> lines;
  for (const QuoteLine& line : quote.lines) lines.emplace_back(line.kind, line.amount);
  // Friday: six hours and the night, half as much again, cut to 12.00. Saturday: four hours at half price.
  CHECK(lines == std::vector<std::pair<LineKind, Money>>{{LineKind::time, 1200},
                                                         {LineKind::night, 500},
                                                         {LineKind::surge, 850},
                                                         {LineKind::cap, -1350},
                                                         {LineKind::time, 800},
                                                         {LineKind::weekend, -400},
                                                         {LineKind::surge, 200}});
  CHECK(quote.amount == 1800);
}
