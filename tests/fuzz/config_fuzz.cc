#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/runs.h"
#include "parking_lot/config.h"
#include "parking_lot/json.h"

// Texts that are nearly right reach further into a parser than noise.

using namespace parking_lot;

namespace {

constexpr Now noon{.wall = {1'767'268'800'000}, .steady = {5000}};

const std::vector<std::string> configs = {
    R"({"pools": {"p": {"max_units": 8}}})",
    R"({"pools": {"llm": {"max_units": 20, "max_queue_depth": 1000, "default_timeout_secs": 60, "queue": "postgres",
        "mailbox": "postgres", "runtime": "cloud_worker"}, "local": {"max_units": 8, "policy": "backfill", "fairness": "tenant",
        "queue": {"type": "yaque", "path": "./data", "stream": "s"}, "mailbox": {"storage": {"type": "in_memory"},
        "notifier": {"type": "http", "base_url": "https://gw.example.com/hooks", "auth_header": "Bearer x"}},
        "executor": {"type": "process", "commands": ["ls", "cat"]}}}})",
    R"({"pools": {"p": {"max_units": {"cpu": 1, "gpu_vram": 4096}, "queue": {"type": "file", "path": "${HOME}/$${X}"}, "mailbox": "file",
        "tenants": {"a": {"weight": 2, "max_queued": 1}}, "retry": {"max_attempts": 3, "backoff": {"initial": "1.5s", "max": 99999,
        "factor_percent": 150, "jitter_percent": 5}}, "ageing_secs": 0.5, "heartbeat_secs": 1, "lease_secs": 1e1}},
        "http": {"listen": "[::1]:80", "hosts": ["a"], "cors_origins": ["https://b:8443"]}, "log": {"level": "debug"},
        "audit": {"retention_secs": 5}, "cluster": {"advertise_url": "http://me"}, "garages": {"g": {}}, "seed": 7})",
    R"({"worker_count": 4, "thread_stack_size": 65536, "max_units": 64, "max_queue_depth": 10, "default_timeout_ms": 1500})",
};

const std::vector<std::string> tasks = {
    "{}",
    R"({"task_id": "t1", "pool": "p", "tenant": "acme", "priority": "high", "resource_cost": {"kind": "gpu_vram", "units": 4},
        "deadline": "2026-01-01T13:00:00.5+01:00", "timeout": "250ms", "start_after": 1767268800000, "estimate": 5,
        "mailbox_key": {"tenant": "acme", "user_id": "ann", "session_id": 4}, "payload": {"b": [1, -2.50e3, null], "a": "\u00e4\ud83d\ude00"},
        "retry": {"max_attempts": 3, "backoff": {"initial": "1s"}}, "max_lost": 0, "on_disconnect": "cancel", "dedup": "replace"})",
    R"({"taskId": 7, "units": 2, "mailbox": {"tenant": "a", "user": "b", "session": "c"}, "startAfter": "10s", "payload": "x"})",
    R"({"resourceCost": {"cpu": 2, "gpuVram": 9007199254740991}, "onDisconnect": null, "payload": [[[[{}]]]]})",
};

const std::vector<std::string_view> tokens = {"{",
                                              "}",
                                              "[",
                                              "]",
                                              "[[[[[[[[",
                                              ":",
                                              ",",
                                              "\"",
                                              "null",
                                              "true",
                                              "-1",
                                              "0",
                                              "1e999",
                                              "-0",
                                              "1.5",
                                              "18446744073709551616",
                                              "\\u0000",
                                              "\\ud800",
                                              "${",
                                              "${A}",
                                              "$${",
                                              "}",
                                              "\n",
                                              "\xff",
                                              "\xc3",
                                              std::string_view("\0", 1),
                                              "\"max_units\":",
                                              "\"pools\":",
                                              "\"type\":",
                                              "\"file\"",
                                              "\"idbfs\"",
                                              "\"p\":{},",
                                              "\"payload\":",
                                              "\"units\":",
                                              "\"30s\"",
                                              "\"9999999999999999d\"",
                                              "\"9999-12-31T23:59:60.999999999999-23:59\"",
                                              "\"retry\":{},",
                                              "//"};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::string mutate(const std::vector<std::string>& corpus) {
    std::string text = corpus[below(corpus.size())];
    for (std::size_t i = 1 + below(3); i > 0; --i) change(text, corpus[below(corpus.size())]);
    return text;
  }

 private:
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_() % end); }

  void change(std::string& text, const std::string& other) {
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = below(16);
    switch (below(6)) {
      case 0:
        text.erase(at, length);
        return;
      case 1:
        text.insert(at, tokens[below(tokens.size())]);
        return;
      case 2:
        text.insert(at, text.substr(below(text.size() + 1), length));
        return;
      case 3:
        text.replace(at, length, other.substr(below(other.size()), below(40)));
        return;
      case 4:
        text.replace(at, length, tokens[below(tokens.size())]);
        return;
      default:
        if (at < text.size()) text[at] = static_cast<char>(random_() % 256);
    }
  }

  std::mt19937_64 random_;
};

