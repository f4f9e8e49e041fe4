#include <catch2/catch.hpp>

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

ParsedTask task_named(std::string id) {
  ParsedTask task;
  task.pool = "pool";
  task.task_id = std::move(id);
  task.payload = "1";
  return task;
}

}  // namespace

TEST_CASE("a config that needs what is not built is refused by name") {
  boost::asio::io_context io;
  const auto host = Host::open(config_from(R"({"pools": {"a": {"max_units": 1, "queue": "postgres"}}})"), io);
  REQUIRE_FALSE(host);
  CHECK_THAT(host.error().where, Catch::Contains("pools.a.queue"));
}

TEST_CASE("executors are refused for unknown pools and where there is one already") {
  boost::asio::io_context io;
  const auto host = Host::open(config_from(inline_pool), io).value();
  CHECK_THAT(host->run_processes("loop").error().message, Catch::Contains("No pool"));
  echo(*host);
  CHECK_THAT(host->run_processes("pool").error().message, Catch::Contains("already"));
}

TEST_CASE("refused submissions say why, in receipt and outcome") {
  RunningHost host(inline_pool, run_nothing);
  ParsedTask dear = task_named("dear");
  dear.units = 2;
  auto ticket = host->submit(std::move(dear));
  CHECK(get(std::move(ticket.receipt)).error().code == Refusal::cost_exceeds_capacity);
  const Outcome outcome = get(std::move(ticket.outcome));
  CHECK(outcome.status == Status::rejected);
  CHECK(outcome.refusal == Refusal::cost_exceeds_capacity);

  ParsedTask lost = task_named("lost");
  lost.pool = "nowhere";
  CHECK(get(std::move(host->submit(std::move(lost)).receipt)).error().code == Refusal::unknown_pool);
}

TEST_CASE("a task without an executor stays parked, and explain says so") {
  RunningHost host(inline_pool, run_nothing);
  const Receipt receipt = get(std::move(host->submit(task_named("a")).receipt));
  REQUIRE(receipt);
  CHECK(receipt->status == Status::queued);
  CHECK(receipt->position == 1);
  std::promise<Wait> wait;
  host->explain("pool", "a", [&](const auto& explanation) { wait.set_value(explanation.value().waits_for); });
  CHECK(get(wait.get_future()) == Wait::no_executor);
}

TEST_CASE("the same task again joins the first and gets its outcome, live or ended") {
  RunningHost host(inline_pool, echo);
  const Outcome first = host.outcome_of(task_named("a"));
  auto again = host->submit(task_named("a"));
  CHECK(get(std::move(again.receipt))->how == Submitted::How::joined);
  const Outcome second = get(std::move(again.outcome));
  CHECK(second.status == Status::completed);
  CHECK(second.started_at == first.started_at);
  REQUIRE(second.result != nullptr);
  CHECK(*second.result == "1");
}

TEST_CASE("an outcome waits in its mailbox until it is acknowledged") {
  RunningHost host(inline_pool, echo);
  ParsedTask task = task_named("a");
  task.mailbox_tenant = "acme";
  task.mailbox_user = "ann";
  CHECK(host.outcome_of(std::move(task)).status == Status::completed);

  const auto fetch = [&](const MailboxAddress& address) {
    std::promise<std::vector<FetchedMessage>> messages;
    host->fetch(address, "", 10, [&](const auto& page) { messages.set_value(page.value()); });
    return get(messages.get_future());
  };
  const auto messages = fetch({"acme", "ann", ""});
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].message.task_id == "a");
  CHECK(*messages[0].payload == "1");
  CHECK(fetch({"acme", "bob", ""}).empty());

  std::promise<std::uint64_t> count;
  host->acknowledge({"acme", "ann", ""}, messages[0].message.cursor,
                    [&](const auto& dropped) { count.set_value(dropped.value()); });
  CHECK(get(count.get_future()) == 1);
  CHECK(fetch({"acme", "ann", ""}).empty());
}

TEST_CASE("events tell the life of a task in order") {
  std::vector<TaskEvent::Kind> kinds;
  std::promise<void> ended;
  RunningHost host(R"({"pools": {"pool": {"max_units": 1, "executor": "inline"}}})", [&](Host& opened) {
    opened.on_event([&](const TaskEvent& event) {
      if (event.task_id != "second") return;
      kinds.push_back(event.kind);
      if (event.kind == TaskEvent::Kind::ended) ended.set_value();
    });
  });
  auto first = host->submit(task_named("first"));
  auto second = host->submit(task_named("second"));
  REQUIRE(get(std::move(second.receipt)));
  host.on_loop([](Host& h) {
    echo(h);
    return 0;
  });
  get(ended.get_future());
  using Kind = TaskEvent::Kind;
  CHECK(kinds == std::vector<Kind>{Kind::parked, Kind::started, Kind::ended});
}

TEST_CASE("deadlines pass although nothing else happens") {
  RunningHost host(inline_pool, run_nothing);
  ParsedTask task = task_named("a");
  using namespace std::chrono;
  task.deadline = {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count() + 50};
  const Outcome outcome = host.outcome_of(std::move(task));
  CHECK(outcome.status == Status::expired);
  CHECK(outcome.attempt == 0);
}

TEST_CASE("a drained host runs what is there, refuses what comes, and says when it is empty") {
  RunningHost host(inline_pool, run_nothing);
  auto parked = host->submit(task_named("a"));
  REQUIRE(get(std::move(parked.receipt)));
  std::promise<void> empty;
  host->drain([&] { empty.set_value(); });
  CHECK(get(std::move(host->submit(task_named("b")).receipt)).error().code == Refusal::pool_disabled);
  host.on_loop([](Host& h) {
    echo(h);
    return 0;
  });
  get(empty.get_future());
  CHECK(get(std::move(parked.outcome)).status == Status::completed);
}

TEST_CASE("a closed host answers at once, and closing it from a callback is allowed") {
  RunningHost host(inline_pool, echo);
  std::promise<void> closed;
  host->submit(task_named("a"), {}, [&](const Outcome&) {
    host->close();
    closed.set_value();
  });
  get(closed.get_future());
  auto late = host->submit(task_named("b"));
  CHECK(get(std::move(late.receipt)).error().code == Refusal::unconfirmed);
  CHECK(get(std::move(late.outcome)).reason == Reason::shut_down);
}

TEST_CASE("pools can be paused and tasks moved to another class") {
  std::vector<std::string> order;
  RunningHost host(inline_pool, run_nothing);
  host->set_pool_state("pool", PoolState::paused);
  auto first = host->submit(task_named("first"));
  auto second = host->submit(task_named("second"));
  REQUIRE(get(std::move(second.receipt)));
  host->set_priority("pool", "second", Priority::critical);
  host.on_loop([&](Host& h) {
    REQUIRE(h.run_function(
        "pool",
        [&](TaskContext& c) -> TaskResult {
          order.emplace_back(c.task_id());
          return "";
        },
        1));
    return 0;
  });
  host->set_pool_state("pool", PoolState::active);
  get(std::move(first.outcome));
  get(std::move(second.outcome));
  CHECK(order == std::vector<std::string>{"second", "first"});
}
