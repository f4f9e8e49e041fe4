#include <catch2/catch.hpp>
#include <set>

#include "running_host.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

const std::string inline_pool = R"({"pools": {"pool": {"max_units": 1, "executor": "inline"}}})";

void run_nothing(Host&) {}

void echo(Host& host) {
  REQUIRE(host.run_function(
      "pool", [](TaskContext& c) -> TaskResult { return std::string(c.payload()); }, 1));
}

ParsedTask task_of(const std::string& tenant, const std::string& id) {
  ParsedTask task;
  task.pool = "pool";
  task.tenant = tenant;
  task.task_id = id;
  task.payload = "1";
  return task;
}

void submitted(RunningHost& host, ParsedTask task) {
  REQUIRE(get(std::move(host->submit(std::move(task)).receipt)));
}

// The answer of a command that takes a callback last.
template <class Value, class Call>
tl::expected<Value, RefusedCommand> answer_of(Call call) {
  std::promise<tl::expected<Value, RefusedCommand>> answer;
  call([&](const tl::expected<Value, RefusedCommand>& value) { answer.set_value(value); });
  return get(answer.get_future());
}

Status status_of(RunningHost& host, const std::string& id) {
  return answer_of<TaskView>([&](auto done) { host->inspect("pool", id, done); }).value().status;
}

}  // namespace

TEST_CASE("cancelling a tenant drops its tasks and nobody else's, and says how many") {
  RunningHost host(inline_pool, run_nothing);
  submitted(host, task_of("acme", "a"));
  submitted(host, task_of("other", "b"));
  submitted(host, task_of("acme", "c"));
  const auto cancel = [&](const std::string& pool) {
    return answer_of<std::uint64_t>([&](auto done) { host->cancel_tenant(pool, "acme", done); });
  };
  CHECK(cancel("pool") == 2);
  CHECK(status_of(host, "a") == Status::dropped);
  CHECK(status_of(host, "b") == Status::queued);
  CHECK(status_of(host, "c") == Status::dropped);
  CHECK(cancel("nowhere").error().code == Refusal::unknown_pool);
}

TEST_CASE("a failed task is run again on request, a completed one is not") {
  RunningHost host(inline_pool, [](Host& opened) {
    REQUIRE(opened.run_function(
        "pool",
        [failures = 0](TaskContext& context) mutable -> TaskResult {
          if (context.task_id() == "fails" && failures++ == 0)
            return tl::unexpected(std::string("not this time"));
          return "2";
        },
        1));
  });
  CHECK(host.outcome_of(task_of("acme", "fails")).status == Status::failed);
  CHECK(host.outcome_of(task_of("acme", "works")).status == Status::completed);
  const auto retry = [&](const std::string& id) {
    return answer_of<Admission>([&](auto done) { host->retry("pool", id, done); });
  };
  CHECK(retry("fails").value().how == Submitted::How::admitted);
  CHECK(eventually([&] { return status_of(host, "fails") == Status::completed; }));
  CHECK(retry("works").error().code == Refusal::wrong_state);
  CHECK(retry("never").error().code == Refusal::unknown_task);
}

TEST_CASE("tasks are listed by status, page by page, in the order of their admission") {
  RunningHost host(inline_pool, run_nothing);
  for (const char* id : {"a", "b", "c", "d"}) submitted(host, task_of("acme", id));
  REQUIRE(answer_of<std::uint64_t>([&](auto done) { host->cancel("pool", "b", done); }));
  std::vector<std::string> ids;
  TaskListing listing{.status = Status::queued, .limit = 2};
  do {
    const auto page = answer_of<TaskPage>([&](auto done) { host->list("pool", listing, done); }).value();
    CHECK(page.tasks.size() <= 2);
    for (const TaskView& task : page.tasks) ids.push_back(task.task_id);
    listing.after = page.next;
  } while (listing.after != 0);
  CHECK(ids == std::vector<std::string>{"a", "c", "d"});
  const auto all = answer_of<TaskPage>([&](auto done) { host->list("pool", {}, done); }).value();
  CHECK(all.tasks.size() == 4);
  const auto unknown = answer_of<TaskPage>([&](auto done) { host->list("nowhere", {}, done); });
  CHECK(unknown.error().code == Refusal::unknown_pool);
}

