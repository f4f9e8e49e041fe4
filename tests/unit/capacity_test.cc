#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <vector>

#include "driven_scheduler.h"

/// SC-001: whatever comes in, the units of runs that the host has started and not ended never exceed the
/// capacity.

using namespace parking_lot;

namespace {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t limit) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state_ >> 33) % limit;
  }

 private:
  std::uint64_t state_;
};

struct LiveRun {
  TaskHandle task;
  Lease lease;
  Units units = 0;  // what the run holds: its cost, then what it reported
};

/// Feeds a mixed load and keeps the books as a host would.
class Load {
 public:
  Load(const PoolConfig& pool, std::uint64_t seed)
      : random_(seed),
        capacity_(pool.max_units),
        core_(*Scheduler::open(config_of(pool), now_, Entropy{1, 2})) {
    feed({ExecutorReady{gpu, 1, 0, endless_credits, ExecutorReady::Liveness::heartbeats}});
  }

  void run(int submissions) {
    for (submitted_ = 0; submitted_ < submissions;) step();
  }

  /// Ends every run that is left, until nothing waits any more.
  void finish_all() {
    for (int i = 0; i < 10'000'000 &&
                    core_.stats(gpu).running + core_.stats(gpu).parked + core_.stats(gpu).backing_off > 0;
         ++i) {
      std::vector<Input> ends;
      for (const LiveRun& run : runs_) ends.push_back(Finished{run.task, run.lease, {}, 1});
      runs_.clear();
      pass(Duration{20'000});
      feed(ends);
    }
  }

  int excesses = 0;
  int submitted_ = 0;
  Units most_held = 0;
  std::uint64_t starts = 0;
  std::uint64_t trace = 0xcbf29ce484222325ULL;  // of every effect, field by field
  PoolStats stats() const { return core_.stats(gpu); }

 private:
  void step() {
    const std::uint64_t what = random_.below(100);
    if (what < 45)
      submit(1 + random_.below(8));
    else if (what < 75)
      end_some(1 + random_.below(6));
    else if (what < 80)
      report_usage();
    else if (what < 85)
      cancel();
    else if (what < 90)
      pass(Duration{static_cast<std::int64_t>(random_.below(200))});
    else if (what < 92)
      lose_executor();
    else if (what < 94)
      set_state();
    else
      heartbeat();
  }

  void submit(std::uint64_t count) {
    std::vector<Input> inputs;
    for (std::uint64_t i = 0; i < count; ++i, ++submitted_) {
      Submit submit = submission(1 + random_.below(1000), {});
      submit.spec.units = random_.below(capacity_ + 2);
      submit.spec.priority = static_cast<Priority>(random_.below(4));
      submit.spec.retry.max_attempts = 1 + static_cast<std::uint32_t>(random_.below(3));
      submit.spec.max_lost = static_cast<std::uint32_t>(random_.below(3));
      if (random_.below(4) == 0)
        submit.spec.timeout = Duration{static_cast<std::int64_t>(1 + random_.below(500))};
      if (random_.below(6) == 0)
        submit.spec.deadline = now_.wall + Duration{static_cast<std::int64_t>(random_.below(1000))};
      if (random_.below(9) == 0)
        submit.spec.start_after = now_.wall + Duration{static_cast<std::int64_t>(random_.below(400))};
      inputs.push_back(submit);
    }
    feed(inputs);
  }

  void end_some(std::uint64_t count) {
    std::vector<Input> inputs;
    for (std::uint64_t i = 0; i < count && !runs_.empty(); ++i) {
      const std::size_t place = random_.below(runs_.size());
      const LiveRun run = runs_[place];
      runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(place));
      if (random_.below(3) == 0) {
        Failed failed;
        failed.task = run.task;
        failed.lease = run.lease;
        failed.reason = random_.below(2) == 0 ? Reason::task_failed : Reason::executor_failed;
        inputs.push_back(failed);
      } else {
        inputs.push_back(Finished{run.task, run.lease, {}, 1});
      }
    }
    feed(inputs);
  }

  void report_usage() {
    if (runs_.empty()) return;
    LiveRun& run = runs_[random_.below(runs_.size())];
    const Units units = random_.below(capacity_ * 2);
    const TaskHandle task = run.task;
    const Lease lease = run.lease;
    if (stopped_.contains(lease))
      return;  // its use no longer counts for anything: its units are as they were
    run.units = units;
    feed({UsageReported{task, lease, units}});
  }

  void cancel() {
    if (runs_.empty() || random_.below(2) == 0) return;
    feed({Cancel{0, {gpu, runs_[random_.below(runs_.size())].task, {}}}});
  }

  void heartbeat() {
    std::vector<Input> inputs;
    for (const LiveRun& run : runs_) {
      if (random_.below(8) > 0) inputs.push_back(Heartbeat{run.task, run.lease});
      if (random_.below(2) > 0) inputs.push_back(Running{run.task, run.lease});
    }
    feed(inputs);
  }

  void lose_executor() {
    if (random_.below(4) > 0) return;
    runs_.clear();  // the process is dead, and all that it ran
    feed({ExecutorGone{gpu, 1, ExecutorGone::Death::known}});
    feed({ExecutorReady{gpu, 1, 0, endless_credits, ExecutorReady::Liveness::heartbeats}});
  }

  void set_state() {
    feed({SetPoolState{0, gpu, random_.below(2) == 0 ? PoolState::paused : PoolState::active}});
    feed({SetPoolState{0, gpu, PoolState::active}});
  }

  void pass(Duration time) {
    now_.wall.ms += time.ms;
    now_.steady.ms += time.ms;
    feed({Tick{}});
  }

  void feed(const std::vector<Input>& inputs) {
    core_.handle(now_, inputs);
    while (const auto effect = core_.poll()) obey(*effect);
    if (core_.stats(gpu).units_in_use > capacity_) ++excesses;
  }
  void feed(std::initializer_list<Input> inputs) { feed(std::vector<Input>(inputs)); }

  void obey(const Effect& effect) {
    mix(effect.index());
    if (const auto* start = std::get_if<Start>(&effect)) {
      ++starts;
      runs_.push_back({start->task, start->lease, start->units});
      Units held = 0;
      for (const LiveRun& run : runs_) held += run.units;
      most_held = std::max(most_held, held);
      if (held > capacity_) ++excesses;
      mix(start->task.slot), mix(start->task.generation), mix(start->lease.number), mix(start->attempt),
          mix(start->units);
    }
    if (const auto* stop = std::get_if<Stop>(&effect)) {
      stopped_.emplace(stop->lease, true);
      mix(stop->lease.number), mix(static_cast<std::uint64_t>(stop->reason));
    }
    if (const auto* reply = std::get_if<Reply>(&effect)) {
      mix(reply->request), mix(reply->answer.index());
      if (const auto* submitted = std::get_if<Submitted>(&reply->answer)) mix(submitted->position);
      if (const auto* refused = std::get_if<Refused>(&reply->answer))
        mix(static_cast<std::uint64_t>(refused->code));
    }
    if (const auto* notice = std::get_if<Notify>(&effect)) {
      mix(notice->task.slot), mix(static_cast<std::uint64_t>(notice->event)),
          mix(static_cast<std::uint64_t>(notice->status));
      mix(static_cast<std::uint64_t>(notice->reason)), mix(static_cast<std::uint64_t>(notice->at.ms));
    }
  }
  void mix(std::uint64_t value) { trace = (trace ^ value) * 0x100000001b3ULL; }

  static constexpr PoolId gpu{0};
  Random random_;
  Units capacity_;
  Now now_{WallTime{1'000'000}, SteadyTime{0}};
  Scheduler core_;
  std::vector<LiveRun> runs_;
  std::map<Lease, bool> stopped_;
};

PoolConfig pool_for_load(Policy policy) {
  PoolConfig pool = pool_of(24);
  pool.policy = policy;
  pool.max_queue_depth = 2000;
  pool.starvation_guard = Duration{50};
  pool.retry.initial = Duration{10};
  pool.task_retention_count = 1000;
  return pool;
}

}  // namespace

TEST_CASE("of 100,000 mixed submissions no start goes above the capacity, and all that was admitted ends") {
  for (const Policy policy : {Policy::first_fit, Policy::strict}) {
    Load load(pool_for_load(policy), 7);
    load.run(100'000);
    CHECK(load.excesses == 0);
    CHECK(load.most_held == 24);
    CHECK(load.starts > 20'000);
    load.finish_all();
    CHECK(load.excesses == 0);
    const PoolStats stats = load.stats();
    CHECK(stats.running + stats.parked + stats.backing_off == 0);
    CHECK(stats.admitted == stats.completed + stats.failed + stats.expired + stats.dropped + stats.waiting);
  }
}

TEST_CASE("the same inputs at the same times give the same effects, every field of them") {
  std::vector<std::uint64_t> traces;
  for (const std::uint64_t seed : {1U, 1U, 2U}) {
    Load load(pool_for_load(Policy::first_fit), seed);
    load.run(20'000);
    traces.push_back(load.trace);
  }
  CHECK(traces[0] == traces[1]);
  CHECK(traces[0] != traces[2]);
}
