#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "running_host.h"
#include "started_program.h"

using namespace parking_lot::test;
using nlohmann::json;

namespace {

std::string config_with(const std::string& queue, const std::string& mailbox, int units = 2) {
  return R"({"pools": {"cpu": {"max_units": )" + std::to_string(units) +
         R"(, "max_queue_depth": 8, "queue": )" + queue + R"(, "mailbox": )" + mailbox + "}}}";
}
const std::string one_store =
    config_with(R"({"type": "file", "path": "lot"})", R"({"storage": {"type": "file", "path": "lot"}})");
const std::string two_stores =
    config_with(R"({"type": "file", "path": "queue"})", R"({"storage": {"type": "file", "path": "mail"}})");

// Each job waits a little and says that it has run.
std::string jobs(int count, const std::string& log, const std::string& pause = "0.05") {
  std::string lines;
  for (int i = 1; i <= count; ++i) {
    const std::string script = "echo " + std::to_string(i) + " >> " + log + "; sleep " + pause;
    lines += json{{"mailbox", {{"tenant", "acme"}, {"user", "ann"}}},
                  {"payload", {{"argv", {"/bin/sh", "-c", script}}}}}
                 .dump() +
             "\n";
  }
  return lines;
}

std::map<std::string, int> outcomes_by_id(const TemporaryFolder& folder, const std::string& file) {
  std::map<std::string, int> counts;
  for (const std::string& line : folder.lines(file)) {
    const json outcome = json::parse(line);
    CHECK(outcome["status"] == "completed");
    ++counts[outcome["task_id"]];
  }
  return counts;
}

bool is_once_each(const std::map<std::string, int>& counts, std::size_t expected) {
  return counts.size() == expected &&
         std::all_of(counts.begin(), counts.end(), [](const auto& count) { return count.second == 1; });
}

std::string program_output(const std::vector<std::string>& arguments, int code = 0) {
  StartedProgram program(arguments);
  const int ended = program.wait();
  INFO(program.errors());
  CHECK(ended == code);
  return program.output();
}

/// Arguments of a run that goes on where an earlier one with the same arguments ended.
std::vector<std::string> resuming(const TemporaryFolder& folder, const std::string& config,
                                  const std::string& job_file) {
  return {"run", "--config", config, "--jobs", job_file, "--out", folder.path("out"), "--resume"};
}

}  // namespace

TEST_CASE("run: killed half-way and resumed, every job has exactly one outcome, in one store or two") {
  for (const std::string& config_text : {one_store, two_stores}) {
    const TemporaryFolder folder;
    const std::string config = folder.write("c.json", config_text);
    const std::string job_file = folder.write("jobs", jobs(30, folder.path("log")));
    const std::vector<std::string> arguments = resuming(folder, config, job_file);
    {
      StartedProgram run(arguments);
      REQUIRE(eventually([&] { return folder.lines("out").size() >= 8; }));
      run.send(SIGKILL);
      CHECK(run.wait() == 128 + SIGKILL);
    }
    CHECK(folder.lines("out").size() < 30);
    StartedProgram resumed(arguments);
    const int code = resumed.wait();
    INFO(resumed.errors());
    CHECK(code == 0);
    CHECK(is_once_each(outcomes_by_id(folder, "out"), 30));
    // What ran to the end before the kill was not run again: only what was interrupted.
    CHECK(folder.lines("log").size() <= 32);

    std::set<std::string> delivered;
    const std::string store = std::filesystem::exists(folder.path("mail")) ? "mail" : "lot";
    std::istringstream messages(program_output({"mailbox", "fetch", "--store", folder.path(store), "--tenant",
                                                "acme", "--user", "ann", "--limit", "1000", "--json"}));
    for (std::string line; std::getline(messages, line);) {
      CHECK(delivered.insert(json::parse(line)["task_id"]).second);
      CHECK(json::parse(line)["payload"]["exit_code"] == 0);
    }
    CHECK(delivered.size() == 30);
  }
}

TEST_CASE("run: a torn line is cut, and an outcome that the file lost is added from the store") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  const std::string job_file = folder.write("jobs", jobs(3, folder.path("log"), "0"));
  const std::vector<std::string> arguments = resuming(folder, config, job_file);
  program_output(arguments);
  const auto lines = folder.lines("out");
  REQUIRE(lines.size() == 3);
  folder.write("out", lines[0] + "\n" + lines[1].substr(0, 20));
  program_output(arguments);
  CHECK(is_once_each(outcomes_by_id(folder, "out"), 3));
  CHECK(folder.lines("log").size() == 3);  // nothing ran again
}

