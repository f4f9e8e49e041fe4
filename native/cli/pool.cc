#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "backend/file_journal/past_pool.h"
#include "cli/commands.h"
#include "cli/store_access.h"
#include "cli/task_line.h"
#include "cli/units_text.h"
#include "parking_lot/json.h"
#include "parking_lot/native/past_pool.h"

/// `parking-lot pool …`: pools of a store.
namespace parking_lot::cli {
namespace {

using Access = HostOptions::Access;

struct PoolOptions {
  StoreChoice store;
  std::string pool;
  std::string time;
};

/// How far tenants that wait are apart, where they take turns.
std::string lag_text(const PoolStats& stats) {
  if (stats.fairness_lag_bound == 0) return "";
  const auto per_ms = static_cast<double>(service_per_ms(stats.units_max));
  const auto seconds = [&](std::uint64_t service) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(service) / per_ms / 1000);
    return std::string(text);
  };
  std::string lag = ", tenants apart by " + seconds(stats.fairness_lag) + " of the whole pool";
  if (stats.fairness_lag_bound == fairness_unbounded) return lag;
  return lag + " (at most " + seconds(stats.fairness_lag_bound) + ")";
}

using Json = nlohmann::ordered_json;

/// Without what counts from the opening, which is this reader's: the pool's owner may have counted others.
Json figures_of(const PoolStats& stats, const std::string& pool) {
  Json json = Json::parse(pool_stats_json(stats, pool));
  for (const char* count : {"admitted", "completed", "failed", "expired", "dropped", "rejected"})
    json.erase(count);
  return json;
}

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void print_json(const PoolStats& stats, const Health::OfPool& health) {
  Json json = figures_of(stats, health.pool);
  json["delivery_held"] = health.delivery_held;
  json["health"] = health.is_degraded() ? "degraded" : "ok";
  if (!health.trouble.empty()) json["trouble"] = health.trouble;
  std::printf("%s\n", line_of(json).c_str());
}

void print_line(const PoolStats& stats, const std::string& pool) {
  std::printf("%-16s %-9s %s, running %llu, parked %llu, undelivered %llu%s\n", pool.c_str(),
              std::string(to_string(stats.state)).c_str(), use_text(stats).c_str(),
              static_cast<unsigned long long>(stats.running),
              static_cast<unsigned long long>(stats.parked) + stats.waiting + stats.backing_off,
              static_cast<unsigned long long>(stats.undelivered), lag_text(stats).c_str());
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
    print_line(stats, pool_health.pool);
    if (!pool_health.is_degraded()) continue;
    std::printf("%-16s degraded%s%s\n", "", pool_health.trouble.empty() ? "" : ": ",
                pool_health.trouble.c_str());
  }
  return ExitCode::fine;
}

ExitCode at(const PoolOptions& options) {
  const auto time = parse_rfc3339(options.time);
  if (!time) return complain("pool", Error{options.time, time.error().message}, ExitCode::usage);
  std::string name;
  PoolConfig config;
  {
    auto stores = OpenedStores::open(options.store, Access::reading);
    if (!stores) return complain("pool", stores.error(), ExitCode::unexpected);
    const auto pool = stores->pool(options.pool);
    if (!pool) return complain("pool", pool.error(), ExitCode::usage);
    name = *pool;
    for (const PoolConfig& each : stores->config().pools) {
      if (each.name == name) config = each;
    }
  }
  auto scheduler = pool_as_of(config, config.queue.path, *time);
  if (!scheduler) return complain("pool", scheduler.error(), ExitCode::unexpected);
  const PoolStats stats = scheduler->stats(PoolId{0});
  if (options.store.is_json) {
    std::printf("%s\n", line_of(figures_of(stats, name)).c_str());
  } else {
    print_line(stats, name);
  }
  visit_tasks(*scheduler, *time,
              [&](const TaskView& task) { print_task(task, name, options.store.is_json); });
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

void add_state(CLI::App& app, const char* name, const char* what, const std::shared_ptr<PoolOptions>& options,
               Chosen& chosen, PoolState state) {
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
  CLI::App* past = pool->add_subcommand("at", "A pool as it was at a past time: its figures, then its tasks");
  add_store_options(*past, options->store);
  past->add_option("time", options->time, "RFC 3339")->required()->type_name("TIME");
  past->add_option("--pool", options->pool, "Which pool, if there are several")->type_name("NAME");
  past->callback([options, &chosen] { chosen = [options] { return at(*options); }; });
  add_state(*pool, "pause", "Parks, and starts nothing", options, chosen, PoolState::paused);
  add_state(*pool, "resume", "Undoes pause, drain and disable", options, chosen, PoolState::active);
  add_state(*pool, "drain", "Takes no new tasks, runs what is parked", options, chosen, PoolState::draining);
}

}  // namespace parking_lot::cli
