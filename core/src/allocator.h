#pragma once

#include <optional>

#include "pool.h"

namespace parking_lot {

/// A parked task with the lane that it leaves from.
struct Candidate {
  Lane* lane = nullptr;
  TaskQueue::Entry entry;
};

/// The first parked task in leaving order that has an executor and could ever run (cost <= capacity): the head, whom
/// a policy protects. Tasks without an executor or dearer than the capacity are no head and block nobody.
std::optional<Candidate> head_of(Pool& pool);

/// The parked task that starts next under the pool's policy, or none. Zero-unit tasks pass the order.
/// O(log n) per lane.
std::optional<Candidate> next_to_start(Pool& pool);

/// The task that the starvation guard has given the pool to, and that does not fit: nobody later may start.
std::optional<QueueKey> guard_holder(const Pool& pool);

}  // namespace parking_lot
