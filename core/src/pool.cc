#include "pool.h"

#include <algorithm>

#include "parking_lot/check.h"
#include "tenant_lines.h"

namespace parking_lot {

Pool::Pool(PoolId pool_id, const PoolConfig& pool_config)
    : id(pool_id),
      config(pool_config),
      stream(pool_config.queue.is_volatile() ? Keeping::kept_volatile : Keeping::kept_durable) {
  at_open = pool_config;
  lanes.emplace_back();
  set_layout(layout_for(config));
}

Pool::Layout Pool::layout_for(const PoolConfig& settings) const {
  if (!settings.resources.empty()) return Layout::vector_lines;
  const bool has_limits = std::any_of(settings.tenants.begin(), settings.tenants.end(),
                                      [](const auto& tenant) { return tenant.second.max_units.has_value(); });
  return settings.fairness == Fairness::tenant || has_limits ? Layout::lines : Layout::plain;
}

std::unique_ptr<ParkedOrder> Pool::new_order() const {
  const Turns turns = is_fair() ? Turns::by_service : Turns::by_admission;
  if (layout_ == Layout::lines) return std::make_unique<TenantLines<SingleCost>>(tenants, turns);
  if (layout_ == Layout::vector_lines) return std::make_unique<TenantLines<VectorCost>>(tenants, turns);
  return nullptr;
}

void Pool::set_layout(Layout layout) {
  layout_ = layout;
  for (Lane& each : lanes) {
    each.queue = TaskQueue();
    each.order = new_order();
  }
}

Amounts Pool::capacity_amounts() const {
  if (!has_resources()) return Amounts(config.max_units);
  Amounts capacity;
  std::size_t i = 0;
  for (const auto& [name, units] : config.resources) capacity.of[i++] = units;
  return capacity;
}

ResourceUnits Pool::by_resource(const Amounts& amounts) const {
  ResourceUnits units;
  for (const auto& [name, most] : config.resources) units.emplace_back(name, amounts.of[units.size()]);
  return units;
}

std::optional<Amounts> Pool::free_amounts() const {
  if (!has_resources()) {
    const auto free = free_units();
    return free ? std::optional(Amounts(*free)) : std::nullopt;
  }
  Amounts free = capacity_amounts();
  if (!amounts_in_use.fits(free)) return std::nullopt;
  free.take(amounts_in_use);
  return free;
}

Units Pool::share_of(const Amounts& amounts) const {
  const Amounts capacity = capacity_amounts();
  Units share = 0;
  for (std::size_t i = 0; i < resources_max; ++i) {
    // Scaled down until a million times it fits into 64 bits.
    Units whole = capacity.of[i];
    Units part = amounts.of[i];
    while (whole > units_max / share_unit) {
      whole /= 2;
      part = part / 2 + part % 2;
    }
    if (whole == 0) continue;
    part = std::min(part, whole);
    share = std::max(share, (part * share_unit + whole - 1) / whole);
  }
  return share;
}

Units Pool::share_capacity() const { return capacity_amounts().is_zero() ? 0 : share_unit; }

std::optional<Units> Pool::free_units() const {
  if (in_use > capacity()) return std::nullopt;
  return capacity() - in_use;
}

Units Pool::charged_units(Units units) const {
  Units whole = capacity();
  while (whole > service_units_max) {
    whole /= 2;
    units /= 2;
  }
  return units;
}

std::optional<std::int64_t> Pool::least_service(std::uint8_t level) const {
  std::optional<std::int64_t> least;
  for (const Lane& each : lanes) {
    if (lanes.size() > 1 && each.executors == 0) continue;
    const auto service = each.order->least_service(level, capacity_amounts());
    if (service && (!least || *service < *least)) least = service;
  }
  return least;
}

bool Pool::competes(std::uint8_t level, std::uint32_t tenant) const {
  return std::any_of(lanes.begin(), lanes.end(), [&](const Lane& each) {
    return (lanes.size() == 1 || each.executors > 0) &&
           each.order->can_run(level, tenant, capacity_amounts());
  });
}

std::optional<std::int64_t> Pool::leeway() const {
  std::int64_t length = std::min(longest_charge_ms, longest_charge.ms);
  if (config.policy == Policy::first_fit) {
    if (config.starvation_guard.ms == 0) return std::nullopt;
    length += std::min(config.starvation_guard, longest_charge).ms;
  }
  return static_cast<std::int64_t>(charged_units(capacity())) * length;
}

Executor* Pool::find_executor(ExecutorId executor_id) {
  for (Executor& executor : executors) {
    if (executor.id == executor_id) return &executor;
  }
  return nullptr;
}

void Pool::connect(const ExecutorReady& ready) {
  Executor* executor = find_executor(ready.executor);
  if (executor != nullptr && executor->realm != ready.realm) {
    disconnect(ready.executor);
    executor = nullptr;
  }
  if (executor == nullptr) {
    executors.push_back(Executor{ready.executor, ready.realm, 0, ready.liveness});
    ++lane(ready.realm).executors;
    lane(ready.realm).is_abandoned = false;
    executor = &executors.back();
  }
  executor->liveness = ready.liveness;
  set_credits(*executor, ready.credits);
}

void Pool::disconnect(ExecutorId executor_id) {
  Executor* executor = find_executor(executor_id);
  if (executor == nullptr) return;
  set_credits(*executor, 0);
  --lane(executor->realm).executors;
  executors.erase(executors.begin() + (executor - executors.data()));
}

void Pool::set_credits(Executor& executor, std::uint32_t credits) {
  Lane& its_lane = lane(executor.realm);
  if (executor.credits == 0 && credits > 0) ++its_lane.ready;
  if (executor.credits > 0 && credits == 0) --its_lane.ready;
  executor.credits = credits;
}

void Pool::give_back_credits(ExecutorId executor_id, std::uint32_t credits) {
  Executor* executor = find_executor(executor_id);
  if (executor == nullptr || executor->credits == endless_credits) return;
  set_credits(*executor, executor->credits + std::min(credits, endless_credits - 1 - executor->credits));
}

Executor& Pool::pick_executor(const Lane& its_lane) {
  Executor* best = nullptr;
  for (Executor& executor : executors) {
    if (executor.realm != its_lane.realm || executor.credits == 0) continue;
    if (best == nullptr || executor.credits > best->credits) best = &executor;
  }
  PARKING_LOT_CHECK(best != nullptr);
  return *best;
}

Lane& Pool::lane(RealmId realm) {
  for (Lane& candidate : lanes) {
    if (candidate.realm == realm) return candidate;
  }
  lanes.emplace_back();
  lanes.back().realm = realm;
  lanes.back().order = new_order();
  return lanes.back();
}

const Lane* Pool::find_lane(RealmId realm) const {
  for (const Lane& candidate : lanes) {
    if (candidate.realm == realm) return &candidate;
  }
  return nullptr;
}

TaskQueue::Ahead Pool::ahead_of(const ParkedTask& task) const {
  TaskQueue::Ahead sum;
  for (const Lane& each : lanes) {
    const TaskQueue::Ahead ahead = each.order ? each.order->ahead_of(task) : each.queue.ahead_of(task.key);
    sum.tasks += ahead.tasks;
    sum.units += ahead.units;
  }
  return sum;
}

std::uint64_t Pool::queued() const {
  std::uint64_t sum = 0;
  for (const Lane& each : lanes) sum += each.order ? each.order->size() : each.queue.size();
  return sum;
}

void Pool::note_departure(SteadyTime now) {
  if (last_departure_.ms >= 0) {
    const std::int64_t interval = std::max<std::int64_t>(now.ms - last_departure_.ms, 1);
    departure_interval_ms_ =
        departure_interval_ms_ == 0 ? interval : (departure_interval_ms_ * 7 + interval + 7) / 8;
  }
  last_departure_ = now;
}

std::size_t Pool::memory_bytes() const {
  std::size_t bytes = sizeof(Pool) + by_admission.memory_bytes() + ended.size() * sizeof(std::uint32_t);
  bytes += by_name.memory_bytes() + costs.memory_bytes() + run_costs.memory_bytes();
  for (const Lane& each : lanes)
    bytes += sizeof(Lane) + (each.order ? each.order->memory_bytes() : each.queue.memory_bytes());
  bytes += ends.memory_bytes() + tenants.memory_bytes();
  return bytes;
}

}  // namespace parking_lot
