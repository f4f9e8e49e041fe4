#include <catch2/catch.hpp>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "codec/json_value.h"
#include "codec/json_writer.h"
#include "parking_lot/json.h"

using namespace parking_lot;

namespace {

constexpr Now noon{.wall = {1'767'268'800'000}, .steady = {5000}};  // 2026-01-01T12:00:00Z

ParsedTask task_of(std::string_view json, const PoolConfig* pool = nullptr) {
  const auto task = parse_task(json, pool, noon);
  INFO(json);
  INFO((task ? "" : task.error().where + ": " + task.error().message));
  REQUIRE(task);
  return *task;
}

struct Bad {
  const char* json;
  const char* where;
  const char* message;
};

void expect_error(const Bad& bad, const PoolConfig* pool = nullptr) {
  const auto task = parse_task(bad.json, pool, noon);
  INFO(bad.json);
  REQUIRE_FALSE(task);
  INFO(task.error().where << ": " << task.error().message);
  CHECK(task.error().where == bad.where);
  CHECK(task.error().message.find(bad.message) != std::string::npos);
}

nlohmann::json json_of(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  INFO(text);
  REQUIRE_FALSE(json.is_discarded());
  return json;
}

}  // namespace

TEST_CASE("a task without fields has the defaults") {
  const ParsedTask task = task_of("{}");
  CHECK(task.task_id.empty());
  CHECK(task.tenant == "default");
  CHECK(task.units == 1);
  CHECK(task.kind == ResourceKind::mixed);
  CHECK(task.priority == Priority::normal);
  CHECK(task.deadline == never_wall);
  CHECK(task.start_after.ms == 0);
  CHECK(task.timeout.ms == 0);
  CHECK(task.max_lost == 3);
  CHECK(task.retry == RetryPolicy{});
  CHECK(task.payload.empty());
  CHECK(task.payload_digest == 0);
  CHECK_FALSE(task.has_mailbox());
}