TEST_CASE("run: with another file, --resume writes only what is recorded from now on") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  const std::string job_file = folder.write("jobs", jobs(3, folder.path("log"), "0"));
  program_output({"run", "--config", config, "--jobs", job_file, "--out", folder.path("first")});
  program_output({"task", "submit", "--store", folder.path("lot"), "--pool", "cpu",
                  R"({"task_id": "later", "payload": {"argv": ["true"]}})"});
  StartedProgram resumed({"run", "--config", config, "--out", folder.path("second"), "--resume"});
  CHECK(resumed.wait() == 0);
  CHECK_THAT(resumed.errors(), Catch::Contains("3 ended in an earlier run"));
  REQUIRE(folder.lines("second").size() == 1);
  CHECK(json::parse(folder.lines("second")[0])["task_id"] == "later");
}

TEST_CASE("run: a store that another process owns is named with its owner, and can be read meanwhile") {
  const TemporaryFolder folder;
  const std::string config =
      folder.write("c.json", config_with(R"({"type": "file", "path": "lot"})", "\"in_memory\"", 1));
  StartedProgram run({"run", "--config", config},
                     "{\"task_id\": \"long\", \"payload\": {\"argv\": [\"/bin/sh\", \"-c\", \"echo > " +
                         folder.path("begun") +
                         "; sleep 1000\"]}}\n{\"task_id\": \"next\", \"payload\": {\"argv\": [\"true\"]}}\n");
  REQUIRE(eventually([&] { return std::filesystem::exists(folder.path("begun")); }));
  const std::string store = folder.path("lot");

  StartedProgram second({"run", "--config", config, "--jobs", "/dev/null"});
  CHECK(second.wait() == 1);
  CHECK_THAT(second.errors(), Catch::Contains(store) && Catch::Contains(std::to_string(run.process())));
  StartedProgram change({"task", "cancel", "--store", store, "next"});
  CHECK(change.wait() == 1);
  CHECK_THAT(change.errors(), Catch::Contains(std::to_string(run.process())));

  CHECK(json::parse(program_output({"task", "status", "--store", store, "--json", "long"}))["status"] ==
        "running");
  const json next = json::parse(program_output({"task", "explain", "--store", store, "--json", "next"}));
  CHECK(next["waits_for"] == "capacity");
  CHECK(next["position"] == 1);
  const json pool = json::parse(program_output({"pool", "list", "--store", store, "--json"}));
  CHECK(pool["running"] == 1);
  CHECK(pool["units_max"] == 1);
}

TEST_CASE("task: what is submitted to a store is run by the next run, and retried and cancelled in between") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", two_stores);
  const std::string store = folder.path("queue");
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  const json receipt = json::parse(program_output(
      {"task", "submit", "--store", store, "--json", R"({"task_id": "a", "payload": {"argv": ["false"]}})"}));
  CHECK(receipt["status"] == "queued");
  program_output({"task", "submit", "--store", store, R"({"task_id": "b", "payload": {"argv": ["true"]}})"});
  program_output({"task", "cancel", "--store", store, "b"});
  program_output({"run", "--config", config, "--out", folder.path("out"), "--resume"}, 3);
  REQUIRE(folder.lines("out").size() == 1);
  CHECK(json::parse(folder.lines("out")[0])["status"] == "failed");
  program_output({"task", "retry", "--store", store, "a"});
  std::istringstream queued(
      program_output({"task", "list", "--store", store, "--status", "queued", "--json"}));
  std::string line;
  REQUIRE(std::getline(queued, line));
  CHECK(json::parse(line)["task_id"] == "a");
  CHECK(json::parse(program_output({"task", "status", "--store", store, "--json", "b"}))["reason"] ==
        "cancelled");
  program_output({"task", "status", "--store", store, "c"}, 3);
}

TEST_CASE("run: what the store held besides, and has begun, is waited for and not killed") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  const std::string job_file = folder.write("jobs", jobs(1, folder.path("log"), "0"));
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  const std::string slow =
      json{{"task_id", "slow"},
           {"payload", {{"argv", {"sh", "-c", "sleep 0.5; echo end >> " + folder.path("slow")}}}}}
          .dump();
  program_output({"task", "submit", "--config", config, slow});
  SECTION("beside a job") {}
  SECTION("without any") { folder.write("jobs", ""); }
  StartedProgram run({"run", "--config", config, "--jobs", job_file, "--out", folder.path("out")});
  CHECK(run.wait() == 0);
  CHECK_THAT(run.errors(), Catch::Contains("what else has begun in the pools is waited for: 1 running"));
  CHECK(folder.lines("slow") == std::vector<std::string>{"end"});
  CHECK(folder.lines("out").size() == folder.lines("jobs").size());
  const json status = json::parse(program_output({"task", "status", "--config", config, "--json", "slow"}));
  CHECK(status["status"] == "completed");
  CHECK(status["attempt"] == 1);
}

