#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/commands.h"
#include "cli/config_file.h"
#include "scenario/script.h"

namespace parking_lot::cli {
namespace {

struct ReplayOptions {
  std::string script;
  bool is_json = false;
};

void print_json(const scenario::Replay& replay) {
  nlohmann::ordered_json report{
      {"ok", replay.errors.empty()}, {"trace", replay.text}, {"errors", nlohmann::json::array()}};
  for (const Error& error : replay.errors) {
    report["errors"].push_back({{"where", error.where}, {"message", error.message}});
  }
  std::printf("%s\n", report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

ExitCode replay_script(const ReplayOptions& options) {
  const auto script = read_file(options.script);
  if (!script) {
    std::fprintf(stderr, "%s %s\n", script.error().where.c_str(), script.error().message.c_str());
    return ExitCode::usage;
  }
  const scenario::Replay replay = scenario::replay(*script);
  if (options.is_json) {
    print_json(replay);
  } else {
    std::fwrite(replay.text.data(), 1, replay.text.size(), stdout);
    for (const Error& error : replay.errors) {
      std::fprintf(stderr, "%s:%s: %s\n", options.script.c_str(), error.where.c_str(), error.message.c_str());
    }
  }
  return replay.errors.empty() ? ExitCode::fine : ExitCode::usage;
}

}  // namespace

void add_replay(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<ReplayOptions>();
  CLI::App* command = app.add_subcommand("replay", "Runs a scenario script and prints it with its trace");
  command->add_option("script", options->script, "Scenario script, as in tests/scenario/")
      ->required()
      ->type_name("FILE");
  command->add_flag("--json", options->is_json,
                    "Print one JSON object: {ok, trace, errors: [{where, message}]}");
  command->callback([options, &chosen] { chosen = [options] { return replay_script(*options); }; });
}

}  // namespace parking_lot::cli
