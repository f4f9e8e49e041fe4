#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "running_host.h"
#include "started_program.h"

using namespace parking_lot::test;
using nlohmann::json;

namespace {

json pool_of(int units) { return {{"max_units", units}}; }

std::string config(const json& pools, const json& more = json::object()) {
  json all = more;
  all["pools"] = pools;
  return all.dump();
}

std::string job(const std::string& id, const std::string& script, const json& more = json::object()) {
  json line = more;
  line["task_id"] = id;
  line["payload"] = {{"argv", {"sh", "-c", script}}};
  return line.dump() + "\n";
}

/// A run of one job that goes on until a file is there; its config can be written anew meanwhile.
class OpenRun {
 public:
  explicit OpenRun(const std::string& text, const std::string& pool = "cpu")
      : config_(folder_.write("c.json", text)),
        run_({"run", "--config", config_, "--jobs",
              folder_.write("j", job("waits",
                                     "echo x >> " + folder_.path("begun") + "; while [ ! -e " +
                                         folder_.path("go") + " ]; do sleep 0.02; done",
                                     {{"pool", pool}}))}) {
    REQUIRE(eventually([&] { return !folder_.lines("begun").empty(); }));
  }

  void reload(const std::string& text) {
    folder_.write("c.json", text);
    run_.send(SIGHUP);
  }
  bool says(const std::string& text) {
    return eventually([&] { return run_.errors().find(text) != std::string::npos; });
  }
  int end() {
    folder_.write("go", "");
    return run_.wait();
  }
  std::string errors() const { return run_.errors(); }

 private:
  TemporaryFolder folder_;
  std::string config_;
  StartedProgram run_;
};

}  // namespace

TEST_CASE("run: SIGHUP says what a restart is needed for, and which pools came and went") {
  OpenRun run(config({{"cpu", pool_of(2)}, {"old", pool_of(1)}}));
  json changed = pool_of(4);
  changed["mailbox"] = {{"retention_count", 5}};
  changed["max_lost"] = 7;
  run.reload(config({{"cpu", changed}, {"new", pool_of(1)}}, {{"audit", {{"memory_events", 9}}}}));
  CHECK(run.says("pool cpu has the settings of the config now."));
  CHECK(run.says("c.json: pools.cpu.max_lost: cannot change while the run goes on; restart it for that."));
  CHECK(run.says("c.json: pools.cpu.mailbox: cannot change"));
  CHECK(run.says("c.json: audit: cannot change"));
  CHECK(run.says("c.json: pool old is not in it any more"));
  CHECK(run.says("c.json: pool new is new; restart the run to open it."));
  CHECK(run.errors().find("max_units: cannot") == std::string::npos);
  CHECK(run.end() == 0);
  CHECK(run.errors().find("cpu used at most 1 of") != std::string::npos);
}

TEST_CASE("run: SIGHUP with the config as it was says so") {
  const std::string same = config({{"cpu", pool_of(2)}});
  OpenRun run(same);
  run.reload(same);
  CHECK(run.says("c.json: says nothing new; every pool keeps its settings."));
  run.reload(config({{"cpu", pool_of(3)}}));
  CHECK(run.says("pool cpu has the settings of the config now."));
  CHECK(run.end() == 0);
}

TEST_CASE("run: SIGHUP with a broken config names the file and the place, and changes nothing") {
  OpenRun run(config({{"cpu", pool_of(2)}}));
  run.reload("{\n\"pools\": {\"cpu\": }}");
  CHECK(run.says("c.json: line 2, column"));
  CHECK(run.says("c.json: is not taken over; the run goes on with the settings that it has."));
  run.reload(config({{"cpu", {{"max_units", -1}, {"policy", "fast"}}}}));
  CHECK(run.says("c.json: pools.cpu.max_units: "));
  CHECK(run.says("c.json: pools.cpu.policy: "));
  CHECK(run.end() == 0);
}

