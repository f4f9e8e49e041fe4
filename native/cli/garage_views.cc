#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "cli/audit_events.h"
#include "cli/garage_commands.h"
#include "parking_lot/garage/json.h"
#include "parking_lot/json.h"

/// `garage spots`, `tickets`, `lane`, `reservations`, `permits`, `occupancy`, `report`, `at` and `audit`:
/// looks at a store, which another process may own.
namespace parking_lot::cli {
namespace {

struct ViewOptions {
  GarageChoice choice;
  std::string state;
  bool is_csv = false;
  std::string time;
  std::string subject;
  std::string from;
  std::string until;
  std::string format = "jsonl";
};

void print_spots(const Garage& garage, const ViewOptions& options) {
  for (std::uint32_t i = 0; i < garage.spot_count(); ++i) {
    const garage::SpotId spot{i};
    if (!options.state.empty() && to_string(garage.spot(spot).state) != options.state) continue;
    std::printf("%s\n", garage::spot_json(garage, spot).c_str());
  }
}

void print_tickets(const Garage& garage) {
  for (const garage::TicketView& ticket : garage.open_tickets())
    std::printf("%s\n", garage::answer_json(garage, garage::TicketShown{&ticket}).c_str());
}

/// An object of the array on each line.
void print_lines(const std::string& array) {
  for (const auto& each : nlohmann::ordered_json::parse(array)) std::printf("%s\n", each.dump().c_str());
}

/// Opens the store for a look and shows it.
template <class Show>
ExitCode look(const ViewOptions& options, Show show) {
  const auto stored = open_garage(options.choice, StoredGarage::Options::Access::reading);
  if (!stored) return complain_of_garage(stored.error(), ExitCode::unexpected);
  show((*stored)->garage());
  return ExitCode::fine;
}

ExitCode spots(const ViewOptions& options) {
  return look(options, [&](const Garage& garage) { print_spots(garage, options); });
}

ExitCode tickets(const ViewOptions& options) {
  return look(options, [&](const Garage& garage) { print_tickets(garage); });
}

ExitCode lane(const ViewOptions& options) {
  return look(options, [](const Garage& garage) { print_lines(garage::lane_json(garage)); });
}

ExitCode reservations(const ViewOptions& options) {
  return look(options, [](const Garage& garage) { print_lines(garage::reservations_json(garage)); });
}

ExitCode permits(const ViewOptions& options) {
  return look(options, [](const Garage& garage) { print_lines(garage::permits_json(garage)); });
}

ExitCode occupancy(const ViewOptions& options) {
  return look(options,
              [&](const Garage& garage) { print_object(garage::figures_json(garage), options.choice); });
}

ExitCode report(const ViewOptions& options) {
  return look(options, [&](const Garage& garage) {
    if (options.choice.is_json)
      std::printf("%s\n", garage::days_json(garage).c_str());
    else
      std::printf("%s", garage::days_csv(garage).c_str());
  });
}

ExitCode at(const ViewOptions& options) {
  const auto time = parse_rfc3339(options.time);
  if (!time) return complain_of_garage({options.time, time.error().message});
  const auto config = load_garage(options.choice, ConfigUse::looks);
  if (!config) return complain_of_garage(config.error());
  const auto garage = StoredGarage::as_of(*config, options.choice.store, *time);
  if (!garage) return complain_of_garage(garage.error(), ExitCode::unexpected);
  print_object(garage::figures_json(*garage), options.choice);
  print_tickets(*garage);
  return ExitCode::fine;
}

ExitCode audit(const ViewOptions& options) {
  const auto config = load_garage(options.choice, ConfigUse::looks);
  if (!config) return complain_of_garage(config.error());
  GarageEventQuery query{.garage = config->name, .subject = options.subject};
  for (const auto& [text, time] : {std::pair{&options.from, &query.from}, {&options.until, &query.until}}) {
    if (text->empty()) continue;
    const auto parsed = parse_rfc3339(*text);
    if (!parsed) return complain_of_garage({*text, parsed.error().message});
    *time = *parsed;
  }
  const auto events = garage_events(options.choice.store, query);
  if (!events) return complain_of_garage(events.error(), ExitCode::unexpected);
  const bool is_cloud = options.format == "cloudevents";
  for (const GarageEvent& each : *events) {
    const std::string text = text_of(is_cloud ? cloud_event_of_garage(each.json, each.garage) : each.json);
    std::printf("%s\n", text.c_str());
  }
  return ExitCode::fine;
}

CLI::App* add(CLI::App& group, const char* name, const char* what,
              const std::shared_ptr<ViewOptions>& options, Chosen& chosen,
              ExitCode (*act)(const ViewOptions&)) {
  CLI::App* command = group.add_subcommand(name, what);
  add_garage_store(*command, options->choice);
  command->callback([options, &chosen, act] { chosen = [options, act] { return act(*options); }; });
  return command;
}

}  // namespace

void add_garage_views(CLI::App& group, Chosen& chosen) {
  const auto options = std::make_shared<ViewOptions>();
  add(group, "spots", "All spots, one JSON object a line", options, chosen, spots)
      ->add_option("--state", options->state, "free, reserved or occupied")
      ->check(CLI::IsMember({"free", "reserved", "occupied"}));
  add(group, "tickets", "Open tickets, one JSON object a line", options, chosen, tickets);
  add(group, "lane", "Who waits at the gates, one JSON object a line", options, chosen, lane);
  add(group, "reservations", "Reservations that stand, one JSON object a line", options, chosen,
      reservations);
  add(group, "permits", "Plates with a permit, one JSON object a line", options, chosen, permits);
  add(group, "occupancy", "How full it is, and what was paid", options, chosen, occupancy);
  add(group, "report", "Figures of each day, as CSV", options, chosen, report);
  add(group, "at", "The garage as it was at a past time: figures, then its open tickets", options, chosen, at)
      ->add_option("time", options->time, "RFC 3339")
      ->required();
  CLI::App* trail = add(group, "audit", "Who did what: an event for each record", options, chosen, audit);
  trail->add_option("--subject", options->subject, "vehicle:PLATE, ticket:N, spot:P1/A/17, operator:NAME …")
      ->type_name("SUBJECT");
  trail->add_option("--from", options->from, "Not before this time, RFC 3339")->type_name("TIME");
  trail->add_option("--until", options->until, "Before this time, RFC 3339")->type_name("TIME");
  trail->add_option("--format", options->format, "jsonl (default) or cloudevents")
      ->check(CLI::IsMember({"jsonl", "cloudevents"}))
      ->type_name("FORMAT");
}

}  // namespace parking_lot::cli
