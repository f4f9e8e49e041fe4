#include "allocation_count.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "driven_scheduler.h"
#include "parking_lot/lot.h"

/// What a task's life costs in calls of the allocator once everything is warm: the pool full, a queue before
/// it, the remembered tasks and the audit trail at their limits.

using namespace parking_lot;

namespace {

constexpr int warm_up = 20'000;
constexpr int measured = 20'000;

Config config_for(std::uint32_t retention) {
  PoolConfig pool = pool_of(64);
  pool.max_queue_depth = 5000;
  pool.task_retention_count = retention;
  pool.mailbox.retention_count = 100;
  Config config = config_of(pool);
  config.audit.memory_events = 2000;
  return config;
}

/// Submits one task and ends the oldest run, over and over.
template <class Machine>
class Cycle {
 public:
  explicit Cycle(Machine machine) : machine_(std::move(machine)) {
    running_.reserve(1024);
    feed(ExecutorReady{pool, 1, 0, endless_credits, ExecutorReady::Liveness::certain});
    for (int i = 0; i < 2000; ++i) submit();
  }

  /// Allocations per task life.
  double measure() {
    for (int i = 0; i < warm_up; ++i) live();
    const AllocationCount allocations;
    for (int i = 0; i < measured; ++i) live();
    const std::uint64_t calls = allocations.calls();
    const PoolStats stats = scheduler().stats(pool);
    CHECK(stats.completed == ended_);  // each of them is a whole life, in a full pool with a queue before it
    CHECK(stats.units_in_use > 60);
    CHECK(stats.parked > 1000);
    return static_cast<double>(calls) / measured;
  }

  static constexpr PoolId pool{0};
  bool names_tasks = false;
  NameId mailbox;
  WallTime deadline = never_wall;

  Machine& machine() { return machine_; }

 private:
  void live() {
    submit();
    std::swap(running_[static_cast<std::size_t>(number_) % running_.size()], running_.back());
    const Start run = running_.back();
    running_.pop_back();
    ++ended_;
    feed(Finished{run.task, run.lease, {}, 1});
  }
  void submit() {
    Submit submit = submission(1, {});
    char id[16];
    if (names_tasks) {
      const int length = std::snprintf(id, sizeof id, "task-%d", number_);
      submit.spec.task_id = std::string_view(id, static_cast<std::size_t>(length));
    }
    submit.spec.mailbox = mailbox;
    submit.spec.deadline = deadline;
    submit.spec.units = static_cast<Units>(1 + number_++ % 3);
    submit.spec.priority = static_cast<Priority>(number_ % 4);
    feed(submit);
  }
  void feed(const Input& input) {
    machine_.handle(now_, input);
    while (const auto effect = machine_.poll()) {
      if (const auto* start = std::get_if<Start>(&*effect)) running_.push_back(*start);
    }
  }
  const Scheduler& scheduler() const {
    if constexpr (std::is_same_v<Machine, Lot>)
      return machine_.scheduler();
    else
      return machine_;
  }

  Machine machine_;
  Now now_{WallTime{1'000'000}, SteadyTime{0}};
  std::vector<Start> running_;
  std::uint64_t ended_ = 0;
  int number_ = 0;
};

}  // namespace

TEST_CASE("a warm scheduler allocates next to nothing for a task's life") {
  Cycle cycle(*Scheduler::open(config_for(1000), Now{}, Entropy{1, 2}));
  const double calls = cycle.measure();
  CAPTURE(calls);
  CHECK(calls < 0.1);
}

TEST_CASE("a deadline costs no allocation") {
  Cycle cycle(*Scheduler::open(config_for(1000), Now{}, Entropy{1, 2}));
  cycle.deadline = WallTime{5'000'000};
  const double calls = cycle.measure();
  CAPTURE(calls);
  CHECK(calls < 0.1);
}

TEST_CASE("an id chosen by the client costs one entry in the table of ids") {
  Cycle cycle(*Scheduler::open(config_for(1000), Now{}, Entropy{1, 2}));
  cycle.names_tasks = true;
  const double calls = cycle.measure();
  CAPTURE(calls);
  CHECK(calls < 1.1);
}

TEST_CASE("an outcome in a mailbox in memory costs less than one allocation") {
  Cycle cycle(*Lot::open(config_for(1000), Now{}, Entropy{1, 2}));
  cycle.mailbox = cycle.machine().scheduler().mailbox_key({"acme", "ann", {}});
  const double calls = cycle.measure();
  CAPTURE(calls);
  CHECK(calls < 0.5);
}