TEST_CASE("task and mailbox: what is submitted names its pool, and a long list is whole") {
  const TemporaryFolder folder;
  const json file{{"type", "file"}, {"path", folder.path("store")}};
  const json pool{{"max_units", 64}, {"queue", file}, {"mailbox", {{"storage", file}}}};
  const std::string config = folder.write("c.json", json{{"pools", {{"a", pool}, {"b", pool}}}}.dump());
  std::string lines;
  for (int i = 0; i < 1100; ++i) {
    const json task{{"pool", "a"},
                    {"task_id", "t" + std::to_string(i)},
                    {"payload", {{"argv", {"true"}}}},
                    {"mailbox_key", {{"tenant", "acme"}}}};
    lines += task.dump() + "\n";
  }
  program_output(
      {"run", "--config", config, "--jobs", folder.write("jobs", lines), "--out", folder.path("out")});
  program_output({"task", "submit", "--config", config, R"({"pool": "b", "task_id": "x", "payload": 1})"});
  CHECK(json::parse(program_output(
            {"task", "status", "--config", config, "--pool", "b", "--json", "x"}))["status"] == "queued");
  program_output({"task", "submit", "--config", config, "--pool", "a", R"({"pool": "b", "payload": 1})"}, 2);
  const auto count = [&](const std::vector<std::string>& arguments) {
    const std::string text = program_output(arguments);
    return std::count(text.begin(), text.end(), '\n');
  };
  CHECK(count({"task", "list", "--config", config, "--pool", "a", "--limit", "1050", "--json"}) == 1050);
  CHECK(count({"task", "list", "--config", config, "--pool", "a", "--limit", "5000", "--json"}) == 1100);
  program_output({"task", "list", "--config", config, "--pool", "a", "--limit", "0"}, 2);
  CHECK(count({"mailbox", "fetch", "--config", config, "--tenant", "acme", "--limit", "1050", "--json"}) ==
        1050);
  CHECK(count({"mailbox", "fetch", "--config", config, "--tenant", "acme", "--limit", "5000", "--json"}) ==
        1100);
}

TEST_CASE("mailbox watch: ends when nobody reads what it prints any more") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  const std::string watch =
      PARKING_LOT_BINARY_DIR "/parking-lot mailbox watch --tenant default --config " + config;
  const int status = std::system(("timeout 20 bash -c 'set -o pipefail; " + watch + " | true'").c_str());
  CHECK(WEXITSTATUS(status) == 1);
}

TEST_CASE("run: interrupted and resumed, the rest is run") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  const std::string job_file = folder.write("jobs", jobs(12, folder.path("log"), "0.1"));
  const std::vector<std::string> arguments = resuming(folder, config, job_file);
  StartedProgram run(arguments);
  REQUIRE(eventually([&] { return folder.lines("out").size() >= 2; }));
  run.send(SIGINT);
  CHECK(run.wait() == 130);
  CHECK(folder.lines("log").size() < 12);
  CHECK(folder.lines("log").size() == folder.lines("out").size());
  program_output(arguments);
  CHECK(is_once_each(outcomes_by_id(folder, "out"), 12));
  CHECK(folder.lines("log").size() == 12);
}

TEST_CASE("pool: paused stays paused over a restart, until it is resumed") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  const std::string store = folder.path("lot");
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  program_output({"pool", "pause", "--store", store, "cpu"});
  program_output({"task", "submit", "--store", store, R"({"task_id": "a", "payload": {"argv": ["true"]}})"});
  const json paused = json::parse(program_output({"task", "explain", "--store", store, "--json", "a"}));
  CHECK(paused["waits_for"] == "paused");
  StartedProgram run({"run", "--config", config, "--out", folder.path("out"), "--resume"});
  CHECK(eventually([&] { return run.errors().find("pool 'cpu' is paused") != std::string::npos; }));
  run.send(SIGINT);
  CHECK(run.wait() == 130);
  program_output({"pool", "resume", "--store", store});
  program_output({"run", "--config", config, "--out", folder.path("out"), "--resume"});
  CHECK(folder.lines("out").size() == 1);
}

