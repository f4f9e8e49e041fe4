#include "simulate/plots.h"

#include <algorithm>
#include <cmath>

#include "simulate/chart.h"

namespace parking_lot::simulate {
namespace {

constexpr std::size_t slices = 240;
constexpr std::size_t tenants_shown_max = 12;

/// Adds `value` over [from, to) to slices of equal length; whole slices through their differences.
class Slices {
 public:
  Slices(double begin, double length, std::size_t count)
      : begin_(begin), length_(length), partial_(count + 1), differences_(count + 1) {}

  void add(double from, double to, double value) {
    const auto end = static_cast<double>(partial_.size() - 1);
    const double first = std::clamp((from - begin_) / length_, 0.0, end);
    const double last = std::clamp((to - begin_) / length_, 0.0, end);
    const auto first_slice = static_cast<std::size_t>(first);
    const auto last_slice = static_cast<std::size_t>(last);
    if (first_slice == last_slice) {
      partial_[first_slice] += value * (last - first);
      return;
    }
    partial_[first_slice] += value * (static_cast<double>(first_slice + 1) - first);
    partial_[last_slice] += value * (last - static_cast<double>(last_slice));
    differences_[first_slice + 1] += value;
    differences_[last_slice] -= value;
  }

  std::vector<double> means() const {
    std::vector<double> out;
    double whole = 0;
    for (std::size_t i = 0; i + 1 < partial_.size(); ++i)
      out.push_back(partial_[i] + (whole += differences_[i]));
    return out;
  }

 private:
  double begin_;
  double length_;
  std::vector<double> partial_;
  std::vector<double> differences_;
};

std::int64_t last_event(const std::vector<Compared>& compared) {
  std::int64_t last = 0;
  for (const Compared& each : compared) last = std::max(last, each.simulated->last_ms);
  return last;
}

/// Shares of tasks, spread so that the slow tail is as wide as the rest: 0, 50, 90, 99, 99.9 … percent lie at
/// equal distances from one another (but for the first).
Axis tail_axis(std::size_t samples) {
  Axis axis;
  axis.title = "share of tasks that waited at most so long";
  axis.scale = Axis::Scale::logarithmic;
  axis.from = 1;
  axis.to = std::max(100.0, static_cast<double>(samples));
  for (const auto& [value, label] : {std::pair<double, const char*>{1, "0"},
                                     {2, "50 %"},
                                     {10, "90 %"},
                                     {20, "95 %"},
                                     {100, "99 %"},
                                     {1000, "99.9 %"},
                                     {10000, "99.99 %"},
                                     {100000, "99.999 %"}}) {
    if (value <= axis.to) axis.ticks.push_back({value, label});
  }
  return axis;
}

/// The waits in ascending order at as many places as can be seen.
Line wait_line(const std::string& name, std::size_t number, std::vector<double> waits) {
  Line line{name, number, {}, Line::Look::line};
  std::sort(waits.begin(), waits.end());
  const auto count = static_cast<double>(waits.size());
  double shown = 0;
  for (std::size_t i = 0; i < waits.size(); ++i) {
    const double odds = count / (count - static_cast<double>(i));  // 1 / the share that waited longer
    const bool is_last = i + 1 == waits.size();
    if (odds < shown * 1.03 && !is_last) continue;
    shown = odds;
    line.points.emplace_back(odds, waits[i]);
  }
  return line;
}

Picture draw_waits(const Trace& trace, const std::vector<Compared>& compared, const std::string& name,
                   const std::string& title, const std::vector<std::uint32_t>& tasks) {
  Chart chart;
  chart.title = title;
  chart.x = tail_axis(tasks.size());
  double longest = 0;
  for (std::size_t number = 0; number < compared.size(); ++number) {
    std::vector<double> waits;
    for (const std::uint32_t place : tasks) {
      const Fate& fate = compared[number].simulated->fates[place];
      if (fate.start_ms == Fate::never) continue;
      waits.push_back(static_cast<double>(fate.start_ms - ready_ms(trace.tasks[place])));
      longest = std::max(longest, waits.back());
    }
    chart.lines.push_back(wait_line(compared[number].name, number, std::move(waits)));
  }
  chart.y = wait_axis("", longest);
  chart.height = 280;
  return {name, draw(chart)};
}

Line course_line(const std::string& name, std::size_t number, const std::vector<double>& values,
                 double length_ms, Line::Look look) {
  Line line{name, number, {}, look};
  for (std::size_t i = 0; i < values.size(); ++i) {
    line.points.emplace_back((static_cast<double>(i) + 0.5) * length_ms / static_cast<double>(values.size()),
                             values[i]);
  }
  return line;
}

void draw_courses(std::vector<Picture>& pictures, const Trace& trace, const std::vector<Compared>& compared) {
  const std::int64_t until = last_event(compared);
  const auto length = static_cast<double>(std::max<std::int64_t>(until - trace.first_ms(), 1));
  Chart queue;
  queue.title = "Tasks waiting";
  queue.x = time_axis("", length);
  double deepest = 1;
  for (std::size_t number = 0; number < compared.size(); ++number) {
    const Compared& each = compared[number];
    const Course course = course_of(trace, *each.simulated, until, slices);
    Chart units;
    units.title = "Units in use: " + each.name;
    units.x = time_axis("", length);
    units.y = linear_axis("", std::max(each.figures->capacity, 1.0) * 1.02);
    units.limit = each.figures->capacity;
    units.limit_label = "capacity";
    units.height = 170;
    units.lines.push_back(course_line(each.name, number, course.units_in_use, length, Line::Look::area));
    pictures.push_back({"units-" + std::to_string(number + 1), draw(units)});
    for (const double waiting : course.tasks_waiting) deepest = std::max(deepest, waiting);
    queue.lines.push_back(course_line(each.name, number, course.tasks_waiting, length, Line::Look::line));
  }
  queue.y = linear_axis("", deepest);
  pictures.push_back({"queue-depth", draw(queue)});
}

/// The tenants with most tasks.
Picture draw_tenants(const std::vector<Compared>& compared) {
  const std::vector<GroupFigures>& tenants = compared.front().figures->tenants;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < tenants.size(); ++i) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return tenants[a].tasks > tenants[b].tasks; });
  order.resize(std::min(order.size(), tenants_shown_max));
  DotPlot plot;
  plot.title = "Tenants: wait of the slowest 5 % (p95)";
  double longest = 0;
  for (const Compared& each : compared) plot.series.push_back(each.name);
  for (const std::size_t tenant : order) {
    DotPlot::Row row{tenants[tenant].name, {}};
    for (const Compared& each : compared) row.values.push_back(each.figures->tenants[tenant].wait_ms.p95);
    for (const double value : row.values) longest = std::max(longest, value);
    plot.rows.push_back(std::move(row));
  }
  plot.x = time_axis("", longest * 1.02);
  return {"tenants", draw(plot)};
}

}  // namespace

