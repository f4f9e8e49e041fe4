#include <algorithm>

#include "machine.h"

/// Tenants: what they have used, what they may use, and how long their tasks run.
namespace parking_lot {
namespace {

/// What a run is charged for at first if nobody knows how long it takes.
constexpr std::int64_t first_charge_ms = 1000;
/// A charge covers at most a month; a run that goes on is charged again.
constexpr std::int64_t longest_charge_ms = 30LL * 86400 * 1000;

std::uint8_t level_of(Priority priority) {
  return static_cast<std::uint8_t>(3 - static_cast<std::uint8_t>(priority));
}

/// Units are charged in parts so large that the pool has about a million of them: service then fits into 64
/// bits for centuries.
Units charged_units(const Pool& pool, Units units) {
  Units capacity = pool.capacity();
  while (capacity > (Units{1} << 20)) {
    capacity /= 2;
    units /= 2;
  }
  return units;
}

}  // namespace

std::uint32_t Scheduler::Machine::add_tenant(Pool& pool, NameId name) {
  return pool.tenants.add(name, [&](Tenant& tenant) {
    names.hold(name);
    const auto known = pool.config.tenants.find(std::string(names.text(name)));
    if (known == pool.config.tenants.end()) return;
    const TenantConfig& config = known->second;
    tenant.weight = config.weight;
    if (config.max_queued) tenant.max_queued = *config.max_queued;
    if (config.max_units) tenant.limit = Amounts(*config.max_units);
    if (config.resources.empty()) return;
    tenant.limit = Amounts{};
    std::size_t i = 0;
    for (const auto& [resource, units] : pool.config.resources) {
      const auto limit = config.resources.find(resource);
      tenant.limit->of[i++] = limit == config.resources.end() ? units_max : limit->second;
    }
  });
}

void Scheduler::Machine::note_activity(Pool& pool, std::uint32_t tenant) {
  const NameId forgotten = pool.tenants.note_activity(tenant);
  if (forgotten) names.release(forgotten);
}

void Scheduler::Machine::refresh_lines(Pool& pool, std::uint32_t tenant) {
  for (Lane& lane : pool.lanes) {
    if (lane.order) lane.order->refresh(tenant);
  }
}

/// A tenant that wakes gets no credit for the time in which it asked for nothing: its service is raised to
/// that of whom the last start belonged to, or of the least served that waits.
void Scheduler::Machine::enter_line(Pool& pool, std::uint32_t slot) {
  const Task& task = tasks_[slot];
  const std::uint32_t number = add_tenant(pool, task.tenant);
  Tenant& tenant = pool.tenants[number];
  const std::uint8_t level = level_of(task.leaves_as);
  if (tenant.accounts[level].queued++ == 0 && pool.is_fair()) {
    std::int64_t floor = pool.service_now[level];
    for (const Lane& lane : pool.lanes) {
      if (const auto least = lane.order->least_service(level)) floor = std::min(floor, *least);
    }
    const std::int64_t service = tenant.service(level);
    if (service < floor) tenant.accounts[level].base += floor - service;
  }
  ++tenant.queued;
  note_activity(pool, number);
}

void Scheduler::Machine::leave_line(Pool& pool, std::uint32_t slot) {
  const Task& task = tasks_[slot];
  const std::uint32_t number = pool.tenants.find(task.tenant);
  Tenant& tenant = pool.tenants[number];
  --tenant.accounts[level_of(task.leaves_as)].queued;
  --tenant.queued;
  note_activity(pool, number);
}

// --- accounts ---

/// A run begins, live or at replay.
void Scheduler::Machine::begin_account(Pool& pool, std::uint32_t run_slot) {
  if (!pool.tracks_tenants()) return;
  Run& run = runs_[run_slot];
  const Task* task = task_at({run.task, run.generation});
  if (task == nullptr) return;
  run.tenant = add_tenant(pool, task->tenant);
  run.level = level_of(task->leaves_as);
  Tenant& tenant = pool.tenants[run.tenant];
  tenant.in_use.add(pool.used_by(run, run_slot));
  ++tenant.running;
  note_activity(pool, run.tenant);
  if (tenant.limit) refresh_lines(pool, run.tenant);
}

/// Its units are free: it is charged what it really took.
void Scheduler::Machine::end_account(Pool& pool, std::uint32_t run_slot) {
  Run& run = runs_[run_slot];
  if (run.tenant == 0) return;
  if (run.presumed_end != never_steady) pool.presumed_ends.erase({run.presumed_end.ms, run_slot});
  run.presumed_end = never_steady;
  Tenant& tenant = pool.tenants[run.tenant];
  Account& account = tenant.accounts[run.level];
  const std::int64_t length =
      std::clamp<std::int64_t>((pool.stream.last_at() - run.started_at).ms, 0, longest_expectation.ms);
  account.in_flight -= run.charged;
  account.settled += charged_units(pool, run.units) * static_cast<std::uint64_t>(length);
  pool.longest_charge_ms = std::max(pool.longest_charge_ms, length);
  tenant.in_use.take(pool.used_by(run, run_slot));
  --tenant.running;
  const std::uint32_t number = run.tenant;
  run.charged = 0;
  run.tenant = 0;
  refresh_lines(pool, number);
  note_activity(pool, number);
}

/// Charges a run that lives for what it is expected to take.
void Scheduler::Machine::charge_start(Pool& pool, std::uint32_t run_slot) {
  Run& run = runs_[run_slot];
  if (run.tenant == 0 || !pool.is_fair()) return;
  run.presumed.ms = run.expected.ms > 0 ? run.expected.ms : first_charge_ms;
  run.presumed.ms = std::min(run.presumed.ms, longest_charge_ms);
  const std::int64_t elapsed =
      std::clamp<std::int64_t>((now_.wall - run.started_at).ms, 0, longest_charge_ms);
  while (run.presumed.ms < elapsed) run.presumed.ms *= 2;
  run.presumed_end = now_.steady + Duration{run.presumed.ms - elapsed};
  pool.presumed_ends.insert({run.presumed_end.ms, run_slot});
  charge(pool, run_slot, run.presumed);
}

void Scheduler::Machine::charge(Pool& pool, std::uint32_t run_slot, Duration length) {
  Run& run = runs_[run_slot];
  Account& account = pool.tenants[run.tenant].accounts[run.level];
  const std::uint64_t charged = charged_units(pool, run.units) * static_cast<std::uint64_t>(length.ms);
  account.in_flight = account.in_flight - run.charged + charged;
  run.charged = charged;
  pool.longest_charge_ms = std::max(pool.longest_charge_ms, length.ms);
  refresh_lines(pool, run.tenant);
}

/// What the start of this task would be charged.
std::uint64_t Scheduler::Machine::presumed_charge(const Pool& pool, const Task& task) const {
  const std::int64_t expected = expected_length(pool, task).ms;
  const std::int64_t length = std::min(expected > 0 ? expected : first_charge_ms, longest_charge_ms);
  return charged_units(pool, task.units) * static_cast<std::uint64_t>(length);
}

/// Runs that outlive what was charged for them are charged for twice as long.
void Scheduler::Machine::correct_charges(Pool& pool) {
  while (!pool.presumed_ends.empty() && pool.presumed_ends.begin()->first < now_.steady.ms) {
    const std::uint32_t run_slot = pool.presumed_ends.begin()->second;
    pool.presumed_ends.erase(pool.presumed_ends.begin());
    Run& run = runs_[run_slot];
    while (run.presumed_end < now_.steady && run.presumed < longest_expectation) {
      run.presumed_end = run.presumed_end + run.presumed;
      run.presumed.ms *= 2;
    }
    charge(pool, run_slot, run.presumed);
    if (run.presumed_end < now_.steady) {
      run.presumed_end = never_steady;
    } else {
      pool.presumed_ends.insert({run.presumed_end.ms, run_slot});
    }
  }
}

/// While a tenant that is behind waits for what it needs, others may have the whole pool: for the guard's
/// time, until the longest run ends, and beyond that for what was charged in advance and doubled.
std::uint64_t Scheduler::Machine::fairness_lag_bound(const Pool& pool) const {
  std::int64_t protected_after = 0;
  if (pool.config.policy == Policy::first_fit) {
    if (pool.config.starvation_guard.ms == 0) return ~std::uint64_t{0};  // nothing bounds it
    protected_after = std::min(pool.config.starvation_guard.ms, longest_charge_ms);
  }
  const std::int64_t length = std::min(pool.longest_charge_ms, longest_charge_ms);
  return charged_units(pool, pool.capacity()) * static_cast<std::uint64_t>(protected_after + 3 * length);
}

// --- run times ---

void Scheduler::Machine::remember_run_time(Pool& pool, const Task& task, Duration length) {
  if (pool.config.estimates != Estimates::learned) return;
  RunHistory& history =
      pool.tenants[add_tenant(pool, task.tenant)].history[static_cast<std::size_t>(task.kind)];
  history.ms[1] = history.ms[0];
  history.ms[0] = std::clamp<std::int64_t>(length.ms, 1, longest_expectation.ms);
}

void Scheduler::Machine::apply(Pool& pool, std::uint32_t, const TenantRestored& fact, Stamp) {
  if (!pool.tracks_tenants() || fact.tenant.empty() || fact.figures.size() != levels + 2 * resource_kinds)
    return;
  const NameId name = names.intern(fact.tenant);
  Tenant& tenant = pool.tenants[add_tenant(pool, name)];
  names.release(name);
  for (std::size_t level = 0; level < levels; ++level) {
    Account& account = tenant.accounts[level];
    const auto service =
        static_cast<std::int64_t>(std::min<std::uint64_t>(fact.figures[level], INT64_MAX / 2));
    account.settled = 0;
    account.base = service;
  }
  for (std::size_t i = 0; i < resource_kinds; ++i) {
    for (std::size_t which = 0; which < 2; ++which) {
      const std::uint64_t ms = fact.figures[levels + 2 * i + which];
      tenant.history[i].ms[which] = static_cast<std::int64_t>(
          std::min<std::uint64_t>(ms, static_cast<std::uint64_t>(longest_expectation.ms)));
    }
  }
  refresh_lines(pool, pool.tenants.find(name));
  note_activity(pool, pool.tenants.find(name));
}

}  // namespace parking_lot
