#include "simulate/setup.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "simulate/trace_text.h"

namespace parking_lot::simulate {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view the_pool = "simulated";

constexpr std::size_t plain_units = resources_max;

/// Of a resource of the trace, or of `plain_units`; 0: no task of the pool costs any.
Units capacity_for(const Trace& trace, std::uint32_t pool, std::size_t resource, const Sizing& sizing) {
  Units largest = 0;
  double demand_ms = 0;
  for (std::size_t i = 0; i < trace.tasks.size(); ++i) {
    const TraceTask& task = trace.tasks[i];
    const bool is_plain = task.counts == TraceTask::Counts::units;
    if (task.pool != pool || is_plain != (resource == plain_units)) continue;
    const Units units = is_plain ? task.units : trace.costs[i][resource];
    largest = std::max(largest, is_plain ? std::max<Units>(units, 1) : units);
    demand_ms += static_cast<double>(units) * static_cast<double>(task.duration_ms);
  }
  if (largest == 0) return 0;
  if (sizing.units > 0) return sizing.units;
  if (trace.machine_units > 0) return trace.machine_units;
  const auto span_ms = static_cast<double>(trace.last_ms() - trace.first_ms());
  if (span_ms <= 0) return largest;
  const double units = std::ceil(demand_ms * 100 / (span_ms * static_cast<double>(sizing.load_percent)));
  return std::max(largest, static_cast<Units>(std::min(units, static_cast<double>(units_max))));
}

Json capacities_for(const Trace& trace, std::uint32_t pool, const Sizing& sizing) {
  Json several = Json::object();
  for (std::size_t i = 0; i < trace.resources.size(); ++i) {
    const Units units = capacity_for(trace, pool, i, sizing);
    if (units > 0) several[trace.resources[i]] = units;
  }
  if (!several.empty()) return several;
  return std::max<Units>(capacity_for(trace, pool, plain_units, sizing), 1);
}

std::string pretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

/// A value as it stands in JSON, or a word without its quotes.
Json value_of(std::string_view text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

/// Where the first of several members ends: at the comma that stands in no list, object or text.
std::size_t end_of_member(std::string_view text) {
  int depth = 0;
  bool is_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' && (i == 0 || text[i - 1] != '\\')) is_text = !is_text;
    if (is_text) continue;
    depth += text[i] == '{' || text[i] == '[' ? 1 : text[i] == '}' || text[i] == ']' ? -1 : 0;
    if (text[i] == ',' && depth == 0) return i;
  }
  return text.size();
}

/// Puts `policy:key=value,…` into every pool.
Result<void> overlay(Json& config, const std::string& asked) {
  const std::size_t colon = std::min(asked.find(':'), asked.size());
  const auto wrong = [&](std::string message) { return Failure({"--policy " + asked, std::move(message)}); };
  if (!parse_Policy(std::string_view(asked).substr(0, colon)))
    return wrong(
        "names no policy; use first_fit, strict or backfill, and further keys of a pool after a colon, "
        "like first_fit:starvation_guard_secs=0.");
  std::vector<std::pair<std::string, Json>> members{{"policy", asked.substr(0, colon)}};
  std::string_view rest = std::string_view(asked).substr(std::min(colon + 1, asked.size()));
  while (!rest.empty()) {
    const std::string_view member = rest.substr(0, end_of_member(rest));
    rest.remove_prefix(std::min(member.size() + 1, rest.size()));
    const std::size_t equals = member.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return wrong(quoted(member) + " is not key=value, like starvation_guard_secs=0.");
    members.emplace_back(member.substr(0, equals), value_of(member.substr(equals + 1)));
  }
  for (Json& pool : config["pools"]) {
    for (const auto& [key, value] : members) pool[key] = value;
  }
  return {};
}

bool has_pools(const Json& config) {
  return config.is_object() && config.contains("pools") && config["pools"].is_object() &&
         std::all_of(config["pools"].begin(), config["pools"].end(),
                     [](const Json& pool) { return pool.is_object(); });
}

Result<Contender> contender(std::string name, std::string json, const ReadEnvironment& environment) {
  ParsedConfig parsed = parse_config(json, environment);
  for (const ConfigIssue& issue : parsed.issues) {
    if (issue.severity == ConfigIssue::Severity::error) return Failure({issue.path, issue.message});
  }
  return Contender{std::move(name), std::move(parsed.config), std::move(json)};
}

}  // namespace

std::string config_for(const Trace& trace, const Sizing& sizing) {
  const auto depth =
      std::clamp<std::uint64_t>(trace.tasks.size(), 1000, std::numeric_limits<std::uint32_t>::max());
  Json pools = Json::object();
  for (std::uint32_t pool = 0; pool < trace.pools.size(); ++pool) {
    const std::string name = trace.pools[pool].empty() ? std::string(the_pool) : trace.pools[pool];
    pools[name] = {{"max_units", capacities_for(trace, pool, sizing)}, {"max_queue_depth", depth}};
  }
  return pretty(Json{{"pools", pools}});
}

Result<std::vector<Contender>> contenders(std::string_view json, const std::vector<std::string>& policies,
                                          const ReadEnvironment& environment) {
  std::vector<Contender> out;
  auto base = contender("", std::string(json), environment);
  if (!base) return Failure(std::move(base.error()));
  if (policies.empty()) {
    const Policy policy = base->config.pools.empty() ? Policy::first_fit : base->config.pools.front().policy;
    const bool is_one = std::all_of(base->config.pools.begin(), base->config.pools.end(),
                                    [&](const PoolConfig& pool) { return pool.policy == policy; });
    base->name = is_one ? std::string(to_string(policy)) : "as configured";
    out.push_back(std::move(*base));
    return out;
  }
  const Json document = Json::parse(json, nullptr, false);
  if (!has_pools(document)) return Failure({"pools", "must be an object of pools to compare policies."});
  for (const std::string& asked : policies) {
    Json config = document;
    if (auto done = overlay(config, asked); !done) return Failure(std::move(done.error()));
    auto made = contender(asked, pretty(config), environment);
    if (!made) return Failure({"--policy " + asked, made.error().where + ": " + made.error().message});
    out.push_back(std::move(*made));
  }
  return out;
}

}  // namespace parking_lot::simulate
