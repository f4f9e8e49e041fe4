#include "simulate/report.h"

#include <algorithm>
#include <cmath>

#include "simulate/chart.h"
#include "simulate/text_writer.h"

namespace parking_lot::simulate {
namespace {

constexpr const char* head =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">"
    "<title>Simulation</title><style>"
    ":root{color-scheme:light dark;--paper:#fff;--ink:#1f2328;--dim:#59636e;--line:#d8dee4;--card:#f6f8fa}"
    "@media(prefers-color-scheme:dark){:root{--paper:#0d1117;--ink:#e6edf3;--dim:#9198a1;--line:#343b43;"
    "--card:#161b22}}"
    "body{margin:0 auto;max-width:1180px;padding:24px 16px 48px;background:var(--paper);color:var(--ink);"
    "font:15px/1.5 system-ui,sans-serif}h1{font-size:24px;margin:0}h2{font-size:18px;margin:32px 0 8px}"
    "p{margin:4px 0 16px;color:var(--dim)}.wide{overflow-x:auto}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "th,td{padding:5px 12px;text-align:right;border-bottom:1px solid var(--line)}"
    "th:first-child{text-align:left;font-weight:400;position:sticky;left:0;background:var(--paper)}"
    "thead "
    "th{font-weight:600;vertical-align:bottom;white-space:normal;max-width:200px}"
    ".plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,360px),1fr));gap:16px}"
    "figure{margin:0;padding:12px;background:var(--card);border:1px solid var(--line);border-radius:8px}"
    "svg{display:block;width:100%;height:auto}"
    "@media(max-width:500px){body{padding:16px 10px}th,td{padding:5px 6px}figure{padding:8px "
    "4px}}</style></head><body>\n";

std::string percent(double share) { return decimal(share * 100, 1) + " %"; }
std::string time_of(const Distribution& of, double value) {
  return of.count == 0 ? "–" : spelled_time(value);
}
std::string slowdown(const Distribution& of, double value) { return of.count == 0 ? "–" : decimal(value, 2); }
std::string whole(double value) { return decimal(value, 0); }

struct Row {
  const char* name;
  std::string (*text)(const Figures& figures);
};

constexpr Row rows[] = {
    {"Utilisation", [](const Figures& f) { return percent(f.utilisation); }},
    {"Completed", [](const Figures& f) { return std::to_string(f.all.completed); }},
    {"Expired", [](const Figures& f) { return std::to_string(f.all.expired); }},
    {"Rejected", [](const Figures& f) { return std::to_string(f.all.rejected); }},
    {"Wait, mean", [](const Figures& f) { return time_of(f.all.wait_ms, f.all.wait_ms.mean); }},
    {"Wait, p50", [](const Figures& f) { return time_of(f.all.wait_ms, f.all.wait_ms.p50); }},
    {"Wait, p95", [](const Figures& f) { return time_of(f.all.wait_ms, f.all.wait_ms.p95); }},
    {"Wait, p99", [](const Figures& f) { return time_of(f.all.wait_ms, f.all.wait_ms.p99); }},
    {"Wait, longest", [](const Figures& f) { return time_of(f.all.wait_ms, f.all.wait_ms.max); }},
    {"Largest tenth: mean",
     [](const Figures& f) { return time_of(f.largest_tenth.wait_ms, f.largest_tenth.wait_ms.mean); }},
    {"Largest tenth: p95",
     [](const Figures& f) { return time_of(f.largest_tenth.wait_ms, f.largest_tenth.wait_ms.p95); }},
    {"Largest tenth: longest",
     [](const Figures& f) { return time_of(f.largest_tenth.wait_ms, f.largest_tenth.wait_ms.max); }},
    {"Others: mean", [](const Figures& f) { return time_of(f.others.wait_ms, f.others.wait_ms.mean); }},
    {"Others: p95", [](const Figures& f) { return time_of(f.others.wait_ms, f.others.wait_ms.p95); }},
    {"Start foretold: off by, p50",
     [](const Figures& f) { return time_of(f.eta_error_ms, f.eta_error_ms.p50); }},
    {"Start foretold: off by, p95",
     [](const Figures& f) { return time_of(f.eta_error_ms, f.eta_error_ms.p95); }},
    {"Bounded slowdown, mean",
     [](const Figures& f) { return slowdown(f.all.bounded_slowdown, f.all.bounded_slowdown.mean); }},
    {"Bounded slowdown, p95",
     [](const Figures& f) { return slowdown(f.all.bounded_slowdown, f.all.bounded_slowdown.p95); }},
};

/// With places at which a browser may break the line.
std::string breakable(const std::string& name) {
  std::string out;
  for (const char c : name) {
    out += escaped_markup(std::string_view(&c, 1));
    if (c == ':' || c == ',' || c == '=' || c == '_') out += "<wbr>";
  }
  return out;
}

std::string heading(const std::vector<Compared>& compared) {
  std::string out = "<thead><tr><th></th>";
  for (const Compared& each : compared) out += "<th>" + breakable(each.name) + "</th>";
  return out + "</tr></thead>";
}

std::string main_table(const std::vector<Compared>& compared) {
  std::string out = "<div class=\"wide\"><table>" + heading(compared) + "<tbody>";
  for (const Row& row : rows) {
    out += std::string("<tr><th>") + row.name + "</th>";
    for (const Compared& each : compared) out += "<td>" + row.text(*each.figures) + "</td>";
    out += "</tr>";
  }
  return out + "</tbody></table></div>\n";
}

/// Where tenants take turns: how far those that waited were apart, and may be.
std::string lag_table(const std::vector<Compared>& compared) {
  const auto is_fair = [](const Compared& each) { return each.figures->lag.is_fair; };
  if (std::none_of(compared.begin(), compared.end(), is_fair)) return {};
  std::string out =
      "<h2>Fairness</h2><p>Lag between tenants that wait, as time of the whole pool.</p><div class=\"wide\">"
      "<table>" +
      heading(compared) + "<tbody><tr><th>Most</th>";
  for (const Compared& each : compared)
    out += "<td>" + (is_fair(each) ? spelled_time(each.figures->lag.most_ms) : "–") + "</td>";
  out += "</tr><tr><th>Bound</th>";
  for (const Compared& each : compared) {
    const FairnessLag& lag = each.figures->lag;
    const std::string bound = std::isfinite(lag.bound_ms) ? spelled_time(lag.bound_ms) : "none";
    out += "<td>" + (lag.is_fair ? bound : "–") + "</td>";
  }
  return out + "</tr></tbody></table></div>\n";
}

/// Mean and p95 of each group under each policy.
std::string group_table(const char* title, const std::vector<GroupFigures> Figures::*groups,
                        const std::vector<Compared>& compared) {
  constexpr std::size_t shown_max = 100;
  const std::vector<GroupFigures>& first = compared.front().figures->*groups;
  if (first.size() < 2) return {};
  std::string out = std::string("<h2>") + title +
                    "</h2><p>Wait: mean, then p95.</p><div class=\"wide\"><table>" + heading(compared) +
                    "<tbody>";
  for (std::size_t i = 0; i < first.size() && i < shown_max; ++i) {
    out += "<tr><th>" + escaped_markup(first[i].name) + " (" + std::to_string(first[i].tasks) + ")</th>";
    for (const Compared& each : compared) {
      const GroupFigures& group = (each.figures->*groups)[i];
      out += "<td>" + time_of(group.wait_ms, group.wait_ms.mean) + " · " +
             time_of(group.wait_ms, group.wait_ms.p95) + "</td>";
    }
    out += "</tr>";
  }
  out += "</tbody></table></div>\n";
  if (first.size() > shown_max) out += "<p>And " + std::to_string(first.size() - shown_max) + " more.</p>\n";
  return out;
}

}  // namespace

std::string report_html(const std::string& trace_name, const Trace& trace,
                        const std::vector<Compared>& compared) {
  const Figures& first = *compared.front().figures;
  const std::string of = first.resource.empty() ? "units" : "units of " + escaped_markup(first.resource);
  std::string out = std::string(head) + "<h1>" + escaped_markup(trace_name) + "</h1>\n<p>" +
                    std::to_string(trace.tasks.size()) + " tasks over " +
                    spelled_time(static_cast<double>(trace.last_ms() - trace.first_ms())) + "; capacity " +
                    whole(first.capacity) + ' ' + of + ", offered load " + percent(first.offered_load) +
                    ".</p>\n";
  out += main_table(compared);
  out += "<h2>Plots</h2>\n<div class=\"plots\">";
  for (const Picture& picture : draw_plots(trace, compared)) out += "<figure>" + picture.svg + "</figure>\n";
  out += "</div>\n";
  out += group_table("Priorities", &Figures::priorities, compared);
  out += group_table("Tenants", &Figures::tenants, compared);
  out += lag_table(compared);
  return out + "</body></html>\n";
}

}  // namespace parking_lot::simulate
