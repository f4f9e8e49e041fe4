#include "allocator.h"

#include <algorithm>

namespace parking_lot {
namespace {

std::optional<Candidate> first_in_queue(Lane& lane, Units free) {
  const auto entry = lane.queue.first_that_fits(free);
  if (!entry) return std::nullopt;
  return Candidate{&lane, *entry, Place::of(entry->key)};
}

std::optional<Candidate> first_in_lane(Lane& lane, const Amounts& free) {
  if (lane.order) {
    const auto found = lane.order->first_that_fits(free);
    if (!found) return std::nullopt;
    return Candidate{&lane, found->entry, found->place};
  }
  return first_in_queue(lane, free.of[0]);
}

void keep_earlier(std::optional<Candidate>& best, const std::optional<Candidate>& other) {
  if (other && (!best || other->place < best->place)) best = other;
}

/// Without what is scarce: what fits there is in nobody's way.
Amounts without(Amounts free, std::uint8_t resources) {
  for (std::size_t i = 0; i < resources_max; ++i) {
    if ((resources >> i & 1) != 0) free.of[i] = 0;
  }
  return free;
}

/// First fit and strict: the first that fits, unless it would pass somebody whom it must not pass.
std::optional<Candidate> next_in_order(const Situation& situation, const Candidate& first,
                                       const Amounts& free) {
  Pool& pool = situation.pool;
  if (pool.config.policy == Policy::strict) {
    const auto head = blocked_head(situation);
    if (head && head->place < first.place) return std::nullopt;
  }
  const auto holder = guard_holder(pool);
  if (!holder || first.place <= holder->place) return first;
  if (!pool.has_resources()) return std::nullopt;
  return first_that_fits(pool, without(free, holder->bottleneck));
}

}  // namespace

std::uint8_t bottleneck_of(const Amounts& needed, const Amounts& free) {
  unsigned bottleneck = 0;
  for (std::size_t i = 0; i < resources_max; ++i) {
    if (needed.of[i] > free.of[i]) bottleneck |= 1U << i;
  }
  return static_cast<std::uint8_t>(bottleneck);
}

bool uses_any(const Amounts& cost, std::uint8_t resources) {
  for (std::size_t i = 0; i < resources_max; ++i) {
    if ((resources >> i & 1) != 0 && cost.of[i] > 0) return true;
  }
  return false;
}

std::optional<Candidate> first_that_fits(Pool& pool, const Amounts& free) {
  std::optional<Candidate> best;
  for (Lane& lane : pool.lanes) {
    if (lane.ready > 0) keep_earlier(best, first_in_lane(lane, free));
  }
  return best;
}

std::optional<Candidate> blocked_head(const Situation& situation) {
  Pool& pool = situation.pool;
  std::optional<Candidate> best;
  if (pool.lanes.size() == 1 && !pool.lanes.front().order) {
    Lane& lane = pool.lanes.front();
    if (lane.executors == 0) return std::nullopt;
    const auto entry = lane.queue.first_that_fits(pool.config.max_units);
    const auto units = pool.free_units();
    if (entry && (!units || entry->units > *units)) best = Candidate{&lane, *entry, Place::of(entry->key)};
    return best;
  }
  const auto free = pool.free_amounts();
  const Amounts capacity = pool.capacity_amounts();
  for (Lane& lane : pool.lanes) {
    if (lane.executors == 0) continue;
    const auto head = first_in_lane(lane, capacity);
    if (!head || (free && situation.cost_of(*head).fits(*free))) continue;
    keep_earlier(best, head);
  }
  return best;
}

std::optional<GuardHolder> guard_holder(Pool& pool) {
  if (pool.exhausted.empty()) return std::nullopt;
  const auto free = pool.free_amounts();
  const Amounts capacity = pool.capacity_amounts();
  std::optional<GuardHolder> holder;
  for (auto& [key, claim] : pool.exhausted) {
    const Amounts& cost = claim.task.cost;
    if (!cost.fits(capacity) || !cost.fits(pool.tenants[claim.task.tenant].room())) continue;
    const Lane* lane = pool.find_lane(claim.realm);
    if (lane == nullptr || lane->executors == 0) continue;
    if (free && cost.fits(*free)) continue;
    if (free) claim.bottleneck |= bottleneck_of(cost, *free);
    const Place place = lane->order ? lane->order->place_of(claim.task) : Place::of(key);
    if (!holder || place < holder->place) holder = {claim.task.slot, place, claim.bottleneck};
  }
  return holder;
}

std::optional<FoundTask> held_for(const Situation& situation, const Place& place, const Amounts& free) {
  Pool& pool = situation.pool;
  if (!pool.is_fair()) return std::nullopt;
  const auto leeway = pool.leeway();
  if (!leeway) return std::nullopt;
  const Amounts capacity = pool.capacity_amounts();
  for (const Lane& lane : pool.lanes) {
    if (lane.executors == 0) continue;
    const auto behind = lane.order->first_blocked(place.level, place.service - *leeway, capacity, free);
    if (behind) return behind;
  }
  return std::nullopt;
}

std::optional<Candidate> next_to_start(const Situation& situation) {
  Pool& pool = situation.pool;
  if (!pool.starts_tasks()) return std::nullopt;
  if (pool.lanes.size() == 1 && !pool.lanes.front().order) {  // the usual case: most passes end here
    const auto units = pool.free_units();
    Lane& lane = pool.lanes.front();
    if (!units || lane.ready == 0 || lane.queue.least() > *units) return std::nullopt;
    if (pool.config.policy == Policy::first_fit && pool.exhausted.empty())
      return first_in_queue(lane, *units);
  }
  const auto free = pool.free_amounts();
  if (!free) return std::nullopt;
  const auto first = first_that_fits(pool, *free);
  if (!first) return std::nullopt;
  std::optional<Candidate> next;
  if (pool.config.policy == Policy::backfill) {
    const auto head = blocked_head(situation);
    next = !head || first->place < head->place ? first : next_beside(situation, *head, *free);
  } else {
    next = next_in_order(situation, *first, *free);
  }
  if (next && held_for(situation, next->place, *free)) next.reset();
  return next ? next : first_that_fits(pool, Amounts{});
}

}  // namespace parking_lot
