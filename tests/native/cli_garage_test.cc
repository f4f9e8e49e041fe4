#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

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

TEST_CASE("garage simulate: a day of a garage that is stored is that of one in memory, and leaves no trace") {
  const TemporaryFolder folder;
  const auto day = [&](const std::string& storage) {
    const std::string text =
        R"({"garages": {"g": {"levels": {"P1": {"A": 50}}, "tariffs": {"t": {"flat": 100}}, "storage": )" +
        storage + "}}}";
    return printed({"garage", "simulate", "--config", folder.write("c.json", text), "--seed", "1", "--json"});
  };
  CHECK(day(R"({"type": "file", "path": "data"})") == day(R"("in_memory")"));
  CHECK(!std::filesystem::exists(folder.path("data")));
}

TEST_CASE("garage quote: the surge of the hour of the entry, or the one that the gate told") {
  const TemporaryFolder folder;
  const std::string tariff = R"({"increment": {"length": "1h", "fee": 100},
    "surge": {"hours": [{"from": "06:00", "to": "09:00", "percent": 125}]}})";
  const std::string path = folder.write(
      "c.json", R"({"garages": {"g": {"levels": {"P1": {"A": 5}}, "tariffs": {"t": )" + tariff + "}}}}");
  const auto amount = [&](const std::string& entry, std::vector<std::string> more = {}) {
    std::vector<std::string> all = {
        "garage", "quote", "--config", path, "--entry", entry, "--exit", "2026-01-01T16:00:00Z", "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return json::parse(printed(all))["amount"];
  };
  CHECK(amount("2026-01-01T08:00:00Z") == 1000);
  CHECK(amount("2026-01-01T08:00:00Z", {"--surge", "150"}) == 1200);
  CHECK(amount("2026-01-01T12:00:00Z") == 400);
}

TEST_CASE("garage quote: answers as the garage does, of all that a stay can be") {
  const TemporaryFolder folder;
  const std::string tariff = R"({"increment": {"length": "1h", "fee": 200}, "permits": {"staff": 80},
    "validations": [{"name": "shop", "amount": 150}],
    "ev_overstay": {"after": "4h", "length": "30m", "fee": 100}})";
  const std::string path =
      folder.write("c.json", R"({"garages": {"g": {"levels": {"P1": {"A": 5}}, "tariffs": {"t": )" + tariff +
                                 R"(}, "storage": {"type": "file", "path": "data"}}}})");
  const auto asked = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"garage", "quote", "--config", path, "--entry", "2026-06-12T12:00:00Z"});
    return more;
  };
  const auto amount = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--exit", "2026-06-12T17:00:00Z", "--json"});
    return json::parse(printed(asked(std::move(more))))["amount"];
  };
  CHECK(amount({}) == 1000);
  CHECK(amount({"--permit", "staff"}) == 200);
  CHECK(amount({"--validations", "shop"}) == 850);
  CHECK(amount({"--features", "ev_charger"}) == 1200);
  CHECK(amount({"--spots", "2"}) == 2000);
  CHECK(!std::filesystem::exists(folder.path("data")));

  const std::pair<std::vector<std::string>, std::string> refused[] = {
      {{}, "exit: is missing"},
      {{"--exit", "2026-06-12T11:00:00Z"}, "exit_before_entry (exit)"},
      {{"--exit", "2226-06-12T11:00:00Z"}, "must be at most 36525 days after the entry"},
      {{"--exit", "2026-06-12T17:00:00Z", "--tariff", "x"}, "unknown_name (tariff)"},
      {{"--exit", "2026-06-12T17:00:00Z", "--surge", "0"}, "from 1 to 1000"},
  };
  for (const auto& [more, message] : refused) {
    StartedProgram program(asked(more));
    CHECK(program.wait() != 0);
    CHECK_THAT(program.errors(), Catch::Contains(message));
  }
  CHECK_THAT(printed(asked({"--exit", "2026-06-12T13:00:00Z"})),
             Catch::Contains("kind time  amount 200  from"));
}

