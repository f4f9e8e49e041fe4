#include "simulate/setup.h"

#include <catch2/catch.hpp>

#include "traces.h"

using namespace parking_lot;
using namespace parking_lot::simulate;

namespace {

Units sized(const Trace& trace, const Sizing& sizing = {}) {
  return parse_config(config_for(trace, sizing), nullptr).config.pools.at(0).max_units;
}

const std::string base = R"({"pools": {"a": {"max_units": 3}, "b": {"max_units": 4, "policy": "strict"}}})";

}  // namespace

TEST_CASE("without a config the pool fits the load, the largest task, or the machine of the trace") {
  Trace trace = trace_of({{0, 10, 20}, {5, 10, 30}, {10, 10, 45}});  // 950 unit-seconds over 10 s
  CHECK(sized(trace) == 100);
  CHECK(sized(trace, {190, 0}) == 50);
  CHECK(sized(trace, {1000, 0}) == 45);
  CHECK(sized(trace, {95, 7}) == 7);
  trace.machine_units = 64;
  CHECK(sized(trace) == 64);
  CHECK(sized(trace_of({{3, 10, 20}})) == 20);
}

TEST_CASE("a policy takes the place of that of every pool, with the keys behind it") {
  const auto made = contenders(base, {"strict", "first_fit:starvation_guard_secs=0,max_units=9"}, nullptr);
  REQUIRE(made);
  REQUIRE(made->size() == 2);
  CHECK((*made)[0].config.pools[0].policy == Policy::strict);
  CHECK((*made)[1].name == "first_fit:starvation_guard_secs=0,max_units=9");
  for (const PoolConfig& pool : (*made)[1].config.pools) {
    CHECK(pool.policy == Policy::first_fit);
    CHECK(pool.starvation_guard.ms == 0);
    CHECK(pool.max_units == 9);
  }
}

TEST_CASE("without policies the config is taken as it is") {
  const auto made = contenders(base, {}, nullptr);
  REQUIRE(made);
  REQUIRE(made->size() == 1);
  CHECK(made->front().name == "as configured");
  CHECK(made->front().config.pools[1].policy == Policy::strict);
}

TEST_CASE("what is wrong with a policy is told with the policy") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"best", "names no policy"},
      {"strict:guard", "'guard' is not key=value"},
      {"strict:=3", "'=3' is not key=value"},
      {"strict:max_unit=3", "pools.a.max_unit"},
      {"strict:starvation_guard_secs=soon", "pools.a.starvation_guard_secs"},
  };
  for (const auto& [policy, message] : cases) {
    INFO(policy);
    const auto made = contenders(base, {policy}, nullptr);
    REQUIRE_FALSE(made);
    CHECK(made.error().where == "--policy " + policy);
    CHECK_THAT(made.error().message, Catch::Contains(message));
  }
  CHECK(contenders(R"({"pools": {"a": {}}})", {}, nullptr).error().where == "pools.a.max_units");
  CHECK_FALSE(contenders("[", {"strict"}, nullptr));
}