TEST_CASE("a client that goes takes with it what it asked to cancel, and nothing else") {
  RunningHost host(inline_pool, run_nothing);
  const ClientId ann = host->connect();
  const ClientId bob = host->connect();
  REQUIRE(ann != bob);
  const auto submit = [&](ClientId client, const std::string& id, OnDisconnect on_disconnect) {
    ParsedTask task = task_of("acme", id);
    task.on_disconnect = on_disconnect;
    const auto receipt =
        answer_of<Admission>([&](auto done) { host->submit(client, std::move(task), done, {}); });
    REQUIRE(receipt);
  };
  submit(ann, "goes", OnDisconnect::cancel);
  submit(ann, "stays", OnDisconnect::keep);
  submit(bob, "other", OnDisconnect::cancel);
  host->disconnect(ann);
  const auto view = answer_of<TaskView>([&](auto done) { host->inspect("pool", "goes", done); }).value();
  CHECK(view.status == Status::dropped);
  CHECK(view.reason == Reason::client_gone);
  CHECK(status_of(host, "stays") == Status::queued);
  CHECK(status_of(host, "other") == Status::queued);
}

TEST_CASE("who subscribes to a mailbox hears of its messages, until unsubscribing") {
  RunningHost host(inline_pool, echo);
  const MailboxAddress ann{"acme", "ann", ""};
  std::atomic<int> for_ann = 0;
  std::atomic<int> for_bob = 0;
  const SubscriptionId subscription = host->subscribe(ann, [&] { ++for_ann; });
  host->subscribe({"acme", "bob", ""}, [&] { ++for_bob; });
  const auto run_for_ann = [&](const std::string& id) {
    ParsedTask task = task_of("acme", id);
    task.mailbox_tenant = "acme";
    task.mailbox_user = "ann";
    CHECK(host.outcome_of(std::move(task)).status == Status::completed);
  };
  run_for_ann("a");
  CHECK(eventually([&] { return for_ann == 1; }));
  host->unsubscribe(subscription);
  run_for_ann("b");
  const auto messages =
      answer_of<std::vector<FetchedMessage>>([&](auto done) { host->fetch(ann, "", 10, done); });
  CHECK(messages.value().size() == 2);
  CHECK(for_ann == 1);
  CHECK(for_bob == 0);
}

TEST_CASE("the audit tells the life of one task, page by page, with the names of pools") {
  RunningHost host(inline_pool, echo);
  host.outcome_of(task_of("acme", "a"));
  host.outcome_of(task_of("acme", "b"));
  std::vector<Action> actions;
  std::string after;
  do {
    const AuditQuery query{
        .any_subject = false, .kind = SubjectKind::task, .id = "a", .after = after, .limit = 1};
    const auto page = answer_of<AuditAnswer>([&](auto done) { host->audit(query, done); }).value();
    REQUIRE(page.events.size() == 1);
    CHECK(page.events[0].pool == "pool");
    actions.push_back(page.events[0].event.action);
    after = page.next;
  } while (!after.empty());
  CHECK(actions == std::vector<Action>{Action::submit, Action::start, Action::complete});
}

TEST_CASE("health names every pool and mailbox store, and is not degraded in memory") {
  RunningHost host(inline_pool, run_nothing);
  const Health health = host.on_loop([](Host& h) { return h.health(); });
  REQUIRE(health.pools.size() == 1);
  CHECK(health.pools[0].pool == "pool");
  CHECK_FALSE(health.pools[0].is_durable);
  CHECK(health.pools[0].storage == StreamState::open);
  REQUIRE(health.stores.size() == 1);
  CHECK(health.stores[0].store == "in_memory");
  CHECK_FALSE(health.is_degraded());
  Health held = health;
  held.pools[0].delivery_held = true;
  CHECK(held.is_degraded());
}