TEST_CASE("garage lane, reservations and permits: what stands, an object a line") {
  const TemporaryFolder folder;
  const std::string store = folder.path("store");
  const std::string one = R"({"garages": {"g": {"levels": {"P1": {"A": 2}},
    "tariffs": {"t": {"flat": 1, "permits": {"staff": 100}}}}}})";
  const std::string file = folder.write("c.json", one);
  const auto at_store = [&](std::vector<std::string> more) {
    more.insert(more.begin(), "garage");
    more.insert(more.end(), {"--store", store, "--config", file});
    return printed(more);
  };
  at_store({"enter", "--plate", "A"});
  at_store({"reserve", "--plate", "B", "--until", "1h"});
  at_store({"permit", "--plate", "C", "--permit", "staff"});
  const json reserved = json::parse(at_store({"reservations"}));
  CHECK(reserved["plate"] == "B");
  CHECK(reserved["spots"] == json::array({"P1/A/2"}));
  CHECK(json::parse(at_store({"permits"})) == json::parse(R"({"plate": "C", "permit": "staff"})"));
  CHECK(at_store({"lane"}).empty());
  at_store({"enter", "--plate", "E", "--wait", "1h", "--size", "small"});
  const json waiting = json::parse(at_store({"lane"}));
  CHECK(waiting["plate"] == "E");
  CHECK(waiting["place"] == 1);
  CHECK(waiting["ahead"] == 0);
}

TEST_CASE("garage simulate: a seed is a whole number") {
  const TemporaryFolder folder;
  StartedProgram negative({"garage", "simulate", "--config", folder.write("c.json", config), "--seed", "-1"});
  CHECK(negative.wait() == 2);
  CHECK_THAT(negative.errors(), Catch::Contains("--seed: must be a whole number from 0, not -1"));
}

TEST_CASE("garage pay: an amount below nothing is told as it was given") {
  const TemporaryFolder folder;
  StartedProgram program({"garage", "pay", "--store", folder.path("store"), "--config",
                          folder.write("c.json", config), "--plate", "A", "--amount", "-5"});
  CHECK(program.wait() == 2);
  CHECK_THAT(program.errors(), Catch::Contains("not -5"));
}

TEST_CASE("garage export: a garage without entrances has sessions without a gate") {
  const TemporaryFolder folder;
  const std::string store = folder.path("store");
  const std::string plain =
      R"({"garages": {"g": {"levels": {"P1": {"A": 2}}, "tariffs": {"t": {"flat": 1}}}}})";
  printed({"garage", "enter", "--store", store, "--config", folder.write("c.json", plain), "--plate", "A"});
  const json data = json::parse(printed({"garage", "export", "--store", store, "--json"}));
  CHECK(!data["sessions"].at(0).contains("initiator"));
}

TEST_CASE("garage import: a table of spots becomes the levels of a config, equal neighbours as one run") {
  const TemporaryFolder folder;
  const std::string before = folder.write("c.json", config);
  const std::string table = folder.write("spots.csv",
                                         "\xEF\xBB\xBFlevel,row,position,kind,features\r\n"
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
      {"level,row\nP1,\"A\n", "line 2: opens a quote"},
      {"level,row\nP1-P3,A\n", "line 2, level: stands for several"},
      {"level,row\nP1,A-C\n", "line 2, row: stands for several"},
      {"level,row,zone\nP1,A,east\nP1,A,west\n", "line 3, zone: must be east"},
      {"level,row\nP9,A\n", "garages.g.entrances.south.P1: is no level"},
  };
  for (const auto& [table, message] : cases) {
    StartedProgram program(
        {"garage", "import", "--config", before, "--spots", folder.write("spots.csv", table)});
    CHECK(program.wait() == 2);
    CHECK_THAT(program.errors(), Catch::Contains(message));
  }
}

namespace {

std::vector<json> printed_lines(const std::vector<std::string>& arguments) {
  std::istringstream text(printed(arguments));
  std::vector<json> objects;
  for (std::string line; std::getline(text, line);) objects.push_back(json::parse(line));
  return objects;
}

std::vector<std::string> actions_of(const std::vector<json>& events) {
  std::vector<std::string> actions;
  for (const json& event : events) actions.push_back(event["action"]);
  return actions;
}

/// Two garages in one store, the words of a command at one of them.
struct TwoGarages {
  TemporaryFolder folder;
  std::string store = folder.path("store");
  std::string file = folder.write(
      "c.json", R"({"garages": {"north": {"levels": {"P1": {"A": 2}}, "tariffs": {"t": {"flat": 100}}},
    "south": {"levels": {"P1": {"A": 2}}, "tariffs": {"t": {"flat": 100}}}}})");

  std::vector<std::string> at(const char* command, const char* garage, std::vector<std::string> more) const {
    std::vector<std::string> words{"garage", command, "--store", store, "--garage", garage};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

}  // namespace

