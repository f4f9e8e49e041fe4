#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "parking_lot/garage/garage.h"

namespace parking_lot::garage {
namespace {

ParsedGarages parsed(const std::string& garages) {
  return parse_garages("{\"garages\": " + garages + "}", [](std::string_view) { return std::nullopt; });
}

std::vector<std::string> paths_of(const std::string& garages) {
  std::vector<std::string> paths;
  for (const ConfigIssue& issue : parsed(garages).issues) paths.push_back(issue.path);
  return paths;
}

}  // namespace

TEST_CASE("each preset is a garage as it is") {
  for (const char* preset : {"airport", "mall", "street"}) {
    CAPTURE(preset);
    const ParsedGarages result = parsed(std::string("{\"g\": {\"preset\": \"") + preset + "\"}}");
    for (const ConfigIssue& issue : result.issues) UNSCOPED_INFO(issue.path << ": " << issue.message);
    REQUIRE(result.ok());
    const Garage garage = Garage::open(result.garages.at(0), Now{}, Entropy{});
    CHECK(garage.spot_count() >= 100);
  }
}

TEST_CASE("levels and rows are given by ranges, and what is given goes before the preset") {
  const ParsedGarages result = parsed(R"({"north": {"preset": "mall", "zone": "Europe/Berlin",
    "levels": {"P1-P2": {"A-C": 10, "9-11": {"zone": "far", "spots": [{"count": 2, "kind": "oversized"},
      {"count": 3, "features": ["ev_charger", "covered"]}]}}}, "entrances": {"gate": {"P2/10": 3}},
    "reservation_secs": 60}})");
  REQUIRE(result.ok());
  const GarageConfig& config = result.garages.at(0);
  CHECK(config.zone == "Europe/Berlin");
  CHECK(config.reservation == Duration::seconds(60));
  CHECK(config.tariffs.at(0).name == "standard");
  REQUIRE(config.levels.size() == 2);
  REQUIRE(config.levels[1].name == "P2");
  REQUIRE(config.levels[1].rows.size() == 6);
  CHECK(config.levels[1].rows[4].name == "10");
  const Garage garage = Garage::open(config, Now{}, Entropy{});
  CHECK(garage.spot_count() == 2 * (3 * 10 + 3 * 5));
  const SpotView spot = garage.spot(*garage.find_spot("P2/10/4"));
  CHECK(spot.spot.kind == SpotKind::regular);
  CHECK(spot.spot.features == (Feature::ev_charger | Features(Feature::covered)));
}

