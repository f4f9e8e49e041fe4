#include "config_checks.h"

#include <algorithm>

namespace parking_lot {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_printable(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; }

template <class Predicate>
bool all(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

bool is_sql_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && !is_digit(text[0]) &&
         all(text, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

/// What follows the scheme, or nothing if it is not http or https.
std::string_view after_scheme(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.substr(0, scheme.size()) == scheme) return text.substr(scheme.size());
  }
  return {};
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || !all(text, is_digit)) return false;
  unsigned port = 0;
  for (const char c : text) port = port * 10 + static_cast<unsigned>(c - '0');
  return port <= 65535;
}

std::string seconds_of(Duration duration) {
  return duration.ms % 1000 == 0 ? std::to_string(duration.ms / 1000) : std::to_string(duration.ms) + " ms";
}

void error_at(JsonReader& reader, std::string_view key, std::string message) {
  const JsonReader::At at(reader, key);
  reader.error(std::move(message));
}

void warn_at(JsonReader& reader, std::string_view key, std::string message) {
  const JsonReader::At at(reader, key);
  reader.warning(std::move(message));
}

void check_tenants(JsonReader& reader, const PoolConfig& pool) {
  const JsonReader::At tenants(reader, "tenants");
  for (const auto& [name, tenant] : pool.tenants) {
    const JsonReader::At at(reader, name);
    if (tenant.weight != 1 && pool.fairness == Fairness::none) {
      warn_at(reader, "weight",
              "has no effect without \"fairness\": \"tenant\" in the pool; add that or remove the weight.");
    }
  }
}

void check_policy(JsonReader& reader, const JsonValue& value, const PoolConfig& pool) {
  for (const std::string_view key : {"backfill_order", "backfill_candidates"}) {
    if (pool.policy != Policy::backfill && value.find(key) != nullptr)
      warn_at(reader, key, "has an effect only with \"policy\": \"backfill\"; remove it or use that policy.");
  }
  if (pool.policy == Policy::strict && value.find("starvation_guard_secs") != nullptr)
    warn_at(reader, "starvation_guard_secs", "has no effect with \"policy\": \"strict\"; remove it.");
}

void check_executor(JsonReader& reader, const PoolConfig& pool) {
  const JsonReader::At at(reader, "executor");
  const ExecutorConfig& executor = pool.executor;
  if (executor.kind != ExecutorKind::process && !executor.commands.empty()) {
    error_at(reader, "commands", "belongs to executors of type process; remove it or use that type.");
  }
  if (executor.kind == ExecutorKind::http && executor.url.empty()) {
    error_at(reader, "url", "is missing; give the address that payloads are posted to.");
  }
  if (executor.kind != ExecutorKind::http && !executor.url.empty()) {
    error_at(reader, "url", "belongs to executors of type http; remove it or use that type.");
  }
  if (!executor.is_explicit || pool.runtime == Runtime::native) return;
  if (pool.runtime == Runtime::web_worker && executor.kind == ExecutorKind::process) {
    error_at(reader, "type",
             "web workers cannot start processes; remove the executor or use \"runtime\": \"native\".");
  }
  if (pool.runtime == Runtime::cloud_worker) {
    reader.warning(
        "has no effect with \"runtime\": \"cloud_worker\", whose workers run the tasks; remove it.");
  }
}

void check_durability(JsonReader& reader, const JsonValue& value, const PoolConfig& pool) {
  if (!pool.queue.is_volatile() && pool.mailbox.storage.is_volatile()) {
    warn_at(reader, "mailbox",
            "the queue is durable, but outcomes are kept in memory and lost with the process; use a durable "
            "mailbox.");
  }
  const auto has_durability = [](const StorageConfig& storage) {
    return storage.kind == StorageKind::file || storage.kind == StorageKind::idbfs ||
           storage.kind == StorageKind::opfs;
  };
  if (value.find("durability") != nullptr && !has_durability(pool.queue) &&
      !has_durability(pool.mailbox.storage)) {
    warn_at(reader, "durability", "has an effect only with file, idbfs or opfs storage; remove it.");
  }
}

}  // namespace

void check_tenant_resources(JsonReader& reader, const PoolConfig& pool) {
  const JsonReader::At tenants(reader, "tenants");
  for (const auto& [name, tenant] : pool.tenants) {
    const JsonReader::At at(reader, name);
    if (tenant.max_units && !pool.resources.empty()) {
      error_at(reader, "max_units",
               "is one number, but the pool counts several resources; write {\"" +
                   pool.resources.begin()->first + "\": 1}.");
    }
    const JsonReader::At limits(reader, "max_units");
    for (const auto& [resource, units] : tenant.resources) {
      if (!pool.resources.contains(resource))
        error_at(reader, resource, "is no resource of the pool; remove it.");
    }
  }
}

