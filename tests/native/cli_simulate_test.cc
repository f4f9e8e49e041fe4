#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "started_program.h"

using namespace parking_lot::test;
using nlohmann::json;

namespace {

const std::string jobs =
    "; MaxProcs: 10\n"
    "1 0 -1 10 6 -1 -1 6 10 -1 1 1 1 -1 -1 -1 -1 -1\n"
    "2 1 -1 5 8 -1 -1 8 5 -1 1 2 1 -1 -1 -1 -1 -1\n"
    "3 2 -1 20 4 -1 -1 4 20 -1 1 1 1 -1 -1 -1 -1 -1\n"
    "4 3 -1 5 4 -1 -1 4 5 -1 1 2 1 -1 -1 -1 -1 -1\n";

}  // namespace

TEST_CASE("simulate: policies side by side, each with its starts in the unit of the trace") {
  const TemporaryFolder folder;
  StartedProgram simulate({"simulate", "--trace", folder.write("jobs.swf", jobs), "--policy", "first_fit",
                           "--policy", "strict", "--starts", folder.path("out.csv"), "--json"});
  REQUIRE(simulate.wait() == 0);
  const json report = json::parse(simulate.output());
  CHECK(report["trace"]["tasks"] == 4);
  REQUIRE(report["policies"].size() == 2);
  CHECK(report["policies"][0]["policy"] == "first_fit");
  CHECK(report["policies"][0]["capacity"] == 10);
  CHECK(report["policies"][0]["wait_ms"]["max"] == 21000);
  CHECK(report["policies"][1]["tenants"]["user2"]["wait_ms"]["max"] == 12000);
  CHECK(folder.read("out.first_fit.csv") ==
        "id,submit,start,end,units\n1,0,0,10,6\n2,1,22,27,8\n3,2,2,22,4\n4,3,10,15,4\n");
  CHECK(folder.read("out.strict.csv") ==
        "id,submit,start,end,units\n1,0,0,10,6\n2,1,10,15,8\n3,2,15,35,4\n4,3,15,20,4\n");
}

TEST_CASE("simulate: two equal policies write their starts into two files") {
  const TemporaryFolder folder;
  StartedProgram simulate({"simulate", "--trace", folder.write("jobs.swf", jobs), "--policy", "strict",
                           "--policy", "strict", "--starts", folder.path("out.csv")});
  REQUIRE(simulate.wait() == 0);
  CHECK(folder.read("out.strict.csv") == folder.read("out.strict.2.csv"));
  CHECK_FALSE(folder.read("out.strict.2.csv").empty());
}

TEST_CASE("simulate: one policy writes its starts where it was told to") {
  const TemporaryFolder folder;
  const std::string trace = folder.write("t.jsonl",
                                         "{\"submit\": 5, \"duration\": \"2s\", \"task_id\": \"a,b\"}\n"
                                         "{\"submit\": 6, \"duration\": 1, \"deadline\": 7}\n");
  StartedProgram simulate({"simulate", "--trace", trace, "--units", "1", "--starts", folder.path("out.csv")});
  REQUIRE(simulate.wait() == 0);
  CHECK(folder.read("out.csv") == "id,submit,start,end,units\n\"a,b\",5,5,2005,1\n2,6,,7,1\n");
  CHECK_THAT(simulate.output(), Catch::Contains("expired") && Catch::Contains("first_fit"));
}

TEST_CASE("simulate: a config in YAML says the limits, and runs are killed at their estimate on demand") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.yaml", "pools:\n  cluster: {max_units: 8, policy: strict}\n");
  StartedProgram simulate(
      {"simulate", "--config", config, "--trace", folder.write("jobs.swf", jobs), "--json"});
  REQUIRE(simulate.wait() == 0);
  CHECK(json::parse(simulate.output())["policies"][0]["policy"] == "strict");
  const std::string overrun = "1 0 -1 90 1 -1 -1 1 30 -1 1 1 1 -1 -1 -1 -1 -1\n";
  StartedProgram killed({"simulate", "--config", config, "--trace", folder.write("o.swf", overrun), "--json",
                         "--kill-at-estimate"});
  REQUIRE(killed.wait() == 0);
  const json policy = json::parse(killed.output())["policies"][0];
  CHECK(policy["expired"] == 1);
  CHECK(policy["makespan_ms"] == 30000);
}

TEST_CASE("simulate: a generated trace has a report and pictures") {
  const TemporaryFolder folder;
  StartedProgram simulate({"simulate", "--generate", "bursty", "--seed", "3", "--tasks", "500", "--policy",
                           "first_fit", "--policy", "first_fit:starvation_guard_secs=0", "--report",
                           folder.path("r.html"), "--pictures", folder.path("p-")});
  REQUIRE(simulate.wait() == 0);
  CHECK_THAT(folder.read("r.html"), Catch::StartsWith("<!doctype html>") && Catch::EndsWith("</html>\n"));
  CHECK_THAT(folder.read("p-waits.svg"), Catch::StartsWith("<svg ") && Catch::EndsWith("</svg>\n"));
  CHECK_FALSE(folder.read("p-tenants.svg").empty());
}

