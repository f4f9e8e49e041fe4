#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "parking_lot/scheduler.h"
#include "steps.h"

/// What a decision costs does not grow with the queue: steps of searches and updates are counted, in a build of
/// the machines which does that, so that neither the machine nor its load matters.
namespace parking_lot {
namespace {

struct Load {
  Policy policy = Policy::first_fit;
  Fairness fairness = Fairness::none;
  std::uint32_t tenants = 1;
  std::size_t resources = 1;
  BackfillOrder order = BackfillOrder::leaving;
};

std::string text_of(const Load& load) {
  return std::string(to_string(load.policy)) +
         (load.order == BackfillOrder::shortest ? ", shortest first, " : ", ") +
         std::to_string(load.tenants) + " tenants, " + std::to_string(load.resources) + " resources";
}

constexpr Units capacity = 64;

Config config_of(const Load& load) {
  PoolConfig pool;
  pool.name = "p";
  pool.max_units = capacity;
  for (std::size_t i = 0; load.resources > 1 && i < load.resources; ++i)
    pool.resources["r" + std::to_string(i)] = capacity;
  pool.policy = load.policy;
  pool.backfill_order = load.order;
  pool.fairness = load.fairness;
  pool.max_queue_depth = 1'000'000;
  pool.task_retention_count = 100;
  Config config;
  config.pools.push_back(pool);
  config.audit.memory_events = 0;
  return config;
}

/// A pool that is always full and has always the same number of parked tasks.
class BusyPool {
 public:
  BusyPool(const Load& load, std::uint64_t parked)
      : load_(load), lot_(*Scheduler::open(config_of(load), now_, Entropy{1, 2})) {
    for (std::uint32_t i = 0; i < load.tenants; ++i)
      tenants_.push_back(lot_.names().intern("tenant" + std::to_string(i)));
    feed(SetPoolState{0, pool_, PoolState::paused});
    while (lot_.stats(pool_).parked < parked) submit();
    feed(SetPoolState{0, pool_, PoolState::active});
    feed(ExecutorReady{pool_, 1, 0, endless_credits, ExecutorReady::Liveness::certain});
    while (lot_.stats(pool_).parked < parked) submit();
  }

  /// Steps for each of so many ends of a run, with what starts then, and arrivals in place of that.
  double steps_per_decision(int decisions) {
    const std::uint64_t parked = lot_.stats(pool_).parked;
    const std::uint64_t before = steps_counted;
    for (int i = 0; i < decisions; ++i) {
      now_.wall.ms += 50;
      now_.steady.ms += 50;
      const Start run = runs_[random_() % runs_.size()];
      std::erase_if(runs_, [&](const Start& each) { return each.task == run.task; });
      feed(Finished{run.task, run.lease, {}, 1});
      while (lot_.stats(pool_).parked < parked || runs_.empty()) submit();
    }
    return static_cast<double>(steps_counted - before) / decisions;
  }

 private:
  void submit() {
    Submit submit;
    submit.pool = pool_;
    submit.spec.tenant = tenants_[random_() % tenants_.size()];
    submit.spec.units = 1 + random_() % (capacity / 4);
    submit.spec.estimate = Duration{static_cast<std::int64_t>(100 + random_() % 10'000)};
    std::vector<Units> costs;
    for (std::size_t i = 0; load_.resources > 1 && i < load_.resources; ++i)
      costs.push_back(random_() % (capacity / 4));
    submit.spec.resources = costs;
    feed(submit);
  }
  void feed(const Input& input) {
    lot_.handle(now_, input);
    while (const Effect* effect = lot_.poll()) {
      if (const auto* start = std::get_if<Start>(effect)) runs_.push_back(*start);
    }
  }

  Load load_;
  Now now_{{1'767'225'600'000}, {0}};
  Scheduler lot_;
  PoolId pool_{0};
  std::mt19937_64 random_{7};
  std::vector<NameId> tenants_;
  std::vector<Start> runs_;
};

std::vector<Load> loads() {
  std::vector<Load> loads;
  for (const Policy policy : {Policy::first_fit, Policy::strict, Policy::backfill}) {
    for (const std::uint32_t tenants : {1U, 1000U}) {
      for (const std::size_t resources : {std::size_t{1}, std::size_t{3}})
        loads.push_back({policy, tenants == 1 ? Fairness::none : Fairness::tenant, tenants, resources});
    }
  }
  loads.push_back({Policy::backfill, Fairness::none, 1, 1, BackfillOrder::shortest});
  return loads;
}

TEST_CASE("a decision with 100,000 parked tasks takes at most three times the steps of one with 1,000") {
  for (const Load& load : loads()) {
    BusyPool small(load, 1000);
    BusyPool large(load, 100'000);
    const double few = small.steps_per_decision(200);
    const double many = large.steps_per_decision(200);
    INFO(text_of(load) << ": " << few << " steps with 1,000 parked, " << many << " with 100,000");
    CHECK(few > 1);
    CHECK(many <= 3 * few);
  }
}

}  // namespace
}  // namespace parking_lot