TEST_CASE("pool at: a pool is shown with the tasks that it had at a past time") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  const std::string store = folder.path("lot");
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  std::vector<std::string> times;
  for (const std::string id : {"a", "b"}) {
    program_output({"task", "submit", "--store", store,
                    R"({"task_id": ")" + id + R"(", "payload": {"argv": ["true"]}})"});
    const json view = json::parse(program_output({"task", "status", "--store", store, "--json", id}));
    times.push_back(view["submitted_at"]);
  }
  const auto lines_at = [&](const std::string& time) {
    std::istringstream lines(program_output({"pool", "at", "--store", store, "--json", time}));
    std::vector<json> objects;
    for (std::string line; std::getline(lines, line);) objects.push_back(json::parse(line));
    return objects;
  };
  const std::vector<json> earlier = lines_at(times[0]);
  REQUIRE(earlier.size() == 2);
  CHECK(earlier[0]["parked"] == 1);
  CHECK(earlier[1]["task_id"] == "a");
  const std::vector<json> later = lines_at(times[1]);
  REQUIRE(later.size() == 3);
  CHECK(later[2]["task_id"] == "b");
  StartedProgram too_early({"pool", "at", "--store", store, "2020-01-01T00:00:00Z"});
  CHECK(too_early.wait() == 1);
  CHECK_THAT(too_early.errors(), Catch::Contains("no records of that time"));
}

TEST_CASE("pool at: the stream of a pool may have a name of its own") {
  const TemporaryFolder folder;
  const std::string config = folder.write(
      "c.json",
      R"({"pools": {"cpu": {"max_units": 1, "queue": {"type": "file", "path": "lot", "stream": "mine"}}}})");
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  const std::string job = R"({"task_id": "a", "payload": {"argv": ["true"]}})";
  program_output({"task", "submit", "--store", folder.path("lot"), job});
  const json view = json::parse(program_output({"task", "status", "--config", config, "--json", "a"}));
  CHECK_THAT(program_output({"pool", "at", "--config", config, view["submitted_at"]}),
             Catch::Contains("parked 1"));
}

TEST_CASE("run: one folder in two spellings is one store, also before it is there") {
  const TemporaryFolder folder;
  const std::string mailbox = R"({"storage": {"type": "file", "path": ")" + folder.path("lot") + R"("}})";
  for (const std::string& spelling : {std::string("./lot/"), std::string("lot")}) {
    std::filesystem::remove_all(folder.path("lot"));
    const std::string config =
        folder.write("c.json", config_with(R"({"type": "file", "path": ")" + spelling + R"("})", mailbox));
    program_output({"run", "--config", config, "--jobs", folder.write("jobs", jobs(1, folder.path("log")))});
  }
}

TEST_CASE("pool: a store without a copy of its config asks for the config") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  std::filesystem::remove(folder.path("lot/config.json"));  // as a store that Node wrote
  StartedProgram refused({"pool", "list", "--store", folder.path("lot")});
  CHECK(refused.wait() == 1);
  CHECK_THAT(refused.errors(), Catch::Contains("name the config with --config"));
  CHECK_THAT(refused.errors(), !Catch::Contains("is no store"));
  program_output({"pool", "list", "--config", config});
}

TEST_CASE("pool: several pools that the store has not got yet are listed with those that it has") {
  const TemporaryFolder folder;
  program_output({"run", "--config", folder.write("c.json", one_store), "--jobs", "/dev/null"});
  const json pool = json::parse(one_store)["pools"]["cpu"];
  const json more = {{"pools", {{"cpu", pool}, {"gpu", pool}, {"npu", pool}}}};
  const std::string config = folder.write("more.json", more.dump());
  const std::string text = program_output({"pool", "list", "--config", config, "--json"});
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
  json same = more;
  same["pools"]["npu"]["queue"]["stream"] = "gpu";
  StartedProgram refused({"pool", "list", "--config", folder.write("same.json", same.dump())});
  CHECK(refused.wait() == 1);
  CHECK_THAT(refused.errors(), Catch::Contains("the same stream"));
}

TEST_CASE("store: a folder without one is neither sound nor mended, and stays as it is") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("empty"));
  for (const std::string& name : {folder.path("empty"), folder.path("absent")}) {
    program_output({"store", "verify", name}, 1);
    program_output({"store", "repair", name}, 1);
  }
  CHECK(std::filesystem::is_empty(folder.path("empty")));
  CHECK_FALSE(std::filesystem::exists(folder.path("absent")));
}

TEST_CASE("mailbox: what is acknowledged in a store does not come back") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", two_stores);
  program_output(
      {"run", "--config", config, "--jobs", folder.write("jobs", jobs(3, folder.path("log"), "0"))});
  const std::vector<std::string> fetch = {
      "mailbox", "fetch", "--store", folder.path("mail"), "--tenant", "acme", "--user", "ann", "--json"};
  const auto messages_in = [](const std::string& text) {
    std::vector<json> messages;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) messages.push_back(json::parse(line));
    return messages;
  };
  const auto before = messages_in(program_output(fetch));
  REQUIRE(before.size() == 3);
  program_output({"mailbox", "ack", "--store", folder.path("mail"), "--tenant", "acme", "--user", "ann",
                  before[1]["cursor"]});
  const auto after = messages_in(program_output(fetch));
  REQUIRE(after.size() == 1);
  CHECK(after[0]["task_id"] == before[2]["task_id"]);
  program_output({"run", "--config", config, "--jobs", folder.path("jobs"), "--out", folder.path("again")});
  CHECK(messages_in(program_output(fetch)).size() == 1);
}

