#include "simulate/simulation.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "simulate/resources.h"

namespace parking_lot::simulate {
namespace {

constexpr ExecutorId the_executor = 1;
constexpr std::size_t foreseen_about = 1000;

/// What matters to scheduling, and nothing that would only cost time: no storage, no audit, no memory of the
/// past.
Config volatile_copy(const Config& config) {
  Config out = config;
  out.audit.memory_events = 0;
  out.cluster = {};
  out.garages.clear();
  for (PoolConfig& pool : out.pools) {
    pool.queue = {};
    pool.mailbox = {};
    pool.runtime = Runtime::native;
    pool.executor = {};
    pool.task_retention_count = 0;
  }
  return out;
}

/// A run that will end by itself.
struct End {
  std::int64_t at_ms;
  std::uint64_t started;  ///< ends of one instant go in the order of their starts
  std::uint32_t task;
  TaskHandle handle;
  Lease lease;

  friend bool operator<(const End& a, const End& b) {  // the heap's top is the earliest
    return a.at_ms != b.at_ms ? a.at_ms > b.at_ms : a.started > b.started;
  }
};

class Run {
 public:
  Run(Scheduler scheduler, const Trace& trace, std::vector<PoolId> pools, Overrun overrun)
      : scheduler_(std::move(scheduler)), trace_(trace), pools_(std::move(pools)), overrun_(overrun) {
    out_.fates.resize(trace.tasks.size());
    leases_.resize(trace.tasks.size());
    for (const std::string& tenant : trace.tenants) tenants_.push_back(scheduler_.names().intern(tenant));
    place_resources();
    for (std::uint32_t i = 0; i < scheduler_.pool_count(); ++i)
      out_.lag.is_fair |= scheduler_.config(PoolId{i}).fairness == Fairness::tenant;
    scheduler_.listen(Listening::outcomes);
    now_ms_ = trace.first_ms();
  }

  Simulated finish() {
    connect();
    for (;;) {
      const std::int64_t next = std::min({next_arrival(), next_end(), next_timer()});
      if (next == never) break;
      now_ms_ = std::max(now_ms_, next);
      out_.last_ms = now_ms_;
      settle_instant();
      watch_lag();
    }
    return std::move(out_);
  }

 private:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
  static constexpr std::size_t no_place = resources_max;

  Now now() const { return {WallTime{now_ms_}, SteadyTime{now_ms_ - trace_.first_ms()}}; }

  std::int64_t next_arrival() const {
    return arrived_ < trace_.tasks.size() ? trace_.tasks[arrived_].submit_ms : never;
  }
  std::int64_t next_end() const { return ends_.empty() ? never : ends_.front().at_ms; }
  /// Timers matter while there is something to wait for.
  std::int64_t next_timer() const {
    if (open_ == 0 && arrived_ == trace_.tasks.size()) return never;
    const auto due = scheduler_.next_deadline();
    return due ? due->ms + trace_.first_ms() : never;
  }

  void connect() {
    for (std::uint32_t i = 0; i < scheduler_.pool_count(); ++i) {
      const std::uint32_t workers = scheduler_.config(PoolId{i}).worker_count;
      handle(ExecutorReady{PoolId{i}, the_executor, 0, workers == 0 ? endless_credits : workers,
                           ExecutorReady::Liveness::certain});
    }
  }

  void settle_instant() {
    if (next_end() > now_ms_ && next_timer() <= now_ms_) handle(Tick{});
    do {
      apply_ends();
      while (next_timer() <= now_ms_) handle(Tick{});  // a tick runs only so many
      while (next_arrival() <= now_ms_) submit(arrived_++);
    } while (next_end() <= now_ms_);
  }

  void apply_ends() {
    batch_.clear();
    while (next_end() <= now_ms_) {
      std::pop_heap(ends_.begin(), ends_.end());
      const End end = ends_.back();
      ends_.pop_back();
      if (leases_[end.task] != end.lease) continue;  // it was stopped before
      if (is_killed(trace_.tasks[end.task])) {
        batch_.push_back(Failed{end.handle, end.lease, Reason::timed_out, {}, 1, Failed::Units::freed});
      } else {
        batch_.push_back(Finished{end.handle, end.lease, {}, 1});
      }
    }
    if (!batch_.empty()) handle_batch();
  }

