#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/types.h"

/// Configuration: what an operator may say, with its defaults. Parsed from JSON; see docs/configuration.md.
namespace parking_lot {

enum class StorageKind : std::uint8_t { in_memory, file, idbfs, opfs, postgres, pgmq };
enum class Runtime : std::uint8_t { native, web_worker, cloud_worker };
enum class ExecutorKind : std::uint8_t { process, http, in_process };  // spelled process, http, inline
enum class Fairness : std::uint8_t { none, tenant };
enum class Estimates : std::uint8_t { declared, learned };
/// In which order `backfill` looks at those who may pass the head: as they leave, or the shortest first.
enum class BackfillOrder : std::uint8_t { leaving, shortest };
enum class Durability : std::uint8_t { strict, relaxed };

std::string_view to_string(StorageKind kind);
std::string_view to_string(Runtime runtime);

/// Where a queue or a mailbox is stored. Only the fields of its kind are set, with defaults filled in.
struct StorageConfig {
  StorageKind kind = StorageKind::in_memory;
  std::string path;        ///< file: directory, relative to the config file
  std::string stream;      ///< file: default the pool's name
  std::string database;    ///< idbfs
  std::string directory;   ///< opfs
  std::string dsn;         ///< postgres, pgmq; secret
  std::string table;       ///< postgres
  std::string queue_name;  ///< pgmq
  bool is_volatile() const { return kind == StorageKind::in_memory; }
  /// What tells one store of bytes from another: the kind and where it is, as `in_memory` or `file:./data`.
  std::string place() const;
};

struct NotifierConfig {
  std::string base_url;
  std::string auth_header;     ///< secret
  std::string signing_secret;  ///< secret
};

struct MailboxConfig {
  StorageConfig storage;
  std::optional<NotifierConfig> notifier;
  Duration retention = Duration::seconds(604800);
  std::uint32_t retention_count = 10000;  ///< per key
  std::uint32_t delivery_attempts_max = 20;
};

struct ExecutorConfig {
  ExecutorKind kind = ExecutorKind::process;
  bool is_explicit = false;           ///< the config names it
  std::string url;                    ///< http
  std::vector<std::string> commands;  ///< process: programs that may be started; empty: any
};

struct TenantConfig {
  std::uint32_t weight = 1;
  std::optional<Units> max_units;
  std::map<std::string, Units> resources;  ///< set instead of `max_units` where the pool counts several
  std::optional<std::uint32_t> max_queued;
  friend bool operator==(const TenantConfig&, const TenantConfig&) = default;
};

struct PoolConfig {
  std::string name;
  Units max_units = 0;
  std::map<std::string, Units> resources;  ///< set instead of `max_units` when the pool counts several
  StorageConfig queue;
  MailboxConfig mailbox;
  Runtime runtime = Runtime::native;
  ExecutorConfig executor;
  std::uint32_t worker_count = 0;  ///< runs at once, whatever they cost; 0: as many as the host finds fit

  std::uint32_t max_queue_depth = 1000;
  Duration default_timeout{0};  ///< 0: none
  Policy policy = Policy::first_fit;
  Duration starvation_guard = Duration::seconds(30);  ///< 0: off
  std::uint32_t backfill_candidates = 1000;
  BackfillOrder backfill_order = BackfillOrder::leaving;
  Estimates estimates = Estimates::declared;

  Fairness fairness = Fairness::none;
  std::map<std::string, TenantConfig> tenants;
  Duration ageing{0};  ///< 0: off

  RetryPolicy retry;  ///< for tasks that bring none
  std::uint32_t max_lost = 3;
  Duration heartbeat = Duration::seconds(10);
  Duration lease = Duration::seconds(30);
  Duration kill_grace = Duration::seconds(5);
  Duration quarantine = Duration::seconds(30);

  std::uint64_t max_payload_bytes = 1 << 20;
  std::uint64_t max_output_bytes = 1 << 20;
  Duration task_retention = Duration::seconds(86400);
  std::uint32_t task_retention_count = 100000;
  Durability durability = Durability::strict;
};

struct AuditConfig {
  Duration retention{0};  ///< 0: as long as the store lives
  std::uint32_t memory_events = 100000;
};

struct HttpConfig {
  std::string listen = "127.0.0.1:7313";
  std::vector<std::string> hosts;
  std::vector<std::string> cors_origins;
};

struct ClusterConfig {
  std::string advertise_url;
  Duration lease = Duration::seconds(10);
};

struct LogConfig {
  std::string level = "info";  ///< trace, debug, info, warn, error, off
};

struct Config {
  std::vector<PoolConfig> pools;  ///< in the order of the file
  AuditConfig audit;
  HttpConfig http;
  ClusterConfig cluster;
  LogConfig log;
  std::vector<std::string> garages;  ///< names only; `garage::parse_garages` reads the rest
  std::uint64_t seed = 0;
};

/// One thing that is wrong or doubtful in a config.
struct ConfigIssue {
  enum class Severity : std::uint8_t { error, warning } severity = Severity::error;
  std::string path;     ///< `pools.llm.max_units`
  std::string message;  ///< what is wrong and what to do, one or two sentences
};

struct ParsedConfig {
  Config config;                    ///< usable only if there is no error among the issues
  std::vector<ConfigIssue> issues;  ///< all at once, in the order of the file
  bool ok() const;
};

/// Reads one environment variable for `${NAME}`; nullopt: not set, which is an error in the config.
using ReadEnvironment = std::function<std::optional<std::string>(std::string_view name)>;

/// Parses and validates. Never aborts on any text.
ParsedConfig parse_config(std::string_view json, const ReadEnvironment& environment);

/// What a config asks for that is not there, one issue each (severity warning): hosts refuse to run it,
/// `check` warns. `storage`: the kinds that the host has besides `in_memory`.
std::vector<ConfigIssue> unavailable_features(const Config& config,
                                              std::span<const StorageKind> storage = {});

/// Changes the settings of a pool that may change while it is open: `max_units` (but not which resources it
/// counts), `max_queue_depth`, `policy`, `starvation_guard_secs`, `backfill_candidates`, `backfill_order`,
/// `estimates`, `fairness`, `tenants` (all of them at once) and `ageing_secs`. Issues as from `parse_config`;
/// without errors `pool` is `current` with the changes.
struct ParsedPool {
  PoolConfig pool;
  std::vector<ConfigIssue> issues;
  bool ok() const;
};
ParsedPool parse_pool_settings(std::string_view json, const PoolConfig& current);

/// These settings as JSON, all of them.
std::string pool_settings_json(const PoolConfig& pool);

/// The effective config as JSON, defaults filled in, secrets replaced by "***".
std::string effective_config_json(const Config& config);

/// The JSON Schema (2020-12) of configurations.
std::string config_schema_json();

}  // namespace parking_lot