Course course_of(const Trace& trace, const Simulated& simulated, std::int64_t until_ms, std::size_t count) {
  const auto begin = static_cast<double>(trace.first_ms());
  const double length = std::max(static_cast<double>(until_ms) - begin, 1.0) / static_cast<double>(count);
  Slices units(begin, length, count);
  Slices waiting(begin, length, count);
  for (std::size_t i = 0; i < trace.tasks.size(); ++i) {
    const TraceTask& task = trace.tasks[i];
    const Fate& fate = simulated.fates[i];
    if (fate.status == Status::rejected) continue;
    const auto end = static_cast<double>(fate.end_ms == Fate::never ? until_ms : fate.end_ms);
    const double start = fate.start_ms == Fate::never ? end : static_cast<double>(fate.start_ms);
    waiting.add(static_cast<double>(ready_ms(task)), start, 1);
    if (fate.start_ms != Fate::never) units.add(start, end, static_cast<double>(task.units));
  }
  return {units.means(), waiting.means()};
}

std::vector<Picture> draw_plots(const Trace& trace, const std::vector<Compared>& compared) {
  std::vector<Picture> pictures;
  std::vector<std::uint32_t> all(trace.tasks.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
  pictures.push_back(draw_waits(trace, compared, "waits", "Waits of all tasks", all));
  pictures.push_back(draw_waits(trace, compared, "waits-largest-tenth", "Waits of the largest tenth of tasks",
                                largest_tenth(trace)));
  draw_courses(pictures, trace, compared);
  if (compared.front().figures->tenants.size() > 1) pictures.push_back(draw_tenants(compared));
  return pictures;
}

}  // namespace parking_lot::simulate
