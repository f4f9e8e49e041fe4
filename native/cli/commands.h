#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace parking_lot::cli {

/// What the process ends with. Scripts rely on the numbers.
enum class ExitCode : int { fine = 0, unexpected = 1, usage = 2, work_failed = 3, interrupted = 130 };

/// What the command line asks for; empty until a subcommand was chosen.
using Chosen = std::function<ExitCode()>;

/// Each adds its subcommand, which sets `chosen`.
void add_run(CLI::App& app, Chosen& chosen);
void add_check(CLI::App& app, Chosen& chosen);
void add_replay(CLI::App& app, Chosen& chosen);
void add_garage(CLI::App& app, Chosen& chosen);
void add_task(CLI::App& app, Chosen& chosen);
void add_mailbox(CLI::App& app, Chosen& chosen);
void add_pool(CLI::App& app, Chosen& chosen);
void add_audit(CLI::App& app, Chosen& chosen);
/// A command within `audit`.
void add_audit_erase(CLI::App& audit, Chosen& chosen);
void add_store(CLI::App& app, Chosen& chosen);
void add_simulate(CLI::App& app, Chosen& chosen);

}  // namespace parking_lot::cli
