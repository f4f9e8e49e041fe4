#pragma once

#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "conformance/backend.h"
#include "native/running_host.h"

namespace parking_lot::conformance {

using nlohmann::json;

/// A config whose only pool, `pool`, is at this place; `more` is merged into the pool.
json config_at(const Place& place, const json& more = json::object());

/// A task of the pool `pool` whose outcome goes to the mailbox `acme`. Its payload is its id.
ParsedTask task_named(const std::string& id);

/// A moment from now by the wall clock.
WallTime in(Duration duration);

/// Executors of a host that is about to run.
using Prepare = std::function<void(Host&)>;

void run_nothing(Host& host);
/// Results are the payloads.
void echo(Host& host);

/// The ids of tasks in the order in which they were started, by a host with this preparation.
class StartOrder {
 public:
  /// As `echo`, and writes down what starts.
  Prepare prepare();
  std::vector<std::string> ids() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> ids_;
};

/// One opening of the lot in this process, closed in order at its end.
class Life {
 public:
  explicit Life(const json& config, const Prepare& prepare = run_nothing) : host_(config.dump(), prepare) {}

  Host& host() { return *host_; }

  Receipt submit(ParsedTask task) { return test::get(std::move(host_->submit(std::move(task)).receipt)); }
  /// What `submit` answers, in one word: `admitted`, `joined`, … or the code of the refusal.
  std::string answer_to(ParsedTask task);
  /// Of a task that was submitted before.
  Outcome outcome(const std::string& id, const std::string& pool = "pool");
  /// The task's status, with its reason behind a colon; the code of the refusal if it is not known.
  std::string status(const std::string& id, const std::string& pool = "pool");
  TaskView inspect(const std::string& id);
  void cancel(const std::string& id, const std::string& pool = "pool");
  void set_state(PoolState state, const std::string& pool = "pool");

  /// The messages of `acme`.
  std::vector<FetchedMessage> messages(const std::string& after = "");
  std::vector<std::string> message_ids();
  /// Once there are so many, and nothing is owed to the mailbox; what came, if they never come.
  std::vector<std::string> message_ids(std::size_t count);
  std::uint64_t acknowledge(const std::string& cursor);
  /// Returns when everything recorded before is durable. The pool is active before and after.
  void settle();

  PoolStats stats(const std::string& pool = "pool");
  Health health();

 private:
  test::RunningHost host_;
};

/// One opening in a process of its own that is killed with -9 the moment `live` has answered. Returns the
/// answer; throws what `live` threw.
json killed_life(const json& config, const Prepare& prepare, const std::function<json(Life&)>& live);

}  // namespace parking_lot::conformance
