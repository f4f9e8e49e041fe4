#include "cli/garage_access.h"

#include <string.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "backend/file_journal/posix_private.h"
#include "cli/config_file.h"
#include "cli/error_text.h"
#include "cli/garage_zone.h"
#include "cli/store_access.h"

namespace parking_lot::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string kept_config(const std::string& store) { return store + "/garages.json"; }

/// What is wrong in the chosen config; of the store's copy with its file and the way out.
Error error_in(const GarageChoice& choice, const Error& error) {
  if (!choice.config.empty()) return error;
  return {kept_config(choice.store) + (error.where.empty() ? "" : ": " + error.where),
          error.message +
              " This is the store's copy of its config: name the config with --config, and it is "
              "written anew."};
}

/// Of an object its members, one after the other.
std::string plain(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_object()) return value.dump();
  std::string text;
  for (const auto& [name, member] : value.items())
    text += (text.empty() ? "" : "  ") + name + " " + plain(member);
  return text;
}

/// What `text` says of garages, beside what the store has written down already.
Result<void> keep_config(const std::string& store, const std::string& text) {
  Json kept{{"garages", Json::object()}};
  if (const auto before = read_file(kept_config(store))) {
    const Json known = Json::parse(*before, nullptr, false);
    if (known.is_object() && known.contains("garages")) kept = known;
  }
  const Json given = Json::parse(text, nullptr, false);
  for (const auto& [name, garage] : given["garages"].items()) kept["garages"][name] = garage;
  const std::string fresh = kept.dump(2) + "\n";
  if (const auto before = read_file(kept_config(store)); before && *before == fresh) return {};
  int error = make_private_folders(store);
  if (error == 0) error = replace_privately(kept_config(store), fresh);
  if (error == 0) return {};
  return Failure({kept_config(store), std::string("cannot be written: ") + strerror(error) + "."});
}

}  // namespace

void add_garage_config(CLI::App& command, GarageChoice& choice) {
  command.add_option("--config,-c", choice.config, "Config with the garage")->type_name("FILE");
  command.add_option("--garage", choice.name, "Which garage, if there are several")->type_name("NAME");
  command.add_flag("--json", choice.is_json, "One line of JSON for each object");
}

void add_garage_store(CLI::App& command, GarageChoice& choice) {
  add_directory_option(command, "--store", choice.store,
                       "Directory that keeps the garage; made at the first use")
      ->required();
  add_garage_config(command, choice);
}

ExitCode complain_of_garage(const Error& error, ExitCode code) {
  std::fprintf(stderr, "garage: %s\n", text_of(error).c_str());
  return code;
}

Result<garage::GarageConfig> load_garage(const GarageChoice& choice, ConfigUse use) {
  const bool is_kept = choice.config.empty();
  if (is_kept && choice.store.empty()) return Failure(Error{"", "name a config with --config FILE."});
  const std::string path = is_kept ? kept_config(choice.store) : choice.config;
  const auto json = is_kept ? read_file(path) : read_config_json(path);
  if (!json && is_kept)
    return Failure(Error{choice.store, "keeps no garage yet; name its config with --config FILE."});
  if (!json) return Failure(json.error());
  const garage::ParsedGarages parsed = garage::parse_garages(*json, read_environment);
  for (const ConfigIssue& issue : parsed.issues)
    return Failure(error_in(choice, {issue.path, issue.message}));
  if (parsed.garages.empty()) return Failure(Error{path, "names no garage; add \"garages\"."});
  if (!is_kept && use == ConfigUse::changes) {
    if (auto kept = keep_config(choice.store, *json); !kept) return Failure(kept.error());
  }
  if (choice.name.empty() && parsed.garages.size() == 1) return parsed.garages.front();
  for (const garage::GarageConfig& each : parsed.garages) {
    if (each.name == choice.name) return each;
  }
  return Failure(Error{path, choice.name.empty() ? "has several garages; say which with --garage."
                                                 : "has no garage of this name; see --garage."});
}

Result<std::unique_ptr<StoredGarage>> open_garage(const GarageChoice& choice,
                                                  StoredGarage::Options::Access access) {
  const bool is_working = access == StoredGarage::Options::Access::working;
  const auto config = load_garage(choice, is_working ? ConfigUse::changes : ConfigUse::looks);
  if (!config) return Failure(config.error());
  const auto zone = read_zone(config->zone);
  if (!zone) return Failure(error_in(choice, zone.error()));
  return StoredGarage::open(*config, *zone, {.directory = choice.store, .access = access});
}

void print_object(const std::string& json, const GarageChoice& choice) {
  if (choice.is_json) {
    std::printf("%s\n", json.c_str());
    return;
  }
  const Json object = Json::parse(json, nullptr, false);
  for (const auto& [name, value] : object.items()) {
    if (!value.is_array()) {
      std::printf("%-18s %s\n", name.c_str(), plain(value).c_str());
      continue;
    }
    const bool is_table = !value.empty() && value.front().is_object();
    std::string text;
    for (const Json& each : value) {
      if (!text.empty()) text += is_table ? "\n" + std::string(19, ' ') : " ";
      text += plain(each);
    }
    std::printf("%-18s %s\n", name.c_str(), text.c_str());
  }
}

}  // namespace parking_lot::cli
