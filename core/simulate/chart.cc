#include "simulate/chart.h"

#include <algorithm>
#include <cmath>

#include "simulate/text_writer.h"

namespace parking_lot::simulate {
namespace {

constexpr double width = 440;
constexpr double left = 62;
constexpr double right = 14;
constexpr double labels_height = 24;
constexpr double title_height = 19;
constexpr double legend_line = 20;
constexpr double letter = 7.6;  // a generous mean width at 13 px

/// Everything a plot needs stands in it, so that it can be used alone or inside a page.
constexpr const char* style =
    "<style>.plot{--ink:#1f2328;--dim:#59636e;--grid:#d8dee4;--c0:#0969da;--c1:#cf4b00;--c2:#1a7f37;"
    "--c3:#8250df;--c4:#bf3989;--c5:#7d6a00;font:13px system-ui,sans-serif}"
    "@media(prefers-color-scheme:dark){.plot{--ink:#e6edf3;--dim:#9198a1;--grid:#343b43;--c0:#4c9ffe;"
    "--c1:#ff8a4c;--c2:#4ac26b;--c3:#b392ff;--c4:#ff7ac0;--c5:#d8b430}}"
    ".plot text{fill:var(--dim)}.plot .title{fill:var(--ink);font-weight:600}"
    ".plot .grid{stroke:var(--grid);fill:none}.plot .limit{stroke:var(--dim);stroke-dasharray:4 3}"
    ".plot .line{fill:none;stroke-width:2;stroke-linejoin:round}.plot .area{stroke:none;opacity:.55}</style>";

std::string at(double value) { return decimal(value, 1); }
std::string colour(std::size_t number) { return "var(--c" + std::to_string(number % colours) + ")"; }

enum class Anchor : std::uint8_t { start, middle, end };
std::string text(double x, double y, const std::string& words, Anchor anchor = Anchor::start,
                 const std::string& more = {}) {
  const char* const where = anchor == Anchor::start ? "start" : anchor == Anchor::middle ? "middle" : "end";
  return "<text x=\"" + at(x) + "\" y=\"" + at(y) + "\" text-anchor=\"" + where + "\"" + more + ">" +
         escaped_markup(words) + "</text>";
}
std::string rule(double x1, double y1, double x2, double y2, const char* look) {
  return std::string("<path class=\"") + look + "\" d=\"M" + at(x1) + ' ' + at(y1) + 'L' + at(x2) + ' ' +
         at(y2) + "\"/>";
}

std::string opening(const std::string& title, double height) {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" role=\"img\" aria-label=\"" +
         escaped_markup(title) + "\" viewBox=\"0 0 " + at(width) + ' ' + at(height) + "\">" + style +
         text(4, 17, title, Anchor::start, " class=\"title\"");
}

/// Names with their colours, in as many lines as they need. Nothing for a single one.
class Legend {
 public:
  explicit Legend(const std::vector<std::pair<std::string, std::size_t>>& names) {
    if (names.size() < 2) return;
    double x = 6;
    double y = 38;
    for (const auto& [name, number] : names) {
      const double needed = 22 + letter * static_cast<double>(name.size());
      if (x > 6 && x + needed > width) {
        x = 6;
        y += legend_line;
      }
      svg_ += "<circle cx=\"" + at(x + 5) + "\" cy=\"" + at(y - 4.5) + "\" r=\"5\" fill=\"" + colour(number) +
              "\"/>" + text(x + 14, y, name);
      x += needed + 8;
    }
    bottom_ = y + 4;
  }
  const std::string& svg() const { return svg_; }
  double bottom() const { return bottom_; }

 private:
  std::string svg_;
  double bottom_ = 22;
};

/// The rectangle that the axes span.
struct Frame {
  double left = 0;
  double right = 0;
  double top = 0;
  double bottom = 0;