std::optional<std::string> environment(std::string_view name) {
  return name == "HOME" ? std::optional<std::string>("/home") : std::nullopt;
}

bool has_error(const ParsedConfig& parsed) {
  for (const ConfigIssue& issue : parsed.issues) {
    if (issue.message.empty()) FAIL("an issue without a message");
    if (issue.severity == ConfigIssue::Severity::error) return true;
  }
  return false;
}

/// True if the text was a usable config.
bool try_config(const std::string& text) {
  const ParsedConfig parsed = parse_config(text, environment);
  if (parsed.ok() == has_error(parsed)) FAIL("ok() and the issues disagree");
  if (!parsed.ok()) return false;
  (void)unavailable_features(parsed.config, {});
  const std::string effective = effective_config_json(parsed.config);
  const ParsedConfig again = parse_config(effective, environment);
  if (!again.ok())
    FAIL("the effective config is refused: " << again.issues.front().path << ": "
                                             << again.issues.front().message);
  if (effective_config_json(again.config) != effective)
    FAIL("the effective config changes when it is read again");
  return true;
}

/// True if the text was a usable task.
bool try_task(const std::string& text, const PoolConfig* pool) {
  const auto task = parse_task(text, pool, noon);
  if (!task) {
    if (task.error().message.empty()) FAIL("an error without a message");
    return false;
  }
  if (task->tenant.empty()) FAIL("a task without a tenant");
  if (task->payload.empty()) return true;
  const bool counts_several = pool != nullptr && !pool->resources.empty();
  const std::string cost = counts_several ? R"("resource_cost":{"cpu":1,"gpu_vram":1},)" : "";
  const auto again = parse_task("{" + cost + "\"payload\":" + task->payload + "}", pool, noon);
  if (!again) FAIL("the canonical payload is refused: " << again.error().message);
  if (again->payload != task->payload || again->payload_digest != task->payload_digest)
    FAIL("the canonical payload is not stable");
  return true;
}

}  // namespace

TEST_CASE("no mutation of a config aborts, and what is accepted reads back") {
  const FuzzRuns search;
  std::uint64_t accepted = 0;
  for (std::uint64_t seed = search.first; seed < search.end; ++seed) {
    const std::string text = Mutator(seed).mutate(configs);
    INFO("seed " << seed << "\n" << text);
    if (try_config(text)) ++accepted;
  }
  CHECK(accepted > search.runs / 100);
}

TEST_CASE("no mutation of a job line aborts, and canonical payloads are stable") {
  const FuzzRuns search;
  PoolConfig several;
  several.resources = {{"cpu", 4}, {"gpu_vram", 4096}};
  PoolConfig small;
  small.max_payload_bytes = 20;
  const PoolConfig* const pools[] = {nullptr, &several, &small};
  std::uint64_t accepted = 0;
  for (std::uint64_t seed = search.first; seed < search.end; ++seed) {
    const std::string text = Mutator(seed).mutate(tasks);
    INFO("seed " << seed << "\n" << text);
    if (try_task(text, pools[seed % 3])) ++accepted;
  }
  CHECK(accepted > search.runs / 100);
}

TEST_CASE("no mutation of a time, a duration or a mailbox path aborts") {
  const std::vector<std::string> texts = {"2026-01-01T12:00:00.123+01:00", "1.5s", "36500d",
                                          "acme/ann%20x:s1"};
  const FuzzRuns search;
  for (std::uint64_t seed = search.first; seed < search.end; ++seed) {
    const std::string text = Mutator(seed).mutate(texts);
    INFO("seed " << seed << "\n" << text);
    if (const auto time = parse_rfc3339(text)) {
      if (const auto again = parse_rfc3339(format_rfc3339(*time)); !again)
        FAIL("a time that was read cannot be written");
    }
    if (const auto duration = parse_duration(text); duration && duration->ms < 0) FAIL("a negative duration");
    if (const auto key = parse_mailbox_path(text);
        key && parse_mailbox_path(mailbox_path(*key)).value() != *key) {
      FAIL("the path of a mailbox does not read back");
    }
  }
}

TEST_CASE("texts of great size or depth are refused, not fatal") {
  for (const char* unit : {"[", "{\"a\":", "[{\"payload\":", "\"", "{\"pools\":{\"p\":", "1", "[1,", "${"}) {
    std::string text;
    while (text.size() < (1U << 20)) text += unit;
    INFO(unit);
    CHECK_FALSE(parse_config(text, environment).ok());
    CHECK_FALSE(parse_task(text, nullptr, noon));
    CHECK_FALSE(parse_task("{\"payload\":" + text, nullptr, noon));
  }
  CHECK_FALSE(parse_config(std::string(5U << 20, ' '), environment).ok());
}
