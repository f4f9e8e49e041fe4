#include "host/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

#include <mutex>

namespace parking_lot {

std::shared_ptr<spdlog::logger> host_log() {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  if (auto logger = spdlog::get("parking-lot")) return logger;
  return spdlog::stderr_color_mt("parking-lot");
}

}  // namespace parking_lot
