#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/commands.h"
#include "cli/garage_commands.h"
#include "cli/garage_zone.h"
#include "parking_lot/json.h"
#include "simulate/garage_day.h"

/// `garage simulate` and `garage quote`.
namespace parking_lot::cli {
namespace {

struct GarageOptions {
  GarageChoice choice;
  std::string day = "usual";
  std::uint64_t seed = 1;
  std::string tariff;
  std::string entry;
  std::string exit;
  std::string type = "car";
  std::string kind = "regular";
  std::uint16_t surge_percent = 0;  // 0: that of the hour of the entry
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

ExitCode quote(const GarageOptions& options) {
  const auto config = load_garage(options.choice, ConfigUse::looks);
  if (!config) return complain_of_garage(config.error());
  const auto zone = read_zone(config->zone);
  if (!zone) return complain_of_garage(zone.error());
  garage::Stay stay;
  const auto entry = parse_rfc3339(options.entry);
  const auto exit = parse_rfc3339(options.exit);
  if (!entry) return complain_of_garage({"--entry", entry.error().message});
  if (!exit) return complain_of_garage({"--exit", exit.error().message});
  if (*exit < *entry)
    return complain_of_garage({"--exit", "lies before the entry; correct one of the two times."});
  stay.entry = *entry;
  stay.exit = *exit;
  stay.type = garage::parse_VehicleType(options.type).value_or(garage::VehicleType::car);
  stay.kind = garage::parse_SpotKind(options.kind).value_or(garage::SpotKind::regular);
  const garage::Tariff* tariff = &config->tariffs.front();
  for (const garage::Tariff& each : config->tariffs) {
    if (each.name == options.tariff) tariff = &each;
  }
  if (!options.tariff.empty() && tariff->name != options.tariff)
    return complain_of_garage({"--tariff", "the garage has no tariff of this name."});
  const garage::PricingStrategy pricing(*tariff, *zone);
  stay.surge_percent = options.surge_percent == 0 ? pricing.surge_by_hour(stay.entry) : options.surge_percent;
  garage::Quote quoted;
  pricing.quote(stay, quoted);
  nlohmann::ordered_json json{
      {"tariff", tariff->name}, {"currency", config->currency}, {"amount", quoted.amount}};
  json["lines"] = nlohmann::json::array();
  for (const garage::QuoteLine& line : quoted.lines) {
    nlohmann::ordered_json each{{"kind", garage::to_string(line.kind)}, {"amount", line.amount}};
    each["from"] = format_rfc3339(line.from);
    each["to"] = format_rfc3339(line.to);
    if (line.percent != 0) each["percent"] = line.percent;
    json["lines"].push_back(std::move(each));
  }
  print_object(json.dump(), options.choice);
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
  day->add_option("--seed", options->seed, "The same seed gives the same day.");
  day->callback([options, &chosen] { chosen = [options] { return simulate_day(*options); }; });
  CLI::App* price = group->add_subcommand("quote", "What a stay costs, line by line.");
  add_garage_config(*price, options->choice);
  price->add_option("--tariff", options->tariff, "Default: the first.");
  price->add_option("--entry", options->entry, "Like 2026-03-28T20:00:00+01:00.")->required();
  price->add_option("--exit", options->exit, "When the vehicle leaves.")->required();
  price->add_option("--type", options->type, "Of the vehicle.")
      ->check(CLI::IsMember({"car", "truck", "van", "motorcycle", "bus"}));
  price->add_option("--kind", options->kind, "Of the spot.")
      ->check(CLI::IsMember({"compact", "regular", "oversized"}));
  price
      ->add_option("--surge", options->surge_percent,
                   "In percent, as the gate told it. Default: that of the hour of the entry.")
      ->check(CLI::Range(1, 1000));
  price->callback([options, &chosen] { chosen = [options] { return quote(*options); }; });
}

}  // namespace parking_lot::cli
