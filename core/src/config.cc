#include "parking_lot/config.h"

#include <algorithm>

#include "codec/json_spelling.h"
#include "codec/json_time.h"
#include "config_checks.h"
#include "config_garage.h"
#include "config_keys.h"
#include "config_pool.h"
#include "config_schema.h"

namespace parking_lot {
namespace {

constexpr std::size_t text_max = 4 << 20;

// --- pools ---

void read_pools(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& config = *static_cast<Config*>(owner);
  if (!reader.is_object(value, "{\"llm\": {\"max_units\": 8}}")) return;
  if (value.items.empty()) reader.error("names no pool; add one, like {\"llm\": {\"max_units\": 8}}.");
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, value.keys[i]);
    if (!is_pool_name(value.keys[i]))
      reader.error("is no name of a pool; use 1 to 64 letters, digits, _ - .");
    if (!reader.is_object(value.items[i], "{\"max_units\": 8}")) continue;
    PoolConfig& pool = config.pools.emplace_back();
    pool.name = value.keys[i];
    read_members(reader, value.items[i], pool_keys(), pool);
    if (value.items[i].find("max_units") == nullptr) {
      const JsonReader::At missing(reader, "max_units");
      reader.error("is missing; say how many units may be in use at once, like \"max_units\": 8.");
    }
    finish_pool(reader, value.items[i], pool);
  }
}

void write_pools(JsonWriter& out, const Key& key, const void* owner) {
  out.key(key.name).open('{');
  for (const PoolConfig& pool : static_cast<const Config*>(owner)->pools) {
    out.key(pool.name).open('{');
    write_members(out, pool_keys(), pool);
    out.close('}');
  }
  out.close('}');
}

void write_pools_schema(JsonWriter& out) {
  const PoolConfig defaults;
  out.member("type", "object").member("minProperties", 1);
  out.key("propertyNames").open('{').member("pattern", "^[A-Za-z0-9_.-]{1,64}$").close('}');
  out.key("additionalProperties").open('{').key("required").open('[').string("max_units").close(']');
  write_object_schema(out, pool_keys().keys, &defaults);
  out.close('}');
}

// --- the other keys of the top level

void read_garages(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (!reader.is_object(value, "{\"north\": {...}}")) return;
  static_cast<Config*>(owner)->garages = value.keys;
}

constexpr Key audit_keys[] = {
    seconds_key<&AuditConfig::retention>("retention_secs", 0, ms_max,
                                         "How long audit events are kept; 0: as long as the store."),
    integer_key<&AuditConfig::memory_events>("memory_events", 0, count_max,
                                             "Audit events kept of pools that live in memory."),
};

constexpr Key http_keys[] = {
    text_key<&HttpConfig::listen>("listen", "Address and port of the server."),
    texts_key<&HttpConfig::hosts>("hosts", "Values of the Host header that are taken besides the address."),
    texts_key<&HttpConfig::cors_origins>("cors_origins", "Origins of web pages that may use the server."),
};

void read_http(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  HttpConfig& http = static_cast<Config*>(owner)->http;
  if (!reader.is_object(value, "{\"listen\": \"127.0.0.1:7313\"}")) return;
  read_members(reader, value, Table<HttpConfig>{http_keys}, http);
  if (!is_listen_address(http.listen)) {
    const JsonReader::At at(reader, "listen");
    reader.error("is no address; write host:port, like 127.0.0.1:7313 or [::1]:7313.");
  }
  for (const std::string& origin : http.cors_origins) {
    const JsonReader::At at(reader, "cors_origins");
    if (!is_origin(origin))
      reader.error(
          "holds something that is no origin; write them like https://app.example.com, without a path.");
  }
  for (const std::string& host : http.hosts) {
    const JsonReader::At at(reader, "hosts");
    if (!is_plain_text(host) || host.find_first_of(" /") != std::string::npos)
      reader.error("holds something that is no host name; write them like box.example.com.");
  }
}

void write_http(JsonWriter& out, const Key& key, const void* owner) {
  out.key(key.name).open('{');
  write_members(out, Table<HttpConfig>{http_keys}, static_cast<const Config*>(owner)->http);
  out.close('}');
}

void write_http_schema(JsonWriter& out) {
  const HttpConfig defaults;
  write_object_schema(out, http_keys, &defaults);
}

constexpr Word log_levels[] = {{"trace", 0}, {"debug", 1}, {"info", 2},
                               {"warn", 3},  {"error", 4}, {"off", 5}};

void read_level(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (const auto number = reader.word(value, log_levels))
    static_cast<LogConfig*>(owner)->level = log_levels[*number].name;
}
void write_level(JsonWriter& out, const Key& key, const void* owner) {
  out.member(key.name, static_cast<const LogConfig*>(owner)->level);
}
void write_level_schema(JsonWriter& out) { write_words_schema(out, log_levels); }

constexpr Key log_keys[] = {special_key("level", read_level, write_level, write_level_schema,
                                        "The least severe messages that are written.")};

void read_log(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  LogConfig& log = static_cast<Config*>(owner)->log;
  if (value.kind == JsonValue::Kind::string) return read_level(reader, value, log_keys[0], &log);
  if (reader.is_object(value, "{\"level\": \"info\"}"))
    read_members(reader, value, Table<LogConfig>{log_keys}, log);
}
void write_log(JsonWriter& out, const Key& key, const void* owner) {
  out.key(key.name).open('{');
  write_members(out, Table<LogConfig>{log_keys}, static_cast<const Config*>(owner)->log);
  out.close('}');
}
void write_log_schema(JsonWriter& out) {
  const LogConfig defaults;
  out.key("oneOf").open('[').open('{');
  write_level_schema(out);
  out.close('}').open('{');
  write_object_schema(out, log_keys, &defaults);
  out.close('}').close(']');
}

