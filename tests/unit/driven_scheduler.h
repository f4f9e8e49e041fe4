#pragma once

#include <catch2/catch.hpp>
#include <deque>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "parking_lot/scheduler.h"

namespace parking_lot {

inline PoolConfig pool_of(Units max_units, StorageKind queue = StorageKind::in_memory) {
  PoolConfig pool;
  pool.name = "gpu";
  pool.max_units = max_units;
  pool.queue.kind = queue;
  pool.mailbox.storage.kind = StorageKind::in_memory;
  return pool;
}

inline Config config_of(const PoolConfig& pool) {
  Config config;
  config.pools.push_back(pool);
  return config;
}

inline Submit submission(RequestId request, const TaskSpec& spec, ClientId client = 0) {
  Submit submit;
  submit.request = request;
  submit.client = client;
  submit.spec = spec;
  return submit;
}

/// A scheduler of one pool with the hands that a test needs: it moves both clocks, keeps what is written and
/// sorts the effects. Executor 1, with endless credits, is connected unless the test says otherwise.
class DrivenScheduler {
 public:
  enum class Executors { one, none };

  explicit DrivenScheduler(const PoolConfig& pool, Executors executors = Executors::one)
      : core(*Scheduler::open(config_of(pool), now, Entropy{1, 2})) {
    if (core.stats(gpu).storage == StreamState::loading) feed({RecoveryDone{gpu}, Persisted{gpu, 1}});
    if (executors == Executors::one) connect(1);
    starts.clear();
  }

  void feed(std::initializer_list<Input> inputs) { feed(std::vector<Input>(inputs)); }
  void feed(const std::vector<Input>& inputs) {
    core.handle(now, inputs);
    while (const auto effect = core.poll()) hear(*effect);
  }

  void connect(ExecutorId executor, std::uint32_t credits = endless_credits, RealmId realm = 0) {
    feed({ExecutorReady{gpu, executor, realm, credits, ExecutorReady::Liveness::certain}});
  }

  /// Both clocks.
  void advance(std::int64_t ms) {
    now.wall.ms += ms;
    now.steady.ms += ms;
    feed({Tick{}});
  }

  static TaskSpec spec(std::string_view id, Units units = 1) {
    TaskSpec spec;
    spec.task_id = id;
    spec.units = units;
    return spec;
  }

  /// Returns the number of the request.
  RequestId submit(const TaskSpec& spec, ClientId client = 0) {
    feed({submission(++last_request, spec, client)});
    return last_request;
  }
  RequestId submit(std::string_view id, Units units = 1) { return submit(spec(id, units)); }
  template <class Command>
  RequestId command(Command command) {
    command.request = ++last_request;
    feed({command});
    return last_request;
  }
  RequestId cancel(std::string_view id) { return command(Cancel{0, named(id)}); }

  TaskName named(std::string_view id) const { return {gpu, {}, id}; }
  TaskHandle handle(std::string_view id) const { return core.find(gpu, id); }

  /// The latest start of a task.
  Start start_of(std::string_view id) const {
    const TaskHandle task = handle(id);
    for (auto at = starts.rbegin(); at != starts.rend(); ++at) {
      if (at->task == task) return *at;
    }
    FAIL("no start of " << id);
    return {};
  }
  void finish(std::string_view id, std::uint32_t credits = 1) {
    const Start run = start_of(id);
    feed({Finished{run.task, run.lease, {}, credits}});
  }
  void fail(std::string_view id, Reason reason = Reason::task_failed) {
    const Start run = start_of(id);
    Failed failed;
    failed.task = run.task;
    failed.lease = run.lease;
    failed.reason = reason;
    feed({failed});
  }

  /// Ids of what started since the last call, in order.
  std::vector<std::string> started() {
    std::vector<std::string> ids;
    for (; seen_starts < starts.size(); ++seen_starts) ids.push_back(core.task_id(starts[seen_starts].task));
    return ids;
  }

