#include <algorithm>
#include <vector>

#include "codec/json_value.h"
#include "config_checks.h"
#include "config_pool.h"

/// The settings of a pool that may change while it is open.
namespace parking_lot {
namespace {

constexpr std::string_view live_keys[] = {"max_units",
                                          "max_queue_depth",
                                          "policy",
                                          "starvation_guard_secs",
                                          "backfill_candidates",
                                          "backfill_order",
                                          "estimates",
                                          "fairness",
                                          "tenants",
                                          "ageing_secs"};

std::vector<Key> live_pool_keys() {
  std::vector<Key> keys;
  for (const Key& key : pool_keys().keys) {
    if (std::find(std::begin(live_keys), std::end(live_keys), key.name) != std::end(live_keys))
      keys.push_back(key);
  }
  return keys;
}

std::vector<std::string> names_of(const std::map<std::string, Units>& resources) {
  std::vector<std::string> names;
  for (const auto& [name, units] : resources) names.push_back(name);
  return names;
}

/// Tells a key that a restart can change from one that does not exist.
bool is_fixed(std::string_view name) {
  const auto known = pool_keys().keys;
  return std::any_of(known.begin(), known.end(), [&](const Key& key) { return key.name == name; }) &&
         std::find(std::begin(live_keys), std::end(live_keys), name) == std::end(live_keys);
}

}  // namespace

bool ParsedPool::ok() const {
  return std::none_of(issues.begin(), issues.end(), [](const ConfigIssue& issue) {
    return issue.severity == ConfigIssue::Severity::error;
  });
}

ParsedPool parse_pool_settings(std::string_view json, const PoolConfig& current) {
  ParsedPool parsed{current, {}};
  JsonReader reader(parsed.issues, nullptr);
  auto document = parse_json(json);
  if (!document) {
    reader.error("is no JSON: " + document.error().message);
    return parsed;
  }
  JsonValue& root = document->root;
  if (!reader.is_object(root, "{\"max_units\": 8}")) return parsed;
  for (std::size_t i = 0; i < root.items.size();) {
    if (!is_fixed(root.keys[i])) {
      ++i;
      continue;
    }
    const JsonReader::At at(reader, root.keys[i]);
    reader.error("cannot change while the pool is open; change the config and restart.");
    root.items.erase(root.items.begin() + static_cast<std::ptrdiff_t>(i));
    root.keys.erase(root.keys.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (root.find("tenants") != nullptr) parsed.pool.tenants.clear();
  const JsonValue* max_units = root.find("max_units");
  if (max_units != nullptr) parsed.pool.resources.clear();
  const std::vector<Key> keys = live_pool_keys();
  read_members(reader, root, Table<PoolConfig>{keys}, parsed.pool);
  const bool is_capacity_wrong =
      std::any_of(parsed.issues.begin(), parsed.issues.end(),
                  [](const ConfigIssue& issue) { return issue.path.starts_with("max_units"); });
  if (max_units != nullptr && names_of(parsed.pool.resources) != names_of(current.resources)) {
    // One mistake is told once: what is wrong in itself cannot be compared, and tenants keep the old names.
    parsed.pool.resources = current.resources;
    const JsonReader::At at(reader, "max_units");
    if (!is_capacity_wrong)
      reader.error("must keep the resources that the pool counts; others need a restart.");
  }
  check_tenant_resources(reader, parsed.pool);
  // A capacity may fall below what tenants may use: then that is what they have.
  if (root.find("tenants") != nullptr) check_tenant_limits(reader, parsed.pool);
  if (!parsed.ok()) parsed.pool = current;
  return parsed;
}

std::string pool_settings_json(const PoolConfig& pool) {
  JsonWriter out;
  out.open('{');
  write_members(out, live_pool_keys(), &pool);
  out.close('}');
  return std::move(out).text();
}

}  // namespace parking_lot
