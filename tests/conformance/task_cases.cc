#include <algorithm>

#include "conformance/conformance_case.h"
#include "conformance/life.h"

// What becomes of tasks when their process is killed.

using namespace parking_lot;
using namespace parking_lot::conformance;

namespace {

constexpr Duration hour = Duration::seconds(3600);

ParsedTask ranked(const std::string& id, Priority priority) {
  ParsedTask task = task_named(id);
  task.priority = priority;
  return task;
}

// Begins the task and never ends it.
void run_for_ever(Host& host, std::promise<std::uint32_t>& begun) {
  const auto ready = host.run_function(
      "pool",
      [&](TaskContext& context) -> TaskResult {
        begun.set_value(context.attempt());
        std::promise<void>().get_future().wait();
        return "";
      },
      1);
  if (!ready) throw std::runtime_error(ready.error().message);
}

// The attempt that was under way when the process was killed; `task` is submitted if there is one.
json killed_while_running(const json& config, const std::optional<ParsedTask>& task) {
  std::promise<std::uint32_t> begun;
  return killed_life(
      config, [&](Host& host) { run_for_ever(host, begun); },
      [&](Life& life) -> json {
        if (task) life.submit(*task);
        return test::get(begun.get_future());
      });
}

}  // namespace

CONFORMANCE_CASE(acknowledged_submissions_return_in_order) {
  const json config = config_at(place);
  const WallTime deadline = in(hour);
  const json answers = killed_life(config, run_nothing, [&](Life& life) -> json {
    ParsedTask with_deadline = ranked("normal-2", Priority::normal);
    with_deadline.deadline = deadline;
    return {life.answer_to(ranked("low", Priority::low)),
            life.answer_to(ranked("normal-1", Priority::normal)), life.answer_to(with_deadline),
            life.answer_to(ranked("critical", Priority::critical)),
            life.answer_to(ranked("high", Priority::high))};
  });
  CHECK(answers == json{"admitted", "admitted", "admitted", "admitted", "admitted"});
  if (backend.keeps_tasks()) {
    Life life(config);
    CHECK(life.stats().parked == 5);
    CHECK(life.inspect("normal-2").deadline == deadline);
    CHECK(life.inspect("normal-1").deadline == never_wall);
  }
  StartOrder started;
  Life life(config, started.prepare());
  if (!backend.keeps_tasks()) {
    CHECK(life.status("critical") == "unknown_task");
    CHECK(life.stats().parked == 0);
    return;
  }
  CHECK(life.message_ids(5).size() == 5);
  CHECK(started.ids() == std::vector<std::string>{"critical", "high", "normal-1", "normal-2", "low"});
}

CONFORMANCE_CASE(a_large_backlog_keeps_its_order) {
  constexpr int count = 2000;
  constexpr Priority priorities[] = {Priority::normal, Priority::low, Priority::critical, Priority::high};
  const auto numbered = [&](int i) {
    ParsedTask task = ranked("t" + std::to_string(i), priorities[i % 4]);
    task.mailbox_tenant.clear();
    return task;
  };
  const json config = config_at(place, {{"max_queue_depth", 3000}, {"max_units", 200}});
  const json admitted = killed_life(config, run_nothing, [&](Life& life) -> json {
    std::vector<Ticket> tickets;
    for (int i = 0; i < count; ++i) tickets.push_back(life.host().submit(numbered(i)));
    return std::count_if(tickets.begin(), tickets.end(),
                         [](Ticket& ticket) { return test::get(std::move(ticket.receipt)).has_value(); });
  });
  CHECK(admitted == count);
  StartOrder started;
  Life life(config, started.prepare());
  if (!backend.keeps_tasks()) {
    CHECK(life.stats().parked == 0);
    return;
  }
  REQUIRE(test::eventually([&] { return life.stats().completed == count; }));
  std::vector<std::string> expected;
  for (const int rank : {2, 3, 0, 1}) {
    for (int i = rank; i < count; i += 4) expected.push_back("t" + std::to_string(i));
  }
  CHECK(started.ids() == expected);
}

CONFORMANCE_CASE(an_interrupted_run_is_repeated) {
  const json config = config_at(place);
  CHECK(killed_while_running(config, task_named("a")) == 1);
  Life life(config, echo);
  if (!backend.keeps_tasks()) {
    CHECK(life.status("a") == "unknown_task");
    return;
  }
  const Outcome outcome = life.outcome("a");
  CHECK(outcome.status == Status::completed);
  CHECK(outcome.attempt == 2);
  CHECK(life.inspect("a").lost == 1);
  CHECK(life.message_ids(1) == std::vector<std::string>{"a"});
}