  double x(const Axis& axis, double value) const { return left + axis.place_of(value) * (right - left); }
  double y(const Axis& axis, double value) const { return bottom - axis.place_of(value) * (bottom - top); }
};

double foot_of(const Axis& axis) { return labels_height + (axis.title.empty() ? 0 : title_height); }

std::string x_axis(const Axis& axis, const Frame& frame) {
  std::string out;
  double last_end = -1e9;
  for (const Tick& tick : axis.ticks) {
    const double x = frame.x(axis, tick.value);
    out += rule(x, frame.top, x, frame.bottom, "grid");
    const double half = letter * static_cast<double>(tick.label.size()) / 2;
    const double centre = std::min(x, width - half);
    if (centre - half < last_end + 8) continue;  // the labels would touch
    out += text(centre, frame.bottom + 17, tick.label, Anchor::middle);
    last_end = centre + half;
  }
  if (!axis.title.empty())
    out += text((frame.left + frame.right) / 2, frame.bottom + 36, axis.title, Anchor::middle);
  return out;
}

std::string y_axis(const Axis& axis, const Frame& frame) {
  std::string out;
  for (const Tick& tick : axis.ticks) {
    const double y = frame.y(axis, tick.value);
    out +=
        rule(frame.left, y, frame.right, y, "grid") + text(frame.left - 6, y + 4.5, tick.label, Anchor::end);
  }
  return out;
}

std::string path_of(const Line& line, const Chart& chart, const Frame& frame) {
  if (line.points.empty()) return {};
  std::string path;
  for (const auto& [x, y] : line.points) {
    path += (path.empty() ? 'M' : 'L') + at(frame.x(chart.x, x)) + ' ' + at(frame.y(chart.y, y));
  }
  const bool is_area = line.look == Line::Look::area;
  if (is_area) {
    path += 'L' + at(frame.x(chart.x, line.points.back().first)) + ' ' + at(frame.bottom) + 'L' +
            at(frame.x(chart.x, line.points.front().first)) + ' ' + at(frame.bottom) + 'Z';
  }
  return std::string("<path class=\"") + (is_area ? "area\" fill=\"" : "line\" stroke=\"") +
         colour(line.colour) + "\" d=\"" + path + "\"/>";
}

}  // namespace

std::string draw(const Chart& chart) {
  std::vector<std::pair<std::string, std::size_t>> names;
  for (const Line& line : chart.lines) names.emplace_back(line.name, line.colour);
  const Legend legend(names);
  const double height = chart.height + legend.bottom() - 22;
  const Frame frame{left, width - right, legend.bottom() + 14, height - foot_of(chart.x)};
  std::string out =
      opening(chart.title, height) + legend.svg() + x_axis(chart.x, frame) + y_axis(chart.y, frame);
  if (!chart.y.title.empty()) out += text(width - right, 17, chart.y.title, Anchor::end);
  for (const Line& line : chart.lines) out += path_of(line, chart, frame);
  if (chart.limit >= 0) {
    const double y = frame.y(chart.y, chart.limit);
    out += rule(frame.left, y, frame.right, y, "limit") +
           text(frame.right - 2, y - 4, chart.limit_label, Anchor::end);
  }
  return out + "</svg>";
}

std::string draw(const DotPlot& plot) {
  constexpr double row_height = 26;
  std::vector<std::pair<std::string, std::size_t>> names;
  std::size_t longest = 4;
  for (const std::string& name : plot.series) names.emplace_back(name, names.size());
  for (const DotPlot::Row& row : plot.rows) longest = std::max(longest, row.name.size());
  const Legend legend(names);
  const double rows_height = row_height * static_cast<double>(plot.rows.size());
  const double height = legend.bottom() + 14 + rows_height + foot_of(plot.x);
  const double names_width = std::min(letter * static_cast<double>(longest) + 14, width / 3);
  const Frame frame{names_width, width - right, legend.bottom() + 14, height - foot_of(plot.x)};
  std::string out = opening(plot.title, height) + legend.svg() + x_axis(plot.x, frame);
  double y = frame.top + row_height / 2;
  for (const DotPlot::Row& row : plot.rows) {
    std::string name = row.name.size() > 24 ? row.name.substr(0, 23) + "…" : row.name;
    out += text(frame.left - 8, y + 4.5, name, Anchor::end) + rule(frame.left, y, frame.right, y, "grid");
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      // Dots of equal values stay visible beside each other.
      const double offset = (static_cast<double>(i) - static_cast<double>(row.values.size() - 1) / 2) * 3;
      out += "<circle cx=\"" + at(frame.x(plot.x, row.values[i])) + "\" cy=\"" + at(y + offset) +
             "\" r=\"5\" fill=\"" + colour(i) + "\" fill-opacity=\".85\"/>";
    }
    y += row_height;
  }
  return out + "</svg>";
}

}  // namespace parking_lot::simulate
