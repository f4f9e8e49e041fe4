#pragma once

#include <string>

#include "parking_lot/config.h"
#include "parking_lot/result.h"
#include "parking_lot/scheduler.h"

namespace parking_lot {

/// A pool as it was at `time`, from the records of its store, which another process may own: a scheduler that
/// has this pool alone and only shows it. Fails if the records of that time are no longer there. What counts
/// since the opening (`admitted`, `completed` …) counts from the first record on. O(records until then).
Result<Scheduler> pool_as_of(const PoolConfig& pool, const std::string& directory, WallTime time);

}  // namespace parking_lot