TEST_CASE("store verify: results of tasks that need not be remembered may be gone") {
  const TemporaryFolder folder;
  const std::string config =
      folder.write("c.json", R"({"pools": {"p": {"max_units": 2, "task_retention_count": 5,
      "queue": {"type": "file", "path": "s"}}}})");
  std::string lines;
  for (int i = 0; i < 40; ++i) {
    lines += "{\"task_id\": \"j" + std::to_string(i) + "\", " +
             R"("payload": {"argv": ["/usr/bin/head", "-c", "60000", "/dev/zero"]}})" + "\n";
  }
  program_output(
      {"run", "--config", config, "--jobs", folder.write("jobs", lines), "--out", folder.path("out")});
  const json verified = json::parse(program_output({"store", "verify", folder.path("s"), "--json"}));
  CHECK(verified["ok"] == true);
  CHECK(verified["payloads"].get<int>() < 40);
}

TEST_CASE("mailbox: the cursor of one store drops nothing of another") {
  const TemporaryFolder folder;
  const auto pool = [&](const std::string& name, const char* store) {
    return "\"" + name +
           "\": {\"max_units\": 1, \"mailbox\": {\"storage\": {\"type\": \"file\", \"path\": \"" +
           std::string(store) + "\"}}}";
  };
  const std::string both =
      folder.write("both.json", "{\"pools\": {" + pool("p", "x") + "," + pool("q", "y") + "}}");
  const auto run = [&](const char* name) {
    std::string lines;
    for (int i = 0; i < 3; ++i)
      lines += R"({"payload": {"argv": ["/bin/true"]}, "mailbox": {"tenant": "acme"}, "pool": ")" +
               std::string(name) + "\"}\n";
    program_output(
        {"run", "--config", both, "--jobs", folder.write("jobs", lines), "--out", folder.path(name)});
  };
  run("p");
  run("q");
  const auto cursor_in = [&](const char* store) {
    const std::string text =
        program_output({"mailbox", "fetch", "--store", folder.path(store), "--tenant", "acme", "--json"});
    const std::size_t last = text.rfind('\n', text.size() - 2);
    return json::parse(text.substr(last == std::string::npos ? 0 : last + 1))["cursor"].get<std::string>();
  };
  const auto ack = [&](std::vector<std::string> where, const std::string& cursor, int code) {
    std::vector<std::string> words{"mailbox", "ack", "--tenant", "acme"};
    words.insert(words.end(), where.begin(), where.end());
    words.push_back(cursor);
    return program_output(words, code);
  };
  CHECK(ack({"--store", folder.path("x")}, cursor_in("y"), 3).empty());
  CHECK(ack({"-c", both}, "5", 3).empty());
  CHECK(ack({"-c", both}, cursor_in("y"), 0) == "acknowledged 3\n");
  CHECK(ack({"--store", folder.path("x")}, cursor_in("x"), 0) == "acknowledged 3\n");
}

TEST_CASE(
    "run: a pool that the store has and the config has not is refused with its tasks, unless it is kept") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  program_output({"task", "submit", "--store", folder.path("lot"), R"({"payload": {"argv": ["true"]}})"});
  const std::string other = folder.write(
      "other.json", R"({"pools": {"gpu": {"max_units": 1, "queue": {"type": "file", "path": "lot"}}}})");
  StartedProgram refused({"run", "--config", other, "--jobs", "/dev/null"});
  CHECK(refused.wait() != 0);
  CHECK_THAT(refused.errors(), Catch::Contains("'cpu' with 1 task") && Catch::Contains("--orphans keep"));
  program_output({"run", "--config", other, "--jobs", "/dev/null", "--orphans", "keep"});
  program_output({"pool", "list", "--store", folder.path("lot")});
  program_output({"run", "--config", config, "--out", folder.path("out"), "--resume", "--orphans", "keep"});
  CHECK(folder.lines("out").size() == 1);
}

TEST_CASE("store: a damaged copy of the config is told, with what to do, and put aside by a repair") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  const std::string store = folder.path("lot");
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  program_output({"store", "verify", store});
  const std::string sound = folder.read("lot/config.json");
  folder.write("lot/config.json", "[" + sound.substr(1));

  const json found = json::parse(program_output({"store", "verify", store, "--json"}, 3));
  CHECK(found["ok"] == false);
  CHECK(found["damages"][0]["file"] == "config.json");
  StartedProgram listed({"task", "list", "--store", store});
  CHECK(listed.wait() == 1);
  CHECK_THAT(listed.errors(), Catch::Contains("config.json") && Catch::Contains("--config"));
  program_output({"task", "list", "--config", config});

  program_output({"store", "repair", store});
  program_output({"store", "verify", "file://" + store});
  CHECK(folder.read("lot/cut-config.json") == "[" + sound.substr(1));
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  CHECK(folder.read("lot/config.json") == sound);
}

