#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "parking_lot/config.h"
#include "parking_lot/result.h"

namespace parking_lot::cli {

/// The whole file, or why it cannot be read.
Result<std::string> read_file(const std::string& path);

/// A variable of this process's environment, for `${NAME}` in configs.
std::optional<std::string> read_environment(std::string_view name);

/// A config's text as JSON: what is YAML (by the name: .yaml or .yml) is turned into it.
Result<std::string> read_config_json(const std::string& path);

/// Reads and parses a config: YAML if the name ends in .yaml or .yml, else JSON. `${NAME}` reads this
/// process's environment. Directories of stores are taken from the file's own. The error is about the file;
/// what is wrong inside a readable one stands in the issues.
Result<ParsedConfig> load_config(const std::string& path);

}  // namespace parking_lot::cli
