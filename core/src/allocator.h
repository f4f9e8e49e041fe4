#pragma once

#include <optional>

#include "pool.h"

namespace parking_lot {

/// A parked task with the lane that it leaves from.
struct Candidate {
  Lane* lane = nullptr;
  TaskQueue::Entry entry;
};

/// The head whom a policy protects: the first parked task in leaving order that has an executor, could ever
/// run (cost <= capacity), comes first in its lane and does not fit. Tasks without an executor or dearer than
/// the capacity block nobody; nor does one that fits and only waits for an executor's credit: that is its own
/// lane's matter.
std::optional<Candidate> blocked_head(Pool& pool);

/// The parked task that starts next under the pool's policy, or none. Zero-unit tasks pass the order.
/// O(log n) per lane.
std::optional<Candidate> next_to_start(Pool& pool);

/// The task that the starvation guard has given the pool to, and that does not fit: nobody later may start.
std::optional<QueueKey> guard_holder(const Pool& pool);

}  // namespace parking_lot