constexpr Key cluster_keys[] = {
    text_key<&ClusterConfig::advertise_url>("advertise_url", "Where the other members reach this one."),
    seconds_key<&ClusterConfig::lease>("lease_secs", 1, ms_max,
                                       "A member that is silent for so long loses its pools."),
};

/// Editors find the schema by this key; it says nothing about the lot.
void read_schema_reference(JsonReader& reader, const JsonValue& value, const Key&, void*) {
  reader.text(value);
}
void write_schema_reference_schema(JsonWriter& out) { out.member("type", "string"); }

constexpr Key top_keys[] = {
    special_key("$schema", read_schema_reference, nullptr, write_schema_reference_schema, "For editors."),
    special_key("pools", read_pools, write_pools, write_pools_schema, "The pools by name."),
    special_key("garages", read_garages, nullptr, write_garages_schema, "Garages by name."),
    object_key<&Config::audit>("audit", Table<AuditConfig>{audit_keys}, "The audit trail."),
    special_key("http", read_http, write_http, write_http_schema, "The HTTP server."),
    special_key("log", read_log, write_log, write_log_schema, "The log."),
    object_key<&Config::cluster>("cluster", Table<ClusterConfig>{cluster_keys},
                                 "Several servers on one database."),
    integer_key<&Config::seed>("seed", 0, units_max, "Seed of the jitter and of simulations."),
};

// --- a single pool in the shape of the forerunner's WorkerPool

bool is_pool_shape(const JsonValue& root) {
  if (root.find("pools") != nullptr) return false;
  const auto is_key_of_pool = [](const std::string& name) {
    const std::span<const Key> keys = pool_keys().keys;
    return std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
  };
  return std::any_of(root.keys.begin(), root.keys.end(), is_key_of_pool);
}

void read_single_pool(JsonReader& reader, const JsonValue& root, Config& config) {
  PoolConfig& pool = config.pools.emplace_back();
  pool.name = "default";
  pool.max_units = 1000;
  pool.default_timeout = Duration::seconds(120);
  const Section sections[] = {{.keys = pool_keys().keys, .owner = &pool},
                              {.keys = top_keys, .owner = &config}};
  read_members(reader, root, sections);
  finish_pool(reader, root, pool);
}

void report_duplicates(const JsonDocument& document, ParsedConfig& parsed) {
  for (const JsonDuplicate& duplicate : document.duplicates) {
    parsed.issues.push_back({.severity = ConfigIssue::Severity::error,
                             .path = join_path(duplicate.path, printable_key(duplicate.key)),
                             .message = "is given twice; keep one of the two."});
  }
}

void read_document(const JsonDocument& document, const ReadEnvironment& environment, ParsedConfig& parsed) {
  report_duplicates(document, parsed);
  JsonReader reader(parsed.issues, &environment);
  const JsonValue& root = document.root;
  if (!reader.is_object(root, "{\"pools\": {\"llm\": {\"max_units\": 8}}}")) return;
  if (is_pool_shape(root)) {
    read_single_pool(reader, root, parsed.config);
  } else {
    read_members(reader, root, Table<Config>{top_keys}, parsed.config);
    const JsonReader::At at(reader, "pools");
    if (root.find("pools") == nullptr)
      reader.error("is missing; add one pool, like \"pools\": {\"llm\": {\"max_units\": 8}}.");
  }
  const std::string& advertise_url = parsed.config.cluster.advertise_url;
  if (!advertise_url.empty() && !is_http_url(advertise_url)) {
    const JsonReader::At cluster(reader, "cluster");
    const JsonReader::At at(reader, "advertise_url");
    reader.error("must be an http or https address without a user name or password in it.");
  }
  check_pools(reader, parsed.config);
}

}  // namespace

bool ParsedConfig::ok() const {
  return std::none_of(issues.begin(), issues.end(), [](const ConfigIssue& issue) {
    return issue.severity == ConfigIssue::Severity::error;
  });
}

ParsedConfig parse_config(std::string_view json, const ReadEnvironment& environment) {
  ParsedConfig parsed;
  if (json.size() > text_max) {
    parsed.issues.push_back({.severity = ConfigIssue::Severity::error,
                             .path = {},
                             .message = "The config is larger than 4 MiB; shorten it."});
    return parsed;
  }
  const auto document = parse_json(json);
  if (!document) {
    const JsonSyntaxError& error = document.error();
    parsed.issues.push_back(
        {.severity = ConfigIssue::Severity::error,
         .path = "line " + std::to_string(error.line) + ", column " + std::to_string(error.column),
         .message = error.message});
    return parsed;
  }
  read_document(*document, environment, parsed);
  return parsed;
}

std::string effective_config_json(const Config& config) {
  JsonWriter out;
  out.open('{');
  write_members(out, Table<Config>{top_keys}, config);
  out.close('}');
  return indented_json(std::move(out).text());
}

#ifndef PARKING_LOT_WITHOUT_SCHEMA
std::string config_schema_json() {
  const Config defaults;
  JsonWriter out;
  out.open('{').member("$schema", "https://json-schema.org/draft/2020-12/schema");
  out.member("title", "Configuration of a parking lot").key("required").open('[').string("pools").close(']');
  write_object_schema(out, top_keys, &defaults);
  out.close('}');
  return indented_json(std::move(out).text());
}
#endif

}  // namespace parking_lot