  /// Where the trace has the cost of each resource of a pool, in the pool's order.
  void place_resources() {
    for (const PoolId pool : pools_) {
      std::vector<std::size_t>& places = resource_places_.emplace_back();
      for (const auto& [name, units] : scheduler_.config(pool).resources) {
        const auto found = std::find(trace_.resources.begin(), trace_.resources.end(), name);
        const bool is_known = found != trace_.resources.end();
        places.push_back(is_known ? static_cast<std::size_t>(found - trace_.resources.begin()) : no_place);
      }
    }
  }

  /// Figures of a pool take time with the number of its tenants: with many it looks at fewer instants.
  void watch_lag() {
    if (!out_.lag.is_fair || ++instants_ % (1 + tenants_.size() / 16) != 0) return;
    for (std::uint32_t i = 0; i < scheduler_.pool_count(); ++i) {
      const PoolStats stats = scheduler_.stats(PoolId{i});
      if (stats.fairness_lag_bound == 0) continue;
      const auto ms = [&](std::uint64_t service) {
        return static_cast<double>(service) / static_cast<double>(service_per_ms(stats.units_max));
      };
      const bool is_bounded = stats.fairness_lag_bound != fairness_unbounded;
      FairnessLag& lag = out_.lag;
      lag.most_ms = std::max(lag.most_ms, ms(stats.fairness_lag));
      lag.bound_ms = std::max(
          lag.bound_ms, is_bounded ? ms(stats.fairness_lag_bound) : std::numeric_limits<double>::infinity());
      lag.beyond_bound += stats.fairness_lag > stats.fairness_lag_bound ? 1 : 0;
    }
  }

  bool is_killed(const TraceTask& task) const {
    return overrun_ == Overrun::killed && task.estimate_ms > 0 && task.estimate_ms < task.duration_ms;
  }

  void submit(std::size_t index) {
    const TraceTask& task = trace_.tasks[index];
    Submit submit;
    submit.request = index + 1;
    submit.pool = pools_[task.pool];
    submit.receipt = Submit::Receipt::brief;
    submit.spec.tenant = tenants_[task.tenant];
    submit.spec.priority = task.priority;
    std::array<Units, resources_max> cost{};
    if (task.counts == TraceTask::Counts::resources) {
      const std::vector<std::size_t>& places = resource_places_[task.pool];
      for (std::size_t i = 0; i < places.size(); ++i)
        cost[i] = places[i] == no_place ? 0 : trace_.costs[index][places[i]];
      submit.spec.resources = std::span<const Units>(cost).first(places.size());
    } else {
      submit.spec.units = task.units;
    }
    submit.spec.deadline = WallTime{task.deadline_ms};
    submit.spec.start_after = WallTime{task.start_after_ms};
    submit.spec.timeout = Duration{task.timeout_ms};
    submit.spec.estimate = Duration{task.estimate_ms};
    submit.spec.payload.id = index + 1;  // tells which task a start is of
    ++open_;
    handle(submit);
    foresee(static_cast<std::uint32_t>(index));
  }

  /// Asks when the task will start, if it parked and is one of those that are asked.
  void foresee(std::uint32_t index) {
    if (!parked_) return;
    const TaskHandle task = std::exchange(parked_, TaskHandle{});
    const std::size_t step = std::max<std::size_t>(trace_.tasks.size() / foreseen_about, 1);
    if (parked_count_++ % step != 0) return;
    handle(Explain{trace_.tasks.size() + index + 1, {pools_[trace_.tasks[index].pool], task, {}}});
  }

  void handle(const Input& input) {
    scheduler_.handle(now(), input);
    obey();
  }
  void handle_batch() {
    scheduler_.handle(now(), batch_);
    obey();
  }

  /// Carries out all effects, and reports at once what follows from them in the same instant.
  void obey() {
    for (;;) {
      reports_.clear();
      while (const Effect* effect = scheduler_.poll()) {
        std::visit([this](const auto& each) { carry_out(each); }, *effect);
      }
      if (reports_.empty()) return;
      scheduler_.handle(now(), reports_);
    }
  }

  void carry_out(const Start& start) {
    const auto index = static_cast<std::uint32_t>(start.payload.id - 1);
    const TraceTask& task = trace_.tasks[index];
    remember(start.task, index);
    leases_[index] = start.lease;
    out_.fates[index].start_ms = now_ms_;
    out_.fates[index].status = Status::running;
    const std::int64_t length = is_killed(task) ? task.estimate_ms : task.duration_ms;
    ends_.push_back({now_ms_ + length, starts_++, index, start.task, start.lease});
    std::push_heap(ends_.begin(), ends_.end());
    reports_.push_back(Running{start.task, start.lease});
  }

