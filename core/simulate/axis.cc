#include <algorithm>
#include <cmath>

#include "simulate/chart.h"
#include "simulate/text_writer.h"

namespace parking_lot::simulate {
namespace {

constexpr double second = 1000;
constexpr double minute = 60 * second;
constexpr double hour = 60 * minute;
constexpr double day = 24 * hour;

struct TimeUnit {
  double ms;
  const char* name;
};
constexpr TimeUnit time_units[] = {{day, "d"}, {hour, "h"}, {minute, "min"}, {second, "s"}, {1, "ms"}};

/// At most two digits after the point, and no zeros at the end.
std::string brief(double value) {
  std::string out = decimal(value, value < 10 ? 2 : value < 100 ? 1 : 0);
  if (out.find('.') == std::string::npos) return out;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

std::string brief_number(double value) {
  if (value >= 1e6) return brief(value / 1e6) + " M";
  return value >= 10000 ? brief(value / 1000) + " k" : brief(value);
}

/// 1, 2 or 5 times a power of ten, so that about five of them reach `max`.
double round_step(double max) {
  const double rough = std::max(max, 1e-9) / 5;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (power * factor >= rough * 0.999) return power * factor;
  }
  return power * 10;
}

double time_step(double max_ms) {
  static constexpr double steps[] = {1,           10,          100,      second,     5 * second,
                                     10 * second, 30 * second, minute,   5 * minute, 10 * minute,
                                     30 * minute, hour,        3 * hour, 6 * hour,   12 * hour,
                                     day,         2 * day,     7 * day,  30 * day,   100 * day};
  for (const double step : steps) {
    if (max_ms / step <= 7) return step;
  }
  return round_step(max_ms / day) * day;
}

}  // namespace

std::string spelled_time(double ms) {
  for (const TimeUnit& unit : time_units) {
    if (ms >= unit.ms) return brief(ms / unit.ms) + ' ' + unit.name;
  }
  return "0";
}

double Axis::place_of(double value) const {
  double place = 0;
  if (scale == Scale::linear) {
    place = (value - from) / (to - from);
  } else {
    place = std::log(std::max(value, from) / from) / std::log(to / from);
  }
  return std::clamp(place, 0.0, 1.0);
}

Axis linear_axis(std::string title, double max) {
  Axis axis;
  axis.title = std::move(title);
  const double step = round_step(max);
  axis.to = std::max(1.0, std::ceil(max / step * 0.9999)) * step;
  const auto count = static_cast<int>(std::round(axis.to / step));
  for (int i = 0; i <= count; ++i) axis.ticks.push_back({i * step, brief_number(i * step)});
  return axis;
}

Axis time_axis(std::string title, double max_ms) {
  Axis axis;
  axis.title = std::move(title);
  axis.to = std::max(max_ms, 1.0);
  const double step = time_step(axis.to);
  for (double at = 0; at <= axis.to; at += step) axis.ticks.push_back({at, spelled_time(at)});
  return axis;
}

Axis wait_axis(std::string title, double max_ms) {
  static constexpr double marks[] = {10,   100,       second,  10 * second, minute,    10 * minute,
                                     hour, 10 * hour, 4 * day, 40 * day,    400 * day, 4000 * day};
  Axis axis;
  axis.title = std::move(title);
  axis.scale = Axis::Scale::logarithmic;
  axis.from = marks[0];
  axis.to = marks[2];
  for (const double mark : marks) {
    axis.ticks.push_back({mark, mark == marks[0] ? "≤ 10 ms" : spelled_time(mark)});
    axis.to = std::max(axis.to, mark);
    if (mark >= max_ms && mark >= marks[2]) break;
  }
  return axis;
}

}  // namespace parking_lot::simulate