TEST_CASE(
    "run: storage that fails for too long ends it with 1 and says why, and the rest is run once it works "
    "again") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  const std::string job_file = folder.write("jobs", jobs(5, folder.path("log"), "0"));
  const std::vector<std::string> arguments = resuming(folder, config, job_file);
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  std::vector<std::string> impatient = arguments;
  impatient.insert(impatient.end(), {"--storage-patience", "2", "--json"});
  {
    // Not even the opening can be written; and the log would not fit into the file that takes the errors.
    StartedProgram run(impatient, "", StartedProgram::Disk::full);
    CHECK(run.wait() == 1);
    const std::string why = json::parse(run.errors())["error"]["message"];
    CHECK_THAT(why, Catch::Contains("Storage has failed for 2 s") && Catch::Contains("--resume"));
  }
  program_output(arguments);
  CHECK(is_once_each(outcomes_by_id(folder, "out"), 5));
}

TEST_CASE(
    "run: jobs go on without their mailbox store, `pool list` says so, and it gets the outcomes later") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", two_stores);
  const auto run_jobs = [&](const std::string& id) {
    return std::vector<std::string>{
        "run",
        "--config",
        config,
        "--resume",
        "--storage-patience",
        "1",
        "--jobs",
        folder.write(
            id, json{{"task_id", id}, {"mailbox", {{"tenant", "acme"}}}, {"payload", {{"argv", {"true"}}}}}
                    .dump())};
  };
  const auto health = [&] {
    return json::parse(program_output({"pool", "list", "--store", folder.path("queue"), "--json"}));
  };
  program_output(run_jobs("a"));
  CHECK(health()["health"] == "ok");
  std::filesystem::rename(folder.path("mail"), folder.path("away"));
  {
    StartedProgram held(run_jobs("b"));
    CHECK(held.wait() == 1);
    CHECK_THAT(held.errors(), Catch::Contains("1 outcomes wait in the queue"));
  }
  CHECK(health()["health"] == "degraded");
  CHECK(health()["undelivered"] == 1);
  CHECK_THAT(program_output({"pool", "list", "--store", folder.path("queue")}),
             Catch::Contains("degraded: " + folder.path("mail") + ": holds no store any more"));
  std::filesystem::rename(folder.path("away"), folder.path("mail"));
  program_output(run_jobs("b"));
  CHECK(health()["health"] == "ok");
  std::istringstream messages(
      program_output({"mailbox", "fetch", "--store", folder.path("mail"), "--tenant", "acme", "--json"}));
  std::vector<std::string> ids;
  for (std::string line; std::getline(messages, line);) ids.push_back(json::parse(line)["task_id"]);
  CHECK(ids == std::vector<std::string>{"a", "b"});
}

TEST_CASE("A queue that is restored from an older copy delivers what it runs then") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", two_stores);
  const auto run_jobs = [&](int count, const std::string& out) {
    program_output({"run", "--config", config, "--jobs",
                    folder.write("jobs", jobs(count, folder.path("log"), "0")), "--out", folder.path(out)});
  };
  const auto arrived = [&] {
    std::istringstream messages(program_output(
        {"mailbox", "fetch", "--store", folder.path("mail"), "--tenant", "acme", "--user", "ann", "--json"}));
    std::set<std::string> ids;
    for (std::string line; std::getline(messages, line);) ids.insert(json::parse(line)["task_id"]);
    return ids;
  };
  run_jobs(2, "first");
  std::filesystem::copy(folder.path("queue"), folder.path("copy"), std::filesystem::copy_options::recursive);
  run_jobs(6, "lost");
  std::filesystem::remove_all(folder.path("queue"));
  std::filesystem::rename(folder.path("copy"), folder.path("queue"));
  run_jobs(3, "after");
  const std::set<std::string> ids = arrived();
  CHECK(ids.size() == 11);
  for (const auto& [id, count] : outcomes_by_id(folder, "after")) CHECK(ids.contains(id));
}

