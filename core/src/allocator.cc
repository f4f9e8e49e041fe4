#include "allocator.h"

namespace parking_lot {
namespace {

/// The first task that costs at most `free` over the lanes for which `admits` holds.
template <class Admits>
std::optional<Candidate> first_over_lanes(Pool& pool, Units free, Admits admits) {
  std::optional<Candidate> best;
  for (Lane& lane : pool.lanes) {
    if (!admits(lane)) continue;
    const auto entry = lane.queue.first_that_fits(free);
    if (entry && (!best || entry->key < best->entry.key)) best = Candidate{&lane, *entry};
  }
  return best;
}

bool has_credit(const Lane& lane) { return lane.ready > 0; }

/// Nobody with a later key may start, besides zero-unit tasks.
QueueKey last_allowed(Pool& pool) {
  if (pool.config.policy == Policy::strict) {
    if (const auto head = blocked_head(pool)) return head->entry.key;
  }
  return guard_holder(pool).value_or(last_queue_key);
}

}  // namespace

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

std::optional<Candidate> next_to_start(Pool& pool) {
  if (!pool.starts_tasks()) return std::nullopt;
  const auto free = pool.free_units();
  if (!free) return std::nullopt;
  const auto candidate = first_over_lanes(pool, *free, has_credit);
  if (!candidate) return std::nullopt;
  if (candidate->entry.key <= last_allowed(pool)) return candidate;
  return first_over_lanes(pool, 0, has_credit);
}

}  // namespace parking_lot
