#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "running_host.h"
#include "started_program.h"

using namespace parking_lot::test;
using nlohmann::json;

namespace {

const std::string two_units = R"({"pools": {"cpu": {"max_units": 2, "max_queue_depth": 3}}})";

std::string job(const std::vector<std::string>& argv, json more = json::object()) {
  more["payload"] = {{"argv", argv}};
  return more.dump() + "\n";
}

std::string shell_job(const std::string& script, json more = json::object()) {
  return job({"sh", "-c", script}, more);
}

std::map<std::string, json> by_id(const std::vector<std::string>& lines) {
  std::map<std::string, json> outcomes;
  for (const std::string& line : lines) {
    const json outcome = json::parse(line);
    CHECK(outcomes.emplace(outcome["task_id"], outcome).second);
  }
  return outcomes;
}

// Whether somebody runs with this word among its arguments or in its environment.
bool runs_with(const std::string& word) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    const std::string arguments{std::istreambuf_iterator<char>(file), {}};
    if (arguments.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("run: jobs run under a config that has garages too, and it says that these take no part") {
  const TemporaryFolder folder;
  const std::string config = R"({"pools": {"cpu": {"max_units": 1}}, "garages": {"g": {"preset": "mall"}}})";
  StartedProgram run({"run", "--config", folder.write("c.json", config)}, job({"true"}));
  CHECK(run.wait() == 0);
  CHECK_THAT(run.output(), Catch::Contains(R"("completed")"));
  CHECK_THAT(run.errors(), Catch::Contains("garages") && Catch::Contains("take no part"));
}

TEST_CASE("run: a job file runs to the end, one outcome for each job") {
  const TemporaryFolder folder;
  std::string jobs;
  for (int i = 0; i < 30; ++i)
    jobs += job({"echo", std::to_string(i)}, {{"task_id", "t" + std::to_string(i)}});
  StartedProgram run(
      {"run", "--config", folder.write("c.json", two_units), "--jobs", folder.write("j", jobs)});
  CHECK(run.wait() == 0);
  const auto outcomes = by_id(run.output_lines());
  REQUIRE(outcomes.size() == 30);
  CHECK(outcomes.at("t7")["status"] == "completed");
  CHECK(outcomes.at("t7")["pool"] == "cpu");
  CHECK(outcomes.at("t7")["attempt"] == 1);
  CHECK(outcomes.at("t7")["result"]["stdout"] == "7\n");
  CHECK(outcomes.at("t7")["started_at"].get<std::string>().size() == 24);
  CHECK_FALSE(outcomes.at("t7").contains("reason"));
  CHECK_THAT(run.errors(), Catch::StartsWith("30 completed in "));
}

TEST_CASE("run: the units of the jobs that run together never exceed the limit") {
  const TemporaryFolder folder;
  const std::string log = folder.path("log");
  std::string jobs;
  for (int i = 0; i < 40; ++i) {
    // Appends of short lines are atomic, and a job's own units are taken from before its first to after its
    // last.
    jobs +=
        shell_job("echo $PARKING_LOT_UNITS >> " + log + "; sleep 0.005; echo -$PARKING_LOT_UNITS >> " + log,
                  {{"units", i % 5 + 1}, {"priority", i % 2 == 0 ? "high" : "low"}});
  }
  const std::string config =
      folder.write("c.json", R"({"pools": {"cpu": {"max_units": 5, "max_queue_depth": 4}}})");
  StartedProgram run({"run", "--config", config, "--jobs", folder.write("j", jobs), "--json"});
  CHECK(run.wait() == 0);
  int in_use = 0;
  int peak = 0;
  for (const std::string& line : folder.lines("log")) peak = std::max(peak, in_use += std::stoi(line));
  CHECK(in_use == 0);
  CHECK(peak <= 5);
  CHECK(peak > 1);
  const json summary = json::parse(run.errors());
  CHECK(summary["completed"] == 40);
  CHECK(summary["pools"]["cpu"]["units_peak"].get<int>() <= 5);
}

TEST_CASE("run: broken lines are named by number, the others run, and the exit code is 3") {
  const TemporaryFolder folder;
  const std::string jobs = "\n" + job({"true"}) + "not json\n" + job({"true"}, {{"pool", "gpu"}}) +
                           job({"true"}, {{"prio", "high"}}) + job({"true"}) + job({"true"}, {{"units", 9}});
  const std::string file = folder.write("j", jobs);
  StartedProgram run({"run", "--config", folder.write("c.json", two_units), "--jobs", file});
  CHECK(run.wait() == 3);
  CHECK(run.output_lines().size() == 3);
  for (const char* line : {":3: ", ":4: pool: 'gpu'", ":5: prio: unknown key", ":7: cost_exceeds_capacity"}) {
    CHECK_THAT(run.errors(), Catch::Contains(file + line));
  }
  CHECK_THAT(run.errors(), Catch::Contains("2 completed, 1 rejected, 3 malformed"));
}

TEST_CASE("run: with --json stderr holds one JSON object and nothing else") {
  const TemporaryFolder folder;
  StartedProgram run({"run", "--config", folder.write("c.json", two_units), "--json"},
                     "broken\n" + job({"false"}));
  CHECK(run.wait() == 3);
  const json summary = json::parse(run.errors());
  CHECK(summary["failed"] == 1);
  CHECK(summary["malformed"] == 1);
  CHECK(summary["malformed_lines"][0]["line"] == 1);
  CHECK(summary["ending"] == "finished");
}

TEST_CASE("run: a line that is far too long is malformed, and costs no memory") {
  const TemporaryFolder folder;
  const std::string config =
      folder.write("c.json", R"({"pools": {"cpu": {"max_units": 2, "max_payload_bytes": 1000}}})");
  StartedProgram run({"run", "--config", config}, std::string(400'000, 'x') + "\n" + job({"true"}));
  CHECK(run.wait() == 3);
  CHECK(run.output_lines().size() == 1);
  CHECK_THAT(run.errors(), Catch::Contains("standard input:1: the line is longer"));
}

TEST_CASE("run: with several pools a job must name one, and each has its own limit") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.yaml", "pools:\n  cpu: {max_units: 2}\n  io: {max_units: 1}\n");
  StartedProgram run({"run", "--config", config}, job({"true"}, {{"pool", "io"}}) + job({"true"}));
  CHECK(run.wait() == 3);
  CHECK(json::parse(run.output_lines().at(0))["pool"] == "io");
  CHECK_THAT(run.errors(), Catch::Contains(":2: pool: is missing"));
}

TEST_CASE("run: a full queue makes it wait, also when nothing may be parked") {
  const TemporaryFolder folder;
  const std::string config =
      folder.write("c.json", R"({"pools": {"cpu": {"max_units": 1, "max_queue_depth": 0}}})");
  std::string jobs;
  for (int i = 0; i < 10; ++i) jobs += job({"echo", std::to_string(i)});
  StartedProgram run({"run", "--config", config}, jobs);
  CHECK(run.wait() == 0);
  std::string order;
  for (const std::string& line : run.output_lines()) order += json::parse(line)["result"]["stdout"];
  CHECK(order == "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
}

TEST_CASE("run: jobs without an id get the same one in each run of the same file") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", two_units);
  const std::string jobs = folder.write("j", job({"true"}) + job({"true"}));
  StartedProgram first({"run", "--config", config, "--jobs", jobs});
  StartedProgram second({"run", "--config", config, "--jobs", jobs});
  CHECK(first.wait() == 0);
  CHECK(second.wait() == 0);
  const auto outcomes = by_id(first.output_lines());
  CHECK(outcomes.size() == 2);
  for (const auto& [id, outcome] : by_id(second.output_lines())) CHECK(outcomes.contains(id));
}

TEST_CASE("run: two lines with the same task give one outcome") {
  const TemporaryFolder folder;
  const std::string line = job({"true"}, {{"task_id", "same"}});
  StartedProgram run({"run", "--config", folder.write("c.json", two_units), "--json"}, line + line);
  CHECK(run.wait() == 0);
  CHECK(run.output_lines().size() == 1);
  CHECK(json::parse(run.errors())["joined"] == 1);
}

TEST_CASE("run: --resume cuts a torn line, leaves out what has an outcome, and adds the rest") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", two_units);
  const std::string touched = folder.path("touched");
  std::string jobs;
  for (int i = 0; i < 4; ++i) {
    jobs += shell_job("echo " + std::to_string(i) + " >> " + touched, {{"task_id", "t" + std::to_string(i)}});
  }
  folder.write("j", jobs);
  folder.write("out", R"({"task_id":"t1","pool":"cpu","status":"completed"})"
                      "\n"
                      R"({"task_id":"t2","pool":"cp)");
  StartedProgram run(
      {"run", "--config", config, "--jobs", folder.path("j"), "--out", folder.path("out"), "--resume"});
  CHECK(run.wait() == 0);
  CHECK(by_id(folder.lines("out")).size() == 4);
  auto ran = folder.lines("touched");
  std::sort(ran.begin(), ran.end());
  CHECK(ran == std::vector<std::string>{"0", "2", "3"});
  CHECK_THAT(run.errors(), Catch::Contains("1 had an outcome already"));
}

TEST_CASE("run: --resume ends with 3 also for what had failed before") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", two_units);
  folder.write("j", shell_job("true", {{"task_id", "a"}}) + shell_job("true", {{"task_id", "b"}}));
  folder.write("out", R"({"task_id":"a","pool":"cpu","status":"failed"})"
                      "\n");
  StartedProgram run(
      {"run", "--config", config, "--jobs", folder.path("j"), "--out", folder.path("out"), "--resume"});
  CHECK(run.wait() == 3);
  CHECK_THAT(run.errors(),
             Catch::Contains("1 completed, 1 had an outcome already (1 of them not completed)"));
}

TEST_CASE("run: Ctrl-C starts nothing more, waits for what runs, and ends with 130") {
  const TemporaryFolder folder;
  const std::string go = folder.path("go");
  const std::string wait =
      "echo x >> " + folder.path("begun") + "; until test -e " + go + "; do sleep 0.01; done";
  std::string jobs;
  for (int i = 0; i < 10; ++i) jobs += shell_job(wait);
  StartedProgram run(
      {"run", "--config", folder.write("c.json", two_units), "--jobs", folder.write("j", jobs)});
  REQUIRE(eventually([&] { return folder.lines("begun").size() == 2; }));
  run.send(SIGINT);
  REQUIRE(eventually([&] { return run.errors().find("Interrupted") != std::string::npos; }));
  folder.write("go", "");
  CHECK(run.wait() == 130);
  CHECK(folder.lines("begun").size() == 2);
  CHECK(run.output_lines().size() == 2);
  CHECK_THAT(run.errors(), Catch::Contains("interrupted: 2 completed, 8 not started"));
}

TEST_CASE("run: a second Ctrl-C kills what runs and records no outcome for it") {
  const TemporaryFolder folder;
  const std::string mark = "parking-lot-second-interrupt-" + std::to_string(getpid());
  const std::string script = "trap '' TERM INT; touch " + folder.path("begun") + "; sleep 1000; : " + mark;
  StartedProgram run({"run", "--config", folder.write("c.json", two_units)},
                     shell_job(script) + job({"true"}));
  REQUIRE(eventually([&] { return std::filesystem::exists(folder.path("begun")); }));
  REQUIRE(runs_with(mark));
  run.send(SIGINT);
  REQUIRE(eventually([&] { return run.errors().find("Interrupted") != std::string::npos; }));
  run.send(SIGINT);
  CHECK(run.wait() == 130);
  for (const std::string& line : run.output_lines()) CHECK(json::parse(line)["status"] == "completed");
  CHECK_THAT(run.errors(), Catch::Contains("1 completed, 1 killed in"));
  CHECK(eventually([&] { return !runs_with(mark); }));
}

TEST_CASE("run: kill -9 leaves no process behind, neither children nor grandchildren") {
  const TemporaryFolder folder;
  const std::string mark = "parking-lot-kill-nine-" + std::to_string(getpid());
  // A grandchild that outlives its parent's signals, and does not read from anywhere.
  const std::string script = "trap '' TERM HUP INT; sh -c 'trap \"\" TERM HUP INT; echo x >> " +
                             folder.path("begun") + "; while :; do sleep 1000; done; : " + mark + "' & wait";
  StartedProgram run({"run", "--config", folder.write("c.json", two_units)},
                     shell_job(script) + shell_job(script));
  REQUIRE(eventually([&] { return folder.lines("begun").size() == 2; }));
  REQUIRE(runs_with(mark));
  run.send(SIGKILL);
  CHECK(run.wait() == 128 + SIGKILL);
  CHECK(eventually([&] { return !runs_with(mark); }));
}

TEST_CASE("run: a reader that goes away ends it with 1 and a sentence") {
  const TemporaryFolder folder;
  std::vector<std::string> arguments{"run", "--config", folder.write("c.json", two_units), "--out",
                                     "/dev/full"};
  SECTION("that has nothing to resume") { arguments.push_back("--resume"); }
  SECTION("that is begun with") {}
  StartedProgram run(arguments, job({"true"}));
  CHECK(run.wait() == 1);
  CHECK_THAT(run.errors(), Catch::Contains("/dev/full: cannot be written: No space left on device."));
}

TEST_CASE("what cannot be written, or read, ends with 1 and a sentence") {
  const TemporaryFolder folder;
  const std::string program = PARKING_LOT_BINARY_DIR "/parking-lot";
  const std::string run = program + " run --config " + folder.write("c.json", two_units);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {program + " check --schema > /dev/full", "standard output: cannot be written"},
      {program + " --help > /dev/full", "standard output: cannot be written"},
      {program + " check --schema >&-", "standard output: cannot be written"},
      {run + " <&-", "standard input: cannot be read: Bad file descriptor."},
      {run + " --jobs " + folder.write("jobs", job({"true"})) + " >&-",
       "standard output: cannot be written: Bad file descriptor."},
      {run + " --jobs " + folder.path("jobs") + " --out " + folder.path("out") + " 2>&- && false", ""},
  };
  for (const auto& [line, message] : cases) {
    INFO(line);
    const int status = std::system(("(" + line + ") 2> " + folder.path("errors")).c_str());
    CHECK(WEXITSTATUS(status) == 1);
    CHECK_THAT(folder.read("errors"), Catch::Contains(message));
  }
  CHECK(folder.lines("out").size() == 1);
}

