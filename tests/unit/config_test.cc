#include "parking_lot/config.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace parking_lot;

namespace {

using Severity = ConfigIssue::Severity;

std::optional<std::string> no_variables(std::string_view) { return std::nullopt; }

ParsedConfig parse(std::string_view json) { return parse_config(json, no_variables); }

/// A config with one pool `p` that holds these members besides its units.
std::string with_pool(const std::string& members) {
  return R"({"pools": {"p": {"max_units": 8, )" + members + "}}}";
}

std::string shown(const ParsedConfig& parsed) {
  std::string text;
  for (const ConfigIssue& issue : parsed.issues) text += issue.path + ": " + issue.message + "\n";
  return text;
}

bool has(const ParsedConfig& parsed, Severity severity, std::string_view path, std::string_view part) {
  return std::any_of(parsed.issues.begin(), parsed.issues.end(), [&](const ConfigIssue& issue) {
    return issue.severity == severity && issue.path == path && issue.message.find(part) != std::string::npos;
  });
}

PoolConfig pool_of(const std::string& members) {
  const ParsedConfig parsed = parse(with_pool(members));
  INFO(shown(parsed));
  REQUIRE(parsed.ok());
  return parsed.config.pools[0];
}

struct Broken {
  const char* what;
  std::string json;
  const char* path;
  const char* remedy;
};

std::string deeply_nested() { return std::string(100000, '[') + std::string(100000, ']'); }

const std::vector<Broken> broken_configs = {
    {"nothing at all", "", "line 1, column 1", "the text ends too early"},
    {"a comma too many", "{\"pools\": {\"p\": {\"max_units\": 8,\n}}}", "line 2, column 1",
     "remove the comma"},
    {"a comment", "{// pools\n}", "line 1, column 2", "JSON has no comments"},
    {"single quotes", "{'pools': 1}", "line 1, column 2", "use double quotes"},
    {"a text that ends too early", "{\"pools\": {", "line 1, column 12", "close what is open"},
    {"nesting without end", deeply_nested(), "line 1, column 1", "flatten it"},
    {"no object", "[]", "", "must be an object, not an array; write it like"},
    {"no pools", "{}", "pools", "is missing; add one pool"},
    {"an empty list of pools", R"({"pools": {}})", "pools", "add one"},
    {"pools as an array", R"({"pools": []})", "pools", "must be an object, not an array"},
    {"a pool that is a number", R"({"pools": {"p": 8}})", "pools.p", R"(write it like {"max_units": 8})"},
    {"a name with a space", R"({"pools": {"a b": {"max_units": 1}}})", "pools.a b", "use 1 to 64 letters"},
    {"units missing", R"({"pools": {"p": {}}})", "pools.p.max_units", "like \"max_units\": 8"},
    {"units as a string", R"({"pools": {"p": {"max_units": "20"}}})", "pools.p.max_units",
     "write 20 without quotes"},
    {"units with a fraction", R"({"pools": {"p": {"max_units": 20.5}}})", "pools.p.max_units",
     "without a fraction"},
    {"negative units", R"({"pools": {"p": {"max_units": -1}}})", "pools.p.max_units",
     "from 0 to 9007199254740991, not -1"},
    {"units beyond exact numbers", R"({"pools": {"p": {"max_units": 9007199254740992}}})",
     "pools.p.max_units", "to 9007199254740991"},
    {"units beyond 64 bits", R"({"pools": {"p": {"max_units": 99999999999999999999}}})", "pools.p.max_units",
     "whole number"},
    {"units as null", R"({"pools": {"p": {"max_units": null}}})", "pools.p.max_units", "not null"},
    {"no resource", R"({"pools": {"p": {"max_units": {}}}})", "pools.p.max_units",
     "write {\"gpu_vram\": 4096}"},
    {"a resource without a number", R"({"pools": {"p": {"max_units": {"gpu": true}}}})",
     "pools.p.max_units.gpu", "whole number"},
    {"a key with a typing error", with_pool(R"("max_queue_dept": 5)"), "pools.p.max_queue_dept",
     "did you mean \"max_queue_depth\"?"},
    {"a key in camelCase", with_pool(R"("maxQueueDepth": 5)"), "pools.p.maxQueueDepth",
     "did you mean \"max_queue_depth\"?"},
    {"an unknown key at the top", R"({"pools": {"p": {"max_units": 1}}, "adit": {}})", "adit",
     "did you mean \"audit\"?"},
    {"a key like no other", R"({"pools": {"p": {"max_units": 1}}, "log": {"colour_scheme": 1}})",
     "log.colour_scheme", "Known here: level"},
    {"the same key twice", R"({"pools": {"p": {"max_units": 1, "max_units": 2}}})", "pools.p.max_units",
     "keep one"},
    {"the same pool twice", R"({"pools": {"p": {"max_units": 1}, "p": {"max_units": 2}}})", "pools.p",
     "keep one"},
    {"an unknown policy", with_pool(R"("policy": "backfil")"), "pools.p.policy",
     "did you mean \"backfill\"?"},
    {"a policy as a number", with_pool(R"("policy": 2)"), "pools.p.policy",
     "one of first_fit, strict, backfill, not a number"},
    {"an unknown queue", with_pool(R"("queue": "redis")"), "pools.p.queue",
     "in_memory, file, idbfs, opfs, postgres, pgmq"},
    {"a queue without a type", with_pool(R"("queue": {"path": "x"})"), "pools.p.queue.type", "add \"type\""},
    {"a queue as a number", with_pool(R"("queue": 1)"), "pools.p.queue", "a string or an object"},
    {"a path of a queue in memory", with_pool(R"("queue": {"type": "in_memory", "path": "x"})"),
     "pools.p.queue.path", "or use type file"},
    {"an unknown key of a queue", with_pool(R"("queue": {"type": "file", "pth": "x"})"), "pools.p.queue.pth",
     "did you mean \"path\"?"},
    {"the durability of a pool within its queue",
     with_pool(R"("queue": {"type": "file", "path": "x", "durability": "relaxed"})"),
     "pools.p.queue.durability", "belongs to the pool"},
    {"a table that is no name", with_pool(R"("queue": {"type": "postgres", "table": "a; drop"})"),
     "pools.p.queue.table", "use an SQL name"},
    {"a mailbox in pgmq", with_pool(R"("mailbox": "pgmq")"), "pools.p.mailbox",
     "queues only; use one of in_memory, file"},
    {"the type outside of storage", with_pool(R"("mailbox": {"type": "file"})"), "pools.p.mailbox.type",
     "inside storage"},
    {"a notifier without an address", with_pool(R"("mailbox": {"notifier": {"type": "http"}})"),
     "pools.p.mailbox.notifier.base_url", "give the address"},
    {"an address that is none", with_pool(R"("mailbox": {"notifier": {"type": "http", "base_url": "gw"}})"),
     "pools.p.mailbox.notifier.base_url", "http or https"},
    {"a header with a line break",
     with_pool(R"("mailbox": {"notifier": {"type": "http", "base_url": "http://a", "auth_header": "a\nb"}})"),
     "pools.p.mailbox.notifier.auth_header", "remove them"},
    {"a timeout as text", with_pool(R"("default_timeout_secs": "30s")"), "pools.p.default_timeout_secs",
     "number of seconds"},
    {"a timeout of a thousand years", with_pool(R"("default_timeout_secs": 31536000000)"),
     "pools.p.default_timeout_secs", "to 3153600000"},
    {"the timeout twice, in two units", with_pool(R"("default_timeout_secs": 1, "default_timeout_ms": 1000)"),
     "pools.p.default_timeout_ms", "keep one"},
    {"no attempt", with_pool(R"("retry": {"max_attempts": 0})"), "pools.p.retry.max_attempts", "from 1 to"},
    {"a delay that is no duration", with_pool(R"("retry": {"backoff": {"initial": "5x"}})"),
     "pools.p.retry.backoff.initial", "write it like 250ms, 30s"},
    {"a longest delay below the first", with_pool(R"("retry": {"backoff": {"initial": "9s", "max": "2s"}})"),
     "pools.p.retry.backoff.max", "raise it"},
    {"a lease below the heartbeat", with_pool(R"("lease_secs": 5)"), "pools.p.lease_secs",
     "at least heartbeat_secs (10)"},
    {"a tenant with more than the pool", with_pool(R"("tenants": {"a": {"max_units": 9}})"),
     "pools.p.tenants.a.max_units", "lower it or raise"},
    {"a tenant without weight", with_pool(R"("tenants": {"a": {"weight": 0}})"), "pools.p.tenants.a.weight",
     "from 1 to"},
    {"commands without processes", with_pool(R"("executor": {"type": "inline", "commands": ["ls"]})"),
     "pools.p.executor.commands", "use that type"},
    {"an executor without a type", with_pool(R"("executor": {"commands": ["ls"]})"), "pools.p.executor.type",
     "add \"type\""},
    {"http without an address", with_pool(R"("executor": "http")"), "pools.p.executor.url",
     "give the address"},
    {"processes in a web worker", with_pool(R"("runtime": "web_worker", "executor": "process")"),
     "pools.p.executor.type", "remove the executor"},
    {"a list with something else", with_pool(R"("executor": {"type": "process", "commands": ["ls", 1]})"),
     "pools.p.executor.commands[1]", "must be a string"},
    {"a list of programs that allows none", with_pool(R"("executor": {"type": "process", "commands": []})"),
     "pools.p.executor.commands", "leave it out to allow any"},
    {"two pools with one stream",
     R"({"pools": {"a": {"max_units": 1, "queue": {"type": "file", "path": "s", "stream": "b"}},
       "b": {"max_units": 1, "queue": {"type": "file", "path": "s"}}}})",
     "pools.b.queue", "another stream or path"},
    {"a store at a web address", with_pool(R"("queue": {"type": "file", "path": "http://x"})"),
     "pools.p.queue.path", "give a directory"},
    {"a tenant with more of a resource than there is",
     R"({"pools": {"p": {"max_units": {"cpu": 4}, "tenants": {"a": {"max_units": {"cpu": 5}}}}}})",
     "pools.p.tenants.a.max_units.cpu", "raise the pool's max_units"},
    {"two browser databases", R"({"pools": {"a": {"max_units": 1, "queue": "idbfs", "mailbox": "idbfs"},
       "b": {"max_units": 1, "queue": {"type": "idbfs", "database": "other"}, "mailbox": "idbfs"}}})",
     "pools.b.queue", "use idbfs with database parking-lot"},
    {"two kinds of browser database", with_pool(R"("queue": "idbfs", "mailbox": "opfs")"),
     "pools.p.mailbox.storage", "one browser database"},
    {"a variable that is not set", with_pool(R"("queue": {"type": "postgres", "dsn": "${DSN}"})"),
     "pools.p.queue.dsn", "variable DSN is not set; set it"},
    {"a variable without an end", with_pool(R"("queue": {"type": "file", "path": "${HOME"})"),
     "pools.p.queue.path", "write ${NAME}"},
    {"an address without a port", R"({"pools": {"p": {"max_units": 1}}, "http": {"listen": "localhost"}})",
     "http.listen", "write host:port"},
    {"an origin with a path",
     R"({"pools": {"p": {"max_units": 1}}, "http": {"cors_origins": ["https://a.b/c"]}})",
     "http.cors_origins", "without a path"},
    {"an unknown level", R"({"pools": {"p": {"max_units": 1}}, "log": "verbose"})", "log",
     "trace, debug, info"},
    {"a seed that is text", R"({"pools": {"p": {"max_units": 1}}, "seed": "abc"})", "seed", "not a string"},
};

}  // namespace

