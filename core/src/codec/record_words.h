#pragma once

#include <cstdint>

#include "parking_lot/codes.h"
#include "parking_lot/record.h"

/// Which numbers of a closed vocabulary this version knows.
namespace parking_lot {

#define PARKING_LOT_CASE(name, number, ...) case number:
#define PARKING_LOT_KNOWS(Type, LIST)           \
  inline bool knows(Type value) {               \
    switch (static_cast<std::uint8_t>(value)) { \
      LIST(PARKING_LOT_CASE) return true;       \
      default:                                  \
        return false;                           \
    }                                           \
  }

PARKING_LOT_KNOWS(Priority, PARKING_LOT_PRIORITIES)
PARKING_LOT_KNOWS(ResourceKind, PARKING_LOT_RESOURCE_KINDS)
PARKING_LOT_KNOWS(Status, PARKING_LOT_STATUSES)
PARKING_LOT_KNOWS(Refusal, PARKING_LOT_REFUSALS)
PARKING_LOT_KNOWS(Reason, PARKING_LOT_REASONS)
PARKING_LOT_KNOWS(PoolState, PARKING_LOT_POOL_STATES)
PARKING_LOT_KNOWS(OnDisconnect, PARKING_LOT_ON_DISCONNECTS)

#undef PARKING_LOT_KNOWS
#undef PARKING_LOT_CASE

inline bool knows(TaskRestored::Stage stage) { return stage <= TaskRestored::Stage::ended; }

}  // namespace parking_lot
