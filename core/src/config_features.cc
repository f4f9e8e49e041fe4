#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "parking_lot/config.h"

namespace parking_lot {
namespace {

/// Something that a pool can ask for and that is not built yet. Remove its line when it is.
struct MissingFeature {
  std::string_view key;  ///< below the pool
  std::string_view what;
  std::string_view instead;
  bool (*is_asked_for)(const PoolConfig& pool);
};

constexpr MissingFeature missing_features[] = {
    {"mailbox.notifier", "the notifier", "remove it; outcomes can be fetched",
     [](const PoolConfig& pool) { return pool.mailbox.notifier.has_value(); }},
    {"runtime", "the runtime cloud_worker", "use native or web_worker",
     [](const PoolConfig& pool) { return pool.runtime == Runtime::cloud_worker; }},
    {"executor", "the executor http", "use process or inline",
     [](const PoolConfig& pool) { return pool.executor.kind == ExecutorKind::http; }},
};

ConfigIssue missing(std::string path, const std::string& what, std::string_view instead) {
  return {.severity = ConfigIssue::Severity::warning,
          .path = std::move(path),
          .message = what + " is not in this build yet; " + std::string(instead) + '.'};
}

void check_storage(std::vector<ConfigIssue>& issues, const std::string& path, const StorageConfig& storage,
                   std::span<const StorageKind> built) {
  if (storage.kind == StorageKind::in_memory) return;
  if (std::find(built.begin(), built.end(), storage.kind) != built.end()) return;
  std::string kinds = "use in_memory";
  for (const StorageKind kind : built) kinds.append(" or ").append(to_string(kind));
  issues.push_back({.severity = ConfigIssue::Severity::warning,
                    .path = path,
                    .message = "storage of type " + std::string(to_string(storage.kind)) +
                               " is not available here; " + kinds + '.'});
}

}  // namespace

std::vector<ConfigIssue> unavailable_features(const Config& config, std::span<const StorageKind> storage) {
  std::vector<ConfigIssue> issues;
  for (const PoolConfig& pool : config.pools) {
    const std::string path = "pools." + pool.name + '.';
    check_storage(issues, path + "queue", pool.queue, storage);
    check_storage(issues, path + "mailbox.storage", pool.mailbox.storage, storage);
    for (const MissingFeature& feature : missing_features) {
      if (feature.is_asked_for(pool))
        issues.push_back(
            missing(path + std::string(feature.key), std::string(feature.what), feature.instead));
    }
  }
  if (!config.cluster.advertise_url.empty())
    issues.push_back(missing("cluster.advertise_url", "the cluster", "remove it"));
  return issues;
}

}  // namespace parking_lot