TEST_CASE("every broken config is refused with a path and a remedy") {
  for (const Broken& broken : broken_configs) {
    const ParsedConfig parsed = parse(broken.json);
    INFO(broken.what << "\n" << shown(parsed));
    CHECK_FALSE(parsed.ok());
    CHECK(has(parsed, Severity::error, broken.path, broken.remedy));
    CHECK(std::count_if(parsed.issues.begin(), parsed.issues.end(),
                        [](const auto& i) { return i.severity == Severity::error; }) == 1);
  }
  CHECK(broken_configs.size() >= 20);
}

TEST_CASE("all errors of a config come at once, in the order of the file") {
  const ParsedConfig parsed = parse(R"({
    "log": "loud",
    "pools": {
      "a": {"max_units": "1", "policy": "fifo", "queue": {"type": "file", "table": "t"}},
      "b": {"max_unit": 2}
    },
    "sede": 1
  })");
  std::vector<std::string> paths;
  for (const ConfigIssue& issue : parsed.issues) {
    if (issue.severity == Severity::error) paths.push_back(issue.path);
  }
  INFO(shown(parsed));
  CHECK(paths == std::vector<std::string>{"log", "pools.a.max_units", "pools.a.policy", "pools.a.queue.table",
                                          "pools.b.max_unit", "pools.b.max_units", "sede"});
}

