#pragma once

#include "parking_lot/garage/tariff.h"
#include "parking_lot/json.h"

namespace parking_lot::garage {

inline WallTime at(const char* rfc3339) { return parse_rfc3339(rfc3339).value(); }

/// Berlin in 2026: UTC+1, from 29 March 01:00 UTC on +2, from 25 October 01:00 UTC on +1.
inline const ZoneOffsets& berlin() {
  static const ZoneOffsets offsets = {{at("2025-10-26T01:00:00Z"), 3600},
                                      {at("2026-03-29T01:00:00Z"), 7200},
                                      {at("2026-10-25T01:00:00Z"), 3600},
                                      {at("2027-03-28T01:00:00Z"), 7200}};
  return offsets;
}

/// New York in 2026: UTC-5, from 8 March 07:00 UTC on -4, from 1 November 06:00 UTC on -5.
inline const ZoneOffsets& new_york() {
  static const ZoneOffsets offsets = {{at("2025-11-02T06:00:00Z"), -18000},
                                      {at("2026-03-08T07:00:00Z"), -14400},
                                      {at("2026-11-01T06:00:00Z"), -18000},
                                      {at("2027-03-14T07:00:00Z"), -14400}};
  return offsets;
}

inline constexpr Duration minutes(std::int64_t count) { return {count * 60'000}; }

/// 3.00 up to an hour, 7.00 up to three, then 1.50 for each half hour; 25.00 a day; ten minutes are free.
inline Tariff city() {
  Tariff tariff;
  tariff.name = "city";
  tariff.grace_entry = minutes(10);
  tariff.grace_exit = minutes(15);
  tariff.tiers = {{minutes(60), 300}, {minutes(180), 700}};
  tariff.increment = {minutes(30), 150};
  tariff.daily_cap = {2500, CapPeriod::calendar_day};
  return tariff;
}

/// 2.00 for each hour.
inline Tariff hourly() {
  Tariff tariff;
  tariff.name = "hourly";
  tariff.increment = {minutes(60), 200};
  return tariff;
}

/// The same, and 5.00 for a night from 22:00 to 06:00.
inline Tariff hourly_with_nights() {
  Tariff tariff = hourly();
  tariff.overnight = {{22 * 60, 6 * 60}, 500, true};
  return tariff;
}

/// Everything that a tariff can have.
inline Tariff richest() {
  Tariff tariff = city();
  tariff.name = "richest";
  tariff.rounding = Rounding::up;
  tariff.rounding_unit = 50;
  tariff.tiers_each_day = true;
  tariff.overnight = {{22 * 60, 6 * 60}, 500, true};
  tariff.weekend = {0b110'0000, 60};
  tariff.ev_overstay = {minutes(240), {minutes(30), 100}};
  tariff.lost_ticket = 4000;
  tariff.flat = 100;
  tariff.events = {{"cup", at("2026-06-14T16:00:00Z"), at("2026-06-14T22:00:00Z"), 1500}};
  tariff.validations = {{"cinema", ValidationKind::minutes, minutes(120).ms},
                        {"shop", ValidationKind::amount, 200},
                        {"hotel", ValidationKind::percent, 25}};
  tariff.permits = {{"staff", 80}};
  tariff.percent_of_type[static_cast<int>(VehicleType::motorcycle)] = 50;
  tariff.percent_of_kind[static_cast<int>(SpotKind::oversized)] = 150;
  tariff.surge_hours = {{{17 * 60, 20 * 60}, 125}};
  tariff.surge_occupancy = {{90, 150}};
  return tariff;
}

}  // namespace parking_lot::garage
