#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <set>
#include <stdexcept>

#include "running_host.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

const std::string one_pool = R"({"pools": {"pool": {"max_units": 4, "executor": "inline"}}})";

std::function<void(Host&)> with_function(TaskFunction function, unsigned threads = 2) {
  return [function, threads](Host& host) { REQUIRE(host.run_function("pool", function, threads)); };
}

ParsedTask task_with(std::string payload) {
  ParsedTask task;
  task.pool = "pool";
  task.payload = std::move(payload);
  return task;
}

}  // namespace

TEST_CASE("a function gets its task and returns its result") {
  RunningHost host(one_pool, with_function([](TaskContext& context) -> TaskResult {
                     return std::string(context.payload()) + std::string(context.task_id()) +
                            std::to_string(context.units()) + std::to_string(context.attempt());
                   }));
  ParsedTask task = task_with("in:");
  task.task_id = "a";
  task.units = 2;
  const Outcome outcome = host.outcome_of(std::move(task));
  CHECK(outcome.status == Status::completed);
  CHECK(*outcome.result == "in:a21");
}

TEST_CASE("an error, an exception and anything else thrown fail the task with a text") {
  RunningHost host(one_pool, with_function([](TaskContext& context) -> TaskResult {
                     if (context.payload() == "throw") throw std::runtime_error("thrown");
                     if (context.payload() == "odd") throw 7;
                     return tl::unexpected(std::string("refused"));
                   }));
  CHECK(result_of(host.outcome_of(task_with("")))["error"] == "refused");
  CHECK(result_of(host.outcome_of(task_with("throw")))["error"] == "thrown");
  const Outcome odd = host.outcome_of(task_with("odd"));
  CHECK(odd.status == Status::failed);
  CHECK(odd.reason == Reason::task_failed);
  CHECK(result_of(odd)["error"] == "The function threw something that is no std::exception.");
}

TEST_CASE("a function sees that it is to stop, and keeps its units until it returns") {
  std::atomic<bool> may_return = false;
  RunningHost host(one_pool, with_function([&](TaskContext& context) -> TaskResult {
                     while (!context.stop_token().stop_requested()) std::this_thread::yield();
                     while (!may_return) std::this_thread::yield();
                     return "too late";
                   }));
  ParsedTask task = task_with("");
  task.units = 3;
  task.timeout = {20};
  const Outcome outcome = host.outcome_of(std::move(task));
  CHECK(outcome.reason == Reason::timed_out);
  CHECK(host.on_loop([](Host& h) { return h.stats("pool")->units_in_use; }) == 3);
  may_return = true;
  CHECK(eventually([&] { return host.on_loop([](Host& h) { return h.stats("pool")->units_in_use; }) == 0; }));
}

TEST_CASE("a function reports progress and usage") {
  std::promise<std::string> progress;
  std::atomic<bool> may_return = false;
  RunningHost host(one_pool, [&](Host& opened) {
    opened.on_event([&](const TaskEvent& event) {
      if (event.kind == TaskEvent::Kind::progressed) progress.set_value(std::string(event.progress));
    });
    with_function([&](TaskContext& context) -> TaskResult {
      context.report_usage(4);
      context.progress("1");
      while (!may_return) std::this_thread::yield();
      return "";
    })(opened);
  });
  auto outcome = host->submit(task_with("")).outcome;
  CHECK(get(progress.get_future()) == "1");
  CHECK(eventually([&] { return host.on_loop([](Host& h) { return h.stats("pool")->units_in_use; }) == 4; }));
  may_return = true;
  CHECK(get(std::move(outcome)).status == Status::completed);
}

TEST_CASE("no more functions run at once than units allow, whoever submits") {
  std::atomic<Units> in_use = 0;
  std::atomic<Units> peak = 0;
  RunningHost host(one_pool, with_function(
                                 [&](TaskContext& context) -> TaskResult {
                                   const Units now = in_use += context.units();
                                   for (Units seen = peak;
                                        seen < now && !peak.compare_exchange_weak(seen, now);) {
                                   }
                                   std::this_thread::yield();
                                   in_use -= context.units();
                                   return "";
                                 },
                                 8));
  std::vector<std::future<Outcome>> outcomes;
  std::mutex mutex;
  std::vector<std::thread> submitters;
  for (int submitter = 0; submitter < 4; ++submitter) {
    submitters.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        ParsedTask task = task_with("");
        task.units = static_cast<Units>(i % 4 + 1);
        auto outcome = host->submit(std::move(task)).outcome;
        const std::lock_guard lock(mutex);
        outcomes.push_back(std::move(outcome));
      }
    });
  }
  for (std::thread& submitter : submitters) submitter.join();
  for (auto& outcome : outcomes) CHECK(get(std::move(outcome)).status == Status::completed);
  CHECK(peak <= 4);
  CHECK(peak > 1);
}
