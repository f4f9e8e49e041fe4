#include "stored_config.h"

#include <algorithm>
#include <optional>

namespace parking_lot {
namespace {

constexpr std::string_view here = ".";

template <class Visit>
void for_each_path(Config& config, Visit visit) {
  for (PoolConfig& pool : config.pools) {
    if (pool.queue.kind == StorageKind::file) visit(pool.queue.path);
    if (pool.mailbox.storage.kind == StorageKind::file) visit(pool.mailbox.storage.path);
  }
}

}  // namespace

std::string stored_config(const Config& config, const std::string& directory, std::string_view before) {
  Config stored = config;
  std::erase_if(stored.pools, [&](const PoolConfig& pool) {
    return pool.queue.path != directory && pool.mailbox.storage.path != directory;
  });
  if (const auto known = config_stored_in(directory, before)) {
    for (const PoolConfig& pool : known->pools) {
      const bool is_there = std::any_of(stored.pools.begin(), stored.pools.end(),
                                        [&](const PoolConfig& other) { return other.name == pool.name; });
      if (!is_there) stored.pools.push_back(pool);
    }
  }
  for_each_path(stored, [&](std::string& path) {
    if (path == directory) path = here;
  });
  for (PoolConfig& pool : stored.pools) pool.mailbox.notifier.reset();
  return effective_config_json(stored) + "\n";
}

Result<Config> config_stored_in(const std::string& directory, std::string_view text) {
  ParsedConfig parsed = parse_config(text, [](std::string_view) { return std::nullopt; });
  if (!parsed.ok()) {
    const auto error = std::find_if(parsed.issues.begin(), parsed.issues.end(), [](const ConfigIssue& issue) {
      return issue.severity == ConfigIssue::Severity::error;
    });
    return Failure({error->path, error->message});
  }
  for_each_path(parsed.config, [&](std::string& path) {
    if (path == here) path = directory;
  });
  return std::move(parsed.config);
}

}  // namespace parking_lot