TEST_CASE("simulate: what cannot be done ends with 2 and says what to do") {
  const TemporaryFolder folder;
  const std::string swf = folder.write("jobs.swf", jobs);
  const std::string ok = R"({"pools": {"p": {"max_units": 10}}})";
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "give either a --trace or what to --generate"},
      {{"--trace", swf, "--generate", "bursty"}, "give either a --trace or what to --generate"},
      {{"--generate", "chess"}, "llm-code, llm-chat and bursty"},
      {{"--trace", swf, "--format", "xml"}, "jsonl, azure-llm and swf"},
      {{"--trace", folder.path("none.swf")}, "cannot be opened"},
      {{"--trace", folder.write("bad.swf", "1 2\n")}, "bad.swf: line 1: The line has 2 fields"},
      {{"--trace", swf, "--policy", "fastest"}, "names no policy"},
      {{"--trace", swf, "--config", folder.write("c.json", "{\"pools\": {\"a\": {}}}")}, "pools.a.max_units"},
      {{"--trace", swf, "--load", "0"}, "--load"},
      {{"--trace", swf, "--config", folder.path("c.json")}, "c.json: pools.a.max_units: "},
      {{"--trace", swf, "--load", "80"},
       "--load: has no effect: the trace says that its machine has 10 units"},
      {{"--generate", "bursty", "--load", "80", "--units", "9"}, "--load: and --units both size the pool"},
      {{"--generate", "bursty", "--units", "9", "--config", folder.write("ok.json", ok)},
       "--units: sizes the pool where there is no --config"},
      {{"--generate", "bursty", "--load", "9", "--config", folder.path("ok.json")},
       "--load: sizes the pool where there is no --config"},
      {{"--generate", "bursty", "--config", folder.write("big.json", R"({"pools": 1e400})")},
       "big.json: line 1, column 15: This is not JSON: the number 1e400 is too large"},
      {{"--trace", swf, "--config", folder.path("ok.json"), "--policy", "strict:max_units=1e400"},
       "--policy strict:max_units=1e400: "},
  };
  for (const auto& [arguments, message] : cases) {
    std::vector<std::string> all = {"simulate"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    StartedProgram simulate(all);
    CHECK(simulate.wait() == 2);
    CHECK_THAT(simulate.errors(), Catch::Contains(message));
  }
}

TEST_CASE("simulate: of what did not happen there is no figure, and the lag between tenants has its bound") {
  const TemporaryFolder folder;
  const std::string trace =
      folder.write("t.jsonl", R"({"submit": 0, "duration": 1000, "tenant": "a", "units": 9})"
                              "\n"
                              R"({"submit": 0, "duration": 1000, "tenant": "b", "units": 1})"
                              "\n");
  const std::string config =
      folder.write("c.json", R"({"pools": {"p": {"max_units": 4, "fairness": "tenant"}}})");
  StartedProgram simulate(
      {"simulate", "--trace", trace, "--config", config, "--report", folder.path("r.html")});
  REQUIRE(simulate.wait() == 0);
  CHECK_THAT(simulate.output(), Catch::Matches("[^]*tenant a, p95 +-\n[^]*") &&
                                    Catch::Matches("[^]*tenant b, p95 +0.00\n[^]*") &&
                                    Catch::Matches("[^]*start foretold, off by p50 +-\n[^]*") &&
                                    Catch::Contains("lag between tenants, most (s)") &&
                                    Catch::Contains("its bound"));
  CHECK_THAT(folder.read("r.html"), Catch::Contains("Lag between tenants"));
  StartedProgram as_json({"simulate", "--trace", trace, "--config", config, "--json"});
  REQUIRE(as_json.wait() == 0);
  const json figures = json::parse(as_json.output())["policies"][0];
  CHECK(figures["fairness_lag"]["beyond_bound"] == 0);
  CHECK(figures["tenants"]["a"]["started"] == 0);
}

TEST_CASE("simulate: resources are named in traces and starts, and a seed is a whole number") {
  const TemporaryFolder folder;
  const std::string trace = folder.write(
      "t.jsonl", R"({"submit": 0, "duration": 1000, "units": {"cpu": 2, "gpu": 1}, "task_id": "a"})");
  const std::string config =
      folder.write("c.json", R"({"pools": {"p": {"max_units": {"cpu": 4, "gpu": 1}}}})");
  StartedProgram simulate(
      {"simulate", "--trace", trace, "--config", config, "--starts", folder.path("s.csv")});
  CHECK(simulate.wait() == 0);
  CHECK_THAT(simulate.output(), Catch::Contains("capacity 1 units of gpu, which is the tightest"));
  CHECK(folder.read("s.csv") == "id,submit,start,end,units\na,0,0,1000,cpu=2 gpu=1\n");
  StartedProgram plain({"simulate", "--generate", "bursty", "--tasks", "9", "--config", config});
  CHECK(plain.wait() == 2);
  CHECK_THAT(plain.errors(), Catch::Contains("counts several resources (cpu, gpu)"));
  StartedProgram negative({"simulate", "--generate", "bursty", "--seed", "-1"});
  CHECK(negative.wait() == 2);
  CHECK_THAT(negative.errors(), Catch::Contains("must be a whole number from 0, not -1"));
}
