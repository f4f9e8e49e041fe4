#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/garage_zone.h"
#include "parking_lot/garage/garage_config.h"
#include "parking_lot/native/host.h"

namespace parking_lot::cli {
namespace {

struct CheckOptions {
  std::string config;
  bool shows_schema = false;
  bool is_json = false;
};

std::string_view severity_of(const ConfigIssue& issue) {
  return issue.severity == ConfigIssue::Severity::error ? "error" : "warning";
}

void print_json(const std::vector<ConfigIssue>& issues, bool ok) {
  nlohmann::ordered_json report{{"ok", ok}, {"issues", nlohmann::json::array()}};
  for (const ConfigIssue& issue : issues) {
    report["issues"].push_back(
        {{"severity", severity_of(issue)}, {"path", issue.path}, {"message", issue.message}});
  }
  std::printf("%s\n", report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void print_lines(const std::vector<ConfigIssue>& issues, const std::string& config, bool ok) {
  for (const ConfigIssue& issue : issues) {
    std::printf("%s: %s: %s\n", std::string(severity_of(issue)).c_str(),
                issue.path.empty() ? "the whole config" : issue.path.c_str(), issue.message.c_str());
  }
  if (ok) std::printf("%s is fine.\n", config.c_str());
}

/// Adds what is wrong with the garages. A config of garages alone is one for `parking-lot garage`: it needs
/// no pools.
Result<void> check_garages(const std::string& config, ParsedConfig& parsed) {
  const auto json = read_config_json(config);
  if (!json) return Failure(json.error());
  const garage::ParsedGarages garages = garage::parse_garages(*json, read_environment);
  if (parsed.config.pools.empty() && !garages.garages.empty())
    std::erase_if(parsed.issues, [](const ConfigIssue& issue) { return issue.path == "pools"; });
  for (const ConfigIssue& issue : garages.issues) {
    const bool is_known = std::any_of(parsed.issues.begin(), parsed.issues.end(),
                                      [&](const ConfigIssue& known) { return known.path == issue.path; });
    if (!is_known) parsed.issues.push_back(issue);
  }
  for (const garage::GarageConfig& each : garages.garages) {
    if (const auto zone = read_zone(each.zone); !zone) {
      const std::string path = "garages." + each.name + ".zone";
      parsed.issues.push_back({ConfigIssue::Severity::error, path, zone.error().message});
    }
  }
  return {};
}

ExitCode check(const CheckOptions& options) {
  if (options.shows_schema) {
    std::printf("%s\n", config_schema_json().c_str());
    return ExitCode::fine;
  }
  if (options.config.empty()) {
    std::fprintf(stderr, "check: name a config file, or ask for --schema.\n");
    return ExitCode::usage;
  }
  auto parsed = load_config(options.config);
  const auto checked = parsed ? check_garages(options.config, *parsed) : Result<void>();
  if (!parsed || !checked) {
    const Error& error = parsed ? checked.error() : parsed.error();
    std::fprintf(stderr, "%s %s\n", error.where.c_str(), error.message.c_str());
    return ExitCode::usage;
  }
  std::vector<ConfigIssue> issues = parsed->issues;
  if (parsed->ok()) {
    for (ConfigIssue& missing : unavailable_features(parsed->config, host_storage))
      issues.push_back(std::move(missing));
  }
  options.is_json ? print_json(issues, parsed->ok()) : print_lines(issues, options.config, parsed->ok());
  return parsed->ok() ? ExitCode::fine : ExitCode::usage;
}

}  // namespace

void add_check(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App* command =
      app.add_subcommand("check", "Validates a config and prints everything that is wrong with it");
  command->add_option("config", options->config, "Config file, JSON or YAML (.yaml, .yml)")
      ->type_name("FILE");
  command->add_flag("--schema", options->shows_schema, "Print the JSON Schema of configs instead");
  command->add_flag("--json", options->is_json,
                    "Print one JSON object: {ok, issues: [{severity, path, message}]}");
  command->callback([options, &chosen] { chosen = [options] { return check(*options); }; });
}

}  // namespace parking_lot::cli