CONFORMANCE_CASE(a_task_lost_too_often_fails) {
  const json config = config_at(place);
  ParsedTask task = task_named("a");
  task.max_lost = 1;
  CHECK(killed_while_running(config, task) == 1);
  if (backend.keeps_tasks()) CHECK(killed_while_running(config, std::nullopt) == 2);
  StartOrder started;
  Life life(config, started.prepare());
  if (!backend.keeps_tasks()) {
    CHECK(life.status("a") == "unknown_task");
    return;
  }
  CHECK(life.outcome("a").status == Status::failed);
  CHECK(life.status("a") == "failed: lost");
  CHECK(life.message_ids(1) == std::vector<std::string>{"a"});
  CHECK(started.ids().empty());
}

CONFORMANCE_CASE(a_passed_deadline_expires_once) {
  const json config = config_at(place);
  const WallTime deadline = in(Duration(700));
  killed_life(config, run_nothing, [&](Life& life) -> json {
    ParsedTask task = task_named("a");
    task.deadline = deadline;
    return life.answer_to(task);
  });
  REQUIRE(test::eventually([&] { return in(Duration(0)) > deadline; }));
  StartOrder started;
  for (int opening = 0; opening < 2; ++opening) {
    Life life(config, started.prepare());
    if (!backend.keeps_tasks()) {
      CHECK(life.status("a") == "unknown_task");
      return;
    }
    CHECK(life.outcome("a").status == Status::expired);
    CHECK(life.status("a") == "expired: deadline");
    const std::size_t messages = opening == 0 || backend.keeps_messages() ? 1 : 0;
    CHECK(life.message_ids(messages).size() == messages);
    life.settle();
  }
  CHECK(started.ids().empty());
}

CONFORMANCE_CASE(a_task_waits_for_its_moment) {
  const json config = config_at(place);
  const WallTime moment = in(hour);
  killed_life(config, run_nothing, [&](Life& life) -> json {
    ParsedTask task = task_named("a");
    task.start_after = moment;
    return life.answer_to(task);
  });
  Life life(config, echo);
  CHECK(life.stats().waiting == (backend.keeps_tasks() ? 1 : 0));
  CHECK(life.stats().running == 0);
  if (backend.keeps_tasks()) CHECK(life.inspect("a").ready_at == moment);
}

CONFORMANCE_CASE(the_same_task_joins_after_a_crash) {
  const json config = config_at(place);
  killed_life(config, echo, [&](Life& life) -> json {
    life.submit(task_named("ended"));
    life.outcome("ended");
    life.set_state(PoolState::paused);
    return life.answer_to(task_named("parked"));
  });
  const std::string expected = backend.keeps_tasks() ? "joined" : "admitted";
  StartOrder started;
  Life life(config, started.prepare());
  CHECK(life.answer_to(task_named("ended")) == expected);
  CHECK(life.answer_to(task_named("parked")) == expected);
  life.set_state(PoolState::active);
  for (const char* id : {"ended", "parked"}) {
    const Outcome outcome = life.outcome(id);
    CHECK(outcome.status == Status::completed);
    REQUIRE(outcome.result != nullptr);
    CHECK(*outcome.result == '"' + std::string(id) + '"');
  }
  CHECK(started.ids().size() == (backend.keeps_tasks() ? 1 : 2));
}

CONFORMANCE_CASE(another_body_is_refused_after_a_crash) {
  const json config = config_at(place);
  killed_life(config, echo, [&](Life& life) -> json {
    life.submit(task_named("ended"));
    life.outcome("ended");
    life.set_state(PoolState::paused);
    return life.answer_to(task_named("parked"));
  });
  Life life(config);
  for (const char* id : {"ended", "parked"}) {
    ParsedTask other = task_named(id);
    other.payload = "\"other\"";
    other.payload_digest = digest_of(other.payload);
    ParsedTask again = task_named(id);
    again.dedup = Dedup::reject;
    if (backend.keeps_tasks()) {
      CHECK(life.answer_to(other) == "duplicate_task");
      CHECK(life.answer_to(again) == "duplicate_task");
    } else {
      CHECK(life.answer_to(again) == "admitted");
    }
  }
}

CONFORMANCE_CASE(a_cancelled_task_stays_cancelled) {
  const json config = config_at(place);
  killed_life(config, run_nothing, [&](Life& life) -> json {
    life.submit(task_named("cancelled"));
    life.submit(task_named("kept"));
    life.cancel("cancelled");
    return nullptr;
  });
  StartOrder started;
  Life life(config, started.prepare());
  if (!backend.keeps_tasks()) {
    CHECK(life.status("cancelled") == "unknown_task");
    return;
  }
  CHECK(life.outcome("kept").status == Status::completed);
  CHECK(life.status("cancelled") == "dropped: cancelled");
  CHECK(started.ids() == std::vector<std::string>{"kept"});
}