TEST_CASE("a text that consists of errors only is cut off, not listed for ever") {
  std::string json = R"({"pools": {"p": {"max_units": 1)";
  for (int i = 0; i < 20000; ++i) json += ", \"unknown_" + std::to_string(i) + "\": 0";
  const ParsedConfig parsed = parse(json + "}}}");
  CHECK_FALSE(parsed.ok());
  CHECK(parsed.issues.size() <= 1001);
}

TEST_CASE("the defaults are those of the documentation") {
  const ParsedConfig parsed = parse(R"({"pools": {"p": {"max_units": 8}}})");
  REQUIRE(parsed.ok());
  CHECK(parsed.issues.empty());
  const PoolConfig& pool = parsed.config.pools.at(0);
  CHECK(pool.name == "p");
  CHECK(pool.max_units == 8);
  CHECK(pool.max_queue_depth == 1000);
  CHECK(pool.default_timeout.ms == 0);
  CHECK(pool.queue.kind == StorageKind::in_memory);
  CHECK(pool.mailbox.storage.kind == StorageKind::in_memory);
  CHECK(pool.mailbox.retention.ms == 604'800'000);
  CHECK(pool.policy == Policy::first_fit);
  CHECK(pool.starvation_guard.ms == 30'000);
  CHECK(pool.max_lost == 3);
  CHECK(pool.retry.max_attempts == 1);
  CHECK(pool.max_payload_bytes == 1 << 20);
  CHECK_FALSE(pool.executor.is_explicit);
  CHECK(parsed.config.http.listen == "127.0.0.1:7313");
}

TEST_CASE("queues have a short and a long form, and older names") {
  CHECK(pool_of(R"("queue": "file", "mailbox": "file")").queue.path == "./parking-lot-data");
  CHECK(pool_of(R"("queue": "file", "mailbox": "file")").queue.stream == "p");
  const StorageConfig yaque = pool_of(R"("queue": {"type": "yaque", "path": "./q", "stream": "s"})").queue;
  CHECK(yaque.kind == StorageKind::file);
  CHECK(yaque.path == "./q");
  CHECK(yaque.stream == "s");
  CHECK(pool_of(R"("queue": {"type": "postgres_custom", "table": "jobs"})").queue.kind ==
        StorageKind::postgres);
  CHECK(pool_of(R"("queue": {"type": "postgres_custom", "table": "app.jobs"})").queue.table == "app.jobs");
  CHECK(pool_of(R"("queue": "postgres_pgmq")").queue.kind == StorageKind::pgmq);
  CHECK(pool_of(R"("queue": {"type": "pgmq", "queue_name": "q1"})").queue.queue_name == "q1");
  CHECK(pool_of(R"("queue": "idbfs", "mailbox": "idbfs")").queue.database == "parking-lot");
  CHECK(pool_of(R"("queue": "opfs", "mailbox": "opfs")").queue.directory == "parking-lot");
}

TEST_CASE("mailboxes have a short and a long form") {
  CHECK(pool_of(R"("mailbox": "file")").mailbox.storage.kind == StorageKind::file);
  CHECK(pool_of(R"("mailbox": {"storage": "postgres"})").mailbox.storage.table == "pl_mailbox_messages");
  const MailboxConfig mailbox =
      pool_of(R"("mailbox": {"storage": {"type": "postgres", "table": "m"}, "retention_secs": 60,
      "retention_count": 5, "delivery_attempts_max": 2,
      "notifier": {"type": "http", "base_url": "https://a.example/h", "auth_header": "Bearer x"}})")
          .mailbox;
  CHECK(mailbox.storage.table == "m");
  CHECK(mailbox.retention.ms == 60'000);
  CHECK(mailbox.retention_count == 5);
  CHECK(mailbox.delivery_attempts_max == 2);
  REQUIRE(mailbox.notifier);
  CHECK(mailbox.notifier->auth_header == "Bearer x");
}

TEST_CASE("a pool may count several resources") {
  const ParsedConfig parsed = parse(R"({"pools": {"p": {"max_units": {"cpu": 4, "gpu_vram": 8192}}}})");
  REQUIRE(parsed.ok());
  CHECK(parsed.config.pools[0].resources == std::map<std::string, Units>{{"cpu", 4}, {"gpu_vram", 8192}});
}

TEST_CASE("seconds may have decimals, and the retry delays units") {
  CHECK(pool_of(R"("default_timeout_secs": 0.25)").default_timeout.ms == 250);
  CHECK(pool_of(R"("default_timeout_secs": 1.5)").default_timeout.ms == 1500);
  const RetryPolicy retry =
      pool_of(R"("retry": {"max_attempts": 4, "backoff": {"initial": "250ms", "max": 5000}})").retry;
  CHECK(retry.max_attempts == 4);
  CHECK(retry.initial.ms == 250);
  CHECK(retry.max.ms == 5000);
  CHECK(pool_of(R"("retry": {"backoff": {"initial": "5m"}})").retry.max.ms == 300'000);
}

TEST_CASE("a config in the shape of the older WorkerPool is one pool named default") {
  const ParsedConfig parsed = parse(
      R"({"worker_count": 4, "max_units": 64, "default_timeout_ms": 1500, "thread_stack_size": 65536, "seed": 3})");
  REQUIRE(parsed.ok());
  REQUIRE(parsed.config.pools.size() == 1);
  const PoolConfig& pool = parsed.config.pools[0];
  CHECK(pool.name == "default");
  CHECK(pool.worker_count == 4);
  CHECK(pool.max_units == 64);
  CHECK(pool.default_timeout.ms == 1500);
  CHECK(parsed.config.seed == 3);
  CHECK(has(parsed, Severity::warning, "thread_stack_size", "no effect"));
  const ParsedConfig bare = parse(R"({"worker_count": 1})");
  CHECK(bare.config.pools.at(0).max_units == 1000);
  CHECK(bare.config.pools.at(0).default_timeout.ms == 120'000);
}

TEST_CASE("doubtful configs are usable, with a warning") {
  CHECK(has(parse(R"({"pools": {"p": {"max_units": 0}}})"), Severity::warning, "pools.p.max_units",
            "refuses every task"));
  CHECK(has(parse(with_pool(R"("queue": "file")")), Severity::warning, "pools.p.mailbox",
            "use a durable mailbox"));
  CHECK(has(parse(with_pool(R"("durability": "relaxed")")), Severity::warning, "pools.p.durability",
            "remove it"));
  CHECK(has(parse(with_pool(R"("tenants": {"a": {"weight": 2}})")), Severity::warning,
            "pools.p.tenants.a.weight", "no effect"));
  CHECK(has(parse(R"({"pools": {"p": {"max_units": {"cpu": 4, "gpu": 0}}}})"), Severity::warning,
            "pools.p.max_units", "a resource of 0"));
  CHECK(has(parse(with_pool(R"("backfill_order": "shortest")")), Severity::warning, "pools.p.backfill_order",
            "only with \"policy\": \"backfill\""));
  CHECK(has(parse(with_pool(R"("policy": "strict", "starvation_guard_secs": 5)")), Severity::warning,
            "pools.p.starvation_guard_secs", "no effect"));
  CHECK(parse(R"({"pools": {"p": {"max_units": 0}}})").ok());
  CHECK(parse(R"({"pools": {"p": {"max_units": -1}}})").issues.size() == 1);
}

TEST_CASE("variables are read from the environment") {
  const auto environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "DSN") return "host=db password=hunter2";
    if (name == "DIR") return "/var/lib";
    return std::nullopt;
  };
  const ParsedConfig parsed =
      parse_config(with_pool(R"("queue": {"type": "postgres", "dsn": "${DSN}"})"), environment);
  CHECK(parsed.config.pools.at(0).queue.dsn == "host=db password=hunter2");
  const ParsedConfig path =
      parse_config(with_pool(R"("queue": {"type": "file", "path": "${DIR}/x/$${DIR}/$5"})"), environment);
  CHECK(path.config.pools.at(0).queue.path == "/var/lib/x/${DIR}/$5");
}

TEST_CASE("secrets appear neither in messages nor in the effective config") {
  const auto environment = [](std::string_view) -> std::optional<std::string> { return "hunter2 hunter2"; };
  const std::vector<std::string> members = {
      R"("queue": {"type": "postgres", "dsn": "hunter2"}, "policy": "x")",
      R"("queue": "postgres://me:hunter2@db/x")",
      R"("queue": {"type": "file", "dsn": "hunter2"})",
      R"("mailbox": {"notifier": {"type": "http", "base_url": "https://a", "auth_header": "hunter2", "signing_secret": "hunter2"}})",
      R"("mailbox": {"notifier": {"type": "http", "base_url": "https://me:hunter2@a"}})",
      R"("policy": "${X}")",
      R"("queue": {"type": "file", "stream": "${X}"})",
      "\"queue\": {\"type\": \"postgres\", \"dsn\": \"hunter2\n",
      "\"queue\": {\"type\": \"postgres\", \"dsn\": \"hunter2\\q\"}",
      "\"queue\": {\"type\": \"postgres\", \"dsn\": \"hunter2",
  };
  for (const std::string& member : members) {
    const ParsedConfig parsed = parse_config(with_pool(member), environment);
    INFO(member << "\n" << shown(parsed));
    CHECK(shown(parsed).find("hunter2") == std::string::npos);
    if (parsed.ok()) CHECK(effective_config_json(parsed.config).find("hunter2") == std::string::npos);
  }
}

TEST_CASE("the effective config reads back as itself") {
  const std::vector<std::string> configs = {
      R"({"pools": {"p": {"max_units": 8}}})",
      R"({"worker_count": 2})",
      R"({"pools": {"p": {"max_units": {"cpu": 1}, "queue": {"type": "file", "path": "$${X}"}, "mailbox": "file", "default_timeout_secs": 0.005,
          "tenants": {"a": {"weight": 2, "max_queued": 1}}, "fairness": "tenant", "executor": {"type": "process", "commands": ["ls", "/bin/cat"]},
          "retry": {"max_attempts": 3, "backoff": {"initial": "1s"}}, "durability": "relaxed", "policy": "backfill"},
        "q": {"max_units": 1, "queue": {"type": "postgres", "dsn": "x"}, "mailbox": {"storage": "postgres",
          "notifier": {"type": "http", "base_url": "https://a", "signing_secret": "s"}}}},
        "http": {"listen": "[::1]:80", "hosts": ["a"], "cors_origins": ["https://b:8443"]}, "log": "debug", "seed": 7,
        "audit": {"retention_secs": 5, "memory_events": 1}, "cluster": {"advertise_url": "http://me", "lease_secs": 3}})",
  };
  for (const std::string& json : configs) {
    const ParsedConfig parsed = parse(json);
    INFO(shown(parsed));
    REQUIRE(parsed.ok());
    const std::string effective = effective_config_json(parsed.config);
    const ParsedConfig again = parse(effective);
    INFO(effective << shown(again));
    CHECK(again.ok());
    CHECK(effective_config_json(again.config) == effective);
  }
}

