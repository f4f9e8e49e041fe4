#include "allocator.h"

namespace parking_lot {
namespace {

/// Nobody with a later key may start, besides zero-unit tasks.
QueueKey last_allowed(Pool& pool) {
  if (pool.config.policy == Policy::strict) {
    if (const auto head = blocked_head(pool)) return head->entry.key;
  }
  return guard_holder(pool).value_or(last_queue_key);
}

}  // namespace

std::optional<Candidate> first_that_fits(Pool& pool, Units free) {
  std::optional<Candidate> best;
  for (Lane& lane : pool.lanes) {
    if (lane.ready == 0) continue;
    const auto entry = lane.queue.first_that_fits(free);
    if (entry && (!best || entry->key < best->entry.key)) best = Candidate{&lane, *entry};
  }
  return best;
}

std::optional<Candidate> blocked_head(Pool& pool) {
  const auto free = pool.free_units();
  std::optional<Candidate> best;
  for (Lane& lane : pool.lanes) {
    if (lane.executors == 0) continue;
    const auto head = lane.queue.first_that_fits(pool.capacity());
    if (!head || (free && head->units <= *free)) continue;
    if (!best || head->key < best->entry.key) best = Candidate{&lane, *head};
  }
  return best;
}

std::optional<QueueKey> guard_holder(const Pool& pool) {
  const auto free = pool.free_units();
  for (const auto& [key, entry] : pool.exhausted) {
    if (entry.units > pool.capacity()) continue;
    const Lane* lane = pool.find_lane(entry.realm);
    if (lane == nullptr || lane->executors == 0) continue;
    if (free && entry.units <= *free) continue;
    return key;
  }
  return std::nullopt;
}

std::optional<Candidate> next_to_start(const Situation& situation) {
  Pool& pool = situation.pool;
  if (!pool.starts_tasks()) return std::nullopt;
  const auto free = pool.free_units();
  if (!free) return std::nullopt;
  const auto candidate = first_that_fits(pool, *free);
  if (!candidate) return std::nullopt;
  if (pool.config.policy == Policy::backfill) {
    const auto head = blocked_head(pool);
    if (!head || candidate->entry.key < head->entry.key) return candidate;
    if (const auto beside = next_beside(situation, *head, *free)) return beside;
  } else if (candidate->entry.key <= last_allowed(pool)) {
    return candidate;
  }
  return first_that_fits(pool, 0);
}

}  // namespace parking_lot
