#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/garage_commands.h"
#include "cli/garage_zone.h"
#include "cli/whole_number.h"
#include "simulate/garage_day.h"

/// `garage` and its `simulate`.
namespace parking_lot::cli {
namespace {

struct GarageOptions {
  GarageChoice choice;
  std::string day = "usual";
  std::uint64_t seed = 1;
};

ExitCode simulate_day(const GarageOptions& options) {
  const auto config = load_garage(options.choice, ConfigUse::looks);
  if (!config) return complain_of_garage(config.error());
  const auto zone = read_zone(config->zone);
  if (!zone) return complain_of_garage(zone.error());
  const auto kind = simulate::parse_DayKind(options.day).value_or(simulate::DayKind::usual);
  const simulate::DayReport report = simulate::GarageDay(*config, *zone, kind, options.seed).run();
  print_object(report_json(report, *config), options.choice);
  return ExitCode::fine;
}

}  // namespace

void add_garage(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<GarageOptions>();
  CLI::App* group = app.add_subcommand("garage", "Garages: gates, tickets, prices, reports");
  group->require_subcommand(1);
  add_garage_gate(*group, chosen);
  add_garage_views(*group, chosen);
  add_garage_export(*group, chosen);
  add_garage_import(*group, chosen);
  CLI::App* day = group->add_subcommand("simulate", "Runs a day in virtual time.");
  add_garage_config(*day, options->choice);
  day->add_option("--day", options->day, "quiet, usual or busy.")
      ->check(CLI::IsMember({"quiet", "usual", "busy"}));
  day->add_option("--seed", options->seed, "The same seed gives the same day.")->check(whole_number());
  day->callback([options, &chosen] { chosen = [options] { return simulate_day(*options); }; });
}

}  // namespace parking_lot::cli
