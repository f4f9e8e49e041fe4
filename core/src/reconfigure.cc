#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "machine.h"
#include "recorded_costs.h"

/// Settings that change while the pool is open, and what the journal says of them.
namespace parking_lot {
namespace {

/// Whether tasks stand in other lines now, tenants are told apart for the first time, or they take turns by
/// other rules: then all of them begin anew.
bool needs_other_lines(const Pool& pool, const PoolConfig& before) {
  const bool tracked_tenants = before.fairness == Fairness::tenant || !before.tenants.empty() ||
                               before.estimates == Estimates::learned;
  return pool.layout_for(before) != pool.layout_for(pool.config) || before.fairness != pool.config.fairness ||
         tracked_tenants != pool.tracks_tenants() || before.tenants != pool.config.tenants ||
         (pool.is_fair() &&
          (before.policy != pool.config.policy || before.starvation_guard != pool.config.starvation_guard));
}

/// Costs of tasks are kept by resource, in the order of their names.
bool counts_the_same(const std::map<std::string, Units>& one, const std::map<std::string, Units>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const auto& a, const auto& b) { return a.first == b.first; });
}

}  // namespace

void Scheduler::Machine::take(const Reconfigure& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr) {
    refuse(input.request, Refusal::unknown_pool, "pool");
    return;
  }
  if (refused_by_storage(*pool, input.request) || refused_as_busy(*pool, input.request)) return;
  if (input.config == nullptr || !counts_the_same(input.config->resources, pool->config.resources)) {
    refuse(input.request, Refusal::invalid_task, "max_units");
    return;
  }
  if (!pool->arrivals.empty()) settle(*pool);
  const std::string settings = pool_settings_json(*input.config);
  if (settings != pool_settings_json(pool->config)) {
    adopt(*pool, *input.config);
    emit(*pool, no_slot, PoolConfigured{settings});
    pool->state_basis = pool->stream.sequence();
    notify(*pool, no_slot, Notify::Event::pool_changed, pool->state_basis);
    mark_dirty(*pool);
  }
  reply_after(*pool, pool->state_basis, input.request, Done{1});
}

/// Takes over the settings that may change. Does not decide anything: the next allocation pass does.
void Scheduler::Machine::adopt(Pool& pool, const PoolConfig& config) {
  run_clock(pool);
  const PoolConfig before = pool.config;
  const std::vector<unsigned> competed = competing(pool);
  pool.config.max_units = config.max_units;
  pool.config.resources = config.resources;
  pool.config.max_queue_depth = config.max_queue_depth;
  pool.config.policy = config.policy;
  pool.config.starvation_guard = config.starvation_guard;
  pool.config.backfill_candidates = config.backfill_candidates;
  pool.config.backfill_order = config.backfill_order;
  pool.config.estimates = config.estimates;
  pool.config.fairness = config.fairness;
  pool.config.tenants = config.tenants;
  pool.config.ageing = config.ageing;
  if (pool.guarded != no_slot) stop_guard(pool);
  pool.exhausted.clear();
  if (needs_other_lines(pool, before)) {
    lay_out(pool);
  } else {
    wake_others(pool, competed);
  }
  for (std::uint32_t run = 0; run < runs_.end(); ++run) {
    if (runs_[run].stage != Run::Stage::free && runs_[run].pool == pool.id.index) expect_end(pool, run);
  }
  if (pool.config.ageing.ms > 0) arm_pool_timer(pool, PoolTimer::ageing, now_.steady + Duration{1});
}

/// Remembers what a journal says; `settle_config` decides what it is worth.
void Scheduler::Machine::apply(Pool& pool, std::uint32_t, const PoolConfigured& fact, Stamp) {
  if (pool.stream.state() == StreamState::open) return;  // live: it has been adopted
  restore_settings(pool, fact.settings);
}

/// Settings that this config cannot have, as when it counts other resources, are as good as none.
void Scheduler::Machine::restore_settings(Pool& pool, std::string_view settings) {
  const ParsedPool parsed = parse_pool_settings(settings, pool.at_open);
  pool.recorded = parsed.ok() ? std::optional(parsed.pool) : std::nullopt;
  pool.recorded_capacity = recorded_capacity(settings);
  const bool is_same =
      pool.recorded_capacity && counts_the_same(pool.recorded_capacity->resources, pool.config.resources);
  if (is_same) pool.recorded_capacity.reset();
  pool.recorded_by = pool.incarnations.empty() ? 0 : pool.incarnations.back();
}

/// When a process starts, the config file decides, and that is recorded if the journal says something else.
/// When the stream is read back later, what has been recorded since the start decides.
void Scheduler::Machine::settle_config(Pool& pool) {
  const std::optional<PoolConfig> recorded = std::exchange(pool.recorded, std::nullopt);
  if (pool.first_incarnation == 0) {
    pool.first_incarnation = pool.incarnations.back();
  } else {
    const bool is_of_this_process = recorded && pool.recorded_by >= pool.first_incarnation;
    adopt(pool, is_of_this_process ? *recorded : pool.at_open);
  }
  const std::string settings = pool_settings_json(pool.config);
  if (!recorded || settings != pool_settings_json(*recorded)) emit(pool, no_slot, PoolConfigured{settings});
}

}  // namespace parking_lot