TEST_CASE("a tariff has all that the rules know") {
  const ParsedGarages result = parsed(R"({"g": {"preset": "street", "tariffs": {"all": {
    "rounding": "up", "rounding_unit": 50, "grace_entry": "10m", "grace_exit": "15m", "flat": 100,
    "tiers": [{"upto": "1h", "fee": 300}, {"upto": "3h", "fee": 700}], "increment": {"length": "30m", "fee": 150},
    "tiers_each_day": true, "daily_cap": {"amount": 2500, "period": "rolling_24h"},
    "overnight": {"from": "22:00", "to": "06:00", "fee": 500}, "weekend": {"days": ["sat", "sun"], "percent": 60},
    "ev_overstay": {"after": "4h", "length": "30m", "fee": 100}, "lost_ticket": 4000,
    "events": [{"name": "cup", "from": "2026-06-14T18:00:00+02:00", "to": "2026-06-14T22:00:00Z", "fee": 1500}],
    "validations": [{"name": "cinema", "minutes": 120}, {"name": "shop", "amount": 200}, {"name": "hotel", "percent": 25}],
    "permits": {"staff": 80}, "vehicle_percent": {"motorcycle": 50}, "spot_percent": {"oversized": 150},
    "surge": {"hours": [{"from": "17:00", "to": "20:00", "percent": 125}],
              "occupancy": [{"above_percent": 90, "percent": 150}]}}}}})");
  for (const ConfigIssue& issue : result.issues) UNSCOPED_INFO(issue.path << ": " << issue.message);
  REQUIRE(result.ok());
  const Tariff& tariff = result.garages.at(0).tariffs.at(0);
  CHECK(tariff.rounding == Rounding::up);
  CHECK(tariff.tiers.at(1).upto == Duration::seconds(3 * 3600));
  CHECK(tariff.increment.fee == 150);
  CHECK(tariff.tiers_each_day);
  CHECK(tariff.daily_cap.period == CapPeriod::rolling_24h);
  CHECK(tariff.overnight.is_set);
  CHECK(tariff.overnight.hours.from == 22 * 60);
  CHECK(tariff.weekend.days == 0b110'0000);
  CHECK(tariff.ev_overstay.increment.length == Duration::seconds(1800));
  CHECK(tariff.events.at(0).from == WallTime{1781452800000});
  CHECK(tariff.validations.at(0).value == 120 * 60'000);
  CHECK(tariff.validations.at(2).kind == ValidationKind::percent);
  CHECK(tariff.permits.at(0).percent_off == 80);
  CHECK(tariff.percent_of_type[3] == 50);
  CHECK(tariff.percent_of_kind[2] == 150);
  CHECK(tariff.surge_hours.at(0).hours.to == 20 * 60);
  CHECK(tariff.surge_occupancy.at(0).above_percent == 90);
}

TEST_CASE("all that is wrong is told at once, each under its path") {
  CHECK(paths_of(R"({"g": {}})") == std::vector<std::string>{"garages.g.levels", "garages.g.tariffs"});
  CHECK(paths_of(R"({"g h": {"preset": "moll"}, "x": {"preset": "mall", "levls": 3, "lane_max": -1,
      "currency": "Euro", "allocation": "nearby", "entrances": {"a": {"P9": 1}}}})") ==
        std::vector<std::string>{"garages.g h", "garages.g h.preset", "garages.g h.levels",
                                 "garages.g h.tariffs", "garages.x.levls", "garages.x.lane_max",
                                 "garages.x.allocation", "garages.x.currency", "garages.x.entrances.a.P9"});
  CHECK(paths_of(R"({"g": {"preset": "mall", "tariffs": {"t": {"increment": {"fee": 5}}}}})") ==
        std::vector<std::string>{"garages.g.tariffs.t.increment"});
  CHECK(paths_of(R"({"g": {"preset": "mall", "tariffs": {"t": {"tiers": [{"upto": "2h", "fee": 5},
      {"upto": "1h", "fee": 3}], "overnight": {"from": "25:00", "to": "6"}, "weekend": {"days": ["son"]},
      "increment": {"length": "10s", "fee": 1}, "validations": [{"name": "a"}, {"name": "a", "percent": 101}],
      "vehicle_percent": {"bike": 1}, "surge": {"occupancy": {}}}}}})") ==
        std::vector<std::string>{
            "garages.g.tariffs.t.tiers[1]", "garages.g.tariffs.t.tiers[1]",
            "garages.g.tariffs.t.overnight.from", "garages.g.tariffs.t.overnight.to",
            "garages.g.tariffs.t.overnight", "garages.g.tariffs.t.weekend.days[0]",
            "garages.g.tariffs.t.increment.length", "garages.g.tariffs.t.validations[1].percent",
            "garages.g.tariffs.t.validations[0]", "garages.g.tariffs.t.validations[1]",
            "garages.g.tariffs.t.validations[1]", "garages.g.tariffs.t.vehicle_percent.bike",
            "garages.g.tariffs.t.surge.occupancy"});
  CHECK(paths_of(R"({"g": {"preset": "mall", "levels": {"P1": {"A-C": 3, "B": 4}, "P 2": {}}}})") ==
        std::vector<std::string>{"garages.g.levels.P1.B", "garages.g.levels.P 2", "garages.g.levels.P 2",
                                 "garages.g.entrances.south.P2", "garages.g.entrances.south.P3"});
  CHECK(paths_of(R"({"g": {"preset": "mall", "storage": "postgres", "tariffs": {"t": {
      "weekend": {"days": []}, "surge": {"hours": [{"from": "06:00", "to": "09:00"}]}}}},
      "h": {"preset": "mall", "storage": {"type": "file", "dsn": "x"}}})") ==
        std::vector<std::string>{"garages.g.storage", "garages.g.tariffs.t.weekend.days",
                                 "garages.g.tariffs.t.surge.hours[0]", "garages.h.storage.dsn"});
}

}  // namespace parking_lot::garage