TEST_CASE("audit: the garages of a store are in its trail, by every kind of subject that they have") {
  const TemporaryFolder folder;
  const std::string store = folder.path("store");
  printed(
      {"garage", "enter", "--store", store, "--config", folder.write("c.json", config), "--plate", "B-1"});
  printed({"garage", "set-price", "--store", store, "--plate", "B-1", "--by", "ann", "--reason", "event",
           "--amount", "500"});
  printed({"garage", "pay", "--store", store, "--plate", "B-1", "--amount", "500"});
  printed({"garage", "exit", "--store", store, "--plate", "B-1"});
  const auto query = [&](const std::string& subject) {
    return actions_of(printed_lines({"audit", "query", "--store", store, "--json", "--subject", subject}));
  };
  const std::vector<std::string> life{"enter", "override", "pay", "exit"};
  for (const char* subject : {"vehicle:B-1", "spot:P1/A/1", "ticket:1"}) CHECK(query(subject) == life);
  CHECK(query("operator:ann") == std::vector<std::string>{"override"});
  CHECK(query("tariff:standard") == std::vector<std::string>{"enter"});
  CHECK(query("vehicle:B-2").empty());
  const std::vector<json> all = printed_lines({"audit", "query", "--store", store, "--json"});
  CHECK(query("garage:g") == actions_of(all));

  std::vector<json> backwards =
      printed_lines({"audit", "query", "--store", store, "--json", "--newest-first"});
  std::reverse(backwards.begin(), backwards.end());
  CHECK(backwards == all);
  StartedProgram first({"audit", "query", "--store", store, "--limit", "3"});
  CHECK(first.wait() == 0);
  CHECK(first.output_lines().size() == 3);
  const std::string cursor = first.errors().substr(first.errors().rfind(' ') + 1);
  const std::vector<json> rest = printed_lines(
      {"audit", "query", "--store", store, "--json", "--after", cursor.substr(0, cursor.find('\n'))});
  CHECK(rest == std::vector<json>(all.begin() + 3, all.end()));

  CHECK(json::parse(printed({"audit", "verify", "--store", store, "--json"}))["ok"] == true);
  for (const auto& file : std::filesystem::directory_iterator(store)) {
    if (file.path().filename().string().rfind("records-", 0) != 0) continue;
    std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(200);
    bytes.put('!');
  }
  StartedProgram broken({"audit", "verify", "--store", store});
  CHECK(broken.wait() == 3);
}

TEST_CASE("audit export: pools and garages of one store are CloudEvents, in the order of their times") {
  const TemporaryFolder folder;
  const std::string store = folder.path("lot");
  const std::string both =
      R"({"pools": {"cpu": {"max_units": 1, "queue": {"type": "file", "path": "lot"}}}, )" + config.substr(1);
  const std::string file = folder.write("c.json", both);
  printed({"run", "--config", file, "--out", folder.path("out"), "--jobs",
           folder.write("jobs", R"({"task_id": "a", "payload": {"argv": ["true"]}})")});
  printed({"garage", "enter", "--store", store, "--config", file, "--plate", "B-1"});
  const std::vector<json> events =
      printed_lines({"audit", "export", "--store", store, "--format", "cloudevents"});
  std::map<std::string, json> by_type;
  std::set<std::string> ids;
  std::string last;
  for (const json& event : events) {
    CHECK(event["specversion"] == "1.0");
    CHECK(event["datacontenttype"] == "application/json");
    CHECK(event["data"]["at"] == event["time"]);
    CHECK(event["time"].get<std::string>() >= last);
    last = event["time"];
    CHECK(ids.insert(event["source"].get<std::string>() + "#" + event["id"].get<std::string>()).second);
    by_type[event["type"]] = event;
  }
  CHECK(by_type.at("parking-lot.start")["subject"] == "task:a");
  CHECK(by_type.at("parking-lot.start")["source"] == "parking-lot/pools/cpu");
  CHECK(by_type.at("parking-lot.garage.enter")["subject"] == "ticket:1");
  CHECK(by_type.at("parking-lot.garage.enter")["source"] == "parking-lot/garages/g");
  const std::vector<json> own =
      printed_lines({"garage", "audit", "--store", store, "--format", "cloudevents"});
  CHECK(own.back() == by_type.at("parking-lot.garage.enter"));
}

