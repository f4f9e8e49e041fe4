#pragma once

#include <cstdint>
#include <string_view>

#include "codec/json_words.h"

namespace parking_lot {

/// Garages as one finds them; what a config says goes before.
inline constexpr Word garage_presets[] = {{"airport", 0}, {"mall", 1}, {"street", 2}};

/// The preset with this number, as JSON of the very keys that a config has.
constexpr std::string_view garage_preset_json(std::uint8_t number) {
  constexpr std::string_view airport = R"({
    "levels": {"P1-P6": {"A-H": {"spots": [{"count": 2, "kind": "regular", "features": ["accessible", "covered"]},
      {"count": 40, "kind": "regular", "features": ["covered"]},
      {"count": 4, "kind": "regular", "features": ["covered", "ev_charger"]},
      {"count": 4, "kind": "oversized", "features": ["covered"]}]}}},
    "entrances": {"terminal": {"P1": 0}, "motorway": {"P6": 0, "P5": 1000, "P4": 2000, "P3": 3000, "P2": 4000, "P1": 5000}},
    "allocation": "nearest",
    "tariffs": {
      "short": {"grace_entry": "10m", "grace_exit": "15m", "tiers": [{"upto": "30m", "fee": 400},
        {"upto": "1h", "fee": 700}, {"upto": "2h", "fee": 1200}], "increment": {"length": "1h", "fee": 500},
        "tiers_each_day": true, "daily_cap": {"amount": 3900, "period": "rolling_24h"}, "lost_ticket": 5000,
        "vehicle_percent": {"motorcycle": 50, "bus": 200}, "surge": {"occupancy": [{"above_percent": 90, "percent": 150}]}},
      "long": {"grace_entry": "10m", "grace_exit": "30m", "increment": {"length": "12h", "fee": 900},
        "daily_cap": {"amount": 1500, "period": "rolling_24h"}, "lost_ticket": 9000}}})";
  constexpr std::string_view mall = R"({
    "levels": {"P1-P3": {"A-E": {"spots": [{"count": 2, "kind": "regular", "features": ["accessible"]},
      {"count": 24, "kind": "regular"}, {"count": 8, "kind": "compact"},
      {"count": 4, "kind": "regular", "features": ["ev_charger"]}, {"count": 2, "kind": "oversized"}]}}},
    "entrances": {"north": {"P1": 0}, "south": {"P3": 0, "P2": 1000, "P1": 2000}},
    "allocation": "nearest",
    "allocation_switches": [{"from_percent": 85, "allocation": "fill_in"}],
    "tariffs": {"standard": {"grace_entry": "15m", "grace_exit": "15m", "tiers": [{"upto": "2h", "fee": 200}],
      "increment": {"length": "30m", "fee": 150}, "daily_cap": {"amount": 1800},
      "overnight": {"from": "22:00", "to": "06:00", "fee": 1000},
      "ev_overstay": {"after": "4h", "length": "30m", "fee": 200}, "lost_ticket": 2500, "rounding_unit": 10,
      "validations": [{"name": "cinema", "minutes": 180}, {"name": "shop", "amount": 200}],
      "permits": {"staff": 100}, "surge": {"hours": [{"from": "16:00", "to": "19:00", "percent": 125}]}}}})";
  constexpr std::string_view street = R"({
    "levels": {"street": {"1-4": {"spots": [{"count": 10, "kind": "compact"}, {"count": 15, "kind": "regular"}]}}},
    "entrances": {"street": {}},
    "tariffs": {"meter": {"grace_entry": "5m", "increment": {"length": "15m", "fee": 60}, "grace_exit": "5m",
      "overnight": {"from": "20:00", "to": "08:00", "fee": 0}, "weekend": {"days": ["sun"], "percent": 0},
      "daily_cap": {"amount": 1500}}}})";
  return number == 0 ? airport : number == 1 ? mall : street;
}

}  // namespace parking_lot