TEST_CASE("run: stored costs go by the name of the resource, whatever the config counts since") {
  const TemporaryFolder folder;
  const auto with = [&](const json& max_units) {
    const json queue{{"type", "file"}, {"path", "lot"}};
    return folder.write("c.json",
                        json{{"pools", {{"p", {{"max_units", max_units}, {"queue", queue}}}}}}.dump());
  };
  const std::string store = folder.path("lot");
  const std::string job = R"({"task_id": "t", "units": {"cpu": 1, "gpu": 2}, "payload": {"argv": ["true"]}})";
  program_output({"run", "--config", with({{"cpu", 4}, {"gpu", 2}}), "--jobs", "/dev/null"});
  program_output({"task", "submit", "--store", store, job});
  program_output({"pool", "pause", "--store", store});
  const auto units_under = [&](const json& max_units) {
    program_output({"run", "--config", with(max_units), "--jobs", "/dev/null"});
    return json::parse(program_output({"task", "list", "--store", store, "--json"}))["resource_cost"];
  };
  CHECK(units_under({{"cpu", 4}, {"disk", 9}, {"gpu", 2}}) == json({{"cpu", 1}, {"disk", 0}, {"gpu", 2}}));
  CHECK(units_under(8)["units"] == 8);  // all of the pool, as before
  CHECK(units_under({{"core", 4}}) == json({{"core", 4}}));
  program_output({"pool", "resume", "--store", store});
  // The same job is the same task, although more resources are counted.
  const std::string config = with({{"cpu", 4}, {"disk", 9}, {"gpu", 2}});
  program_output({"run", "--config", config, "--resume", "--jobs", folder.write("jobs", job), "--out",
                  folder.path("out")});
  CHECK(is_once_each(outcomes_by_id(folder, "out"), 1));
}

TEST_CASE("store verify: a file of payloads that was deleted is missed") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", two_stores);
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  const std::string store = folder.path("queue");
  // An orderly end confirms it: what is missing of it does not read as a crash in the middle of it.
  program_output({"task", "submit", "--store", store, R"({"payload": {"argv": ["true"]}})"});
  CHECK_THAT(program_output({"store", "verify", store}), Catch::Contains(" 0 damages"));
  for (const auto& file : std::filesystem::directory_iterator(store)) {
    if (file.path().filename().string().rfind("payloads-", 0) == 0) std::filesystem::remove(file);
  }
  CHECK_THAT(program_output({"store", "verify", store}, 3),
             Catch::Contains("1 payload or result of pool cpu is in no segment"));
  // Said once more, it is known.
  CHECK_THAT(program_output({"store", "repair", store}),
             Catch::Contains("1 payload or result of pool cpu is lost"));
  CHECK_THAT(program_output({"store", "repair", store}), Catch::Contains("nothing to repair"));
  program_output({"store", "verify", store});
}

TEST_CASE(
    "store: without a copy of the config it is said that missing payloads are not known, or --config tells") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", two_stores);
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  const std::string store = folder.path("queue");
  program_output({"task", "submit", "--store", store, R"({"payload": {"argv": ["true"]}})"});
  for (const auto& file : std::filesystem::directory_iterator(store)) {
    if (file.path().filename().string().rfind("payloads-", 0) == 0) std::filesystem::remove(file);
  }
  std::filesystem::remove(store + "/config.json");
  CHECK_THAT(program_output({"store", "verify", store}),
             Catch::Contains("payloads are missing is not known"));
  CHECK(json::parse(program_output({"store", "verify", store, "--json"})).contains("payloads_unknown"));
  CHECK_THAT(program_output({"store", "verify", store, "--config", config}, 3),
             Catch::Contains("1 payload or result of pool cpu is in no segment"));
  // A write of the copy that was torn.
  folder.write("queue/config.json", "");
  const json found = json::parse(program_output({"store", "verify", store, "--json"}, 3));
  CHECK(found["damages"][0]["file"] == "config.json");
  CHECK(found.contains("payloads_unknown"));
  CHECK_THAT(program_output({"store", "repair", store, "--config", config}),
             Catch::Contains("1 payload or result of pool cpu is lost"));
  CHECK_THAT(program_output({"store", "verify", store, "--config", config}), Catch::Contains(" 0 damages"));
}

TEST_CASE("store repair: a dry run tells the payloads that would be lost, and changes nothing") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", two_stores);
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  const std::string store = folder.path("queue");
  for (int i = 0; i < 2; ++i)
    program_output({"task", "submit", "--store", store, R"({"payload": {"argv": ["true"]}})"});
  const std::string payloads = store + "/payloads-0000000001";
  std::filesystem::resize_file(payloads, 64);
  const std::string told = program_output({"store", "repair", store, "--dry-run"});
  CHECK_THAT(told, Catch::Contains("2 payloads or results of pool cpu are lost"));
  CHECK_FALSE(std::filesystem::exists(store + "/cut-payloads-0000000001-1"));
  program_output({"store", "verify", store}, 3);
  CHECK(program_output({"store", "repair", store}) == told);
  program_output({"store", "verify", store});
}