TEST_CASE("run: SIGHUP with other resources says in a sentence why they stay") {
  OpenRun run(config({{"cpu", pool_of(2)}}));
  run.reload(
      config({{"cpu", {{"max_units", {{"gpu", 1}}}, {"tenants", {{"t", {{"max_units", {{"gpu", 1}}}}}}}}}}));
  CHECK(run.says("pool cpu keeps its settings: max_units: must keep the resources that the pool counts"));
  CHECK(run.end() == 0);
}

TEST_CASE("run: jobs wait while the capacity is too small for them, and run when it is back") {
  const TemporaryFolder folder;
  const auto with = [](int units) {
    json pool = pool_of(units);
    pool["tenants"] = {{"default", {{"max_queued", 1}}}};
    return config({{"cpu", pool}});
  };
  const std::string path = folder.write("c.json", with(4));
  std::string jobs = job("first", "echo x >> " + folder.path("begun") + "; while [ ! -e " +
                                      folder.path("go") + " ]; do sleep 0.02; done");
  for (int i = 0; i < 5; ++i) jobs += job("wide" + std::to_string(i), "true", {{"units", 4}});
  jobs += job("narrow", "touch " + folder.path("narrow"));
  StartedProgram run({"run", "--config", path, "--jobs", folder.write("j", jobs)});
  REQUIRE(eventually([&] { return !folder.lines("begun").empty(); }));
  const auto says = [&](const std::string& text, std::size_t times = 1) {
    return eventually([&] {
      std::size_t count = 0;
      const std::string errors = run.errors();
      for (auto at = errors.find(text); at != std::string::npos; at = errors.find(text, at + 1)) ++count;
      return count >= times;
    });
  };
  folder.write("c.json", with(2));
  run.send(SIGHUP);
  CHECK(says("has the settings of the config now"));
  folder.write("go", "");
  CHECK(says("costs more than the pool can run now"));
  CHECK(eventually([&] { return std::filesystem::exists(folder.path("narrow")); }));
  folder.write("c.json", with(4));
  run.send(SIGHUP);
  CHECK(run.wait() == 0);
  CHECK(run.output_lines().size() == 7);
  CHECK_THAT(run.errors(), Catch::Contains("7 completed"));
}

TEST_CASE("run: of parked tasks that no longer fit it says once why they wait, without an end in sight") {
  const TemporaryFolder folder;
  const bool is_tenants = GENERATE(false, true);
  const auto with = [&](int units) {
    json pool = pool_of(is_tenants ? 4 : units);
    pool["tenants"] = {{"default", {{"max_units", units}}}};
    return config({{"cpu", pool}});
  };
  const std::string path = folder.write("c.json", with(4));
  const std::string jobs = job("first", "echo x >> " + folder.path("begun") + "; while [ ! -e " +
                                            folder.path("go") + " ]; do sleep 0.02; done") +
                           job("wide", "true", {{"units", 4}});
  StartedProgram run({"run", "--config", path, "--jobs", folder.write("j", jobs)});
  const auto says = [&](const std::string& text) {
    return eventually([&] { return run.errors().find(text) != std::string::npos; });
  };
  REQUIRE(eventually([&] { return !folder.lines("begun").empty(); }));
  folder.write("c.json", with(2));
  run.send(SIGHUP);
  CHECK(says("has the settings of the config now"));
  folder.write("go", "");
  const std::string reason = is_tenants ? "wide costs more than its tenant default may use now"
                                        : "wide costs more than the pool has now";
  CHECK(says("pool cpu: nothing runs, and 1 wait: " + reason));
  CHECK(says("running 0, parked 1, done 1"));
  CHECK(run.errors().find("ETA") == std::string::npos);
  CHECK(run.errors().find(reason) == run.errors().rfind(reason));
  folder.write("c.json", with(4));
  run.send(SIGHUP);
  CHECK(run.wait() == 0);
  CHECK(run.output_lines().size() == 2);
}
