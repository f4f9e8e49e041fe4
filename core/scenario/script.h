#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/result.h"

/// Scenario scripts: plain text that drives a lot by hand, with both clocks and every write under its
/// control. They are specification, test and parity suite in one. docs/testing.md lists the commands.
namespace parking_lot::scenario {

/// What a script does: its own lines, each followed by trace lines (they begin with `|`) of what it caused.
///
/// A script that is its own replay is up to date. So the expected trace stands in the script itself.
struct Replay {
  std::string text;
  std::vector<Error> errors;  ///< lines that could not be carried out, by line number; the others were
};

/// Runs a script against the core, with a backend in memory. Trace lines in `script` are ignored. The same
/// script gives the same bytes in every build.
Replay replay(std::string_view script);

}  // namespace parking_lot::scenario
