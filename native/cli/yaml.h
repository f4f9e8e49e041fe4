#pragma once

#include <string>

#include "parking_lot/result.h"

namespace parking_lot::cli {

/// A YAML document as JSON text. Plain scalars get their type by the core schema of YAML 1.2 (section 10.3);
/// quoted ones stay strings. Aliases are expanded within bounds, keys must be unique. The error's `where` is
/// the line.
Result<std::string> yaml_to_json(const std::string& text);

}  // namespace parking_lot::cli
