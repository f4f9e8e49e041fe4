#include "simulate/figures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "simulate/resources.h"

namespace parking_lot::simulate {
namespace {

constexpr double slowdown_bound_ms = 10000;

double nearest_rank(const std::vector<double>& sorted, unsigned percent) {
  const std::size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

/// Gathers a group task by task.
class Group {
 public:
  explicit Group(std::string name) { figures_.name = std::move(name); }

  void add(const TraceTask& task, const Fate& fate) {
    ++figures_.tasks;
    figures_.completed += fate.status == Status::completed ? 1 : 0;
    figures_.expired += fate.status == Status::expired ? 1 : 0;
    figures_.rejected += fate.status == Status::rejected ? 1 : 0;
    figures_.unfinished += is_terminal(fate.status) ? 0 : 1;
    if (fate.start_ms == Fate::never) return;
    const auto wait = static_cast<double>(fate.start_ms - ready_ms(task));
    const auto run = static_cast<double>(fate.end_ms - fate.start_ms);
    figures_.unit_seconds += static_cast<double>(task.units) * run / 1000;
    waits_.push_back(wait);
    slowdowns_.push_back(std::max(1.0, (wait + run) / std::max(run, slowdown_bound_ms)));
  }

  GroupFigures figures() && {
    figures_.wait_ms = Distribution::of(waits_);
    figures_.bounded_slowdown = Distribution::of(slowdowns_);
    return std::move(figures_);
  }

 private:
  GroupFigures figures_;
  std::vector<double> waits_;
  std::vector<double> slowdowns_;
};

double capacity_of(const Config& config, const Trace& trace) {
  double capacity = 0;
  for (const PoolConfig& pool : config.pools) capacity += static_cast<double>(measured_capacity(trace, pool));
  return capacity;
}

/// The most units in use at one time. Ends come before starts of the same moment.
double peak_of(const Trace& trace, const Simulated& simulated) {
  std::vector<std::pair<std::int64_t, double>> changes;
  for (std::size_t i = 0; i < trace.tasks.size(); ++i) {
    const Fate& fate = simulated.fates[i];
    if (fate.start_ms == Fate::never || fate.end_ms == fate.start_ms) continue;
    changes.emplace_back(fate.start_ms, static_cast<double>(trace.tasks[i].units));
    changes.emplace_back(fate.end_ms, -static_cast<double>(trace.tasks[i].units));
  }
  std::sort(changes.begin(), changes.end());
  double now = 0;
  double peak = 0;
  for (const auto& [at, change] : changes) peak = std::max(peak, now += change);
  return peak;
}

}  // namespace

Distribution Distribution::of(std::vector<double>& samples) {
  Distribution out;
  if (samples.empty()) return out;
  std::sort(samples.begin(), samples.end());
  out.count = samples.size();
  out.mean = std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
  out.p50 = nearest_rank(samples, 50);
  out.p95 = nearest_rank(samples, 95);
  out.p99 = nearest_rank(samples, 99);
  out.max = samples.back();
  return out;
}

std::vector<std::uint32_t> largest_tenth(const Trace& trace) {
  std::vector<std::uint32_t> places(trace.tasks.size());
  std::iota(places.begin(), places.end(), 0U);
  const auto tenth = static_cast<std::ptrdiff_t>((places.size() + 9) / 10);
  const auto is_larger = [&](std::uint32_t a, std::uint32_t b) {
    const Units units_a = trace.tasks[a].units;
    const Units units_b = trace.tasks[b].units;
    return units_a != units_b ? units_a > units_b : a < b;
  };
  std::nth_element(places.begin(), places.begin() + std::max<std::ptrdiff_t>(tenth - 1, 0), places.end(),
                   is_larger);
  places.resize(static_cast<std::size_t>(tenth));
  std::sort(places.begin(), places.end());
  return places;
}

Figures measure(const Config& config, const Trace& trace, const Simulated& simulated) {
  Group all("all");
  Group largest("largest_tenth");
  Group others("others");
  std::vector<Group> tenants(trace.tenants.begin(), trace.tenants.end());
  std::vector<Group> priorities;
  for (int i = 3; i >= 0; --i) priorities.emplace_back(std::string(to_string(static_cast<Priority>(i))));

  const std::vector<std::uint32_t> large = largest_tenth(trace);
  std::size_t next_large = 0;
  double demand_ms = 0;
  for (std::uint32_t i = 0; i < trace.tasks.size(); ++i) {
    const TraceTask& task = trace.tasks[i];
    const Fate& fate = simulated.fates[i];
    const bool is_large = next_large < large.size() && large[next_large] == i;
    next_large += is_large ? 1 : 0;
    all.add(task, fate);
    (is_large ? largest : others).add(task, fate);
    tenants[task.tenant].add(task, fate);
    priorities[3 - static_cast<std::size_t>(task.priority)].add(task, fate);
    demand_ms += static_cast<double>(task.units) * static_cast<double>(task.duration_ms);
  }

  Figures out;
  out.all = std::move(all).figures();
  out.largest_tenth = std::move(largest).figures();
  out.others = std::move(others).figures();
  for (Group& tenant : tenants) out.tenants.push_back(std::move(tenant).figures());
  for (Group& priority : priorities) {
    GroupFigures figures = std::move(priority).figures();
    if (figures.tasks > 0) out.priorities.push_back(std::move(figures));
  }
  out.capacity = capacity_of(config, trace);
  out.resource = trace.measured;
  out.lag = simulated.lag;
  out.makespan_ms = static_cast<double>(simulated.last_ms - trace.first_ms());
  const double span_ms = static_cast<double>(trace.last_ms() - trace.first_ms());
  if (out.makespan_ms > 0) out.utilisation = out.all.unit_seconds * 1000 / (out.capacity * out.makespan_ms);
  if (span_ms > 0) out.offered_load = demand_ms / (out.capacity * span_ms);
  out.units_peak = peak_of(trace, simulated);
  std::vector<double> errors;
  for (const Foreseen& each : simulated.foreseen) {
    const std::int64_t start_ms = simulated.fates[each.task].start_ms;
    if (each.start_ms == Fate::never) ++out.eta_unknown;
    if (each.start_ms == Fate::never || start_ms == Fate::never) continue;
    errors.push_back(std::abs(static_cast<double>(start_ms - each.start_ms)));
  }
  out.eta_error_ms = Distribution::of(errors);
  return out;
}

}  // namespace parking_lot::simulate
