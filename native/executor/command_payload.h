#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "executor/spawn.h"

namespace parking_lot {

/// Reads `{argv, stdin?, env?, cwd?}`. `allowed` lists the programs that may be started; empty: any.
/// The error names the field and says what to do. Never throws.
tl::expected<Command, std::string> parse_command(std::string_view payload,
                                                 const std::vector<std::string>& allowed);

}  // namespace parking_lot