TEST_CASE("garage erase: every garage of the store forgets the plate, or none does") {
  const TwoGarages garages;
  const std::vector<std::string> erasing{"--plate", "B-AB 4711", "--by", "ann", "--reason", "asked for it"};
  printed(garages.at("enter", "north", {"--plate", "B-AB 4711", "--config", garages.file}));
  printed(garages.at("exit", "north", {"--plate", "B-AB 4711", "--paid-here"}));
  printed(garages.at("enter", "south", {"--plate", "B-AB 4711"}));
  StartedProgram refused(garages.at("erase", "north", erasing));
  CHECK(refused.wait() == 3);
  CHECK_THAT(refused.errors(), Catch::Contains("south: in_use (ticket)"));
  const auto trail = [&] { return printed({"audit", "export", "--store", garages.store}); };
  CHECK_THAT(trail(), Catch::Contains("B-AB 4711"));

  printed(garages.at("exit", "south", {"--plate", "B-AB 4711", "--paid-here"}));
  printed(garages.at("erase", "north", erasing));
  CHECK_THAT(trail(), !Catch::Contains("B-AB 4711"));
  CHECK_THAT(trail(), Catch::Contains(R"("action":"erase")"));
  printed({"audit", "verify", "--store", garages.store});
  CHECK(json::parse(printed(garages.at("occupancy", "south", {"--json"})))["paid"] == 100);

  StartedProgram fed(garages.at("feed", "north", {}),
                     R"({"do": "erase", "plate": "B-1", "by": "ann", "reason": "asked"})");
  CHECK(fed.wait() == 0);
  CHECK_THAT(fed.output(), Catch::Contains("garage erase"));
}

TEST_CASE(
    "garage erase --operator: what an operator did stays without the name, in all garages of the store") {
  const TwoGarages garages;
  for (const char* garage : {"north", "south"}) {
    printed(garages.at("enter", garage, {"--plate", "B-1", "--config", garages.file}));
    printed(
        garages.at("void", garage, {"--plate", "B-1", "--by", "Roberta Example", "--reason", "broken gate"}));
  }
  const auto trail = [&] { return printed({"audit", "export", "--store", garages.store}); };
  CHECK_THAT(trail(), Catch::Contains("Roberta Example"));
  const auto erasing = [&](const char* by) {
    return garages.at("erase", "north",
                      {"--operator", "Roberta Example", "--by", by, "--reason", "asked for it"});
  };
  StartedProgram refused(erasing("Roberta Example"));
  CHECK(refused.wait() == 3);
  CHECK_THAT(refused.errors(), Catch::Contains("invalid_request (by)"));
  CHECK_THAT(trail(), Catch::Contains("Roberta Example"));

  CHECK_THAT(printed(erasing("ann")), !Catch::Contains("no record has this name"));
  CHECK_THAT(trail(), !Catch::Contains("Roberta Example"));
  CHECK_THAT(trail(), Catch::Contains("broken gate"));
  CHECK_THAT(trail(), Catch::Contains(R"("whose":"operator")"));
  printed({"audit", "verify", "--store", garages.store});
  CHECK_THAT(printed(erasing("ann")), Catch::Contains("no record has this name"));
  StartedProgram both(garages.at(
      "erase", "north", {"--operator", "bob", "--plate", "B-1", "--by", "ann", "--reason", "asked for it"}));
  CHECK(both.wait() != 0);
  CHECK_THAT(both.errors(), Catch::Contains("operator"));
}

TEST_CASE(
    "garage: what its store keeps of the config is for its owner alone, and damage to it names the file and "
    "the way out") {
  const TwoGarages garages;
  printed(garages.at("enter", "north", {"--plate", "B-AB 4711", "--config", garages.file}));
  const std::filesystem::path copy = garages.store + "/garages.json";
  using std::filesystem::perms;
  for (const auto& path : {std::filesystem::path(garages.store), copy})
    CHECK((status(path).permissions() & (perms::group_all | perms::others_all)) == perms::none);

  std::ofstream(copy) << R"({"garages": {"north": {"prexet": "mall"}}})";
  StartedProgram refused(garages.at("occupancy", "north", {}));
  CHECK(refused.wait() == 1);
  CHECK_THAT(refused.errors(), Catch::Contains(copy.string() + ": garages.north.prexet: unknown key") &&
                                   Catch::Contains("name the config with --config"));
  printed(garages.at("enter", "south", {"--plate", "B-1", "--config", garages.file}));
  printed(garages.at("occupancy", "north", {}));
}
