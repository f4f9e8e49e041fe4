#include "config_pool.h"

#include "codec/json_time.h"
#include "config_checks.h"
#include "config_executor.h"
#include "config_mailbox.h"
#include "config_schema.h"
#include "config_storage.h"
#include "parking_lot/names.h"

namespace parking_lot {
namespace {

constexpr std::uint64_t bytes_max = std::uint64_t{1} << 30;

// --- retry ---

constexpr Key backoff_keys[] = {
    duration_key<&RetryPolicy::initial>("initial", 0, ms_max,
                                        "Delay before the second attempt, ms or text like 30s."),
    integer_key<&RetryPolicy::factor_percent>("factor_percent", 100, 10000,
                                              "Growth of the delay per attempt, in percent."),
    duration_key<&RetryPolicy::max>("max", 0, ms_max, "Longest delay, ms or text like 5m."),
    integer_key<&RetryPolicy::jitter_percent>("jitter_percent", 0, 100,
                                              "By how much a delay may be shortened at random."),
};

/// The inner keys fill the same struct as the outer ones.
constexpr Key backoff_key() {
  Key key{.name = "backoff",
          .type = KeyType::object,
          .meaning = "Delays between attempts.",
          .words = {},
          .inner = backoff_keys};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key& self, void* owner) {
    const Section section{.keys = self.inner, .owner = owner};
    if (reader.is_object(value, "{\"initial\": \"1s\"}"))
      read_members(reader, value, std::span<const Section>(&section, 1));
  };
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    out.key(self.name).open('{');
    write_members(out, self.inner, owner);
    out.close('}');
  };
  key.inside = [](const void* owner) { return owner; };
  return key;
}

constexpr Key retry_key_list[] = {
    integer_key<&RetryPolicy::max_attempts>("max_attempts", 1, 1'000'000,
                                            "How often a task is tried that fails by itself."),
    backoff_key(),
};

// --- units ---

void read_resources(JsonReader& reader, const JsonValue& value, PoolConfig& pool) {
  if (value.items.empty())
    return reader.error("names no resource; write {\"gpu_vram\": 4096}, or a whole number of units.");
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, value.keys[i]);
    if (!is_pool_name(value.keys[i])) {
      reader.error("is no name of a resource; use 1 to 64 letters, digits, _ - .");
    } else if (const auto units = reader.integer(value.items[i], 0, units_max)) {
      pool.resources[value.keys[i]] = *units;
    }
  }
  if (pool.resources.size() > resources_max)
    reader.error("names more than " + std::to_string(resources_max) + " resources; leave some out.");
}

void write_amounts_schema(JsonWriter& out, std::uint64_t resources_min) {
  const auto write_units = [&out] {
    out.member("type", "integer").member("minimum", 0).member("maximum", units_max);
  };
  out.key("oneOf").open('[').open('{');
  write_units();
  out.close('}').open('{').member("type", "object").member("minProperties", resources_min);
  out.member("maxProperties", resources_max).key("additionalProperties").open('{');
  write_units();
  out.close('}').close('}').close(']');
}

constexpr Key max_units_key() {
  Key key{.name = "max_units",
          .meaning = "Units that may be in use at once; 0: the pool refuses every task.",
          .words = {},
          .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    auto& pool = *static_cast<PoolConfig*>(owner);
    if (value.kind == JsonValue::Kind::object) return read_resources(reader, value, pool);
    if (const auto units = reader.integer(value, 0, units_max)) pool.max_units = *units;
  };
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    const auto& pool = *static_cast<const PoolConfig*>(owner);
    if (pool.resources.empty()) {
      out.member(self.name, pool.max_units);
      return;
    }
    out.key(self.name).open('{');
    for (const auto& [name, units] : pool.resources) out.member(name, units);
    out.close('}');
  };
  key.schema = [](JsonWriter& out) { write_amounts_schema(out, 1); };
  return key;
}

// --- queue ---

constexpr Key queue_key() {
  Key key{.name = "queue", .meaning = "Where parked tasks are kept.", .words = {}, .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    read_storage(reader, value, StorageRole::queue, static_cast<PoolConfig*>(owner)->queue);
  };
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    write_storage(out.key(self.name), static_cast<const PoolConfig*>(owner)->queue);
  };
  key.schema = [](JsonWriter& out) { write_storage_schema(out, StorageRole::queue); };
  return key;
}

