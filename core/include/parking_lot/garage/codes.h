#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// The closed vocabularies of garages, as `codes.h` has those of pools. The name in the first column is the
/// spelling everywhere. Numbers are stored in journals: append, never renumber.
namespace parking_lot::garage {

// It would lay out lists in macros without regard to their lines.
// clang-format off
#define PARKING_LOT_VEHICLE_TYPES(X) X(car, 0) X(truck, 1) X(van, 2) X(motorcycle, 3) X(bus, 4)

#define PARKING_LOT_VEHICLE_SIZES(X) X(small, 0) X(medium, 1) X(large, 2)

/// Compact fits small; regular fits small and medium; oversized fits any.
#define PARKING_LOT_SPOT_KINDS(X) X(compact, 0) X(regular, 1) X(oversized, 2)

#define PARKING_LOT_SPOT_STATES(X) X(free, 0) X(reserved, 1) X(occupied, 2)

/// Bits of `Features`.
#define PARKING_LOT_FEATURES(X) X(ev_charger, 1) X(accessible, 2) X(covered, 4)

#define PARKING_LOT_TICKET_STATES(X) X(open, 0) X(closed, 1) X(voided, 2) X(lost, 3)

/// Which free spot is given first among those that fit best.
#define PARKING_LOT_ALLOCATIONS(X) X(first_available, 0) X(nearest, 1) X(fill_in, 2) X(back_to_front, 3)

/// Refusals: an answer to the client with the HTTP status that follows the number, and what to do.
#define PARKING_LOT_GARAGE_REFUSALS(X) \
  X(garage_full, 1, 409, "No compatible spot is free; wait at the gate or come back later.") \
  X(no_compatible_spot, 2, 400, "The garage has no spot that could ever take this vehicle.") \
  X(already_parked, 3, 409, "This plate has an open ticket here; close or correct it first.") \
  X(unknown_ticket, 4, 404, "No ticket with this id or plate is known here; check it, or report it lost.") \
  X(already_left, 5, 409, "The ticket is closed: the vehicle has left.") \
  X(unknown_spot, 6, 404, "The garage has no such spot; check level, row and position.") \
  X(spot_taken, 7, 409, "The spot is reserved or occupied; choose another one.") \
  X(spot_unfit, 8, 400, "The vehicle does not fit this spot; choose a bigger one.") \
  X(unknown_reservation, 9, 404, "No reservation with this number is known here.") \
  X(reservation_expired, 10, 409, "The reservation has expired; enter without it or reserve again.") \
  X(exit_before_entry, 11, 400, "The exit lies before the entry; correct one of the two times.") \
  X(payment_required, 12, 402, "The stay is not paid; pay what is due first.") \
  X(version_conflict, 13, 409, "It has changed since it was read; read it again.") \
  X(unknown_name, 14, 404, "The config knows no entrance, tariff, validation or permit of this name.") \
  X(invalid_request, 15, 400, "The request is malformed; correct the named field.") \
  X(wrong_state, 16, 409, "The ticket, spot or place is not in a state that allows this.") \
  X(wait_expired, 17, 409, "No spot came free before the deadline; come back later.") \
  X(zone_unknown, 18, 503, "The offsets of the garage's time zone were not given yet; retry in a moment.") \
  X(busy, 19, 503, "The journal is behind; retry in a moment.") \
  X(storage_unavailable, 20, 503, "The garage's storage is loading or failing; retry later.") \
  X(unconfirmed, 21, 503, "Storage failed before the answer was certain; look, then retry.") \
  X(lane_full, 22, 409, "Too many vehicles wait at the gates; come back later.") \
  X(unknown_garage, 23, 404, "No garage has this name; check the config.") \
  X(overpaid, 24, 400, "The amount is more than what is due, or than what can be refunded; name at most that.") \
  X(in_use, 25, 409, "The named ticket, place, reservation or permit of the vehicle stands; end it first.")

/// Why a price line is there; see tariff.h.
#define PARKING_LOT_LINE_KINDS(X) \
  X(grace, 0) \
  X(flat, 1) \
  X(event, 2) \
  X(time, 3) \
  X(night, 4) \
  X(weekend, 5) \
  X(surge, 6) \
  X(cap, 7) \
  X(vehicle, 8) \
  X(ev_overstay, 9) \
  X(lost_ticket, 10) \
  X(validation, 11) \
  X(permit, 12) \
  X(rounding, 13) \
  X(fixed, 14)

/// Audit actions of a garage's records, beside those of pools.
#define PARKING_LOT_GARAGE_ACTIONS(X) \
  X(enter, 32) \
  X(allocate, 33) \
  X(exit, 34) \
  X(price, 35) \
  X(pay, 36) \
  X(refund, 37) \
  X(release, 38) \
  X(reserve, 39) \
  X(correct, 40) \
  X(override, 41) \
  X(wait, 42) \
  X(configure, 43) \
  X(reject, 44) \
  X(open, 45) \
  X(erase, 46)

#define PARKING_LOT_GARAGE_SUBJECTS(X) \
  X(vehicle, 16) \
  X(spot, 17) \
  X(ticket, 18) \
  X(tariff, 19) \
  X(garage, 20) \
  X(operator_name, 21) \
  X(reservation, 22)
// clang-format on

#define PARKING_LOT_ENUMERATOR(name, number, ...) name = number,
#define PARKING_LOT_DECLARE_ENUM(Type, LIST)                       \
  enum class Type : std::uint8_t { LIST(PARKING_LOT_ENUMERATOR) }; \
  std::string_view to_string(Type value);                          \
  std::optional<Type> parse_##Type(std::string_view name);

PARKING_LOT_DECLARE_ENUM(VehicleType, PARKING_LOT_VEHICLE_TYPES)
PARKING_LOT_DECLARE_ENUM(VehicleSize, PARKING_LOT_VEHICLE_SIZES)
PARKING_LOT_DECLARE_ENUM(SpotKind, PARKING_LOT_SPOT_KINDS)
PARKING_LOT_DECLARE_ENUM(SpotState, PARKING_LOT_SPOT_STATES)
PARKING_LOT_DECLARE_ENUM(Feature, PARKING_LOT_FEATURES)
PARKING_LOT_DECLARE_ENUM(TicketState, PARKING_LOT_TICKET_STATES)
PARKING_LOT_DECLARE_ENUM(Allocation, PARKING_LOT_ALLOCATIONS)
PARKING_LOT_DECLARE_ENUM(Refusal, PARKING_LOT_GARAGE_REFUSALS)
PARKING_LOT_DECLARE_ENUM(LineKind, PARKING_LOT_LINE_KINDS)
PARKING_LOT_DECLARE_ENUM(Action, PARKING_LOT_GARAGE_ACTIONS)
PARKING_LOT_DECLARE_ENUM(SubjectKind, PARKING_LOT_GARAGE_SUBJECTS)

#undef PARKING_LOT_DECLARE_ENUM
#undef PARKING_LOT_ENUMERATOR

/// The HTTP status and the sentence that belong to a refusal.
int http_status(Refusal refusal);
std::string_view sentence(Refusal refusal);

}  // namespace parking_lot::garage
