#pragma once

#include "codec/json_words.h"
#include "parking_lot/garage/codes.h"

/// The vocabularies of garages as tables.
namespace parking_lot {

#define PARKING_LOT_WORD(name, number, ...) Word{#name, number},
#define PARKING_LOT_GARAGE_WORDS(Type, LIST)                 \
  template <>                                                \
  struct WordsOf<garage::Type> {                             \
    static constexpr Word list[] = {LIST(PARKING_LOT_WORD)}; \
  };

PARKING_LOT_GARAGE_WORDS(VehicleType, PARKING_LOT_VEHICLE_TYPES)
PARKING_LOT_GARAGE_WORDS(VehicleSize, PARKING_LOT_VEHICLE_SIZES)
PARKING_LOT_GARAGE_WORDS(SpotKind, PARKING_LOT_SPOT_KINDS)
PARKING_LOT_GARAGE_WORDS(SpotState, PARKING_LOT_SPOT_STATES)
PARKING_LOT_GARAGE_WORDS(Feature, PARKING_LOT_FEATURES)
PARKING_LOT_GARAGE_WORDS(TicketState, PARKING_LOT_TICKET_STATES)
PARKING_LOT_GARAGE_WORDS(Allocation, PARKING_LOT_ALLOCATIONS)
PARKING_LOT_GARAGE_WORDS(Refusal, PARKING_LOT_GARAGE_REFUSALS)
PARKING_LOT_GARAGE_WORDS(LineKind, PARKING_LOT_LINE_KINDS)
PARKING_LOT_GARAGE_WORDS(Action, PARKING_LOT_GARAGE_ACTIONS)
PARKING_LOT_GARAGE_WORDS(SubjectKind, PARKING_LOT_GARAGE_SUBJECTS)

#undef PARKING_LOT_GARAGE_WORDS
#undef PARKING_LOT_WORD

}  // namespace parking_lot