// --- tenants ---

/// A number, or one for each resource that is limited.
constexpr Key tenant_units_key() {
  Key key{.name = "max_units",
          .meaning = described("Units that the tenant may use at once."),
          .words = {},
          .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    auto& tenant = *static_cast<TenantConfig*>(owner);
    if (value.kind != JsonValue::Kind::object) {
      if (const auto units = reader.integer(value, 0, units_max)) tenant.max_units = *units;
      return;
    }
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const JsonReader::At at(reader, value.keys[i]);
      if (const auto units = reader.integer(value.items[i], 0, units_max))
        tenant.resources[value.keys[i]] = *units;
    }
  };
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    const auto& tenant = *static_cast<const TenantConfig*>(owner);
    if (tenant.max_units) out.member(self.name, *tenant.max_units);
    if (tenant.resources.empty()) return;
    out.key(self.name).open('{');
    for (const auto& [name, units] : tenant.resources) out.member(name, units);
    out.close('}');
  };
  key.schema = [](JsonWriter& out) { write_amounts_schema(out, 0); };
  return key;
}

constexpr Key tenant_keys[] = {
    integer_key<&TenantConfig::weight>("weight", 1, 1'000'000,
                                       "Share of the pool, relative to other tenants."),
    tenant_units_key(),
    integer_key<&TenantConfig::max_queued>("max_queued", 0, count_max,
                                           "Tasks that the tenant may have parked."),
};

constexpr Key tenants_key() {
  Key key{.name = "tenants", .meaning = "Weights and limits by tenant.", .words = {}, .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    auto& pool = *static_cast<PoolConfig*>(owner);
    if (!reader.is_object(value, "{\"acme\": {\"weight\": 2}}")) return;
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const JsonReader::At at(reader, value.keys[i]);
      if (!is_valid_name(value.keys[i]))
        reader.error("is no name of a tenant; use 1 to 128 bytes without control characters.");
      if (!reader.is_object(value.items[i], "{\"weight\": 2}")) continue;
      read_members(reader, value.items[i], Table<TenantConfig>{tenant_keys}, pool.tenants[value.keys[i]]);
    }
  };
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    const auto& pool = *static_cast<const PoolConfig*>(owner);
    if (pool.tenants.empty()) return;
    out.key(self.name).open('{');
    for (const auto& [name, tenant] : pool.tenants) {
      out.key(name).open('{');
      write_members(out, Table<TenantConfig>{tenant_keys}, tenant);
      out.close('}');
    }
    out.close('}');
  };
  key.schema = [](JsonWriter& out) {
    out.member("type", "object").key("additionalProperties").open('{');
    const TenantConfig defaults;
    write_object_schema(out, tenant_keys, &defaults);
    out.close('}');
  };
  return key;
}

// --- keys of the forerunner

constexpr Key timeout_ms_key() {
  Key key{.name = "default_timeout_ms",
          .type = KeyType::integer,
          .meaning = "default_timeout_secs in milliseconds (older name).",
          .min = 0,
          .max = ms_max,
          .words = {},
          .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key& self, void* owner) {
    const auto ms = reader.integer(value, self.min, self.max);
    if (ms) static_cast<PoolConfig*>(owner)->default_timeout = Duration{static_cast<std::int64_t>(*ms)};
  };
  return key;
}

constexpr Key stack_size_key() {
  Key key{.name = "thread_stack_size",
          .type = KeyType::integer,
          .meaning = "Accepted from older configs; has no effect.",
          .min = 0,
          .max = units_max,
          .words = {},
          .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key& self, void*) {
    if (reader.integer(value, self.min, self.max))
      reader.warning("has no effect: threads get the system's stack size; remove it.");
  };
  return key;
}

// --- the pool

