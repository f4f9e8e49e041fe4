#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/error_text.h"
#include "cli/simulate_output.h"
#include "cli/whole_number.h"
#include "simulate/generate.h"
#include "simulate/report.h"
#include "simulate/resources.h"

namespace parking_lot::cli {
namespace {

struct SimulateOptions {
  std::string config;
  std::string trace;
  std::string format;
  std::string generator;
  std::uint64_t seed = 1;
  std::uint64_t count = 0;
  std::vector<std::string> policies;
  simulate::LlmModel model;
  std::optional<std::uint64_t> load_percent;
  Units units = 0;
  bool kills_at_estimate = false;
  std::string starts;
  std::string report;
  std::string pictures;
  bool is_json = false;

  std::string trace_name() const {
    return trace.empty() ? generator + ", seed " + std::to_string(seed) : trace;
  }
};

ExitCode refuse(const Error& error, ExitCode code = ExitCode::usage) {
  std::fprintf(stderr, "%s\n", text_of(error).c_str());
  return code;
}

Result<simulate::Trace> load_trace(const SimulateOptions& options) {
  if (options.trace.empty()) {
    const auto workload = simulate::parse_workload(options.generator);
    if (!workload) return Failure({"--generate", "is one of llm-code, llm-chat and bursty."});
    const std::uint64_t count = options.count == 0 ? usual_count(*workload) : options.count;
    return simulate::generate(*workload, options.seed, count, options.model);
  }
  const auto text = read_file(options.trace);
  if (!text) return Failure(text.error());
  const auto format = options.format.empty() ? simulate::guess_format(options.trace, *text)
                                             : simulate::parse_format(options.format);
  if (!format) return Failure({"--format", "is one of jsonl, azure-llm and swf."});
  auto trace = simulate::read_trace(*text, *format, options.model);
  if (!trace) {
    const std::string where = trace.error().where.empty() ? "" : ": " + trace.error().where;
    return Failure({options.trace + where, trace.error().message});
  }
  return trace;
}

/// What would be ignored is refused.
Result<void> check_sizing(const SimulateOptions& options, const simulate::Trace& trace) {
  const bool has_load = options.load_percent.has_value();
  if ((has_load || options.units > 0) && !options.config.empty())
    return Failure({has_load ? "--load" : "--units",
                    "sizes the pool where there is no --config; give one of them, or max_units with the "
                    "--policy, like first_fit:max_units=64."});
  if (has_load && options.units > 0) return Failure({"--load", "and --units both size the pool; give one."});
  if (has_load && trace.machine_units > 0)
    return Failure({"--load", "has no effect: the trace says that its machine has " +
                                  std::to_string(trace.machine_units) +
                                  " units. Leave it out, or give other --units."});
  if (options.units > 0 && !trace.resources.empty())
    return Failure(
        {"--units",
         "the tasks of the trace cost several resources; give the capacity of each in a --config."});
  return {};
}

Result<std::string> load_config_text(const SimulateOptions& options, const simulate::Trace& trace) {
  simulate::Sizing sizing{.units = options.units};
  if (options.load_percent) sizing.load_percent = *options.load_percent;
  if (options.config.empty()) return config_for(trace, sizing);
  return read_config_json(options.config);
}

Result<std::vector<Simulation>> simulate_all(const SimulateOptions& options, simulate::Trace& trace) {
  const auto config = load_config_text(options, trace);
  if (!config) return Failure(config.error());
  auto contenders = simulate::contenders(*config, options.policies, read_environment);
  if (!contenders) {
    const bool is_of_file = !options.config.empty() && !contenders.error().where.starts_with("--policy");
    const std::string file = is_of_file ? options.config + ": " : "";
    return Failure({file + contenders.error().where, contenders.error().message});
  }
  simulate::measure_tightest(trace, contenders->front().config);
  const auto overrun = options.kills_at_estimate ? simulate::Overrun::killed : simulate::Overrun::goes_on;
  std::vector<Simulation> simulations;
  for (simulate::Contender& contender : *contenders) {
    auto simulated = simulate::simulate(contender.config, trace, overrun);
    if (!simulated) return Failure(std::move(simulated.error()));
    auto figures = measure(contender.config, trace, *simulated);
    simulations.push_back({std::move(contender), std::move(*simulated), std::move(figures)});
  }
  return simulations;
}

Result<void> write_starts(const SimulateOptions& options, const simulate::Trace& trace,
                          const std::vector<Simulation>& simulations) {
  if (options.starts.empty()) return {};
  const std::vector<std::string> paths = starts_paths(options.starts, simulations);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (auto written = write_file(paths[i], starts_csv(trace, simulations[i].simulated)); !written)
      return written;
  }
  return {};
}

Result<void> write_report(const SimulateOptions& options, const simulate::Trace& trace,
                          const std::vector<Simulation>& simulations) {
  std::vector<simulate::Compared> compared;
  for (const Simulation& each : simulations)
    compared.push_back({each.contender.name, &each.simulated, &each.figures});
  if (!options.report.empty()) {
    const std::string page = report_html(options.trace_name(), trace, compared);
    if (auto written = write_file(options.report, page); !written) return written;
  }
  if (options.pictures.empty()) return {};
  for (const simulate::Picture& picture : draw_plots(trace, compared)) {
    const std::string path = options.pictures + picture.name + ".svg";
    if (auto written = write_file(path, picture.svg + '\n'); !written) return written;
  }
  return {};
}

ExitCode run(const SimulateOptions& options) {
  if (options.trace.empty() == options.generator.empty())
    return refuse({"simulate", "give either a --trace or what to --generate."});
  auto trace = load_trace(options);
  if (!trace) return refuse(trace.error());
  if (auto fine = check_sizing(options, *trace); !fine) return refuse(fine.error());
  const auto simulations = simulate_all(options, *trace);
  if (!simulations) return refuse(simulations.error());
  if (auto written = write_starts(options, *trace, *simulations); !written)
    return refuse(written.error(), ExitCode::unexpected);
  if (auto written = write_report(options, *trace, *simulations); !written)
    return refuse(written.error(), ExitCode::unexpected);
  const std::string text = options.is_json
                               ? figures_report_json(options.trace_name(), *trace, *simulations) + '\n'
                               : figures_table(*trace, *simulations);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return ExitCode::fine;
}

void add_trace_options(CLI::App& command, SimulateOptions& options) {
  command.add_option("--trace,-t", options.trace, "Trace to run")->type_name("FILE");
  command.add_option("--format,-f", options.format,
                     "jsonl, azure-llm or swf; by default as the file's name and first line say");
  command.add_option("--generate,-g", options.generator,
                     "Make up a trace instead: llm-code, llm-chat or bursty");
  command.add_option("--seed", options.seed, "Of the generated trace (1)")->check(whole_number());
  command.add_option("--tasks", options.count, "Generate so many tasks; by default about an hour of them")
      ->check(CLI::Range(1, 100000000));
  command
      .add_option("--kv-bytes-per-token", options.model.cache_bytes_per_token,
                  "Key-value cache that a token takes, for azure-llm and --generate (327680)")
      ->check(CLI::Range(1, 1 << 30));
  command
      .add_option("--prompt-us-per-token", options.model.prompt_us_per_token,
                  "Time to read a token of the prompt, in microseconds (250)")
      ->check(CLI::Range(0, 1000000000));
  command
      .add_option("--output-us-per-token", options.model.output_us_per_token,
                  "Time to generate a token, in microseconds (30000)")
      ->check(CLI::Range(0, 1000000000));
  command
      .add_option("--estimate-percent", options.model.estimate_percent,
                  "Estimates of those tasks, of their real run time (100; 0: none)")
      ->check(CLI::Range(0, 100000));
}

}  // namespace

