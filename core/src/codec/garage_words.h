#pragma once

#include <cstdint>

#include "parking_lot/garage/record.h"

/// Which numbers of the vocabularies of garages this version knows.
namespace parking_lot::garage {

#define PARKING_LOT_CASE(name, number, ...) case number:
#define PARKING_LOT_KNOWS(Type, LIST)           \
  inline bool knows(Type value) {               \
    switch (static_cast<std::uint8_t>(value)) { \
      LIST(PARKING_LOT_CASE) return true;       \
      default:                                  \
        return false;                           \
    }                                           \
  }

PARKING_LOT_KNOWS(VehicleType, PARKING_LOT_VEHICLE_TYPES)
PARKING_LOT_KNOWS(VehicleSize, PARKING_LOT_VEHICLE_SIZES)
PARKING_LOT_KNOWS(TicketState, PARKING_LOT_TICKET_STATES)
PARKING_LOT_KNOWS(Allocation, PARKING_LOT_ALLOCATIONS)
PARKING_LOT_KNOWS(Refusal, PARKING_LOT_GARAGE_REFUSALS)

#undef PARKING_LOT_KNOWS
#undef PARKING_LOT_CASE

inline bool knows(AllocationChanged::Cause value) { return value <= AllocationChanged::Cause::occupancy; }
inline bool knows(PlaceLeft::How value) { return value <= PlaceLeft::How::gave_up; }
inline bool knows(ReservationEnded::How value) { return value <= ReservationEnded::How::cancelled; }
inline bool knows(Stay::Card value) { return value <= Stay::Card::lost; }

}  // namespace parking_lot::garage