  void carry_out(const Stop& stop) {
    leases_[index_of(stop.task)] = Lease{};  // its end by itself comes too late
    reports_.push_back(Finished{stop.task, stop.lease, {}, 1});
  }

  void carry_out(const Reply& reply) {
    if (const auto* explained = std::get_if<const Explanation*>(&reply.answer)) {
      const WallTime at = (*explained)->expected_at;
      out_.foreseen.push_back({static_cast<std::uint32_t>(reply.request - trace_.tasks.size() - 1),
                               at.ms == 0 ? Fate::never : at.ms});
      return;
    }
    const auto index = static_cast<std::uint32_t>(reply.request - 1);
    if (const auto* submitted = std::get_if<Submitted>(&reply.answer)) {
      remember(submitted->task, index);
      const bool is_ready = trace_.tasks[index].start_after_ms <= now_ms_;
      if (submitted->status == Status::queued && is_ready) parked_ = submitted->task;
    } else if (const auto* refused = std::get_if<Refused>(&reply.answer)) {
      out_.fates[index].status = Status::rejected;
      out_.fates[index].refusal = refused->code;
      --open_;
    }
  }

  void carry_out(const Notify& event) {
    if (event.event != Notify::Event::ended) return;
    Fate& fate = out_.fates[index_of(event.task)];
    fate.status = event.status;
    fate.end_ms = now_ms_;
    --open_;
  }

  void carry_out(const Write&) {}
  void carry_out(const Deliver&) {}
  void carry_out(const Release&) {}

  void remember(TaskHandle task, std::uint32_t index) {
    if (task.slot >= index_of_slot_.size()) index_of_slot_.resize(task.slot + 1);
    index_of_slot_[task.slot] = index;
  }
  std::uint32_t index_of(TaskHandle task) const { return index_of_slot_[task.slot]; }

  Scheduler scheduler_;
  const Trace& trace_;
  std::vector<PoolId> pools_;
  Overrun overrun_;
  std::vector<NameId> tenants_;
  std::vector<std::vector<std::size_t>> resource_places_;  // by the trace's pools
  Simulated out_;
  std::vector<Lease> leases_;  // of the run of a task, while it may end by itself
  std::vector<End> ends_;      // a heap
  std::vector<std::uint32_t> index_of_slot_;
  std::vector<Input> batch_;
  std::vector<Input> reports_;
  std::int64_t now_ms_ = 0;
  std::uint64_t starts_ = 0;
  std::uint64_t open_ = 0;  // tasks that have arrived and not ended
  std::size_t arrived_ = 0;
  std::uint64_t instants_ = 0;
  TaskHandle parked_;  // the task that was submitted last, if it parked
  std::size_t parked_count_ = 0;
};

Result<std::vector<PoolId>> pools_of(const Scheduler& scheduler, const Trace& trace) {
  std::vector<PoolId> pools;
  for (const std::string& name : trace.pools) {
    if (name.empty() && scheduler.pool_count() > 1)
      return Failure({"pools",
                      "The config has several pools, and tasks of the trace do not say which is theirs; "
                      "simulate a config with one pool, or name the pool in each task."});
    const auto pool = name.empty() ? PoolId{0} : scheduler.pool(name);
    if (!pool)
      return Failure(
          {"pools." + name, "is not in the config, but tasks of the trace name it; add the pool."});
    pools.push_back(*pool);
  }
  return pools;
}

}  // namespace

Result<Simulated> simulate(const Config& config, const Trace& trace, Overrun overrun) {
  const Config copy = volatile_copy(config);
  if (const auto missing = unavailable_features(copy); !missing.empty())
    return Failure({missing.front().path, missing.front().message});
  auto scheduler = Scheduler::open(copy, {WallTime{trace.first_ms()}, SteadyTime{0}}, Entropy{1, 2});
  if (!scheduler) return Failure(std::move(scheduler.error()));
  auto pools = pools_of(*scheduler, trace);
  if (!pools) return Failure(std::move(pools.error()));
  std::vector<const PoolConfig*> counting;
  for (const PoolId pool : *pools) counting.push_back(&scheduler->config(pool));
  if (auto checked = check_costs(trace, counting); !checked) return Failure(std::move(checked.error()));
  return Run(std::move(*scheduler), trace, std::move(*pools), overrun).finish();
}

}  // namespace parking_lot::simulate
