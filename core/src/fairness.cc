#include <algorithm>
#include <utility>

#include "machine.h"

/// Tenants: what they have used, what they may use, and how long their tasks run.
namespace parking_lot {
namespace {

/// What a run is charged for at first if nobody knows how long it takes.
constexpr Duration unknown_charge = Duration::seconds(1);
std::uint8_t level_of(Priority priority) {
  return static_cast<std::uint8_t>(3 - static_cast<std::uint8_t>(priority));
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

/// A tenant that had nothing waiting which could run gets no credit for that time.
void Scheduler::Machine::enter_line(Pool& pool, std::uint32_t slot) {
  const Task& task = tasks_[slot];
  const std::uint32_t number = add_tenant(pool, task.tenant);
  Tenant& tenant = pool.tenants[number];
  const std::uint8_t level = level_of(task.leaves_as);
  const bool is_first = tenant.accounts[level].queued++ == 0;
  if (pool.is_fair() && (is_first || !pool.competes(level, number))) wake(pool, number, level);
  ++tenant.queued;
  note_activity(pool, number);
}

/// Its service is raised to that of whom the last start belonged to, or of the least served that competes.
void Scheduler::Machine::wake(Pool& pool, std::uint32_t number, std::uint8_t level) {
  std::int64_t floor = pool.service_now[level];
  if (const auto least = pool.least_service(level)) floor = std::min(floor, *least);
  Tenant& tenant = pool.tenants[number];
  const std::int64_t service = tenant.service(level);
  if (service >= floor) return;
  tenant.accounts[level].base += floor - service;
  refresh_lines(pool, number);
}

/// Bit for bit, the classes in which the tenant competes.
unsigned Scheduler::Machine::competing(const Pool& pool, std::uint32_t number) const {
  unsigned classes = 0;
  for (std::uint8_t level = 0; level < levels; ++level) {
    if (pool.tenants[number].accounts[level].queued > 0 && pool.competes(level, number))
      classes |= 1U << level;
  }
  return classes;
}

std::vector<unsigned> Scheduler::Machine::competing(const Pool& pool) const {
  std::vector<unsigned> classes;
  if (!pool.is_fair()) return classes;
  pool.tenants.visit([&](std::uint32_t number) {
    classes.resize(number + 1);
    classes[number] = competing(pool, number);
  });
  return classes;
}

/// Wakes tenants that did not compete before: executors came, or the capacity grew.
void Scheduler::Machine::wake_others(Pool& pool, const std::vector<unsigned>& before) {
  for (std::uint32_t number = 1; number < before.size(); ++number) wake_since(pool, number, before[number]);
}

void Scheduler::Machine::wake_since(Pool& pool, std::uint32_t number, unsigned before) {
  const unsigned woken = competing(pool, number) & ~before;
  for (std::uint8_t level = 0; level < levels; ++level) {
    if ((woken >> level & 1) != 0) wake(pool, number, level);
  }
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

/// What a run of this length is presumed to take at first.
Duration Scheduler::Machine::first_charge(const Pool& pool, const Task& task) const {
  const Duration expected = expected_length(pool, task);
  return std::min(expected.ms > 0 ? expected : unknown_charge, longest_charge);
}

/// A run begins, live or at replay. It is charged in advance for what it is expected to take.
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
  pool.most_in_use = std::max(pool.most_in_use, pool.in_use);
  if (pool.is_fair()) {
    std::int64_t& service_now = pool.service_now[run.level];
    service_now = std::max(service_now, tenant.service(run.level));
    run.presumed = first_charge(pool, *task);
    charge(pool, run_slot, run.presumed);
  } else if (tenant.limit) {
    refresh_lines(pool, run.tenant);
  }
}

/// Its units are free: it is charged what it really took.
void Scheduler::Machine::end_account(Pool& pool, std::uint32_t run_slot) {
  Run& run = runs_[run_slot];
  if (run.tenant == 0) return;
  const std::uint32_t number = std::exchange(run.tenant, 0);
  if (run.presumed_end != never_steady) pool.presumed_ends.erase({run.presumed_end.ms, run_slot});
  run.presumed_end = never_steady;
  Tenant& tenant = pool.tenants[number];
  const unsigned before = pool.is_fair() && tenant.limit ? competing(pool, number) : ~0U;
  Account& account = tenant.accounts[run.level];
  const std::int64_t length =
      std::clamp<std::int64_t>((pool.stream.last_at() - run.started_at).ms, 0, longest_expectation.ms);
  account.in_flight -= std::exchange(run.charged, 0);
  account.settled += pool.charged_units(run.units) * static_cast<std::uint64_t>(length);
  pool.longest_charge_ms = std::max(pool.longest_charge_ms, length);
  tenant.in_use.take(pool.used_by(run, run_slot));
  --tenant.running;
  refresh_lines(pool, number);
  if (before != ~0U) wake_since(pool, number, before);
  note_activity(pool, number);
}

/// Watches how long a run that lives outlasts what it was charged for.
void Scheduler::Machine::watch_charge(Pool& pool, std::uint32_t run_slot) {
  Run& run = runs_[run_slot];
  if (run.tenant == 0 || !pool.is_fair()) return;
  const std::int64_t elapsed =
      std::clamp<std::int64_t>((now_.wall - run.started_at).ms, 0, longest_charge.ms);
  const Duration charged = run.presumed;
  while (run.presumed.ms < elapsed) run.presumed.ms *= 2;
  run.presumed_end = now_.steady + Duration{run.presumed.ms - elapsed};
  pool.presumed_ends.insert({run.presumed_end.ms, run_slot});
  if (run.presumed != charged) charge(pool, run_slot, run.presumed);
}

void Scheduler::Machine::charge(Pool& pool, std::uint32_t run_slot, Duration length) {
  Run& run = runs_[run_slot];
  Account& account = pool.tenants[run.tenant].accounts[run.level];
  const std::uint64_t charged = pool.charged_units(run.units) * static_cast<std::uint64_t>(length.ms);
  account.in_flight = account.in_flight - run.charged + charged;
  run.charged = charged;
  pool.longest_charge_ms = std::max(pool.longest_charge_ms, length.ms);
  refresh_lines(pool, run.tenant);
}

/// What the start of this task would be charged.
std::uint64_t Scheduler::Machine::presumed_charge(const Pool& pool, const Task& task) const {
  return pool.charged_units(task.units) * static_cast<std::uint64_t>(first_charge(pool, task).ms);
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

/// The leeway, and what is charged in advance, doubled and given back for runs that take the whole pool. None
/// for pools whose tasks need different executors: who waits for its own is passed by the others.
std::uint64_t Scheduler::Machine::fairness_lag_bound(const Pool& pool) const {
  const auto leeway = pool.leeway();
  const auto used =
      std::count_if(pool.lanes.begin(), pool.lanes.end(), [](const Lane& lane) { return lane.was_used; });
  if (!leeway || used > 1) return fairness_unbounded;
  const Units units = pool.charged_units(std::max(pool.capacity(), pool.most_in_use));
  return static_cast<std::uint64_t>(std::max(*leeway, pool.inherited_lag)) +
         3 * units * static_cast<std::uint64_t>(pool.longest_charge_ms);
}

/// What happened before the stream was read is known by what came of it: the marks that the bound rests on
/// begin anew.
void Scheduler::Machine::inherit_lag(Pool& pool) const {
  pool.inherited_lag = 0;
  for (std::size_t level = 0; pool.is_fair() && level < levels; ++level) {
    std::int64_t least = INT64_MAX;
    std::int64_t most = INT64_MIN;
    pool.tenants.visit([&](std::uint32_t number) {
      const std::int64_t service = pool.tenants[number].service(level);
      most = std::max(most, service);
      if (pool.tenants[number].accounts[level].queued > 0) least = std::min(least, service);
    });
    if (least < most) pool.inherited_lag = std::max(pool.inherited_lag, most - least);
  }
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
    pool.service_now[level] = std::max(pool.service_now[level], service);
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
