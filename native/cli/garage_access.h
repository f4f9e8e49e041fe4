#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "parking_lot/native/stored_garage.h"

namespace parking_lot::cli {

/// Which garage a command is about: that of a config, or that of a store. A store keeps the config it was
/// made with, so that later commands do without `--config`.
struct GarageChoice {
  std::string config;
  std::string store;
  std::string name;
  bool is_json = false;
};

void add_garage_config(CLI::App& command, GarageChoice& choice);
void add_garage_store(CLI::App& command, GarageChoice& choice);

ExitCode complain_of_garage(const Error& error, ExitCode code = ExitCode::usage);

/// The garage that is meant: the named one, else the only one. `changes`: a config that is given is written
/// down beside the store.
enum class ConfigUse : std::uint8_t { looks, changes };
Result<garage::GarageConfig> load_garage(const GarageChoice& choice, ConfigUse use);

Result<std::unique_ptr<StoredGarage>> open_garage(const GarageChoice& choice,
                                                  StoredGarage::Options::Access access);

/// One line of JSON, or `name  value` lines for people.
void print_object(const std::string& json, const GarageChoice& choice);

}  // namespace parking_lot::cli
