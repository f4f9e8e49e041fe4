#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "simulate/setup.h"
#include "simulate/simulation.h"
#include "simulate/trace.h"

namespace parking_lot::simulate {

/// Times in seconds.
struct Row {
  double submit;
  double duration;
  Units units;
  double estimate = 0;
  std::uint32_t tenant = 0;
  Priority priority = Priority::normal;
};

inline Trace trace_of(const std::vector<Row>& rows) {
  Trace trace;
  trace.pools = {""};
  const auto ms = [](double seconds) { return static_cast<std::int64_t>(seconds * 1000); };
  for (const Row& row : rows) {
    TraceTask task;
    task.submit_ms = ms(row.submit);
    task.duration_ms = ms(row.duration);
    task.estimate_ms = ms(row.estimate);
    task.units = row.units;
    task.tenant = row.tenant;
    task.priority = row.priority;
    while (trace.tenants.size() <= row.tenant)
      trace.tenants.push_back("t" + std::to_string(trace.tenants.size()));
    trace.tasks.push_back(task);
    trace.ids.push_back(std::to_string(trace.ids.size() + 1));
  }
  return trace;
}

/// One pool, `members` inside its braces.
inline Config config_of(const std::string& members) {
  const ParsedConfig parsed = parse_config(R"({"pools": {"p": {)" + members + "}}}", nullptr);
  REQUIRE(parsed.ok());
  return parsed.config;
}

/// Start and end of each task, in seconds; -1: never.
using Times = std::vector<std::pair<double, double>>;
inline Times times_of(const Simulated& simulated) {
  Times times;
  const auto seconds = [](std::int64_t ms) {
    return ms == Fate::never ? -1 : static_cast<double>(ms) / 1000;
  };
  for (const Fate& fate : simulated.fates) times.emplace_back(seconds(fate.start_ms), seconds(fate.end_ms));
  return times;
}

inline Simulated run(const std::string& members, const Trace& trace, Overrun overrun = Overrun::goes_on) {
  auto simulated = simulate(config_of(members), trace, overrun);
  REQUIRE(simulated);
  return *simulated;
}

}  // namespace parking_lot::simulate
