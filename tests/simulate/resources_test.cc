#include "simulate/resources.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "simulate/figures.h"
#include "traces.h"

using namespace parking_lot;
using namespace parking_lot::simulate;

namespace {

// The second waits for the gpu, the third passes it, the last one waits for cpu.
const std::string lines = R"({"submit": 0, "duration": "10s", "units": {"cpu": 2, "gpu": 2}, "task_id": "a"}
{"submit": "1s", "duration": "5s", "units": {"cpu": 1, "gpu": 1}, "task_id": "b"}
{"submit": "2s", "duration": "4s", "resource_cost": {"cpu": 5}, "task_id": "c"}
{"submit": "3s", "duration": "1s", "units": {"cpu": 4}, "task_id": "d"})";

Trace trace_in(const std::string& text) {
  auto trace = read_jsonl(text);
  INFO((trace ? std::string() : trace.error().where + trace.error().message));
  REQUIRE(trace);
  return std::move(*trace);
}

std::string refusal(const std::string& members, const Trace& trace) {
  const auto simulated = simulate::simulate(config_of(members), trace, Overrun::goes_on);
  REQUIRE_FALSE(simulated);
  return simulated.error().where + ": " + simulated.error().message;
}

}  // namespace

TEST_CASE("tasks of a trace cost several resources, and start when each of them fits") {
  Trace trace = trace_in(lines);
  const std::string pool = R"("max_units": {"cpu": 8, "gpu": 2})";
  const Simulated simulated = run(pool, trace);
  CHECK(times_of(simulated) == Times{{0, 10}, {10, 15}, {2, 6}, {6, 7}});
  measure_tightest(trace, config_of(pool));
  const Figures figures = measure(config_of(pool), trace, simulated);
  CHECK(figures.resource == "gpu");
  CHECK(figures.capacity == 2);
  CHECK(figures.units_peak == 2);
  CHECK(figures.utilisation == Approx(25.0 / 30));
}

TEST_CASE("a trace of several resources without a config gets a pool with each of them") {
  const Trace trace = trace_in(lines);
  const std::string json = config_for(trace, {.load_percent = 100});
  const ParsedConfig parsed = parse_config(json, nullptr);
  REQUIRE(parsed.ok());
  const auto& resources = parsed.config.pools.front().resources;
  CHECK(resources.at("cpu") == 17);  // 49 unit-seconds over 3 seconds
  CHECK(resources.at("gpu") == 9);
  CHECK(simulate::simulate(parsed.config, trace, Overrun::goes_on));
}

TEST_CASE("a trace that costs something else than the pool counts is refused with what to do") {
  const Trace plain = trace_in(R"({"submit": 0, "duration": 1, "units": 2, "task_id": "p"})");
  CHECK_THAT(refusal(R"("max_units": {"cpu": 8, "gpu": 2})", plain),
             Catch::Contains("pools.p.max_units: counts several resources (cpu, gpu), but task p") &&
                 Catch::Contains("\"units\": {\"cpu\": 1}"));
  CHECK_THAT(refusal(R"("max_units": 8)", trace_in(lines)),
             Catch::Contains("counts units, but task a of the trace costs several resources"));
  CHECK_THAT(refusal(R"("max_units": {"cpu": 8})", trace_in(lines)),
             Catch::Contains("has no 'gpu', but task a"));
}

TEST_CASE("resources stay with their tasks when the lines are not in order") {
  const Trace trace = trace_in(R"({"submit": 5, "duration": 1, "units": {"cpu": 7}, "task_id": "late"}
{"submit": 1, "duration": 1, "units": {"gpu": 3}, "task_id": "early"})");
  CHECK(trace.ids == std::vector<std::string>{"early", "late"});
  CHECK(trace.costs[0][1] == 3);
  CHECK(trace.costs[1][0] == 7);
  std::string many = R"({"submit": 0, "duration": 1, "units": {"r0": 1)";
  for (int i = 1; i < 9; ++i) many += ", \"r" + std::to_string(i) + "\": 1";
  const auto refused = read_jsonl(many + "}}");
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains("a pool counts at most 8"));
}

TEST_CASE("the lag between tenants that take turns is measured, with its bound") {
  std::vector<Row> rows;
  for (std::uint32_t i = 0; i < 300; ++i) rows.push_back({i * 0.1, 2, 1 + i % 3, 2, i % 3});
  const Trace trace = trace_of(rows);
  const FairnessLag lag = run(R"("max_units": 4, "fairness": "tenant")", trace).lag;
  CHECK(lag.is_fair);
  CHECK(lag.most_ms > 0);
  CHECK(lag.most_ms <= lag.bound_ms);
  CHECK(lag.beyond_bound == 0);
  const FairnessLag endless =
      run(R"("max_units": 4, "fairness": "tenant", "starvation_guard_secs": 0)", trace).lag;
  CHECK(std::isinf(endless.bound_ms));
  CHECK_FALSE(run(R"("max_units": 4)", trace).lag.is_fair);
}
