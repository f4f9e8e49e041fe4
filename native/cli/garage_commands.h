#pragma once

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/garage_access.h"

/// The parts of `parking-lot garage`.
namespace parking_lot::cli {

void add_garage_gate(CLI::App& group, Chosen& chosen);
void add_garage_views(CLI::App& group, Chosen& chosen);
void add_garage_export(CLI::App& group, Chosen& chosen);
void add_garage_import(CLI::App& group, Chosen& chosen);

}  // namespace parking_lot::cli
