#include "cli/simulate_output.h"

#include <errno.h>
#include <string.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "simulate/text_writer.h"

namespace parking_lot::cli {
namespace {

using simulate::decimal;
using simulate::Distribution;
using simulate::Figures;
using simulate::GroupFigures;

std::string percent(double share) { return decimal(share * 100, 1) + " %"; }
std::string seconds(double ms) { return decimal(ms / 1000, ms < 100000 ? 2 : 0); }
/// Of nothing there is no time.
std::string time_of(const Distribution& of, double Distribution::*figure) {
  return of.count == 0 ? "-" : seconds(of.*figure);
}
std::string slowdown(const Distribution& of, double Distribution::*figure) {
  return of.count == 0 ? "-" : decimal(of.*figure, 2);
}
std::string lag_bound(const simulate::FairnessLag& lag) {
  if (!lag.is_fair) return "-";
  return std::isfinite(lag.bound_ms) ? seconds(lag.bound_ms) : "none";
}

struct Row {
  std::string name;
  std::string (*text)(const Figures& figures);
};

const Row rows[] = {
    {"offered load", [](const Figures& f) { return percent(f.offered_load); }},
    {"utilisation", [](const Figures& f) { return percent(f.utilisation); }},
    {"most units in use", [](const Figures& f) { return decimal(f.units_peak, 0); }},
    {"completed", [](const Figures& f) { return decimal(static_cast<double>(f.all.completed), 0); }},
    {"expired", [](const Figures& f) { return decimal(static_cast<double>(f.all.expired), 0); }},
    {"rejected", [](const Figures& f) { return decimal(static_cast<double>(f.all.rejected), 0); }},
    {"wait, mean (s)", [](const Figures& f) { return time_of(f.all.wait_ms, &Distribution::mean); }},
    {"wait, p50", [](const Figures& f) { return time_of(f.all.wait_ms, &Distribution::p50); }},
    {"wait, p95", [](const Figures& f) { return time_of(f.all.wait_ms, &Distribution::p95); }},
    {"wait, p99", [](const Figures& f) { return time_of(f.all.wait_ms, &Distribution::p99); }},
    {"wait, max", [](const Figures& f) { return time_of(f.all.wait_ms, &Distribution::max); }},
    {"largest tenth, mean",
     [](const Figures& f) { return time_of(f.largest_tenth.wait_ms, &Distribution::mean); }},
    {"largest tenth, p95",
     [](const Figures& f) { return time_of(f.largest_tenth.wait_ms, &Distribution::p95); }},
    {"largest tenth, max",
     [](const Figures& f) { return time_of(f.largest_tenth.wait_ms, &Distribution::max); }},
    {"start foretold, off by p50",
     [](const Figures& f) { return time_of(f.eta_error_ms, &Distribution::p50); }},
    {"start foretold, off by p95",
     [](const Figures& f) { return time_of(f.eta_error_ms, &Distribution::p95); }},
    {"bounded slowdown, mean",
     [](const Figures& f) { return slowdown(f.all.bounded_slowdown, &Distribution::mean); }},
    {"bounded slowdown, p95",
     [](const Figures& f) { return slowdown(f.all.bounded_slowdown, &Distribution::p95); }},
};

using Cells = std::vector<std::string>;

/// The first column to the left, figures to the right.
std::string aligned(const std::vector<Cells>& table) {
  std::vector<std::size_t> widths(table.front().size());
  for (const Cells& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string out;
  for (const Cells& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string space(widths[i] - cells[i].size(), ' ');
      out += i == 0 ? cells[i] + space : "  " + space + cells[i];
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  return out;
}

void add_groups(std::vector<Cells>& table, const std::string& what,
                const std::vector<GroupFigures> Figures::*groups,
                const std::vector<Simulation>& simulations) {
  constexpr std::size_t shown_max = 12;
  const std::vector<GroupFigures>& first = simulations.front().figures.*groups;
  if (first.size() < 2) return;
  for (std::size_t i = 0; i < std::min(first.size(), shown_max); ++i) {
    Cells cells{what + ' ' + first[i].name + ", p95"};
    for (const Simulation& each : simulations)
      cells.push_back(time_of((each.figures.*groups)[i].wait_ms, &Distribution::p95));
    table.push_back(std::move(cells));
  }
}

/// Where tenants take turns: how far those that waited were apart in service, as time of the whole pool.
void add_lag(std::vector<Cells>& table, const std::vector<Simulation>& simulations) {
  Cells most{"lag between tenants, most (s)"};
  Cells bound{"its bound"};
  bool is_any_fair = false;
  for (const Simulation& each : simulations) {
    const simulate::FairnessLag& lag = each.figures.lag;
    is_any_fair = is_any_fair || lag.is_fair;
    most.push_back(lag.is_fair ? seconds(lag.most_ms) : "-");
    bound.push_back(lag_bound(lag));
  }
  if (!is_any_fair) return;
  table.push_back(std::move(most));
  table.push_back(std::move(bound));
}

/// `3`, or `cpu=2 gpu=1`.
std::string cost_text(const simulate::Trace& trace, std::size_t task) {
  if (trace.tasks[task].counts == simulate::TraceTask::Counts::units)
    return std::to_string(trace.tasks[task].units);
  std::string out;
  for (std::size_t i = 0; i < trace.resources.size(); ++i) {
    if (trace.costs[task][i] == 0) continue;
    out += (out.empty() ? "" : " ") + trace.resources[i] + '=' + std::to_string(trace.costs[task][i]);
  }
  return out.empty() ? "0" : out;
}

std::string in_unit(std::int64_t ms, std::int64_t unit_ms) {
  if (ms % unit_ms == 0) return std::to_string(ms / unit_ms);
  return decimal(static_cast<double>(ms) / static_cast<double>(unit_ms), 3);
}

}  // namespace

std::string figures_table(const simulate::Trace& trace, const std::vector<Simulation>& simulations) {
  const Figures& first = simulations.front().figures;
  std::string out = std::to_string(trace.tasks.size()) + " tasks over " +
                    seconds(static_cast<double>(trace.last_ms() - trace.first_ms())) + " s, capacity " +
                    decimal(first.capacity, 0) + " units";
  if (!first.resource.empty())
    out += " of " + first.resource + ", which is the tightest of several resources";
  if (trace.left_out > 0)
    out += "; " + std::to_string(trace.left_out) + " entries without a run, or of a part of one, left out";
  std::vector<Cells> table{{""}};
  for (const Simulation& each : simulations) table.front().push_back(each.contender.name);
  for (const Row& row : rows) {
    Cells cells{row.name};
    for (const Simulation& each : simulations) cells.push_back(row.text(each.figures));
    table.push_back(std::move(cells));
  }
  add_lag(table, simulations);
  add_groups(table, "priority", &Figures::priorities, simulations);
  add_groups(table, "tenant", &Figures::tenants, simulations);
  return out + "\n" + aligned(table);
}

std::string figures_report_json(const std::string& trace_name, const simulate::Trace& trace,
                                const std::vector<Simulation>& simulations) {
  simulate::JsonText json;
  json.open();
  json.open("trace");
  json.text("name", trace_name);
  json.whole("tasks", trace.tasks.size());
  json.whole("left_out", trace.left_out);
  json.number("span_ms", static_cast<double>(trace.last_ms() - trace.first_ms()), 0);
  json.close();
  std::string policies = "[";
  for (const Simulation& each : simulations) {
    if (policies.size() > 1) policies += ',';
    policies += figures_json(each.contender.name, each.figures);
  }
  json.raw("policies", policies + ']');
  json.close();
  return std::move(json).finish();
}

std::string starts_csv(const simulate::Trace& trace, const simulate::Simulated& simulated) {
  std::string out = "id,submit,start,end,units\n";
  out.reserve(trace.tasks.size() * 48);
  const auto spell = [&](std::int64_t ms) {
    return ms == simulate::Fate::never ? std::string() : in_unit(ms, trace.unit_ms);
  };
  for (std::size_t i = 0; i < trace.tasks.size(); ++i) {
    const std::string& id = trace.ids[i];
    const bool needs_quotes = id.find_first_of(",\"") != std::string::npos;
    std::string spelled = id;
    for (std::size_t at = 0; needs_quotes && (at = spelled.find('"', at)) != std::string::npos; at += 2)
      spelled.insert(at, 1, '"');
    out += needs_quotes ? '"' + spelled + '"' : spelled;
    const simulate::Fate& fate = simulated.fates[i];
    out += ',' + in_unit(trace.tasks[i].submit_ms, trace.unit_ms) + ',' + spell(fate.start_ms) + ',' +
           spell(fate.end_ms) + ',' + cost_text(trace, i) + '\n';
  }
  return out;
}

std::vector<std::string> starts_paths(const std::string& path, const std::vector<Simulation>& simulations) {
  if (simulations.size() == 1) return {path};
  const std::string stem = path.ends_with(".csv") ? path.substr(0, path.size() - 4) : path;
  std::vector<std::string> paths;
  for (const Simulation& each : simulations) {
    std::string name = each.contender.name;
    for (char& c : name) {
      if (std::string_view(":=,/ ").find(c) != std::string_view::npos) c = '-';
    }
    std::string candidate = stem + '.' + name + ".csv";
    for (int number = 2; std::find(paths.begin(), paths.end(), candidate) != paths.end(); ++number)
      candidate = stem + '.' + name + '.' + std::to_string(number) + ".csv";
    paths.push_back(std::move(candidate));
  }
  return paths;
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return Failure({path, std::string("cannot be written: ") + strerror(errno) + "."});
  const bool is_written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !is_written)
    return Failure({path, std::string("cannot be written: ") + strerror(errno) + "."});
  return {};
}

}  // namespace parking_lot::cli
