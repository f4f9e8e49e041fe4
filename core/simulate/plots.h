#pragma once

#include <string>
#include <vector>

#include "simulate/figures.h"

namespace parking_lot::simulate {

/// What is compared in a plot. `trace` and what the pointers lead to must outlive the call.
struct Compared {
  std::string name;
  const Simulated* simulated = nullptr;
  const Figures* figures = nullptr;
};

/// A plot as SVG that stands alone, and a name that would do for its file.
struct Picture {
  std::string name;
  std::string svg;
};

/// All plots of a comparison: waits of all tasks and of the largest tenth as distributions, units in use over
/// time (one a policy), queue depth, waits of tenants. O(tasks log tasks) each.
std::vector<Picture> draw_plots(const Trace& trace, const std::vector<Compared>& compared);

/// Means over equal slices of the time from the first arrival to the last event of any that is compared.
struct Course {
  std::vector<double> units_in_use;
  std::vector<double> tasks_waiting;
};
Course course_of(const Trace& trace, const Simulated& simulated, std::int64_t until_ms, std::size_t slices);

}  // namespace parking_lot::simulate
