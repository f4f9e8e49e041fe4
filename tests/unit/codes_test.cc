#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "parking_lot/codes.h"
#include "parking_lot/config.h"
#include "parking_lot/json.h"

using namespace parking_lot;

namespace {

/// The spelling and the number as the journal keeps them: a change here breaks stored data.
template <class Enum>
void expect_round_trip(Enum value, std::string_view name, std::optional<Enum> (*parse)(std::string_view)) {
  CHECK(to_string(value) == name);
  CHECK(parse(name) == value);
}

}  // namespace

TEST_CASE("every code prints as its name and parses back") {
  expect_round_trip(Priority::critical, "critical", parse_Priority);
  expect_round_trip(ResourceKind::gpu_vram, "gpu_vram", parse_ResourceKind);
  expect_round_trip(Status::expired, "expired", parse_Status);
  expect_round_trip(Refusal::cost_exceeds_capacity, "cost_exceeds_capacity", parse_Refusal);
  expect_round_trip(Reason::payload_unreadable, "payload_unreadable", parse_Reason);
  expect_round_trip(PoolState::draining, "draining", parse_PoolState);
  expect_round_trip(StreamState::loading, "loading", parse_StreamState);
  expect_round_trip(Action::deliver, "deliver", parse_Action);
  expect_round_trip(SubjectKind::mailbox, "mailbox", parse_SubjectKind);
  expect_round_trip(Policy::first_fit, "first_fit", parse_Policy);
  expect_round_trip(Dedup::replace, "replace", parse_Dedup);
  expect_round_trip(OnDisconnect::cancel, "cancel", parse_OnDisconnect);
  expect_round_trip(Wait::capacity_shrunk, "capacity_shrunk", parse_Wait);
}

TEST_CASE("a name that is not in the vocabulary is no code") {
  CHECK_FALSE(parse_Priority("urgent"));
  CHECK_FALSE(parse_Priority(""));
  CHECK_FALSE(parse_Priority("Low"));
  CHECK_FALSE(parse_Priority("lo"));
}

TEST_CASE("the numbers are those of the journal") {
  CHECK(static_cast<int>(Priority::low) == 0);
  CHECK(static_cast<int>(Status::rejected) == 7);
  CHECK(static_cast<int>(Refusal::queue_full) == 1);
  CHECK(static_cast<int>(Reason::retry) == 14);
  CHECK(static_cast<int>(Action::open) == 15);
}

TEST_CASE("a number outside the vocabulary prints without aborting") {
  CHECK(to_string(static_cast<Status>(200)) == "?");
  CHECK(sentence(static_cast<Refusal>(200)) == "?");
  CHECK(http_status(static_cast<Refusal>(200)) == 500);
}

TEST_CASE("every refusal has an HTTP status and a sentence") {
  CHECK(http_status(Refusal::queue_full) == 409);
  CHECK(http_status(Refusal::cost_exceeds_capacity) == 400);
  CHECK(http_status(Refusal::unknown_task) == 404);
  CHECK(http_status(Refusal::unconfirmed) == 503);
  CHECK(sentence(Refusal::busy) == "The journal is behind; retry in a moment.");
}

TEST_CASE("storage kinds print under their own name, not under an alias") {
  CHECK(to_string(StorageKind::file) == "file");
  CHECK(to_string(StorageKind::postgres) == "postgres");
  CHECK(to_string(StorageKind::pgmq) == "pgmq");
  CHECK(to_string(Runtime::web_worker) == "web_worker");
}

TEST_CASE("codes_json lists every vocabulary with names and numbers") {
  const auto codes = nlohmann::json::parse(codes_json(), nullptr, false);
  REQUIRE_FALSE(codes.is_discarded());
  const std::set<std::string> expected = {"Priority",  "ResourceKind", "Status", "Refusal",     "Reason",
                                          "PoolState", "StreamState",  "Action", "SubjectKind", "Policy",
                                          "Dedup",     "OnDisconnect", "Wait"};
  std::set<std::string> found;
  for (const auto& [name, list] : codes.items()) {
    found.insert(name);
    std::set<int> numbers;
    for (const auto& word : list) numbers.insert(word["number"].get<int>());
    CHECK(numbers.size() == list.size());
  }
  CHECK(found == expected);
  CHECK(codes["Priority"][3] == nlohmann::json{{"name", "critical"}, {"number", 3}});
  CHECK(codes["Refusal"][0]["name"] == "queue_full");
  CHECK(codes["Refusal"][0]["http"] == 409);
  CHECK(codes["Refusal"][0]["sentence"] == std::string(sentence(Refusal::queue_full)));
}
