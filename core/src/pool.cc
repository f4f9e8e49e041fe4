#include "pool.h"

#include <algorithm>

#include "parking_lot/check.h"

namespace parking_lot {

Pool::Pool(PoolId pool_id, const PoolConfig& pool_config)
    : id(pool_id),
      config(pool_config),
      stream(pool_config.queue.is_volatile() ? Keeping::kept_volatile : Keeping::kept_durable) {
  lanes.emplace_back();
}

std::optional<Units> Pool::free_units() const {
  if (in_use > capacity()) return std::nullopt;
  return capacity() - in_use;
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
  return lanes.back();
}

const Lane* Pool::find_lane(RealmId realm) const {
  for (const Lane& candidate : lanes) {
    if (candidate.realm == realm) return &candidate;
  }
  return nullptr;
}

TaskQueue::Ahead Pool::ahead_of(QueueKey key) const {
  TaskQueue::Ahead sum;
  for (const Lane& each : lanes) {
    const TaskQueue::Ahead ahead = each.queue.ahead_of(key);
    sum.tasks += ahead.tasks;
    sum.units += ahead.units;
  }
  return sum;
}

std::uint64_t Pool::queued() const {
  std::uint64_t sum = 0;
  for (const Lane& each : lanes) sum += each.queue.size();
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
  bytes +=
      by_name.size() * (sizeof(void*) * 2 + sizeof(std::uint64_t)) + by_name.bucket_count() * sizeof(void*);
  for (const Lane& each : lanes) bytes += sizeof(Lane) + each.queue.memory_bytes();
  return bytes;
}

}  // namespace parking_lot
