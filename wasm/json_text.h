#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/config.h"
#include "parking_lot/result.h"

/// What the modules write of JSON by hand.
namespace parking_lot::wasm {

/// The text as a JSON string.
std::string quoted(std::string_view text);
/// `[{"severity", "path", "message"}, …]`.
std::string issues_text(const std::vector<ConfigIssue>& issues);
/// `{"where", "failure"}`.
std::string failure_text(const Error& error);

}  // namespace parking_lot::wasm