TEST_CASE("pool list: what an owner says of a full disk is seen beside it") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", two_stores);
  program_output({"run", "--config", config, "--jobs", "/dev/null"});
  StartedProgram run(
      {"run", "--config", config, "--jobs", folder.write("jobs", jobs(5, folder.path("log"), "0")), "--json"},
      "", StartedProgram::Disk::full);
  json pool;
  REQUIRE(eventually([&] {
    pool = json::parse(program_output({"pool", "list", "--store", folder.path("queue"), "--json"}));
    return pool["health"] == "degraded";
  }));
  CHECK_THAT(pool["trouble"].get<std::string>(), Catch::Contains("cannot write it"));
}

TEST_CASE("audit: the life of a task is read from its store, and a changed byte is found and located") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  const std::string store = folder.path("lot");
  program_output({"run", "--config", config, "--jobs",
                  folder.write("jobs", R"({"task_id": "a", "payload": {"argv": ["true"]}})")});
  std::vector<std::string> actions;
  std::istringstream events(
      program_output({"audit", "query", "--store", store, "--subject", "task:a", "--json"}));
  for (std::string line; std::getline(events, line);) actions.push_back(json::parse(line)["action"]);
  CHECK(actions == std::vector<std::string>{"submit", "start", "complete"});
  StartedProgram lost({"audit", "query", "--store", store, "--after", "yesterday"});
  CHECK(lost.wait() == 2);
  CHECK_THAT(lost.errors(), Catch::Contains("yesterday: is no cursor") && Catch::Contains("--after"));
  std::istringstream exported(
      program_output({"audit", "export", "--store", store, "--format", "cloudevents"}));
  std::string line;
  REQUIRE(std::getline(exported, line));
  CHECK(json::parse(line)["type"] == "parking-lot.open");

  CHECK(json::parse(program_output({"audit", "verify", "--store", store, "--json"}))["ok"] == true);
  CHECK(json::parse(program_output({"store", "verify", store, "--json"}))["ok"] == true);
  for (const auto& file : std::filesystem::directory_iterator(store)) {
    if (file.path().filename().string().rfind("records-", 0) != 0) continue;
    std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(200);
    bytes.put('!');
  }
  const json broken = json::parse(program_output({"audit", "verify", "--store", store, "--json"}, 3));
  CHECK(broken["ok"] == false);
  CHECK(broken["broken"]["offset"] <= 200);
  program_output({"store", "verify", store}, 3);
}

TEST_CASE("run: what killed jobs used is free before the next host begins") {
  const TemporaryFolder folder;
  const std::string config =
      folder.write("c.json", config_with(R"({"type": "file", "path": "lot"})", "\"in_memory\"", 1));
  // A job that finds another one alive says so.
  const std::string alone = "mkdir " + folder.path("busy") + " || echo together >> " +
                            folder.path("together") + "; trap '' TERM; echo $$ > " + folder.path("pid") +
                            "; sleep 1000";
  const std::string job_file =
      folder.write("jobs", json{{"task_id", "a"}, {"payload", {{"argv", {"/bin/sh", "-c", alone}}}}}.dump());
  for (int life = 0; life < 3; ++life) {
    StartedProgram run({"run", "--config", config, "--jobs", job_file});
    REQUIRE(eventually([&] { return !folder.read("pid").empty(); }));
    const pid_t job = std::stoi(folder.read("pid"));
    std::filesystem::remove(folder.path("pid"));
    run.send(SIGKILL);
    run.wait();
    StartedProgram next({"task", "cancel", "--store", folder.path("lot"), "none"});
    CHECK(next.wait() == 3);
    CHECK_FALSE(is_alive(job));
    std::filesystem::remove(folder.path("busy"));
  }
  CHECK(folder.lines("together").empty());
}

TEST_CASE("run: one whose store may have another owner ends and says why, and the rest is run by the next") {
  const TemporaryFolder folder;
  const std::string config = folder.write("c.json", one_store);
  const std::string job_file = folder.write("jobs", jobs(12, folder.path("log"), "0.1"));
  const std::vector<std::string> arguments = resuming(folder, config, job_file);
  StartedProgram run(arguments);
  REQUIRE(eventually([&] { return folder.lines("out").size() >= 2; }));
  std::filesystem::remove(folder.path("lot") + "/lock");
  CHECK(run.wait() == 1);
  CHECK_THAT(run.errors(), Catch::Contains("lock: was deleted or replaced") && Catch::Contains("--resume"));
  CHECK(folder.lines("out").size() < 12);
  program_output(arguments);
  CHECK(is_once_each(outcomes_by_id(folder, "out"), 12));
}
