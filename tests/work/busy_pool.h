#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "parking_lot/scheduler.h"

/// A full pool with a long queue, and all that it may have to decide about.
namespace parking_lot {

/// What a pool is asked to do.
struct Load {
  Policy policy = Policy::first_fit;
  Fairness fairness = Fairness::none;
  std::uint32_t tenants = 1;
  std::size_t resources = 1;
  BackfillOrder order = BackfillOrder::leaving;
  std::uint32_t candidates = 1000;
};

inline std::string text_of(const Load& load) {
  return std::string(to_string(load.policy)) +
         (load.order == BackfillOrder::shortest ? ", shortest first, " : ", ") +
         std::to_string(load.tenants) + " tenants, " + std::to_string(load.resources) + " resources";
}

inline constexpr Units busy_capacity = 64;

inline Config busy_config(const Load& load) {
  PoolConfig pool;
  pool.name = "p";
  pool.max_units = busy_capacity;
  for (std::size_t i = 0; load.resources > 1 && i < load.resources; ++i)
    pool.resources["r" + std::to_string(i)] = busy_capacity;
  pool.policy = load.policy;
  pool.backfill_order = load.order;
  pool.backfill_candidates = load.candidates;
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
      : load_(load), lot_(*Scheduler::open(busy_config(load), now_, Entropy{1, 2})) {
    for (std::uint32_t i = 0; i < load.tenants; ++i)
      tenants_.push_back(lot_.names().intern("tenant" + std::to_string(i)));
    feed(SetPoolState{0, pool_, PoolState::paused});
    while (parked_ < parked) submit();
    feed(SetPoolState{0, pool_, PoolState::active});
    feed(ExecutorReady{pool_, 1, 0, endless_credits, ExecutorReady::Liveness::certain});
    while (parked_ < parked) submit();
  }

  /// So many ends of runs, each with what starts then, and with arrivals in place of that.
  void decide(int decisions) {
    const std::uint64_t parked = parked_;
    for (int i = 0; i < decisions; ++i) {
      now_.wall.ms += 50;
      now_.steady.ms += 50;
      const Start run = runs_[random_() % runs_.size()];
      std::erase_if(runs_, [&](const Start& each) { return each.task == run.task; });
      feed(Finished{run.task, run.lease, {}, 1});
      while (parked_ < parked || runs_.empty()) submit();
    }
  }

  std::uint64_t parked() const { return lot_.stats(pool_).parked; }

 private:
  void submit() {
    Submit submit;
    submit.pool = pool_;
    submit.spec.tenant = tenants_[random_() % tenants_.size()];
    submit.spec.units = 1 + random_() % (busy_capacity / 4);
    submit.spec.estimate = Duration{static_cast<std::int64_t>(100 + random_() % 10'000)};
    std::vector<Units> costs;
    for (std::size_t i = 0; load_.resources > 1 && i < load_.resources; ++i)
      costs.push_back(random_() % (busy_capacity / 4));
    submit.spec.resources = costs;
    ++parked_;
    feed(submit);
  }
  void feed(const Input& input) {
    lot_.handle(now_, input);
    while (const Effect* effect = lot_.poll()) {
      const auto* start = std::get_if<Start>(effect);
      if (start == nullptr) continue;
      runs_.push_back(*start);
      --parked_;
    }
  }

  Load load_;
  Now now_{{1'767'225'600'000}, {0}};
  Scheduler lot_;
  PoolId pool_{0};
  std::mt19937_64 random_{7};
  std::vector<NameId> tenants_;
  std::vector<Start> runs_;
  std::uint64_t parked_ = 0;
};

/// Every policy, with one tenant and a thousand, and with one resource and three.
inline std::vector<Load> loads() {
  std::vector<Load> all;
  const auto add = [&all](Policy policy, auto... order) {
    for (const std::uint32_t tenants : {1U, 1000U}) {
      for (const std::size_t resources : {std::size_t{1}, std::size_t{3}})
        all.push_back(
            {policy, tenants == 1 ? Fairness::none : Fairness::tenant, tenants, resources, order...});
    }
  };
  for (const Policy policy : {Policy::first_fit, Policy::strict, Policy::backfill}) add(policy);
  // Who chooses the shortest looks at all candidates: as many in the small queue as in the large one.
  add(Policy::backfill, BackfillOrder::shortest, 100U);
  return all;
}

}  // namespace parking_lot