TEST_CASE("run: what cannot be used ends with 2 and names it") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", two_units);
  const std::string durable =
      folder.write("d.json", R"({"pools": {"a": {"max_units": 1, "queue": "postgres"}}})");
  const std::string jobs = folder.write("jobs", job({"true"}));
  const std::string notes = folder.write("notes", "not an outcome");
  const std::string broken = folder.write("b.json", R"({"pools": {"a": {"max_unit": 1}}})");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"run"}, "--config"},
      {{"run", "--config", folder.path("none.json")}, "none.json: cannot be opened"},
      {{"run", "--config", config, "--jobs", folder.path("none")}, "none: cannot be opened"},
      {{"run", "--config", config, "--jobs", "/"}, "is a directory"},
      {{"run", "--config", config, "--out", "/no/such/folder/out"}, "/no/such/folder/out: cannot be opened"},
      {{"run", "--config", config, "--resume"}, "--resume needs --out"},
      {{"run", "--config", config, "--resume", "--out", "-"}, "--resume needs --out"},
      {{"run", "--config", config, "--jobs", jobs, "--out", jobs}, "jobs: is what the run reads"},
      {{"run", "--config", config, "--jobs", jobs, "--out", folder.path("./c.json")},
       "is what the run reads"},
      {{"run", "--config", config, "--jobs", jobs, "--resume", "--out", notes},
       "ends with something that is no outcome"},
      {{"run", "--config", durable}, "pools.a.queue"},
      {{"run", "--config", broken}, "pools.a.max_unit"},
      {{"run", "--config", config, "--color"}, "--color"},
      {{"fly"}, "fly"},
      {{}, "subcommand"},
  };
  for (const auto& [arguments, message] : cases) {
    StartedProgram run(arguments);
    CHECK(run.wait() == 2);
    CHECK_THAT(run.errors(), Catch::Contains(message));
    CHECK(run.output().empty());
  }
  CHECK(folder.lines("jobs").size() == 1);
  CHECK(folder.lines("notes") == std::vector<std::string>{"not an outcome"});
}
