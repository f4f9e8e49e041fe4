#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/garage_commands.h"
#include "cli/garage_erasing.h"
#include "cli/garage_zone.h"
#include "host/system.h"
#include "parking_lot/garage/json.h"

/// `garage enter`, `exit`, `pay` and the like: commands that a store keeps, one or a stream of them, and
/// questions.
namespace parking_lot::cli {
namespace {

using Json = nlohmann::ordered_json;

enum class Form : std::uint8_t { text, number, flag, list };

struct GateOption {
  const char* flag;
  const char* key;
  Form form;
  const char* meaning;
};

constexpr GateOption all_options[] = {
    {"--plate", "plate", Form::text, "Plate of the vehicle"},
    {"--ticket", "ticket", Form::text, "Id of the ticket"},
    {"--type", "type", Form::text, "car, truck, van, motorcycle or bus"},
    {"--size", "size", Form::text, "small, medium or large"},
    {"--spots-required", "spots_required", Form::number, "Spots beside each other, for a large vehicle"},
    {"--want", "wanted", Form::list, "ev_charger, accessible, covered"},
    {"--gate", "gate", Form::text, "Entrance; default: the first"},
    {"--tariff", "tariff", Form::text, "Default: the first"},
    {"--spot", "spot", Form::text, "This spot and no other, like P1/A/17"},
    {"--wait", "wait", Form::text, "How long to wait for a spot, like 10m"},
    {"--reservation", "reservation", Form::number, "Number of the reservation"},
    {"--until", "until", Form::text, "A time, or a duration from now"},
    {"--place", "place", Form::number, "Place in the lane"},
    {"--amount", "amount", Form::number, "In minor units, like cents"},
    {"--paid-here", "paid_here", Form::flag, "What is due is paid at the exit"},
    {"--at", "at", Form::text, "When it left, if that was earlier"},
    {"--validation", "validation", Form::text, "Name of the validation in the tariff"},
    {"--permit", "permit", Form::text, "Name of the permit in the tariff"},
    {"--operator", "operator", Form::text, "The operator whose name is forgotten"},
    {"--by", "by", Form::text, "Who acts"},
    {"--reason", "reason", Form::text, "Why"},
    {"--new-plate", "new_plate", Form::text, "The plate that is right"},
    {"--entry", "entry", Form::text, "When the vehicle entered, like 2026-03-28T20:00:00+01:00"},
    {"--exit", "exit", Form::text, "When it leaves"},
    {"--kind", "kind", Form::text, "Of the spot: compact, regular or oversized"},
    {"--features", "features", Form::list, "Of the spot: ev_charger, accessible, covered"},
    {"--spots", "spots", Form::number, "How many, beside each other; default: 1"},
    {"--surge", "surge_percent", Form::number, "As the gate told it; default: that of the hour of the entry"},
    {"--validations", "validations", Form::list, "Names of validations in the tariff"},
    {"--allocation", "allocation", Form::text, "first_available, nearest, fill_in or back_to_front"},
    {"--seen", "seen", Form::list, "Spots that are seen occupied"},
    {"--if-version", "if_version", Form::number, "Only if nothing has changed since this version was read"},
};

struct GateCommand {
  const char* name;
  const char* does;
  const char* meaning;
  std::vector<std::string> flags;
};

const std::vector<GateCommand>& gate_commands() {
  static const std::vector<GateCommand> commands = {
      {"enter",
       "enter",
       "Lets a vehicle in, or has it wait",
       {"--plate", "--type", "--size", "--spots-required", "--want", "--gate", "--tariff", "--spot", "--wait",
        "--reservation", "--if-version"}},
      {"leave-lane", "leave_lane", "Gives a place in the lane up", {"--place"}},
      {"exit",
       "exit",
       "Lets a vehicle out that has paid",
       {"--plate", "--ticket", "--paid-here", "--at", "--if-version"}},
      {"pay", "pay", "Takes a payment", {"--plate", "--ticket", "--amount", "--if-version"}},
      {"validate",
       "validate",
       "Applies a validation",
       {"--plate", "--ticket", "--validation", "--if-version"}},
      {"reserve",
       "reserve",
       "Holds a spot for a plate",
       {"--plate", "--type", "--size", "--spots-required", "--want", "--gate", "--spot", "--until",
        "--if-version"}},
      {"cancel", "cancel_reservation", "Cancels a reservation", {"--reservation"}},
      {"lost", "report_lost", "Notes that a ticket was lost", {"--plate"}},
      {"correct",
       "correct",
       "Puts plate, entry or spot of an open ticket right",
       {"--plate", "--ticket", "--by", "--reason", "--new-plate", "--entry", "--spot", "--if-version"}},
      {"set-price",
       "set_price",
       "Fixes the price of an open ticket",
       {"--plate", "--ticket", "--by", "--reason", "--amount", "--if-version"}},
      {"void",
       "make_void",
       "Makes a ticket void: it costs nothing, its spots are free",
       {"--plate", "--ticket", "--by", "--reason", "--if-version"}},
      {"refund", "refund", "Gives money back", {"--ticket", "--by", "--reason", "--amount", "--if-version"}},
      {"permit", "grant_permit", "Grants a permit to a plate", {"--plate", "--permit", "--until"}},
      {"revoke", "revoke_permit", "Takes a permit back", {"--plate"}},
      {"erase",
       "erase",
       "Forgets the plate of a vehicle that has left, or the name of an operator",
       {"--plate", "--operator", "--by", "--reason"}},
      {"allocate", "set_allocation", "Changes the strategy", {"--allocation"}},
  };
  return commands;
}

/// Questions go to a store that is only read, and a quote to the config alone.
const std::vector<GateCommand>& gate_questions() {
  static const std::vector<GateCommand> questions = {
      {"ticket", "ticket", "Shows a ticket", {"--plate", "--ticket"}},
      {"price", "price", "What a ticket costs, line by line", {"--plate", "--ticket", "--at"}},
      {"reconcile", "reconcile", "Where spots that were seen and tickets disagree", {"--seen"}},
  };
  return questions;
}
const GateCommand& quote_command() {
  static const GateCommand quote = {"quote",
                                    "quote",
                                    "What a stay would cost, line by line",
                                    {"--tariff", "--entry", "--exit", "--type", "--kind", "--features",
                                     "--spots", "--surge", "--validations", "--permit"}};
  return quote;
}

/// What a command is carried out by.
enum class Door : std::uint8_t { store, store_to_read, config };

struct GateOptions {
  GarageChoice choice;
  std::map<std::string, std::string> texts;
  std::map<std::string, std::int64_t> numbers;
  std::map<std::string, std::vector<std::string>> lists;
  std::map<std::string, bool> flags;
  std::string does;
  Door door = Door::store;
};

Json json_of(const GateOptions& options, const CLI::App& command) {
  Json json{{"do", options.does}};
  for (const GateOption& each : all_options) {
    if (command.get_option_no_throw(each.flag) == nullptr || command.count(each.flag) == 0) continue;
    if (each.form == Form::text) json[each.key] = options.texts.at(each.key);
    if (each.form == Form::number) json[each.key] = options.numbers.at(each.key);
    if (each.form == Form::flag) json[each.key] = true;
    if (each.form == Form::list) json[each.key] = options.lists.at(each.key);
  }
  if (options.does == "reconcile" && !json.contains("seen")) json["seen"] = Json::array();
  return json;
}

/// Shows an answer.
ExitCode tell(const Garage& garage, const garage::Answer& answer, const GarageChoice& choice) {
  const auto* refused = std::get_if<garage::Refused>(&answer);
  const ExitCode code = refused == nullptr ? ExitCode::fine : ExitCode::work_failed;
  if (refused == nullptr || choice.is_json) {
    print_object(garage::answer_json(garage, answer), choice);
    return code;
  }
  std::string what(to_string(refused->code));
  if (!refused->field.empty()) what += " (" + std::string(refused->field) + ")";
  std::string message(refused->message());
  if (refused->due != 0) message += " Due: " + std::to_string(refused->due) + ".";
  return complain_of_garage({what, message}, code);
}

/// Asks the garage of a config as it is before the first vehicle.
ExitCode ask_config(const GateOptions& options, const Json& json) {
  auto config = load_garage(options.choice, ConfigUse::looks);
  if (!config) return complain_of_garage(config.error());
  const auto zone = read_zone(config->zone);
  if (!zone) return complain_of_garage(zone.error());
  config->storage = {};
  const Now now = SystemClock().now();
  Garage garage = Garage::open(*config, now, Entropy{});
  const auto command = garage::parse_garage_command(json.dump(), garage, now.wall);
  if (!command) return complain_of_garage(command.error());
  const garage::Input inputs[] = {garage::ZoneKnown{0, config->zone, *zone}, command->input(1)};
  garage.handle(now, inputs);
  while (const garage::Effect* effect = garage.poll()) {
    if (const auto* reply = std::get_if<garage::Reply>(effect))
      return tell(garage, reply->answer, options.choice);
  }
  return ExitCode::unexpected;
}

ExitCode ask_store(const GateOptions& options, const Json& json) {
  std::uint64_t keys = 0;
  if (options.does == "erase") {
    const auto text = [&](const char* key) { return json.value(key, std::string()); };
    const bool is_operator = json.contains("operator");
    const std::string name = text(is_operator ? "operator" : "plate"), by = text("by"),
                      reason = text("reason");
    const auto erased = erase_elsewhere(
        options.choice,
        {1, name, by, reason, is_operator ? garage::Named::operator_name : garage::Named::vehicle});
    if (!erased) return complain_of_garage(erased.error(), ExitCode::work_failed);
    keys = *erased;
  }
  auto stored =
      open_garage(options.choice, options.door == Door::store ? StoredGarage::Options::Access::working
                                                              : StoredGarage::Options::Access::reading);
  if (!stored) return complain_of_garage(stored.error(), ExitCode::unexpected);
  const Now now = SystemClock().now();
  const auto command = garage::parse_garage_command(json.dump(), (*stored)->garage(), now.wall);
  if (!command) return complain_of_garage(command.error());
  const garage::Input input = command->input(1);
  ExitCode code = ExitCode::unexpected;
  const auto handled = (*stored)->handle(now, std::span(&input, 1), [&](const garage::Reply& reply) {
    if (reply.request == 1) code = tell((*stored)->garage(), reply.answer, options.choice);
  });
  if (!handled) return complain_of_garage(handled.error(), ExitCode::unexpected);
  keys += (*stored)->erased_keys();
  if (options.does == "erase" && code == ExitCode::fine && !options.choice.is_json && keys == 0)
    std::printf("no record has this name; is it spelled so?\n");
  return code;
}

struct FeedOptions {
  GarageChoice choice;
  std::uint32_t batch = 1;
};

/// Commands from stdin, one JSON object a line; an answer a line.
ExitCode feed(const FeedOptions& options) {
  auto stored = open_garage(options.choice, StoredGarage::Options::Access::working);
  if (!stored) return complain_of_garage(stored.error(), ExitCode::unexpected);
  const bool is_shared = !garages_beside(options.choice.store, (*stored)->garage().config().name).empty();
  const SystemClock clock;
  std::uint64_t line_number = 0;
  bool is_open = true;
  while (is_open) {
    std::vector<std::pair<std::uint64_t, garage::GarageCommand>> commands;
    const Now now = clock.now();
    std::string line;
    while (commands.size() < options.batch && (is_open = static_cast<bool>(std::getline(std::cin, line)))) {
      ++line_number;
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      auto command = garage::parse_garage_command(line, (*stored)->garage(), now.wall);
      if (command && command->name == garage::CommandName::erase && is_shared)
        command = Failure(Error{"do", "concerns the other garages of the store, too; use 'garage erase'."});
      if (command) {
        commands.emplace_back(line_number, std::move(*command));
        continue;
      }
      const Json answer{{"line", line_number},
                        {"answer", "refused"},
                        {"code", "invalid_request"},
                        {"field", command.error().where},
                        {"message", command.error().message}};
      std::printf("%s\n", answer.dump().c_str());
    }
    std::vector<garage::Input> inputs;
    for (const auto& [number, command] : commands) inputs.push_back(command.input(number));
    if (inputs.empty()) continue;
    const auto handled = (*stored)->handle(now, inputs, [&](const garage::Reply& reply) {
      const std::string answer = garage::answer_json((*stored)->garage(), reply.answer);
      std::printf("{\"line\":%llu,%s\n", static_cast<unsigned long long>(reply.request), answer.c_str() + 1);
    });
    std::fflush(stdout);
    if (!handled) return complain_of_garage(handled.error(), ExitCode::unexpected);
  }
  return ExitCode::fine;
}

void add_command(CLI::App& group, Chosen& chosen, const GateCommand& each, Door door) {
  const auto options = std::make_shared<GateOptions>();
  options->does = each.does;
  options->door = door;
  CLI::App* command = group.add_subcommand(each.name, each.meaning);
  if (door == Door::config)
    add_garage_config(*command, options->choice);
  else
    add_garage_store(*command, options->choice);
  for (const GateOption& option : all_options) {
    if (std::find(each.flags.begin(), each.flags.end(), option.flag) == each.flags.end()) continue;
    if (option.form == Form::text)
      command->add_option(option.flag, options->texts[option.key], option.meaning);
    if (option.form == Form::number)
      command->add_option(option.flag, options->numbers[option.key], option.meaning);
    if (option.form == Form::flag) command->add_flag(option.flag, options->flags[option.key], option.meaning);
    if (option.form == Form::list)
      command->add_option(option.flag, options->lists[option.key], option.meaning)->delimiter(',');
  }
  if (CLI::Option* whose = command->get_option_no_throw("--operator"))
    whose->excludes(command->get_option("--plate"));
  command->callback([options, command, &chosen] {
    const Json json = json_of(*options, *command);
    chosen = [options, json] {
      return options->door == Door::config ? ask_config(*options, json) : ask_store(*options, json);
    };
  });
}

}  // namespace

void add_garage_gate(CLI::App& group, Chosen& chosen) {
  for (const GateCommand& each : gate_commands()) add_command(group, chosen, each, Door::store);
  for (const GateCommand& each : gate_questions()) add_command(group, chosen, each, Door::store_to_read);
  add_command(group, chosen, quote_command(), Door::config);
  const auto options = std::make_shared<FeedOptions>();
  CLI::App* feeding =
      group.add_subcommand("feed", "Commands from stdin, one JSON object a line; an answer a line");
  add_garage_store(*feeding, options->choice);
  feeding->add_option("--batch", options->batch, "So many lines in one commit (default 1)")
      ->check(CLI::Range(1, 10000));
  feeding->callback([options, &chosen] { chosen = [options] { return feed(*options); }; });
}

}  // namespace parking_lot::cli
