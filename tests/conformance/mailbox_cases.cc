#include "conformance/conformance_case.h"
#include "conformance/life.h"

// What becomes of outcomes and their bytes when the process is killed.

using namespace parking_lot;
using namespace parking_lot::conformance;
using Ids = std::vector<std::string>;

namespace {

// Runs these tasks one after the other; answers which messages there are.
Ids run_all(Life& life, const Ids& ids) {
  const std::size_t before = life.messages().size();
  for (const std::string& id : ids) {
    life.submit(task_named(id));
    life.outcome(id);
  }
  const Ids messages = life.message_ids(before + ids.size());
  life.settle();
  return messages;
}

ParsedTask with_bytes(const std::string& id, const std::string& bytes) {
  ParsedTask task = task_named(id);
  task.payload = bytes;
  task.payload_digest = bytes.empty() ? 0 : digest_of(bytes);
  return task;
}

std::vector<ParsedTask> tasks_with_bytes() {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
  std::string large;
  while (large.size() < (1U << 20)) large += every_byte;
  return {with_bytes("none", ""), with_bytes("empty", "\"\""), with_bytes("large", large),
          with_bytes("letters", "\"äß漢字🚗\\u0000\""), with_bytes("nul", std::string("\0a\0", 3))};
}

}  // namespace

CONFORMANCE_CASE(outcomes_are_fetched_after_a_crash) {
  const json config = config_at(place);
  const json fetched = killed_life(config, echo, [&](Life& life) -> json {
    return run_all(life, {"a", "b", "c"});
  });
  CHECK(fetched == json{"a", "b", "c"});
  for (int opening = 0; opening < 2; ++opening) {
    Life life(config);
    CHECK(life.message_ids() == (backend.keeps_messages() ? Ids{"a", "b", "c"} : Ids{}));
    if (backend.keeps_tasks()) CHECK(life.status("b") == "completed");
    CHECK(life.stats().undelivered == 0);
  }
}

CONFORMANCE_CASE(acknowledged_messages_never_return) {
  const json config = config_at(place);
  const json acknowledged = killed_life(config, echo, [&](Life& life) -> json {
    run_all(life, {"a", "b", "c"});
    return life.acknowledge(life.messages().at(1).message.cursor);
  });
  CHECK(acknowledged == 2);
  const json left = killed_life(config, echo, [&](Life& life) -> json {
    const Ids ids = life.message_ids();
    if (!ids.empty()) life.acknowledge(life.messages().back().message.cursor);
    return ids;
  });
  CHECK(left == (backend.keeps_messages() ? json{"c"} : json::array()));
  std::string cursor;
  {
    Life life(config, echo);
    CHECK(life.message_ids().empty());
    CHECK(run_all(life, {"d"}) == Ids{"d"});
    cursor = life.messages().front().message.cursor;
    life.acknowledge(cursor);
  }
  Life life(config, echo);
  CHECK(life.message_ids().empty());
  run_all(life, {"e"});
  if (backend.keeps_messages()) CHECK(life.messages(cursor).size() == 1);
}

CONFORMANCE_CASE(the_count_of_messages_is_limited) {
  const json config = config_at(place, {{"mailbox", {{"retention_count", 3}}}});
  const json kept = killed_life(config, echo, [&](Life& life) -> json {
    for (const char* id : {"a", "b", "c", "d", "e"}) {
      life.submit(task_named(id));
      life.outcome(id);
    }
    test::eventually([&] { return life.message_ids() == Ids{"c", "d", "e"}; });
    life.settle();
    return life.message_ids();
  });
  CHECK(kept == json{"c", "d", "e"});
  Life life(config);
  CHECK(life.message_ids() == (backend.keeps_messages() ? Ids{"c", "d", "e"} : Ids{}));
}

CONFORMANCE_CASE(bytes_return_as_they_were) {
  const json config = config_at(place);
  const std::vector<ParsedTask> tasks = tasks_with_bytes();
  const auto submit_all = [&](Life& life) {
    for (const ParsedTask& task : tasks) life.submit(task);
  };
  killed_life(config, run_nothing, [&](Life& life) -> json {
    submit_all(life);
    return nullptr;
  });
  const json results_differ = killed_life(config, echo, [&](Life& life) -> json {
    if (!backend.keeps_tasks()) submit_all(life);
    Ids different;
    for (const ParsedTask& task : tasks) {
      const Outcome outcome = life.outcome(task.task_id);
      if (outcome.result == nullptr ? !task.payload.empty() : *outcome.result != task.payload)
        different.push_back(task.task_id);
    }
    life.message_ids(tasks.size());
    life.settle();
    return different;
  });
  CHECK(results_differ == json::array());
  Life life(config);
  const auto messages = life.messages();
  REQUIRE(messages.size() == (backend.keeps_messages() ? tasks.size() : 0));
  for (std::size_t i = 0; i < messages.size(); ++i) {
    INFO(tasks[i].task_id);
    CHECK(messages[i].message.task_id == tasks[i].task_id);
    const auto& payload = messages[i].payload;
    CHECK((payload == nullptr ? std::string() : *payload) == tasks[i].payload);
  }
}