void check_tenant_limits(JsonReader& reader, const PoolConfig& pool) {
  const auto check = [&](Units units, Units most) {
    if (units > most)
      reader.error("is more than the pool has (" + std::to_string(most) +
                   "); lower it or raise the pool's max_units.");
  };
  const JsonReader::At tenants(reader, "tenants");
  for (const auto& [name, tenant] : pool.tenants) {
    const JsonReader::At at(reader, name);
    const JsonReader::At limits(reader, "max_units");
    if (pool.resources.empty()) check(tenant.max_units.value_or(0), pool.max_units);
    for (const auto& [resource, units] : tenant.resources) {
      const auto most = pool.resources.find(resource);
      const JsonReader::At limit(reader, resource);
      if (most != pool.resources.end()) check(units, most->second);
    }
  }
}

bool is_pool_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         all(text, [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; });
}

bool is_plain_text(std::string_view text) { return !text.empty() && all(text, is_printable); }

bool is_folder(std::string_view text) {
  return is_plain_text(text) && (text.find("://") == std::string_view::npos || text.starts_with("file://"));
}

bool is_table_name(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return is_sql_name(text);
  return is_sql_name(text.substr(0, dot)) && is_sql_name(text.substr(dot + 1));
}

bool is_queue_name(std::string_view text) {
  return !text.empty() && text.size() <= 47 &&
         all(text, [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

std::string queue_name_for(std::string_view pool) {
  std::string name;
  for (const char c : pool.substr(0, 47)) {
    const bool is_upper = is_letter(c) && !is_lower(c);
    name += is_upper ? static_cast<char>(c - 'A' + 'a') : (is_lower(c) || is_digit(c) ? c : '_');
  }
  return name;
}

bool is_http_url(std::string_view text) {
  const std::string_view rest = after_scheme(text);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  return !authority.empty() && authority.find('@') == std::string_view::npos &&
         all(text, [](char c) { return is_printable(c) && c != ' '; });
}

bool is_origin(std::string_view text) {
  return text == "*" ||
         (is_http_url(text) && after_scheme(text).find_first_of("/?#") == std::string_view::npos);
}

bool is_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !is_port(text.substr(colon + 1))) return false;
  const std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.front() == '[' && host.back() == ']' && host.size() > 2;
  return is_bracketed ||
         (all(host, [](char c) { return is_printable(c) && c != ' ' && c != ':' && c != '/'; }));
}

void check_pool(JsonReader& reader, const JsonValue& value, const PoolConfig& pool) {
  const JsonValue* max_units = value.find("max_units");
  const auto is_zero = [](const JsonValue& each) {
    return each.kind == JsonValue::Kind::integer && each.magnitude == 0;
  };
  if (max_units != nullptr && is_zero(*max_units)) {
    warn_at(reader, "max_units", "is 0: the pool refuses every task.");
  } else if (max_units != nullptr && std::any_of(max_units->items.begin(), max_units->items.end(), is_zero)) {
    warn_at(reader, "max_units", "has a resource of 0: tasks that need it are refused.");
  }
  if (pool.lease < pool.heartbeat) {
    error_at(reader, "lease_secs",
             "must be at least heartbeat_secs (" + seconds_of(pool.heartbeat) +
                 "), or every run is lost; raise it, best to three times that.");
  }
  check_tenants(reader, pool);
  check_tenant_resources(reader, pool);
  check_tenant_limits(reader, pool);
  check_policy(reader, value, pool);
  check_executor(reader, pool);
  check_durability(reader, value, pool);
}

void check_pools(JsonReader& reader, const Config& config) {
  const StorageConfig* first = nullptr;
  const auto check = [&](const PoolConfig& pool, const StorageConfig& storage, std::string_view key) {
    if (storage.kind != StorageKind::idbfs && storage.kind != StorageKind::opfs) return;
    if (first == nullptr) first = &storage;
    if (first->kind == storage.kind && first->database == storage.database &&
        first->directory == storage.directory)
      return;
    const JsonReader::At pools(reader, "pools");
    const JsonReader::At name(reader, pool.name);
    error_at(reader, key,
             "one config uses one browser database, and this is a second one; use " +
                 std::string(to_string(first->kind)) + " with " +
                 (first->kind == StorageKind::idbfs ? "database " + first->database
                                                    : "directory " + first->directory) +
                 " everywhere.");
  };
  const auto check_stream = [&](const PoolConfig& pool) {
    const auto is_taken = [&](const PoolConfig& other) {
      return other.queue.kind == StorageKind::file && other.queue.path == pool.queue.path &&
             other.queue.stream == pool.queue.stream;
    };
    const auto taken = std::find_if(config.pools.begin(), config.pools.end(), is_taken);
    if (pool.queue.kind != StorageKind::file || &*taken == &pool) return;
    const JsonReader::At pools(reader, "pools");
    const JsonReader::At name(reader, pool.name);
    error_at(reader, "queue",
             "is the same stream as that of pool '" + taken->name + "'; give it another stream or path.");
  };
  for (const PoolConfig& pool : config.pools) {
    check_stream(pool);
    check(pool, pool.queue, "queue");
    check(pool, pool.mailbox.storage, "mailbox.storage");
  }
}

}  // namespace parking_lot
