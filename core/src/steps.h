#pragma once

#include <cstdint>

/// What a decision costs, counted instead of timed: nodes of trees and places in them that are looked at, and
/// candidates; a pass over the numbers of one leaf counts as one. Only in the build of the machines that
/// tests/work makes for it; elsewhere a step is nothing.
#ifdef PARKING_LOT_COUNT_STEPS
namespace parking_lot {
inline std::uint64_t steps_counted = 0;
}
#define PARKING_LOT_STEP() (void)++::parking_lot::steps_counted
#else
#define PARKING_LOT_STEP() (void)0
#endif
