#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/error_text.h"
#include "cli/job_run.h"
#include "cli/reload.h"
#include "host/log.h"

namespace parking_lot::cli {
namespace {

struct RunOptions {
  std::string config;
  std::string jobs;
  std::string out;
  bool resumes = false;
  bool keeps_orphans = false;
  std::uint64_t storage_patience_secs = 60;
  bool is_json = false;
};

// Takes the place of the summary, so it is JSON where that would be.
ExitCode refuse(const RunOptions& options, const Error& error, ExitCode code) {
  std::string text = text_of(error);
  if (options.is_json) {
    const nlohmann::ordered_json document{{"error", {{"where", error.where}, {"message", error.message}}}};
    text = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  std::fprintf(stderr, "%s\n", text.c_str());
  return code;
}

// Prints what keeps the config from being run. True: nothing does.
bool is_usable(const RunOptions& options, const ParsedConfig& parsed) {
  const auto print = [&](const ConfigIssue& issue) {
    const std::string path = issue.path.empty() ? "" : ": " + issue.path;
    refuse(options, {options.config + path, issue.message}, ExitCode::usage);
  };
  for (const ConfigIssue& issue : parsed.issues) {
    if (issue.severity == ConfigIssue::Severity::error) print(issue);
  }
  if (!parsed.ok()) return false;
  const auto missing = unavailable_features(parsed.config, host_storage);
  std::for_each(missing.begin(), missing.end(), print);
  return missing.empty();
}

// A line holds one payload, in which JSON may spell each byte with six characters, and some names beside it.
std::size_t line_bytes_max(const Config& config) {
  std::uint64_t payload = 0;
  for (const PoolConfig& pool : config.pools) payload = std::max(payload, pool.max_payload_bytes);
  return static_cast<std::size_t>(std::min<std::uint64_t>(payload, 1 << 30)) * 6 + 65536;
}

JobRunOptions::Reporting reporting_of(const RunOptions& options) {
  if (options.is_json) return JobRunOptions::Reporting::silent;
  return isatty(STDERR_FILENO) != 0 ? JobRunOptions::Reporting::terminal : JobRunOptions::Reporting::lines;
}

void configure_log(const Config& config, const RunOptions& options) {
  const auto log = host_log();
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  log->set_level(options.is_json ? spdlog::level::off : spdlog::level::from_str(config.log.level));
}

ExitCode report(const Summary& summary, const RunOptions& options) {
  std::fprintf(stderr, "%s\n", (options.is_json ? summary_json(summary) : summary_text(summary)).c_str());
  if (summary.ending != Summary::Ending::finished) return ExitCode::interrupted;
  const bool has_failures = summary.tally.unsuccessful() + summary.tally.skipped_unsuccessful != 0;
  return has_failures ? ExitCode::work_failed : ExitCode::fine;
}

bool is_durable(const Config& config) {
  return std::any_of(config.pools.begin(), config.pools.end(),
                     [](const PoolConfig& pool) { return !pool.queue.is_volatile(); });
}

JobRunOptions run_options(const RunOptions& options, const std::string& jobs, const OutcomeFile& outcomes) {
  JobRunOptions run;
  run.jobs_name = jobs == "-" ? "standard input" : jobs;
  run.reporting = reporting_of(options);
  run.storage_patience = Duration::seconds(static_cast<std::int64_t>(options.storage_patience_secs));
  if (options.resumes && !outcomes.was_there()) run.writing = JobRunOptions::Writing::recorded_from_now_on;
  if (options.resumes && options.jobs.empty()) run.adopting = JobRunOptions::Adopting::stored_tasks;
  return run;
}

ExitCode run_jobs(const RunOptions& options, const Config& config) {
  boost::asio::io_context io(1);
  using Orphans = HostOptions::Orphans;
  auto host = Host::open(config, io,
                         {.entropy = {},
                          .results = HostOptions::Results::until_outcome,
                          .orphans = options.keeps_orphans ? Orphans::kept : Orphans::refused});
  if (!host)
    return refuse(options, host.error(), is_durable(config) ? ExitCode::unexpected : ExitCode::usage);
  for (const PoolConfig& pool : config.pools) {
    if (auto ready = (*host)->run_processes(pool.name); !ready)
      return refuse(options, ready.error(), ExitCode::unexpected);
  }
  // Resuming needs no jobs: what the pools hold is run.
  const bool has_no_jobs = options.jobs.empty() && options.resumes && is_durable(config);
  const std::string jobs = has_no_jobs ? "/dev/null" : options.jobs.empty() ? "-" : options.jobs;
  auto source = JobSource::open(io, jobs, line_bytes_max(config));
  if (!source) return refuse(options, source.error(), ExitCode::usage);
  for (const std::string& read : {jobs == "-" ? std::string("/dev/stdin") : jobs, options.config}) {
    std::error_code unknown;
    if (options.out.empty() || !std::filesystem::equivalent(read, options.out, unknown)) continue;
    if (!std::filesystem::is_regular_file(read, unknown)) continue;
    return refuse(options, {options.out, "is what the run reads; give --out another file."}, ExitCode::usage);
  }
  auto outcomes = OutcomeFile::open(options.out, options.resumes ? Existing::continued : Existing::replaced);
  if (!outcomes) return refuse(options, outcomes.error(), ExitCode::usage);

  JobRunOptions how = run_options(options, jobs, *outcomes);
  how.on_hangup = [&](const Say& say) { reload_config(options.config, config, **host, say); };
  JobRun run(io, **host, config, *source, *outcomes, std::move(how));
  const auto summary = run.run();
  if (!summary) return refuse(options, summary.error(), ExitCode::unexpected);
  return report(*summary, options);
}

ExitCode run(const RunOptions& options) {
  const auto parsed = load_config(options.config);
  if (!parsed) return refuse(options, parsed.error(), ExitCode::usage);
  if (!is_usable(options, *parsed)) return ExitCode::usage;
  const bool has_file = !options.out.empty() && options.out != "-";
  if (options.resumes && !has_file && !is_durable(parsed->config)) {
    return refuse(
        options,
        {"run", "--resume needs --out with the outcomes of the earlier run, since these pools keep nothing."},
        ExitCode::usage);
  }
  configure_log(parsed->config, options);
  for (const PoolConfig& pool : parsed->config.pools) {
    if (pool.executor.is_explicit && pool.executor.kind == ExecutorKind::in_process)
      host_log()->warn("pool '{}' has an inline executor; a run starts processes all the same", pool.name);
  }
  if (!parsed->config.garages.empty())
    host_log()->info("the garages of the config take no part in a run; `parking-lot garage` works with them");
  return run_jobs(options, parsed->config);
}

}  // namespace

void add_run(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Runs jobs to the end under the pools' limits");
  command->add_option("--config,-c", options->config, "Config file, JSON or YAML (.yaml, .yml)")
      ->required()
      ->type_name("FILE");
  command
      ->add_option(
          "--jobs,-j", options->jobs,
          "Jobs, one JSON object a line; - is standard input, the default but with --resume on durable "
          "pools")
      ->type_name("FILE");
  command
      ->add_option("--out,-o", options->out, "Write outcomes here instead of to standard output, which is -")
      ->type_name("FILE");
  command->add_flag(
      "--resume", options->resumes,
      "Go on with an earlier run: leave out jobs whose outcome is in --out already, join those "
      "that durable pools hold, and append what is missing; an --out that is new gets only what ends "
      "from now on");
  command
      ->add_option_function<std::string>(
          "--orphans", [options](const std::string& what) { options->keeps_orphans = what == "keep"; },
          "What to do with pools that a store has and the config has not: refuse (default) or keep")
      ->check(CLI::IsMember({"refuse", "keep"}))
      ->type_name("WHAT");
  command
      ->add_option("--storage-patience", options->storage_patience_secs,
                   "Give up after storage has failed for so long (default 60)")
      ->check(CLI::Range(0, 1'000'000'000))
      ->type_name("SECONDS");
  command->add_flag("--json", options->is_json,
                    "Print the summary, or what went wrong, as JSON, and nothing else, on stderr");
  command->footer(
      "A job: {\"pool\": \"cpu\", \"units\": 2, \"priority\": \"high\", \"payload\": {\"argv\": [\"sort\", "
      "\"-u\", \"names\"]}}\n"
      "SIGHUP reads the config again: capacity, depth, policy and tenants change at once, and nothing ends.\n"
      "Ctrl-C starts nothing more and waits for what runs; a second one kills it.\n"
      "Exit codes: 0 all completed, 1 storage or anything unexpected, 2 usage or config, 3 some did not "
      "complete, now or in the run that this one resumes, 130 interrupted.");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace parking_lot::cli