TEST_CASE("what is not built yet is listed, each with its path") {
  const auto paths_of = [](const std::string& json) {
    std::vector<std::string> paths;
    const ParsedConfig parsed = parse(json);
    INFO(shown(parsed));
    CHECK(parsed.ok());
    for (const ConfigIssue& issue : unavailable_features(parsed.config, {})) {
      CHECK(issue.severity == Severity::warning);
      CHECK(issue.message.find("; ") != std::string::npos);
      paths.push_back(issue.path);
    }
    return paths;
  };
  CHECK(paths_of(with_pool(R"("policy": "strict", "executor": "process")")).empty());
  CHECK(paths_of(
            with_pool(R"("queue": "pgmq", "mailbox": "postgres", "policy": "backfill", "fairness": "tenant",
      "tenants": {"a": {}}, "ageing_secs": 5, "estimates": "learned", "runtime": "cloud_worker")")) ==
        std::vector<std::string>{"pools.p.queue", "pools.p.mailbox.storage", "pools.p.runtime"});
  CHECK(
      paths_of(with_pool(
          R"("executor": {"type": "http", "url": "http://a"}, "mailbox": {"notifier": {"type": "http", "base_url": "http://a"}})")) ==
      std::vector<std::string>{"pools.p.mailbox.notifier", "pools.p.executor"});
  CHECK(paths_of(R"({"pools": {"p": {"max_units": {"cpu": 1}}}, "garages": {"g": {}}})") ==
        std::vector<std::string>{});
}

TEST_CASE("storage is available where the host has its kind") {
  const ParsedConfig parsed = parse(with_pool(R"("queue": "file", "mailbox": "idbfs")"));
  constexpr StorageKind file[] = {StorageKind::file};
  const auto missing = unavailable_features(parsed.config, file);
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].path == "pools.p.mailbox.storage");
  CHECK(missing[0].message == "storage of type idbfs is not available here; use in_memory or file.");
}

TEST_CASE("the schema holds every key with its type and default") {
  const auto schema = nlohmann::json::parse(config_schema_json(), nullptr, false);
  REQUIRE_FALSE(schema.is_discarded());
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  const nlohmann::json& pool = schema["properties"]["pools"]["additionalProperties"];
  CHECK(pool["required"] == nlohmann::json{"max_units"});
  CHECK(pool["additionalProperties"] == false);
  CHECK(pool["properties"]["max_queue_depth"]["default"] == 1000);
  CHECK(pool["properties"]["policy"]["enum"] == nlohmann::json{"first_fit", "strict", "backfill"});
  CHECK(pool["properties"]["retry"]["properties"]["backoff"]["properties"]["factor_percent"]["default"] ==
        200);
  const auto effective = nlohmann::json::parse(effective_config_json(
      parse(R"({"pools": {"p": {"max_units": 1, "tenants": {"a": {}}, "executor": "inline"}}})").config));
  for (const auto& [key, value] : effective["pools"]["p"].items()) {
    INFO(key);
    CHECK(pool["properties"].contains(key));
  }
}

TEST_CASE("a config may name its schema") {
  CHECK(parse(R"({"$schema": "parking-lot.schema.json", "pools": {"p": {"max_units": 1}}})").ok());
}

TEST_CASE("the example configs are free of errors and warnings") {
  for (const char* name : {"minimal", "local-agent", "browser", "server", "worker-pool"}) {
    std::ifstream file(std::string(PARKING_LOT_SOURCE_DIR "/examples/configs/") + name + ".json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const ParsedConfig parsed =
        parse_config(text, [](std::string_view) { return std::optional<std::string>("secret"); });
    INFO(name << "\n" << shown(parsed));
    CHECK(parsed.ok());
    CHECK(parsed.issues.empty());
  }
}
