#pragma once

#include <string>
#include <vector>

#include "simulate/plots.h"

namespace parking_lot::simulate {

/// One HTML page with the figures and plots of a comparison: no script, nothing loaded, readable in light and
/// dark and on a narrow screen.
std::string report_html(const std::string& trace_name, const Trace& trace,
                        const std::vector<Compared>& compared);

}  // namespace parking_lot::simulate
