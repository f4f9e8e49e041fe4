#include "conformance/conformance_case.h"
#include "conformance/life.h"

// Pools and stores as a whole.

using namespace parking_lot;
using namespace parking_lot::conformance;

namespace {

json with_second_pool(const Place& place) {
  json config = config_at(place);
  config["pools"]["other"] = config["pools"]["pool"];
  return config;
}

ParsedTask task_in(const std::string& pool, const std::string& id) {
  ParsedTask task = task_named(id);
  task.pool = pool;
  return task;
}

}  // namespace

CONFORMANCE_CASE(a_paused_pool_stays_paused) {
  const json config = config_at(place);
  killed_life(config, run_nothing, [&](Life& life) -> json {
    life.submit(task_named("a"));
    life.set_state(PoolState::paused);
    return nullptr;
  });
  Life life(config, echo);
  if (!backend.keeps_tasks()) {
    CHECK(life.stats().state == PoolState::active);
    return;
  }
  CHECK(life.stats().state == PoolState::paused);
  CHECK(life.answer_to(task_named("b")) == "admitted");
  CHECK(life.status("a") == "queued");
  CHECK(life.stats().running == 0);
  life.set_state(PoolState::active);
  CHECK(life.outcome("a").status == Status::completed);
}

CONFORMANCE_CASE(figures_and_health_are_true_after_a_crash) {
  const json config = config_at(place);
  killed_life(config, echo, [&](Life& life) -> json {
    life.submit(task_named("ended"));
    life.outcome("ended");
    life.message_ids(1);
    life.set_state(PoolState::paused);
    for (const char* id : {"a", "b", "c"}) life.submit(task_named(id));
    return nullptr;
  });
  Life life(config);
  const PoolStats stats = life.stats();
  CHECK(stats.parked == (backend.keeps_tasks() ? 3 : 0));
  CHECK(stats.running == 0);
  CHECK(stats.units_in_use == 0);
  CHECK(stats.storage == StreamState::open);
  CHECK(stats.ignored_records == 0);
  CHECK_FALSE(stats.delivery_held);
  const Health health = life.health();
  CHECK_FALSE(health.is_degraded());
  CHECK(health.trouble().empty());
  REQUIRE(health.pools.size() == 1);
  CHECK(health.pools[0].is_durable == backend.keeps_tasks());
  REQUIRE(health.stores.size() == 1);
  CHECK(health.stores[0].is_durable == backend.keeps_messages());
  CHECK(health.stores[0].messages == (backend.keeps_messages() ? 1 : 0));
}

CONFORMANCE_CASE(a_store_has_one_owner) {
  const json config = config_at(place);
  const bool is_owned = backend.keeps_tasks() || backend.keeps_messages();
  Life owner(config, echo);
  boost::asio::io_context io;
  const Config parsed = test::config_from(config.dump());
  {
    const auto second = Host::open(parsed, io);
    CHECK(second.has_value() != is_owned);
    if (!second) CHECK_THAT(second.error().message, Catch::Contains("in use by"));
  }
  owner.submit(task_named("a"));
  CHECK(owner.outcome("a").status == Status::completed);
  CHECK(owner.message_ids(1).size() == 1);
}

CONFORMANCE_CASE(pools_of_one_store_are_separate) {
  const json config = with_second_pool(place);
  killed_life(config, run_nothing, [&](Life& life) -> json {
    life.submit(task_in("pool", "same"));
    life.submit(task_in("other", "same"));
    life.submit(task_in("other", "more"));
    life.cancel("same", "other");
    life.set_state(PoolState::paused, "other");
    return nullptr;
  });
  Life life(config, echo);
  if (!backend.keeps_tasks()) {
    CHECK(life.status("same", "other") == "unknown_task");
    return;
  }
  CHECK(life.outcome("same").status == Status::completed);
  CHECK(life.status("same", "other") == "dropped: cancelled");
  CHECK(life.status("more", "other") == "queued");
  CHECK(life.stats().state == PoolState::active);
  CHECK(life.stats("other").state == PoolState::paused);
  CHECK(life.status("more") == "unknown_task");
}

CONFORMANCE_CASE(a_pool_left_out_loses_nothing) {
  const json config = with_second_pool(place);
  killed_life(config, run_nothing, [&](Life& life) -> json {
    life.submit(task_in("other", "a"));
    life.submit(task_in("other", "b"));
    return nullptr;
  });
  {
    boost::asio::io_context io;
    const auto without = Host::open(test::config_from(config_at(place).dump()), io);
    CHECK(without.has_value() != backend.keeps_tasks());
    if (!without) {
      CHECK_THAT(without.error().message, Catch::Contains("other"));
      CHECK_THAT(without.error().message, Catch::Contains("2 "));
    }
  }
  Life life(config);
  CHECK(life.stats("other").parked == (backend.keeps_tasks() ? 2 : 0));
}