TEST_CASE("snake_case and camelCase say the same") {
  const char* snake =
      R"({"task_id": "t1", "pool": "p", "tenant": "acme", "priority": "high", "resource_cost": {"kind": "gpu_vram", "units": 4},
    "start_after": "10s", "mailbox_key": {"tenant": "acme", "user_id": "ann", "session_id": "s"}, "max_lost": 0, "on_disconnect": "cancel",
    "retry": {"max_attempts": 3, "backoff": {"factor_percent": 300, "jitter_percent": 5}}, "dedup": "reject", "estimate": "2m"})";
  const char* camel =
      R"({"taskId": "t1", "pool": "p", "tenant": "acme", "priority": "high", "resourceCost": {"kind": "gpuVram", "units": 4},
    "startAfter": "10s", "mailboxKey": {"tenant": "acme", "userId": "ann", "sessionId": "s"}, "maxLost": 0, "onDisconnect": "cancel",
    "retry": {"maxAttempts": 3, "backoff": {"factorPercent": 300, "jitterPercent": 5}}, "dedup": "reject", "estimate": 120000})";
  for (const char* json : {snake, camel}) {
    const ParsedTask task = task_of(json);
    CHECK(task.task_id == "t1");
    CHECK(task.pool == "p");
    CHECK(task.priority == Priority::high);
    CHECK(task.kind == ResourceKind::gpu_vram);
    CHECK(task.units == 4);
    CHECK(task.start_after.ms == noon.wall.ms + 10'000);
    CHECK(task.mailbox_tenant == "acme");
    CHECK(task.mailbox_user == "ann");
    CHECK(task.mailbox_session == "s");
    CHECK(task.max_lost == 0);
    CHECK(task.on_disconnect == OnDisconnect::cancel);
    CHECK(task.retry.max_attempts == 3);
    CHECK(task.retry.factor_percent == 300);
    CHECK(task.retry.jitter_percent == 5);
    CHECK(task.dedup == Dedup::reject);
    CHECK(task.estimate.ms == 120'000);
  }
}

TEST_CASE("the short forms stand for the long ones") {
  const ParsedTask task =
      task_of(R"({"units": 7, "mailbox": {"tenant": "acme", "user": "ann", "session": "s"}})");
  CHECK(task.units == 7);
  CHECK(task.tenant == "acme");
  CHECK(task.mailbox_user == "ann");
  CHECK(task.mailbox_session == "s");
}

TEST_CASE("null stands for absent, except as a payload") {
  const ParsedTask task = task_of(
      R"({"deadline": null, "tenant": null, "mailbox": {"tenant": "a", "user": null}, "payload": null})");
  CHECK(task.deadline == never_wall);
  CHECK(task.mailbox_user.empty());
  CHECK(task.payload == "null");
  CHECK(task.payload_digest != 0);
}

TEST_CASE("numbers are taken as ids") {
  const ParsedTask task = task_of(R"({"task_id": 17, "mailbox_key": {"tenant": 1, "user_id": 2}})");
  CHECK(task.task_id == "17");
  CHECK(task.mailbox_tenant == "1");
  CHECK(task.mailbox_user == "2");
}

TEST_CASE("a deadline may be a time, Unix milliseconds or relative") {
  CHECK(task_of(R"({"deadline": "2026-01-01T13:00:00+01:00"})").deadline == noon.wall);
  CHECK(task_of(R"({"deadline": 1767268800000})").deadline == noon.wall);
  CHECK(task_of(R"({"deadline": "30s"})").deadline.ms == noon.wall.ms + 30'000);
  CHECK(task_of(R"({"deadline": "1990-01-01T00:00:00Z"})").deadline < noon.wall);
}

TEST_CASE("a timeout may be milliseconds or text") {
  CHECK(task_of(R"({"timeout": 250})").timeout.ms == 250);
  CHECK(task_of(R"({"timeout": "250ms"})").timeout.ms == 250);
  CHECK(task_of(R"({"timeout": "5m"})").timeout.ms == 300'000);
}

TEST_CASE("the pool gives what the task leaves out") {
  PoolConfig pool;
  pool.retry.max_attempts = 4;
  pool.max_lost = 1;
  pool.default_timeout = Duration::seconds(9);
  CHECK(task_of("{}", &pool).retry.max_attempts == 4);
  CHECK(task_of("{}", &pool).max_lost == 1);
  CHECK(task_of("{}", &pool).timeout.ms == 9000);
  const ParsedTask task = task_of(R"({"timeout": "1s", "max_lost": 2, "retry": {"max_attempts": 2}})", &pool);
  CHECK(task.retry.max_attempts == 2);
  CHECK(task.max_lost == 2);
  CHECK(task.timeout.ms == 1000);
}

TEST_CASE("equal payloads have one canonical text and one digest") {
  const ParsedTask a =
      task_of(R"({"payload": {"b": [1, 2.50, -3, true], "a": {"y": "\u00e4\n", "x": null}}})");
  const ParsedTask b = task_of(R"({"payload":{"a":{"x":null,"y":"ä\u000a"},"b":[1,2.50,-3,true]}})");
  CHECK(a.payload == "{\"a\":{\"x\":null,\"y\":\"ä\\n\"},\"b\":[1,2.50,-3,true]}");
  CHECK(a.payload == b.payload);
  CHECK(a.payload_digest == b.payload_digest);
  CHECK(a.payload_digest == digest_of(a.payload));
  CHECK(task_of(R"({"payload": {"a": 1}})").payload_digest !=
        task_of(R"({"payload": {"a": 2}})").payload_digest);
  CHECK(task_of(R"({"payload": {"camelKey": 123456789012345678901234567890}})").payload ==
        R"({"camelKey":123456789012345678901234567890})");
  CHECK(digest_of("") == 0xcbf29ce484222325);
  CHECK(digest_of("a") == 0xaf63dc4c8601ec8c);
}

TEST_CASE("a bad field is named, with what to write instead") {
  const std::vector<Bad> all = {
      {R"({"priority": "urgent"})", "priority", "\"urgent\" is not one of low, normal, high, critical"},
      {R"({"priority": 3})", "priority", "one of low, normal, high, critical, not a number"},
      {R"({"priorty": "high"})", "priorty", "did you mean \"priority\"?"},
      {R"({"units": "4"})", "units", "write 4 without quotes"},
      {R"({"units": 1.5})", "units", "without a fraction"},
      {R"({"units": -1})", "units", "from 0"},
      {R"({"units": 1, "resource_cost": {"units": 1}})", "units", "keep one"},
      {R"({"resource_cost": 5})", "resource_cost", R"(write it like {"kind": "mixed", "units": 4})"},
      {R"({"resource_cost": {"kind": "ram", "units": 4}})", "resource_cost.kind", "cpu, gpu_vram, io, mixed"},
      {R"({"resource_cost": {"kind": "cpu", "unit": 4}})", "resource_cost.unit", "did you mean \"units\"?"},
      {R"({"deadline": "soon"})", "deadline", "relative like \"30s\""},
      {R"({"deadline": "2026-02-30T00:00:00Z"})", "deadline", "is not a time"},
      {R"({"deadline": -5})", "deadline", "is not a time"},
      {R"({"timeout": "5 minutes"})", "timeout", "write it like 250ms"},
      {R"({"timeout": 0})", "timeout", "from 0.001s"},
      {R"({"timeout": "9999999h"})", "timeout", "is not a duration"},
      {R"({"task_id": ""})", "task_id", "1 to 128 bytes"},
      {R"({"task_id": "a\u0007"})", "task_id", "no control characters"},
      {R"({"task_id": "a", "taskId": "b"})", "task_id", "two spellings"},
      {R"({"task_id": "a", "task_id": "b"})", "task_id", "keep one"},
      {R"({"tenant": {}})", "tenant", "must be a string"},
      {R"({"mailbox": {"user": "ann"}})", "mailbox.tenant", "is missing"},
      {R"({"mailbox": "acme"})", "mailbox", "must be an object"},
      {R"({"mailbox": {"tenant": "a", "user": "b", "user_id": "c"}})", "mailbox.user", "keep one"},
      {R"({"mailbox": {"tenant": "a"}, "mailbox_key": {"tenant": "a"}})", "mailbox", "keep one"},
      {R"({"retry": {"max_attempts": 0}})", "retry.max_attempts", "from 1"},
      {R"({"retry": {"backoff": {"initial": "9s", "max": "1s"}}})", "retry.backoff.max", "raise it"},
      {R"({"retry": 3})", "retry", R"(write it like {"max_attempts": 3})"},
      {R"({"on_disconnect": "die"})", "on_disconnect", "keep, cancel"},
      {R"({"dedup": true})", "dedup", "join, reject, replace"},
      {R"({"payload": {"a": 1, "a": 2}})", "payload.a", "keep one"},
      {R"([1])", "", "must be an object, not an array"},
      {R"({"units": })", "column 11", "This is not JSON"},
  };
  for (const Bad& bad : all) expect_error(bad);
}

TEST_CASE("all bad fields are named at once") {
  expect_error(
      {R"({"units": "a", "priority": "x", "colour": 1})", "units", "Also priority: \"x\" is not one of"});
  expect_error({R"({"units": "a", "priority": "x", "colour": 1})", "units", "Also colour: unknown key"});
}

TEST_CASE("a bad deadline alone has a code of its own") {
  CHECK(parse_task(R"({"deadline": "soon"})", nullptr, noon).error().code == Refusal::invalid_deadline);
  CHECK(parse_task(R"({"deadline": "soon", "units": -1})", nullptr, noon).error().code ==
        Refusal::invalid_task);
  CHECK(parse_task("{", nullptr, noon).error().code == Refusal::invalid_task);
}

TEST_CASE("a payload larger than the pool takes is refused") {
  PoolConfig pool;
  pool.max_payload_bytes = 10;
  CHECK(task_of(R"({"payload": "12345678"})", &pool).payload.size() == 10);
  CHECK(task_of(R"({"payload":    {   "a" :  1 }   })", &pool).payload == R"({"a":1})");
  expect_error(
      {R"({"payload": "123456789"})", "payload", "has 11 bytes, more than the pool's max_payload_bytes (10)"},
      &pool);
  const std::string huge = "{\"payload\": \"" + std::string(2 << 20, 'x') + "\"}";
  expect_error({huge.c_str(), "payload", "max_payload_bytes (10)"}, &pool);
}

TEST_CASE("a cost names each resource of a pool that counts several") {
  PoolConfig pool;
  pool.resources = {{"cpu", 8}, {"gpu_vram", 8192}, {"gpuMem", 1}};
  CHECK(task_of(R"({"resource_cost": {"cpu": 2, "gpuVram": 4096, "gpuMem": 1}})", &pool).resources ==
        std::map<std::string, Units>{{"cpu", 2}, {"gpu_vram", 4096}, {"gpuMem", 1}});
  CHECK(task_of(R"({"units": {"cpu": 2, "gpuVram": 4096}})", &pool).resources ==
        std::map<std::string, Units>{{"cpu", 2}, {"gpu_vram", 4096}});
  CHECK(task_of(R"({"units": {"cpu": 2}})", &pool).resource_units == std::vector<Units>{2, 0, 0});
  CHECK(task_of(R"({"units": {"gpuMem": 2}})").resources == std::map<std::string, Units>{{"gpu_mem", 2}});
  expect_error({R"({"units": 2})", "units", "write a number for each, like {\"cpu\": 1}"}, &pool);
  expect_error({R"({"payload": 1})", "units", "is missing"}, &pool);
  expect_error({R"({"units": {"cpus": 2}})", "units.cpus", "did you mean \"cpu\"?"}, &pool);
  expect_error({R"({"resource_cost": {"cpus": 2}})", "resource_cost.cpus", "did you mean \"cpu\"?"}, &pool);
  const PoolConfig single;
  expect_error({R"({"resource_cost": {"cpu": 2}})", "resource_cost.cpu", "Known here: kind, units"}, &single);
  expect_error({R"({"units": {"cpu": 2}})", "units", "the pool counts units; write one number"}, &single);
}

TEST_CASE("the specification holds its names until they are released") {
  Names names;
  const std::size_t before = names.size();
  const ParsedTask task = task_of(
      R"({"task_id": "t", "units": 3, "payload": [1], "mailbox": {"tenant": "acme", "user": "ann"}})");
  const TaskSpec spec = task.spec(names);
  CHECK(spec.task_id == "t");
  CHECK(spec.units == 3);
  CHECK(names.text(spec.tenant) == "acme");
  CHECK(decode_mailbox_key(names.text(spec.mailbox)).user == "ann");
  CHECK(spec.payload == PayloadRef{.id = 0, .bytes = 3, .digest = digest_of("[1]")});
  CHECK(names.size() == before + 2);
  names.release(spec.tenant);
  names.release(spec.mailbox);
  CHECK(names.size() == before);
  CHECK_FALSE(task_of("{}").spec(names).mailbox);
}

TEST_CASE("durations are read with their unit") {
  CHECK(parse_duration("250ms")->ms == 250);
  CHECK(parse_duration("1.5s")->ms == 1500);
  CHECK(parse_duration("0s")->ms == 0);
  CHECK(parse_duration("5m")->ms == 300'000);
  CHECK(parse_duration("2h")->ms == 7'200'000);
  CHECK(parse_duration("1d")->ms == 86'400'000);
  CHECK(parse_duration("36500d")->ms == 36500LL * 86'400'000);
  for (const char* bad : {"", "s", "30", "-1s", "1.s", ".5s", "1.5ms", "1.0001s", "1 s", "1s ", "1S",
                          "36501d", "99999999999999999999s", "1e3s", "1..5s"}) {
    INFO(bad);
    CHECK_FALSE(parse_duration(bad));
  }
}

TEST_CASE("times are read with any offset") {
  CHECK(parse_rfc3339("1970-01-01T00:00:00Z")->ms == 0);
  CHECK(parse_rfc3339("2026-01-01T12:00:00Z").value() == noon.wall);
  CHECK(parse_rfc3339("2026-01-01t14:30:00.5+02:30")->ms == noon.wall.ms + 500);
  CHECK(parse_rfc3339("2026-01-01 07:00:00.1239-05:00")->ms == noon.wall.ms + 123);
  CHECK(parse_rfc3339("2024-02-29T00:00:00Z")->ms == 1'709'164'800'000);
  CHECK(parse_rfc3339("2016-12-31T23:59:60Z").value() == parse_rfc3339("2017-01-01T00:00:00Z").value());
  CHECK(parse_rfc3339("1969-12-31T23:59:59.999Z")->ms == -1);
  for (const char* bad :
       {"", "2026-01-01", "2026-01-01T12:00:00", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2025-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+2:00", "26-01-01T00:00:00Z"}) {
    INFO(bad);
    CHECK_FALSE(parse_rfc3339(bad));
  }
}

TEST_CASE("times are written in UTC with milliseconds and read back as themselves") {
  CHECK(format_rfc3339(noon.wall) == "2026-01-01T12:00:00.000Z");
  CHECK(format_rfc3339({-1}) == "1969-12-31T23:59:59.999Z");
  CHECK(format_rfc3339(never_wall) == "9999-12-31T23:59:59.999Z");
  CHECK(format_rfc3339({std::numeric_limits<std::int64_t>::min()}) == "0000-01-01T00:00:00.000Z");
  for (std::int64_t ms = -62'167'219'200'000; ms < 253'402'300'799'999; ms += 86'399'999LL * 97) {
    if (parse_rfc3339(format_rfc3339({ms})).value() != WallTime{ms}) FAIL(ms);
  }
}

TEST_CASE("a view of a task leaves out what is absent") {
  TaskView view;
  view.task_id = "t\"1";
  view.tenant = "acme";
  view.mailbox = encode_mailbox_key({.tenant = "acme", .user = "ann", .session = {}});
  view.status = Status::running;
  view.units = 4;
  view.kind = ResourceKind::gpu_vram;
  view.attempt = 1;
  view.submitted_at = noon.wall;
  view.started_at = noon.wall + Duration{5};
  const auto json = json_of(task_view_json(view, "p"));
  CHECK(json["task_id"] == "t\"1");
  CHECK(json["pool"] == "p");
  CHECK(json["status"] == "running");
  CHECK(json["resource_cost"] == nlohmann::json{{"kind", "gpu_vram"}, {"units", 4}});
  CHECK(json["mailbox_key"] == nlohmann::json{{"tenant", "acme"}, {"user_id", "ann"}});
  CHECK(json["submitted_at"] == "2026-01-01T12:00:00.000Z");
  CHECK(json["started_at"] == "2026-01-01T12:00:00.005Z");
  for (const char* absent : {"reason", "finished_at", "deadline", "ready_at", "result"})
    CHECK_FALSE(json.contains(absent));
  view.reason = Reason::timed_out;
  const auto ended = json_of(task_view_json(view, "p", R"({"exit_code":0})"));
  CHECK(ended["reason"] == "timed_out");
  CHECK(ended["result"]["exit_code"] == 0);
}

TEST_CASE("an explanation says what the task waits for") {
  Explanation explanation;
  explanation.task.task_id = "t";
  explanation.waits_for = Wait::guard;
  explanation.behind_id = "big";
  explanation.position = 3;
  explanation.units_ahead = 12;
  const auto json = json_of(explanation_json(explanation, "p"));
  CHECK(json["waits_for"] == "guard");
  CHECK(json["behind"] == "big");
  CHECK(json["position"] == 3);
  CHECK(json["units_ahead"] == 12);
  CHECK(json["status"] == "queued");
}

TEST_CASE("the figures of a pool are all shown") {
  PoolStats stats;
  stats.units_max = 8;
  stats.units_in_use = 5;
  stats.parked = 2;
  stats.state = PoolState::draining;
  const auto json = json_of(pool_stats_json(stats, "p"));
  CHECK(json.size() == 18);
  CHECK(json["pool"] == "p");
  CHECK(json["units_in_use"] == 5);
  CHECK(json["parked"] == 2);
  CHECK(json["state"] == "draining");
  CHECK(json["storage"] == "open");
}

TEST_CASE("what a pool counts of several resources is shown by name, as in the config") {
  using nlohmann::json;
  Explanation explanation;
  explanation.task.units = explanation.task.units_used = 250000;
  explanation.task.resources = {{"cpu", 2}, {"gpu", 0}};
  explanation.units_ahead = 500000;
  explanation.resources_ahead = {{"cpu", 3}, {"gpu", 1}};
  explanation.resources_free = {{"cpu", 8}, {"gpu", 4}};
  const auto explained = json_of(explanation_json(explanation, "p", R"({"exit_code":0})"));
  CHECK(explained["resource_cost"] == json{{"cpu", 2}, {"gpu", 0}});
  CHECK(explained["units_used"] == json{{"cpu", 2}, {"gpu", 0}});
  CHECK(explained["units_ahead"] == json{{"cpu", 3}, {"gpu", 1}});
  CHECK(explained["units_free"] == json{{"cpu", 8}, {"gpu", 4}});
  CHECK(explained["result"]["exit_code"] == 0);

  PoolStats stats;
  stats.units_max = 1'000'000;
  stats.resources = {{"cpu", 8, 3, 1}, {"gpu", 4, 2, 0}};
  stats.fairness_lag = 1'500'000'001;
  stats.fairness_lag_bound = 7'000'000'000;
  auto figures = json_of(pool_stats_json(stats, "p"));
  CHECK(figures["units_max"] == json{{"cpu", 8}, {"gpu", 4}});
  CHECK(figures["units_in_use"] == json{{"cpu", 3}, {"gpu", 2}});
  CHECK(figures["units_quarantined"] == json{{"cpu", 1}, {"gpu", 0}});
  CHECK(figures["fairness_lag"] == 1501);  // milliseconds of the whole pool
  CHECK(figures["fairness_lag_bound"] == 7000);
  stats.fairness_lag_bound = fairness_unbounded;
  CHECK(json_of(pool_stats_json(stats, "p"))["fairness_lag_bound"].is_null());
}

TEST_CASE("an audit event shows its subjects, and a mailbox as its path") {
  AuditEvent event;
  event.sequence = 9;
  event.at = noon.wall;
  event.action = Action::start;
  event.status = Status::running;
  event.attempt = 1;
  event.number = 4;
  event.woken = true;
  event.subjects = {
      {SubjectKind::task, "t"},
      {SubjectKind::mailbox, encode_mailbox_key({.tenant = "acme", .user = {}, .session = "s"})}};
  const auto json = json_of(audit_event_json(event, "p"));
  CHECK(json["seq"] == 9);
  CHECK(json["at"] == "2026-01-01T12:00:00.000Z");
  CHECK(json["action"] == "start");
  CHECK(json["subjects"][1] == nlohmann::json{{"kind", "mailbox"}, {"id", "acme/:s"}});
  CHECK(json["detail"] ==
        nlohmann::json{{"status", "running"}, {"lease", 4}, {"woken", true}, {"attempt", 1}});
  event.action = Action::reject;
  event.refusal = Refusal::queue_full;
  event.number = 0;
  CHECK(json_of(audit_event_json(event, "p"))["detail"]["refusal"] == "queue_full");
}

TEST_CASE("a message shows its outcome and its cursor") {
  const MailboxMessage message{.message_id = "m",
                               .task_id = "t",
                               .pool = "p",
                               .status = Status::expired,
                               .reason = Reason::deadline,
                               .payload = {},
                               .created_at = noon.wall,
                               .cursor = "c"};
  const auto json = json_of(mailbox_message_json(message, "[1]"));
  CHECK(json == nlohmann::json{{"message_id", "m"},
                               {"task_id", "t"},
                               {"pool", "p"},
                               {"status", "expired"},
                               {"reason", "deadline"},
                               {"payload", {1}},
                               {"created_at", "2026-01-01T12:00:00.000Z"},
                               {"cursor", "c"}});
}

TEST_CASE("ids that are not UTF-8 still give valid JSON") {
  TaskView view;
  for (const char* id : {"\xff", "a\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\x01\x1f"}) {
    view.task_id = id;
    CHECK(json_of(task_view_json(view, "p")).contains("task_id"));
  }
  view.task_id = "ä€😀";
  CHECK(json_of(task_view_json(view, "p"))["task_id"] == "ä€😀");
}

TEST_CASE("mailbox paths name a key and read back as it") {
  const auto path_of = [](std::string_view tenant, std::string_view user, std::string_view session) {
    const std::string key = encode_mailbox_key({.tenant = tenant, .user = user, .session = session});
    CHECK(parse_mailbox_path(mailbox_path(key)).value() == key);
    return mailbox_path(key);
  };
  CHECK(path_of("acme", "", "") == "acme");
  CHECK(path_of("acme", "ann", "") == "acme/ann");
  CHECK(path_of("acme", "ann", "s1") == "acme/ann:s1");
  CHECK(path_of("acme", "", "s1") == "acme/:s1");
  CHECK(path_of("a/b", "c:d%", "ä") == "a%2Fb/c%3Ad%25:%C3%A4");
  for (const char* bad : {"", "/ann", "a/%1", "a/%zz", "a/%1f", "a/b%"}) {
    INFO(bad);
    CHECK_FALSE(parse_mailbox_path(bad));
  }
  CHECK(mailbox_path("erased:17") == "erased:17");
  CHECK(parse_mailbox_path("erased:17").value() == "erased:17");
}

TEST_CASE("indented JSON means the same as compact JSON") {
  const std::string compact = R"({"a":[],"b":{},"c":[1,{"d":"x,{}[]:\"\\"}],"e":null})";
  CHECK(json_of(indented_json(compact)) == json_of(compact));
  CHECK(indented_json(R"({"a":[1,2]})") == "{\n  \"a\": [\n    1,\n    2\n  ]\n}");
}

TEST_CASE("a syntax error is located by line and column and quotes nothing") {
  const auto error = parse_json("{\n  \"a\": \"secret\n\"}").error();
  CHECK(error.line == 2);
  CHECK(error.column == 15);
  CHECK(error.message.find("secret") == std::string::npos);
  CHECK(parse_json("[1e400]").error().message ==
        "This is not JSON: the number 1e400 is too large; correct it there.");
  CHECK(parse_json("{\"a\":\xff}").error().message.find("This is not JSON") == 0);
  CHECK(parse_json("1e999").error().line == 1);
}
