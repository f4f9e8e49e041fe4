#pragma once

#include <functional>
#include <string>

#include "parking_lot/native/host.h"

namespace parking_lot::cli {

using Say = std::function<void(const std::string& line)>;

/// Reads a config again while its pools are open: gives them what may change, and says of everything else why
/// it stays as it is. A config that is broken changes nothing.
void reload_config(const std::string& path, const Config& running, Host& host, const Say& say);

}  // namespace parking_lot::cli
