#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "started_program.h"

using namespace parking_lot::test;
using nlohmann::json;

namespace {

std::string config(bool is_durable, int cpu = 8) {
  json pool = {{"max_units", {{"cpu", cpu}, {"gpu_vram", 24000}}}};
  const json store = {{"type", "file"}, {"path", "lot"}};
  if (is_durable) pool.update({{"queue", store}, {"mailbox", {{"storage", store}}}});
  return json{{"pools", {{"gpu", pool}}}}.dump();
}

std::string job(const std::string& id, const json& units, const std::string& script = "true") {
  return json{{"task_id", id}, {"units", units}, {"payload", {{"argv", {"sh", "-c", script}}}}}.dump() + "\n";
}

std::string output_of(const std::vector<std::string>& arguments) {
  StartedProgram program(arguments);
  const int code = program.wait();
  INFO(program.errors());
  CHECK(code == 0);
  return program.output();
}

}  // namespace

TEST_CASE("run: jobs name their units of each resource, and the summary says how much of each was used") {
  const TemporaryFolder folder;
  const std::string path = folder.write("c.json", config(false));
  const std::string jobs =
      job("a", {{"cpu", 6}, {"gpu_vram", 12000}}) + job("b", {{"cpu", 6}}) + job("c", {{"gpu_vram", 12000}});
  StartedProgram run({"run", "--config", path, "--jobs", folder.write("j", jobs)});
  CHECK(run.wait() == 0);
  CHECK(run.output_lines().size() == 3);
  CHECK_THAT(run.errors(), Catch::Contains("gpu used at most cpu 6/8, gpu_vram 24000/24000") ||
                               Catch::Contains("gpu used at most cpu 6/8, gpu_vram 12000/24000"));
  StartedProgram as_json({"run", "--config", path, "--jobs", folder.path("j"), "--json"});
  CHECK(as_json.wait() == 0);
  const json pool = json::parse(as_json.errors())["pools"]["gpu"];
  CHECK(pool["units_max"] == json{{"cpu", 8}, {"gpu_vram", 24000}});
  CHECK(pool["units_peak"]["cpu"] == 6);
}

TEST_CASE(
    "run: a job that names no resource, an unknown one or too much of one is told which field is wrong") {
  const TemporaryFolder folder;
  const std::string jobs = job("a", 2) + job("b", {{"cpus", 2}}) + job("c", {{"cpu", 9}}) +
                           R"({"task_id": "d", "payload": {"argv": ["true"]}})" + "\n";
  StartedProgram run(
      {"run", "--config", folder.write("c.json", config(false)), "--jobs", folder.write("j", jobs)});
  CHECK(run.wait() == 3);
  CHECK_THAT(run.errors(),
             Catch::Contains("j:1: units: the pool counts several resources; write a number for each") &&
                 Catch::Contains("j:2: units.cpus: unknown key; did you mean \"cpu\"?") &&
                 Catch::Contains("j:3: cost_exceeds_capacity (units)") &&
                 Catch::Contains("j:4: units: is missing"));
}

TEST_CASE("task and pool show several resources by name, as text and as JSON") {
  const TemporaryFolder folder;
  const std::string path = folder.write("c.json", config(true));
  const auto submit = [&](const std::string& id, const json& units) {
    output_of({"task", "submit", "--config", path, job(id, units)});
  };
  submit("first", {{"cpu", 2}, {"gpu_vram", 12000}});
  submit("second", {{"cpu", 1}});
  const std::string store = folder.path("lot");
  CHECK_THAT(output_of({"task", "list", "--store", store}),
             Catch::Contains("cpu 2, gpu_vram 12000, attempt"));
  CHECK_THAT(output_of({"pool", "list", "--store", store}), Catch::Contains("cpu 0/8, gpu_vram 0/24000,"));
  CHECK_THAT(output_of({"task", "explain", "--store", store, "second"}),
             Catch::Contains("position 2, ahead of it cpu 2, gpu_vram 12000, free cpu 8, gpu_vram 24000"));
  const json explained = json::parse(output_of({"task", "explain", "--store", store, "--json", "second"}));
  CHECK(explained["units_ahead"] == json{{"cpu", 2}, {"gpu_vram", 12000}});
  const json figures = json::parse(output_of({"pool", "list", "--store", store, "--json"}));
  CHECK_FALSE(figures.contains("admitted"));  // it is not this reader that admits
  CHECK(figures["parked"] == 2);
  CHECK(figures["units_max"] == json{{"cpu", 8}, {"gpu_vram", 24000}});
}
