#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "started_program.h"

using namespace parking_lot::test;
using nlohmann::json;

TEST_CASE("check: a good config is fine, in JSON and in YAML") {
  const TemporaryFolder folder;
  StartedProgram as_json({"check", folder.write("c.json", R"({"pools": {"a": {"max_units": 1}}})")});
  CHECK(as_json.wait() == 0);
  CHECK_THAT(as_json.output(), Catch::EndsWith("is fine.\n"));
  StartedProgram as_yaml(
      {"check", folder.write("c.yml", "pools:\n  a:\n    max_units: 0x10\n    policy: strict\n")});
  CHECK(as_yaml.wait() == 0);
}

TEST_CASE("check: all errors come at once, each with its path") {
  const TemporaryFolder folder;
  const std::string config = R"({"pools": {"a": {"max_unit": 1}, "b": {"max_units": -1, "policy": "best"}}})";
  StartedProgram check({"check", folder.write("c.json", config), "--json"});
  CHECK(check.wait() == 2);
  const json report = json::parse(check.output());
  CHECK(report["ok"] == false);
  std::vector<std::string> paths;
  for (const json& issue : report["issues"]) paths.push_back(issue["path"]);
  for (const char* path : {"pools.a.max_unit", "pools.b.max_units", "pools.b.policy"}) {
    CHECK(std::find(paths.begin(), paths.end(), path) != paths.end());
  }
}

TEST_CASE("check: what this build lacks is a warning") {
  const TemporaryFolder folder;
  StartedProgram check(
      {"check", folder.write("c.json", R"({"pools": {"a": {"max_units": 1, "queue": "pgmq"}}})")});
  CHECK(check.wait() == 0);
  CHECK_THAT(check.output(), Catch::Contains("warning: pools.a.queue"));
}

TEST_CASE("check: what is wrong with garages is told by path, beside what is wrong with pools") {
  const TemporaryFolder folder;
  const std::string config = R"({"pools": {"a": {"max_unit": 1}}, "garages": {"g": {
    "levels": {"P1": {"A": 0}}, "entrances": {"south": {"P9": 1}},
    "tariffs": {"t": {"increment": {"length": "30m", "fee": -1}}}}, "h": 7}})";
  StartedProgram check({"check", folder.write("c.json", config), "--json"});
  CHECK(check.wait() == 2);
  const json report = json::parse(check.output());
  std::multiset<std::string> paths;
  for (const json& issue : report["issues"]) paths.insert(issue["path"]);
  for (const char* path : {"pools.a.max_unit", "garages.g.levels.P1.A", "garages.g.entrances.south.P9",
                           "garages.g.tariffs.t.increment.fee", "garages.h"})
    CHECK(paths.count(path) == 1);
}

TEST_CASE("check: a config of garages alone needs no pools") {
  const TemporaryFolder folder;
  StartedProgram check({"check", folder.write("c.json", R"({"garages": {"g": {"preset": "mall"}}})")});
  CHECK(check.wait() == 0);
  CHECK_THAT(check.output(), Catch::EndsWith("is fine.\n"));
  StartedProgram nowhere(
      {"check", folder.write("z.json", R"({"garages": {"g": {"preset": "mall", "zone": "Europe/Berln"}}})")});
  CHECK(nowhere.wait() == 2);
  CHECK_THAT(nowhere.output(), Catch::Contains("garages.g.zone: is no time zone that this system knows"));
  StartedProgram wrong({"check", folder.write("d.json", R"({"garages": {"g": {"preset": "barn"}}})")});
  CHECK(wrong.wait() == 2);
  CHECK_THAT(wrong.output(), Catch::Contains("garages.g.preset"));
}

TEST_CASE("check: quoted scalars of YAML stay strings and plain ones get their type") {
  const TemporaryFolder folder;
  StartedProgram quoted({"check", folder.write("c.yaml", "pools: {a: {max_units: '5'}}\n")});
  CHECK(quoted.wait() == 2);
  CHECK_THAT(quoted.output(), Catch::Contains("pools.a.max_units"));
  StartedProgram boolean({"check", folder.write("d.yaml", "pools: {a: {max_units: true}}\n")});
  CHECK(boolean.wait() == 2);
}

TEST_CASE("check: YAML that is broken, bottomless or says a key twice is refused with its line") {
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"pools:\n  a: [1\n", "is not YAML"},
      {"pools:\n  a: {max_units: 1}\n  a: {max_units: 2}\n", ":3 has the key 'a' twice"},
      {"a: &a [*a]\n", "nested too deeply"},
      {"pools:\n  a: {max_units: 1}\n---\nlog: debug\n", "begins a second document"},
      {"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c "
       "[*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
       "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f "
       "[*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
       "a million values"},
  };
  for (const auto& [text, message] : cases) {
    StartedProgram check({"check", folder.write("c.yaml", text)});
    CHECK(check.wait() == 2);
    CHECK_THAT(check.errors(), Catch::Contains(message));
  }
}

TEST_CASE("check: the schema is JSON and the version has a number") {
  StartedProgram schema({"check", "--schema"});
  CHECK(schema.wait() == 0);
  CHECK(json::parse(schema.output())["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  StartedProgram version({"--version"});
  CHECK(version.wait() == 0);
  CHECK_THAT(version.output(), Catch::Matches("parking-lot \\d+\\.\\d+\\.\\d+\n"));
}

TEST_CASE("check: without a file it says what to name") {
  StartedProgram check({"check"});
  CHECK(check.wait() == 2);
  CHECK_THAT(check.errors(), Catch::Contains("name a config file"));
}

TEST_CASE("replay: a script that is up to date replays to itself, a broken one ends with 2") {
  const TemporaryFolder folder;
  const std::string script = "pool gpu units=1\nexecutor\nsubmit a\n";
  StartedProgram first({"replay", folder.write("s.txt", script)});
  CHECK(first.wait() == 0);
  CHECK_THAT(first.output(), Catch::Contains("\n| "));
  StartedProgram second({"replay", folder.write("t.txt", first.output())});
  CHECK(second.wait() == 0);
  CHECK(second.output() == first.output());
  StartedProgram broken({"replay", folder.write("u.txt", "fly a\n"), "--json"});
  CHECK(broken.wait() == 2);
  CHECK(json::parse(broken.output())["ok"] == false);
}
