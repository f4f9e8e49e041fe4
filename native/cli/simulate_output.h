#pragma once

#include <string>
#include <vector>

#include "parking_lot/result.h"
#include "simulate/figures.h"
#include "simulate/setup.h"

namespace parking_lot::cli {

/// A policy with what came of it.
struct Simulation {
  simulate::Contender contender;
  simulate::Simulated simulated;
  simulate::Figures figures;
};

/// The figures side by side, for people.
std::string figures_table(const simulate::Trace& trace, const std::vector<Simulation>& simulations);

/// One object: what the trace is, and the figures of each policy.
std::string figures_report_json(const std::string& trace_name, const simulate::Trace& trace,
                                const std::vector<Simulation>& simulations);

/// `id,submit,start,end,units` of every task, in the trace's unit of time; start and end are empty where
/// there was none.
std::string starts_csv(const simulate::Trace& trace, const simulate::Simulated& simulated);

/// Where the starts of each policy are written: `path` itself for a single one, else `OUT.<policy>.csv`, and
/// `OUT.<policy>.2.csv` where that is taken.
std::vector<std::string> starts_paths(const std::string& path, const std::vector<Simulation>& simulations);

/// Writes the whole file, or says why it cannot be written.
Result<void> write_file(const std::string& path, const std::string& text);

}  // namespace parking_lot::cli