  PoolStats stats() const { return core.stats(gpu); }
  Status status(std::string_view id) { return view(id).status; }
  TaskView view(std::string_view id) {
    const RequestId request = command(Inspect{0, named(id)});
    REQUIRE(views.contains(request));
    return views[request];
  }
  Refusal refusal(RequestId request) {
    REQUIRE(answers.contains(request));
    REQUIRE(std::holds_alternative<Refused>(answers[request]));
    return std::get<Refused>(answers[request]).code;
  }
  bool is_done(RequestId request) {
    return answers.contains(request) && std::holds_alternative<Done>(answers[request]);
  }

  // --- the backend of a durable pool ---
  void persist() { feed({Persisted{gpu, written_through}}); }
  void fail_write() { feed({PersistFailed{gpu}}); }
  /// Reads back the journal up to and including `through`.
  void reload(std::uint64_t through) {
    std::vector<Record> records;
    for (const Record& record : journal) {
      if (record.sequence <= through) records.push_back(record);
    }
    journal = {records.begin(), records.end()};
    feed({Recovered{gpu, records}, RecoveryDone{gpu}});
  }

  static constexpr PoolId gpu{0};
  Now now{WallTime{1'000'000}, SteadyTime{0}};
  Scheduler core;
  RequestId last_request = 0;
  std::vector<Start> starts;
  std::vector<Stop> stops;
  std::vector<Deliver> deliveries;
  std::vector<Notify> notices;
  std::vector<Release> releases;
  std::map<RequestId, Answer> answers;
  std::map<RequestId, TaskView> views;
  std::map<RequestId, Explanation> explanations;
  std::map<RequestId, TaskPage> pages;
  std::deque<Record> journal;
  std::uint64_t written_through = 0;
  int writes = 0;
  std::size_t seen_starts = 0;

 private:
  void hear(const Effect& effect) {
    if (const auto* write = std::get_if<Write>(&effect)) keep(*write);
    if (const auto* start = std::get_if<Start>(&effect)) starts.push_back(*start);
    if (const auto* stop = std::get_if<Stop>(&effect)) stops.push_back(*stop);
    if (const auto* deliver = std::get_if<Deliver>(&effect)) deliveries.push_back(*deliver);
    if (const auto* notice = std::get_if<Notify>(&effect)) notices.push_back(*notice);
    if (const auto* release = std::get_if<Release>(&effect)) releases.push_back(*release);
    if (const auto* reply = std::get_if<Reply>(&effect)) hear(*reply);
  }
  void hear(const Reply& reply) {
    CHECK_FALSE(answers.contains(reply.request));  // one answer to each request
    answers[reply.request] = reply.answer;
    if (const auto* view = std::get_if<const TaskView*>(&reply.answer)) views[reply.request] = **view;
    if (const auto* page = std::get_if<const TaskPage*>(&reply.answer)) pages[reply.request] = **page;
    if (const auto* explanation = std::get_if<const Explanation*>(&reply.answer)) {
      explanations[reply.request] = **explanation;
    }
  }
  void keep(const Write& write) {
    ++writes;
    for (Record record : write.records) {
      std::visit(
          [this](auto& fact) {
            if constexpr (requires { fact.task_id; }) fact.task_id = kept(fact.task_id);
            if constexpr (requires { fact.tenant; }) fact.tenant = kept(fact.tenant);
            if constexpr (requires { fact.mailbox; }) fact.mailbox = kept(fact.mailbox);
            if constexpr (requires { fact.settings; }) fact.settings = kept(fact.settings);
            if constexpr (requires { fact.resources; }) {
              fact.resources = numbers_.emplace_back(fact.resources.begin(), fact.resources.end());
            }
          },
          record.fact);
      while (!journal.empty() && journal.back().sequence >= record.sequence) journal.pop_back();
      journal.push_back(record);
      written_through = record.sequence;
    }
  }
  std::string_view kept(std::string_view text) { return texts_.emplace_back(text); }

  std::deque<std::string> texts_;
  std::deque<std::vector<std::uint64_t>> numbers_;
};

}  // namespace parking_lot
