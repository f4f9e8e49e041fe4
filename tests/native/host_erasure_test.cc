#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "running_host.h"
#include "started_program.h"
#include "temporary_folder.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

using Erased = tl::expected<Erasure, RefusedCommand>;

std::string config_in(const TemporaryFolder& folder) {
  const nlohmann::json pool{{"max_units", 2},
                            {"executor", "process"},
                            {"queue", {{"type", "file"}, {"path", folder.path("q")}}},
                            {"mailbox", {{"storage", {{"type", "file"}, {"path", folder.path("m")}}}}}};
  return nlohmann::json{{"pools", {{"pool", pool}}}}.dump();
}

ParsedTask task_of(const std::string& id, const std::string& user, const std::string& script = "true") {
  ParsedTask task = shell(script);
  task.task_id = id;
  task.mailbox_tenant = "acme";
  task.mailbox_user = user;
  task.mailbox_session = "tab";
  return task;
}

Erased erase(RunningHost& host, const std::string& user) {
  std::promise<Erased> answer;
  host->erase_user({"acme", user, ""}, [&](const Erased& erased) { answer.set_value(erased); });
  return get(answer.get_future());
}

std::vector<FetchedMessage> fetch(RunningHost& host, const std::string& user) {
  std::promise<tl::expected<std::vector<FetchedMessage>, RefusedCommand>> answer;
  host->fetch({"acme", user, "tab"}, "", 50, [&](const auto& messages) { answer.set_value(messages); });
  const auto messages = get(answer.get_future());
  REQUIRE(messages);
  return *messages;
}

std::size_t events_of(RunningHost& host, const std::string& mailbox) {
  AuditQuery query;
  query.any_subject = false;
  query.kind = SubjectKind::mailbox;
  query.id = mailbox;
  std::promise<tl::expected<AuditAnswer, RefusedCommand>> answer;
  host->audit(query, [&](const auto& page) { answer.set_value(page); });
  const auto page = get(answer.get_future());
  REQUIRE(page);
  return page->events.size();
}

/// Files below the folder in which the text stands.
std::vector<std::string> files_with(const TemporaryFolder& folder, const std::string& text) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path(""))) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (bytes.find(text) != std::string::npos) found.push_back(entry.path().string());
  }
  return found;
}

/// Until the outcome lies in the mailbox.
void await_message(RunningHost& host, const std::string& user) {
  for (int i = 0; i < 2000 && fetch(host, user).empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  REQUIRE_FALSE(fetch(host, user).empty());
}

}  // namespace

TEST_CASE("An erased user is in no file, audit or mailbox, others are, and the chain holds") {
  const TemporaryFolder folder;
  const std::string key = encode_mailbox_key({"acme", "bruno", "tab"});
  {
    RunningHost host(config_in(folder));
    for (const std::string user : {"bruno", "anna"}) {
      REQUIRE(host.outcome_of(task_of("task-of-" + user.substr(0, 1), user)).status == Status::completed);
      await_message(host, user);
    }
    CHECK(files_with(folder, "bruno").empty());  // sealed
    CHECK(events_of(host, key) > 2);
    Erased erased = erase(host, "bruno");
    REQUIRE(erased);
    CHECK(erased->messages == 1);
    CHECK(erased->keys >= 2);
    CHECK(fetch(host, "bruno").empty());
    CHECK(fetch(host, "anna").size() == 1);
    CHECK(events_of(host, key) == 0);
    CHECK(events_of(host, encode_mailbox_key({"acme", "anna", "tab"})) > 2);
    erased = erase(host, "bruno");
    REQUIRE(erased);
    CHECK(erased->keys == 0);
  }
  for (const char* store : {"q", "m"}) {
    CHECK(StartedProgram({"audit", "verify", "--store", folder.path(store)}).wait() == 0);
  }
  RunningHost host(config_in(folder));
  CHECK(events_of(host, key) == 0);
  CHECK(fetch(host, "bruno").empty());
  CHECK(fetch(host, "anna").size() == 1);
  // The user may come back, and is another one then.
  REQUIRE(host.outcome_of(task_of("later", "bruno")).status == Status::completed);
  await_message(host, "bruno");
  CHECK(fetch(host, "bruno").size() == 1);
}

TEST_CASE("A user is not erased while a task of theirs lives, and nothing has changed then") {
  const TemporaryFolder folder;
  RunningHost host(config_in(folder));
  REQUIRE(host.outcome_of(task_of("first", "bruno")).status == Status::completed);
  await_message(host, "bruno");
  Ticket ticket = host->submit(task_of("second", "bruno", "sleep 600"));
  REQUIRE(get(std::move(ticket.receipt)));
  const Erased erased = erase(host, "bruno");
  REQUIRE_FALSE(erased);
  CHECK(erased.error().code == Refusal::wrong_state);
  CHECK(erased.error().field == "second");
  CHECK_THAT(erased.error().message, Catch::Contains("second"));
  CHECK(fetch(host, "bruno").size() == 1);
}

TEST_CASE("In memory too a user is erased") {
  RunningHost host(nlohmann::json{{"pools", {{"pool", {{"max_units", 2}, {"executor", "process"}}}}}}.dump());
  REQUIRE(host.outcome_of(task_of("first", "bruno")).status == Status::completed);
  await_message(host, "bruno");
  const std::string key = encode_mailbox_key({"acme", "bruno", "tab"});
  CHECK(events_of(host, key) > 2);
  const Erased erased = erase(host, "bruno");
  INFO((erased ? "" : std::string(to_string(erased.error().code)) + " " + erased.error().message));
  REQUIRE(erased);
  CHECK(erased->messages == 1);
  CHECK(events_of(host, key) == 0);
  CHECK(events_of(host, "erased:user") > 2);
}

TEST_CASE("To erase nobody in particular is refused") {
  RunningHost host(nlohmann::json{{"pools", {{"pool", {{"max_units", 2}, {"executor", "process"}}}}}}.dump());
  const Erased erased = erase(host, "");
  REQUIRE_FALSE(erased);
  CHECK(erased.error().code == Refusal::invalid_task);
  CHECK(erased.error().field == "user");
}
