#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "started_program.h"

using namespace parking_lot::test;
using nlohmann::json;

namespace {

const std::string config = R"({"garages": {"g": {"currency": "EUR",
  "levels": {"P1": {"A": {"spots": [{"count": 2}, {"count": 1, "features": ["ev_charger"]}]}}, "P2": {"A": 2}},
  "entrances": {"south": {"P1": 0}},
  "tariffs": {"standard": {"flat": 50, "tiers": [{"upto": "90m", "fee": 250}], "increment": {"length": "30m", "fee": 125},
    "daily_cap": {"amount": 1800}, "permits": {"staff": 100}}}}}})";

std::string printed(const std::vector<std::string>& arguments) {
  StartedProgram program(arguments);
  REQUIRE(program.wait() == 0);
  return program.output();
}

}  // namespace

TEST_CASE("garage export: every session, right and rate names what it belongs to") {
  const TemporaryFolder folder;
  const std::string store = folder.path("store");
  printed(
      {"garage", "enter", "--store", store, "--config", folder.write("c.json", config), "--plate", "B-1"});
  const json data = json::parse(printed({"garage", "export", "--store", store, "--json"}));

  std::map<std::string, json> by_id;
  for (const char* list : {"places", "rightSpecifications", "rateTables"}) {
    for (const json& each : data[list]) by_id[each["id"]] = each;
  }
  REQUIRE(data["places"].size() == 1 + 2 + 5);
  for (const json& place : data["places"]) {
    if (place["layer"] != 0) CHECK(by_id.contains(place["parentId"]["id"]));
  }
  const json& characteristics = by_id.at("g")["characteristics"][0];
  CHECK(characteristics["spacesTotal"] == 5);
  CHECK(characteristics["evChargingPoints"] == 1);

  REQUIRE(data["sessions"].size() == 1);
  const json& segment = data["sessions"][0]["segments"][0];
  CHECK(segment["spaceId"]["id"] == "P1/A/1");
  CHECK(segment["credentialId"]["id"] == "B-1");
  const json& right = by_id.at(segment["assignedRight"]["id"]);
  CHECK(right["type"] == "oneTimeUseParking");
  CHECK(by_id.at("g/rights/permit/staff")["type"] == "permitParking");

  const json& collection = by_id.at(right["rateEligibility"][0]["rateTable"]["id"])["rateLineCollections"][0];
  CHECK(collection["maxValueCollection"] == 18.0);
  CHECK(collection["rateLines"] == json::parse(R"([
    {"sequence": 1, "rateLineType": "flatRate", "value": 0.5},
    {"sequence": 2, "rateLineType": "flatRateTier", "value": 2.5, "durationStart": "PT0S", "durationEnd": "PT1H30M"},
    {"sequence": 3, "rateLineType": "incrementingRate", "value": 1.25, "durationStart": "PT1H30M",
     "incrementPeriod": "PT30M"}])"));

  REQUIRE(data["occupancy"].size() == 3);
  CHECK(data["occupancy"][1]["hierarchyElement"]["id"] == "g/P1");
  CHECK(data["occupancy"][1]["demandTable"]["demandType"][0]["count"] == 1);
  CHECK(data["occupancy"][2]["supply"]["supplyQuantity"] == 2);
}

TEST_CASE("garage simulate: nights count from local midnight on") {
  const TemporaryFolder folder;
  const std::string nightly = R"({"garages": {"g": {"zone": "Europe/Berlin", "levels": {"P1": {"A": 100}},
    "tariffs": {"t": {"overnight": {"from": "00:00", "to": "06:00", "fee": 100}}}}}})";
  const json day = json::parse(printed({"garage", "simulate", "--config", folder.write("c.json", nightly),
                                        "--day", "busy", "--seed", "1", "--json"}));
  // Of the 15 vehicles that come before six, two want a charger and an accessible spot, which this garage has
  // not.
  CHECK(day["revenue"]["paid"] == 1300);
  CHECK(day["revenue"]["still_due"] == 0);
}

TEST_CASE("garage import: a table of spots becomes the levels of a config, equal neighbours as one run") {
  const TemporaryFolder folder;
  const std::string before = folder.write("c.json", config);
  const std::string table = folder.write("spots.csv",
                                         "level,row,position,kind,features\r\n"
                                         "P1,A,1,compact,\r\n"
                                         "P1,A,2,compact,\r\n"
                                         "P1,A,3,regular,\"ev_charger covered\"\r\n"
                                         "\r\n"
                                         "P2,B,1,,\r\n");
  const json after =
      json::parse(printed({"garage", "import", "--config", before, "--spots", table, "--json"}));
  CHECK(after["garages"]["g"]["levels"] == json::parse(R"({
    "P1": {"A": {"spots": [{"count": 2, "kind": "compact"},
                           {"count": 1, "kind": "regular", "features": ["ev_charger", "covered"]}]}},
    "P2": {"B": {"spots": [{"count": 1}]}}})"));
  CHECK(after["garages"]["g"]["tariffs"] == json::parse(config)["garages"]["g"]["tariffs"]);
}

TEST_CASE("garage import: what is wrong with a table is told by line and column") {
  const TemporaryFolder folder;
  const std::string before = folder.write("c.json", config);
  const std::pair<std::string, std::string> cases[] = {
      {"level,line\nP1,A\n", "line 1: \"line\" is no column"},
      {"level,kind\nP1,compact\n", "line 1: has no columns level and row"},
      {"level,row\n", "holds no spots"},
      {"level,row\nP1,\n", "line 2, row: is empty"},
      {"level,row\nP1,A,B\n", "line 2: has more cells"},
      {"level,row,position\nP1,A,1\nP1,A,3\n", "line 3, position: must be 2"},
      {"level,row,kind\nP1,A,huge\n", "line 2, kind: must be compact"},
      {"level,row,features\nP1,A,roof\n", "line 2, features: must be of"},
      {"level,row\nP9,A\n", "garages.g.entrances.south.P1: is no level"},
  };
  for (const auto& [table, message] : cases) {
    StartedProgram program(
        {"garage", "import", "--config", before, "--spots", folder.write("spots.csv", table)});
    CHECK(program.wait() == 2);
    CHECK_THAT(program.errors(), Catch::Contains(message));
  }
}
