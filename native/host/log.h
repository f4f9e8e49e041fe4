#pragma once

#include <spdlog/spdlog.h>

#include <memory>

namespace parking_lot {

/// The logger named `parking-lot`, on stderr unless the program has registered one under that name.
std::shared_ptr<spdlog::logger> host_log();

}  // namespace parking_lot