constexpr Key pool_key_list[] = {
    max_units_key(),
    integer_key<&PoolConfig::max_queue_depth>("max_queue_depth", 0, count_max, "Tasks that may be parked."),
    queue_key(),
    special_key("mailbox", read_mailbox, write_mailbox, write_mailbox_schema, "Where outcomes are kept."),
    word_key<&PoolConfig::runtime>("runtime", "What runs the tasks."),
    special_key("executor", read_executor, write_executor, write_executor_schema, "What a run is."),
    integer_key<&PoolConfig::worker_count>("worker_count", 0, 65535,
                                           "Runs at once, whatever they cost; 0: the host decides."),
    seconds_key<&PoolConfig::default_timeout>("default_timeout_secs", 0, ms_max,
                                              "Longest run of a task that names no timeout; 0: none."),
    timeout_ms_key(),
    stack_size_key(),
    word_key<&PoolConfig::policy>("policy", "Which parked task starts when capacity frees."),
    seconds_key<&PoolConfig::starvation_guard>(
        "starvation_guard_secs", 0, ms_max,
        "first_fit: after waiting this long at the head, a task holds the pool; 0: off."),
    integer_key<&PoolConfig::backfill_candidates>("backfill_candidates", 0, count_max,
                                                  "backfill: fitting candidates that are looked at; 0: all."),
    word_key<&PoolConfig::backfill_order>("backfill_order",
                                          "backfill: which candidate comes first, as they leave or the "
                                          "one expected to run shortest."),
    word_key<&PoolConfig::estimates>("estimates", "Where estimates of run times come from."),
    word_key<&PoolConfig::fairness>("fairness",
                                    "none: first come, first served; tenant: tenants take turns."),
    tenants_key(),
    seconds_key<&PoolConfig::ageing>("ageing_secs", 0, ms_max,
                                     "A waiting head rises one priority each time this passes; 0: off."),
    object_key<&PoolConfig::retry>("retry", Table<RetryPolicy>{retry_key_list},
                                   "Retry of tasks that bring none."),
    integer_key<&PoolConfig::max_lost>("max_lost", 0, 1'000'000,
                                       "How often a lost run is repeated; 0: never run twice."),
    seconds_key<&PoolConfig::heartbeat>("heartbeat_secs", 1, ms_max,
                                        "How often remote and worker executors report."),
    seconds_key<&PoolConfig::lease>("lease_secs", 1, ms_max, "A run that is silent for so long is lost."),
    seconds_key<&PoolConfig::kill_grace>("kill_grace_secs", 0, ms_max,
                                         "Time between the request to stop and the kill."),
    seconds_key<&PoolConfig::quarantine>("quarantine_secs", 0, ms_max,
                                         "How long units of a lost run stay taken."),
    integer_key<&PoolConfig::max_payload_bytes>("max_payload_bytes", 0, bytes_max,
                                                "Largest payload of a task."),
    integer_key<&PoolConfig::max_output_bytes>("max_output_bytes", 0, bytes_max, "Largest output of a run."),
    seconds_key<&PoolConfig::task_retention>("task_retention_secs", 0, ms_max,
                                             "How long ended tasks are remembered."),
    integer_key<&PoolConfig::task_retention_count>("task_retention_count", 0, count_max,
                                                   "How many ended tasks are remembered."),
    word_key<&PoolConfig::durability>("durability", "strict: answers wait until the record is on disk."),
};

}  // namespace

Table<RetryPolicy> retry_keys() { return {retry_key_list}; }
Table<PoolConfig> pool_keys() { return {pool_key_list}; }

void finish_retry(JsonReader& reader, const JsonValue& value, RetryPolicy& retry) {
  if (retry.max >= retry.initial) return;
  const JsonValue* backoff = value.find("backoff");
  if (backoff == nullptr || backoff->find("max") == nullptr) {
    retry.max = retry.initial;
    return;
  }
  const JsonReader::At at(reader, "backoff.max");
  reader.error("must be at least backoff.initial (" + std::to_string(retry.initial.ms) + " ms); raise it.");
}

void finish_pool(JsonReader& reader, const JsonValue& value, PoolConfig& pool) {
  complete_storage(StorageRole::queue, pool.name, pool.queue);
  complete_storage(StorageRole::mailbox, pool.name, pool.mailbox.storage);
  if (value.find("default_timeout_ms") != nullptr && value.find("default_timeout_secs") != nullptr) {
    const JsonReader::At at(reader, "default_timeout_ms");
    reader.error("says the same as default_timeout_secs; keep one of the two.");
  }
  if (const JsonValue* retry = value.find("retry")) {
    const JsonReader::At at(reader, "retry");
    finish_retry(reader, *retry, pool.retry);
  }
  check_pool(reader, value, pool);
}

}  // namespace parking_lot
