#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/commands.h"
#include "cli/store_access.h"
#include "parking_lot/json.h"

/// `parking-lot pool …`: pools of a store.
namespace parking_lot::cli {
namespace {

using Access = HostOptions::Access;

struct PoolOptions {
  StoreChoice store;
  std::string pool;
};
using Options = std::shared_ptr<PoolOptions>;

using Json = nlohmann::ordered_json;

void print_json(const PoolStats& stats, const Health::OfPool& health) {
  Json json = Json::parse(pool_stats_json(stats, health.pool));
  json["delivery_held"] = health.delivery_held;
  json["health"] = health.is_degraded() ? "degraded" : "ok";
  if (!health.trouble.empty()) json["trouble"] = health.trouble;
  std::printf("%s\n", json.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

ExitCode list(const PoolOptions& options) {
  auto stores = OpenedStores::open(options.store, Access::reading);
  if (!stores) return complain("pool", stores.error(), ExitCode::unexpected);
  const Health health = stores->host().health();
  for (const Health::OfPool& pool_health : health.pools) {
    if (!pool_health.is_durable) continue;
    const PoolStats stats = *stores->host().stats(pool_health.pool);
    if (options.store.is_json) {
      print_json(stats, pool_health);
      continue;
    }
    std::printf("%-16s %-9s units %llu of %llu, running %llu, parked %llu, undelivered %llu\n",
                pool_health.pool.c_str(), std::string(to_string(stats.state)).c_str(),
                static_cast<unsigned long long>(stats.units_in_use),
                static_cast<unsigned long long>(stats.units_max),
                static_cast<unsigned long long>(stats.running),
                static_cast<unsigned long long>(stats.parked + stats.waiting + stats.backing_off),
                static_cast<unsigned long long>(stats.undelivered));
    if (!pool_health.is_degraded()) continue;
    std::printf("%-16s degraded%s%s\n", "", pool_health.trouble.empty() ? "" : ": ",
                pool_health.trouble.c_str());
  }
  return ExitCode::fine;
}

ExitCode set_state(const PoolOptions& options, PoolState state) {
  auto stores = OpenedStores::open(options.store, Access::owning);
  if (!stores) return complain("pool", stores.error(), ExitCode::unexpected);
  const auto pool = stores->pool(options.pool);
  if (!pool) return complain("pool", pool.error(), ExitCode::usage);
  const auto done = stores->answer<std::uint64_t>(
      [&](auto answer) { stores->host().set_pool_state(*pool, state, answer); });
  if (!done) return complain("pool", done.error());
  const std::string name(to_string(state));
  if (options.store.is_json) {
    std::printf("{\"pool\":\"%s\",\"state\":\"%s\"}\n", pool->c_str(), name.c_str());
  } else {
    std::printf("%s is %s\n", pool->c_str(), name.c_str());
  }
  return ExitCode::fine;
}

void add_state(CLI::App& app, const char* name, const char* what, const Options& options, Chosen& chosen,
               PoolState state) {
  CLI::App* command = app.add_subcommand(name, what);
  add_store_options(*command, options->store);
  command->add_option("pool", options->pool, "Pool; may be left out where there is one")->type_name("NAME");
  command->callback(
      [options, &chosen, state] { chosen = [options, state] { return set_state(*options, state); }; });
}

}  // namespace

void add_pool(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<PoolOptions>();
  CLI::App* pool = app.add_subcommand("pool", "Looks at pools of a store, pauses and resumes them");
  pool->require_subcommand(1);
  CLI::App* listing = pool->add_subcommand("list", "Every pool with its figures");
  add_store_options(*listing, options->store);
  listing->callback([options, &chosen] { chosen = [options] { return list(*options); }; });
  add_state(*pool, "pause", "Parks, and starts nothing", options, chosen, PoolState::paused);
  add_state(*pool, "resume", "Undoes pause, drain and disable", options, chosen, PoolState::active);
  add_state(*pool, "drain", "Takes no new tasks, runs what is parked", options, chosen, PoolState::draining);
}

}  // namespace parking_lot::cli
