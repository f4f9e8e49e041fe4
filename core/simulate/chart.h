#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Plots as SVG text that stands alone: light and dark by the reader's preference, no script, no fonts to
/// load.
namespace parking_lot::simulate {

struct Tick {
  double value = 0;
  std::string label;
};

/// One axis: values from `from` to `to`, evenly or by their logarithm.
struct Axis {
  enum class Scale : std::uint8_t { linear, logarithmic };
  std::string title;
  double from = 0;
  double to = 1;
  Scale scale = Scale::linear;
  std::vector<Tick> ticks;

  /// Where a value lies between 0 and 1; values outside are moved to the ends.
  double place_of(double value) const;
};

/// Moments or lengths of time, as a reader would write them: `250 ms`, `3 s`, `5 min`, `2 h`, `4 d`.
std::string spelled_time(double ms);

/// From 0 to at least `max`, at steps of 1, 2 or 5 times a power of ten.
Axis linear_axis(std::string title, double max);
/// Likewise, in seconds, minutes, hours or days.
Axis time_axis(std::string title, double max_ms);
/// Lengths of time from 10 ms to at least `max_ms`, by their logarithm. Shorter ones lie at its foot.
Axis wait_axis(std::string title, double max_ms);

/// Things to compare have a colour each, the same in every plot: that of their number.
inline constexpr std::size_t colours = 6;

struct Line {
  enum class Look : std::uint8_t { line, area };
  std::string name;
  std::size_t colour = 0;
  std::vector<std::pair<double, double>> points;
  Look look = Look::line;
};

/// Lines over two axes.
struct Chart {
  std::string title;
  Axis x;
  Axis y;
  std::vector<Line> lines;
  double limit = -1;  ///< a dashed line across at this height; negative: none
  std::string limit_label;
  double height = 240;
};
std::string draw(const Chart& chart);

/// A row for each name, and on it a dot for each thing that is compared.
struct DotPlot {
  struct Row {
    std::string name;
    std::vector<double> values;  ///< in the order of `series`
  };
  std::string title;
  Axis x;
  std::vector<std::string> series;
  std::vector<Row> rows;
};
std::string draw(const DotPlot& plot);

}  // namespace parking_lot::simulate
