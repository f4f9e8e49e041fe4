#include <cmath>

#include "simulate/figures.h"
#include "simulate/text_writer.h"

namespace parking_lot::simulate {
namespace {

void write(JsonText& json, const char* key, const Distribution& of, unsigned places) {
  json.open(key);
  json.number("mean", of.mean, 3);
  json.number("p50", of.p50, places);
  json.number("p95", of.p95, places);
  json.number("p99", of.p99, places);
  json.number("max", of.max, places);
  json.close();
}

void write(JsonText& json, const GroupFigures& of) {
  json.whole("tasks", of.tasks);
  json.whole("started", of.wait_ms.count);
  json.whole("completed", of.completed);
  json.whole("expired", of.expired);
  json.whole("rejected", of.rejected);
  if (of.unfinished > 0) json.whole("unfinished", of.unfinished);
  json.number("unit_seconds", of.unit_seconds, 3);
  write(json, "wait_ms", of.wait_ms, 0);
  write(json, "bounded_slowdown", of.bounded_slowdown, 3);
}

void write_groups(JsonText& json, const char* key, const std::vector<GroupFigures>& groups) {
  json.open(key);
  for (const GroupFigures& group : groups) {
    json.open(group.name);
    write(json, group);
    json.close();
  }
  json.close();
}

}  // namespace

std::string figures_json(const std::string& policy, const Figures& figures) {
  JsonText json;
  json.open();
  json.text("policy", policy);
  if (!figures.resource.empty()) json.text("resource", figures.resource);
  json.number("capacity", figures.capacity, 0);
  json.number("units_peak", figures.units_peak, 0);
  json.number("utilisation", figures.utilisation, 6);
  json.number("offered_load", figures.offered_load, 6);
  json.number("makespan_ms", figures.makespan_ms, 0);
  write(json, figures.all);
  json.open("largest_tenth");
  write(json, figures.largest_tenth);
  json.close();
  json.open("others");
  write(json, figures.others);
  json.close();
  json.open("eta");
  json.whole("told", figures.eta_error_ms.count);
  json.whole("unknown", figures.eta_unknown);
  write(json, "error_ms", figures.eta_error_ms, 0);
  json.close();
  if (figures.lag.is_fair) {
    json.open("fairness_lag");
    json.number("most_ms", figures.lag.most_ms, 0);
    if (std::isfinite(figures.lag.bound_ms)) {
      json.number("bound_ms", figures.lag.bound_ms, 0);
    } else {
      json.raw("bound_ms", "null");
    }
    json.whole("beyond_bound", figures.lag.beyond_bound);
    json.close();
  }
  write_groups(json, "priorities", figures.priorities);
  write_groups(json, "tenants", figures.tenants);
  json.close();
  return std::move(json).finish();
}

}  // namespace parking_lot::simulate