void add_simulate(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<SimulateOptions>();
  CLI::App* command =
      app.add_subcommand("simulate", "Runs a trace in virtual time and compares what policies make of it");
  command
      ->add_option("--config,-c", options->config,
                   "Config file, JSON or YAML; by default a pool sized for the trace")
      ->type_name("FILE");
  add_trace_options(*command, *options);
  command
      ->add_option("--policy,-p", options->policies,
                   "first_fit, strict or backfill instead of what the config says, and further keys of its "
                   "pools after a colon: first_fit:starvation_guard_secs=0. Once for each to compare")
      ->allow_extra_args(false);
  command
      ->add_option("--load", options->load_percent,
                   "Without a config: size the pool for this load, in percent (95)")
      ->check(CLI::Range(1, 100000));
  command->add_option("--units", options->units, "Without a config: the pool's units, whatever the load")
      ->check(CLI::Range(std::uint64_t{1}, units_max));
  command->add_flag("--kill-at-estimate", options->kills_at_estimate,
                    "A run that outlives its estimate is killed and expires");
  command->add_option("--starts", options->starts, "Write id,submit,start,end,units of every task here")
      ->type_name("FILE");
  command->add_option("--report", options->report, "Write one page with plots here")->type_name("FILE");
  command
      ->add_option("--pictures", options->pictures,
                   "Write the plots as SVG files whose names begin with this, such as out/ or out/chat-")
      ->type_name("PREFIX");
  command->add_flag("--json", options->is_json, "Print one JSON object");
  command->footer(
      "Example: parking-lot simulate --generate llm-chat --policy first_fit --policy strict\n"
      "docs/policies.md explains the formats of traces and the figures.");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace parking_lot::cli
