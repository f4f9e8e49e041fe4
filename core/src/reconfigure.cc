#include <utility>

#include "machine.h"

/// Settings that change while the pool is open, and what the journal says of them.
namespace parking_lot {
namespace {

/// Whether tasks stand in other lines now, or tenants are told apart for the first time.
bool needs_other_lines(const Pool& pool, const PoolConfig& before) {
  const bool tracked_tenants = before.fairness == Fairness::tenant || !before.tenants.empty() ||
                               before.estimates == Estimates::learned;
  return pool.layout_for(before) != pool.layout_for(pool.config) || before.fairness != pool.config.fairness ||
         tracked_tenants != pool.tracks_tenants() || before.tenants != pool.config.tenants;
}

}  // namespace

void Scheduler::Machine::take(const Reconfigure& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr) {
    refuse(input.request, Refusal::unknown_pool, "pool");
    return;
  }
  if (refused_by_storage(*pool, input.request) || refused_as_busy(*pool, input.request)) return;
  if (input.config == nullptr || input.config->resources.size() != pool->config.resources.size()) {
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
  if (needs_other_lines(pool, before)) lay_out(pool);
  for (std::uint32_t run = 0; run < runs_.end(); ++run) {
    if (runs_[run].stage != Run::Stage::free && runs_[run].pool == pool.id.index) expect_end(pool, run);
  }
  if (pool.config.ageing.ms > 0) arm_pool_timer(pool, PoolTimer::ageing, now_.steady + Duration{1});
}

/// Remembers what a journal says; `settle_config` decides what it is worth.
void Scheduler::Machine::apply(Pool& pool, std::uint32_t, const PoolConfigured& fact, Stamp) {
  if (pool.stream.state() == StreamState::open) return;  // live: it has been adopted
  const ParsedPool parsed = parse_pool_settings(fact.settings, pool.config);
  if (parsed.ok()) pool.recorded = parsed.pool;
}

/// When a process starts, the config file decides; that is recorded if the journal knows other settings. When
/// a stream is read back later, the journal decides.
void Scheduler::Machine::settle_config(Pool& pool) {
  const std::optional<PoolConfig> recorded = std::exchange(pool.recorded, std::nullopt);
  if (pool.was_open) {
    adopt(pool, recorded ? *recorded : pool.at_open);
  } else if (recorded) {
    const std::string settings = pool_settings_json(pool.config);
    if (settings != pool_settings_json(*recorded)) emit(pool, no_slot, PoolConfigured{settings});
  }
  pool.was_open = true;
}

}  // namespace parking_lot
