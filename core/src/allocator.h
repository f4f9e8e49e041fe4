#pragma once

#include <optional>

#include "pool.h"
#include "slab.h"

namespace parking_lot {

/// A parked task with the lane that it leaves from.
struct Candidate {
  Lane* lane = nullptr;
  TaskQueue::Entry entry;
  Place place;
};

/// What a decision rests on.
struct Situation {
  Pool& pool;
  const Slab<Task>& tasks;
  SteadyTime now;

  Amounts cost_of(const Candidate& candidate) const {
    return pool.has_resources() ? pool.costs.at(candidate.entry.slot) : Amounts(candidate.entry.units);
  }
};

/// The head whom a policy protects: the first parked task in leaving order that has an executor, could run
/// (its cost is within the capacity and within what its tenant may still use), comes first in its lane and
/// does not fit. Tasks without an executor or dearer than the capacity block nobody; nor does one that fits
/// and only waits for an executor's credit: that is its own lane's matter.
std::optional<Candidate> blocked_head(const Situation& situation);

/// The parked task that starts next under the pool's policy, or none. Tasks that cost nothing pass the order.
/// O(log n) per lane; a backfill adds O(1) to O(log n) for each candidate that it looks at.
std::optional<Candidate> next_to_start(const Situation& situation);

/// The first task, of the lanes that have credit, that costs at most `free`.
std::optional<Candidate> first_that_fits(Pool& pool, const Amounts& free);

/// EASY backfill (Lifka, "The ANL/IBM SP scheduling system", 1995): the next task to start beside a head that
/// does not fit, and which must not be delayed. `pool.sweep` remembers how far this pass has come.
std::optional<Candidate> next_beside(const Situation& situation, const Candidate& head, const Amounts& free);

/// When the head can start if all runs end as expected.
Reservation reservation_of(const Situation& situation, const Candidate& head, const Amounts& free);

/// The resources, bit for bit, of which less is free than needed.
std::uint8_t bottleneck_of(const Amounts& needed, const Amounts& free);
bool uses_any(const Amounts& cost, std::uint8_t resources);

/// The task that the starvation guard has given the pool to, and that does not fit: nobody later may start
/// who needs what it waits for.
struct GuardHolder {
  std::uint32_t slot = no_slot;
  Place place;
  std::uint8_t bottleneck = 0;
};
std::optional<GuardHolder> guard_holder(Pool& pool);

/// Whom a start at this place would leave too far behind: a task of a tenant in the same class that could
/// run, waits for what it needs, and whose tenant has had less service by more than `Pool::leeway`.
std::optional<FoundTask> held_for(const Situation& situation, const Place& place, const Amounts& free);

}  // namespace parking_lot
