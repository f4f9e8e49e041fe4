#include "simulate/resources.h"

#include <algorithm>

namespace parking_lot::simulate {
namespace {

std::string listed(const std::map<std::string, Units>& resources) {
  std::string out;
  for (const auto& [name, units] : resources) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

Result<void> check_costs(const Trace& trace, const std::vector<const PoolConfig*>& pools) {
  for (std::size_t i = 0; i < trace.tasks.size(); ++i) {
    const TraceTask& task = trace.tasks[i];
    const PoolConfig& pool = *pools[task.pool];
    const std::string where = "pools." + pool.name + ".max_units";
    if (task.counts == TraceTask::Counts::units && !pool.resources.empty()) {
      return Failure(
          {where, "counts several resources (" + listed(pool.resources) + "), but task " + trace.ids[i] +
                      " of the trace costs a plain number of units; give each task of a jsonl trace "
                      "\"units\": {\"" +
                      pool.resources.begin()->first +
                      "\": 1}, or simulate a config whose pool counts units."});
    }
    if (task.counts == TraceTask::Counts::units) continue;
    if (pool.resources.empty()) {
      return Failure(
          {where, "counts units, but task " + trace.ids[i] +
                      " of the trace costs several resources; write the capacity of each, like {\"" +
                      trace.resources.front() + "\": 8}."});
    }
    for (std::size_t resource = 0; resource < trace.resources.size(); ++resource) {
      if (trace.costs[i][resource] == 0 || pool.resources.contains(trace.resources[resource])) continue;
      return Failure({where, "has no '" + trace.resources[resource] + "', but task " + trace.ids[i] +
                                 " of the trace costs some; add it. It counts " + listed(pool.resources) +
                                 "."});
    }
  }
  return {};
}

void measure_tightest(Trace& trace, const Config& config) {
  double highest = -1;
  std::size_t tightest = 0;
  for (std::size_t resource = 0; resource < trace.resources.size(); ++resource) {
    double demand = 0;
    double capacity = 0;
    for (std::size_t i = 0; i < trace.tasks.size(); ++i)
      demand +=
          static_cast<double>(trace.costs[i][resource]) * static_cast<double>(trace.tasks[i].duration_ms);
    for (const PoolConfig& pool : config.pools) {
      const auto found = pool.resources.find(trace.resources[resource]);
      if (found != pool.resources.end()) capacity += static_cast<double>(found->second);
    }
    if (capacity <= 0 || demand / capacity <= highest) continue;
    highest = demand / capacity;
    tightest = resource;
  }
  if (trace.resources.empty()) return;
  trace.measured = trace.resources[tightest];
  for (std::size_t i = 0; i < trace.tasks.size(); ++i) {
    if (trace.tasks[i].counts == TraceTask::Counts::resources)
      trace.tasks[i].units = trace.costs[i][tightest];
  }
}

Units measured_capacity(const Trace& trace, const PoolConfig& pool) {
  if (pool.resources.empty()) return pool.max_units;
  const auto found = pool.resources.find(trace.measured);
  return found == pool.resources.end() ? 0 : found->second;
}

}  // namespace parking_lot::simulate
