#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "parking_lot/garage/record.h"
#include "parking_lot/types.h"

/// What goes into a garage: commands from gates, machines and operators, and reports. Inputs are views; they
/// need to live until `handle` returns. Every command is answered under its `request` (0: no answer wanted).
namespace parking_lot::garage {

/// A vehicle wants in. Refused with `already_parked`, `garage_full`, `no_compatible_spot` and what concerns
/// the reservation or the spot, if one is named.
struct Enter {
  RequestId request = 0;
  std::string_view gate;  ///< name of an entrance; empty: the first one
  Vehicle vehicle;
  Features wanted;
  std::string_view tariff;        ///< empty: the default
  std::uint64_t reservation = 0;  ///< 0: the plate's own, if it has one
  SpotId spot;                    ///< this one and no other; none: the garage chooses
  std::uint64_t if_version = 0;   ///< of that spot; 0: any
  WallTime wait_until{0};         ///< when the garage is full: answers `Waiting`, and again later; 0: never
};

/// Gives a place in the lane up. The waiting `Enter` is answered `wait_expired`.
struct LeaveLane {
  RequestId request = 0;
  std::uint64_t place = 0;
};

/// Holds spots until `until` for a plate.
struct Reserve {
  RequestId request = 0;
  Vehicle vehicle;
  Features wanted;
  std::string_view gate;
  SpotId spot;
  std::uint64_t if_version = 0;
  WallTime until{0};  ///< 0: as long as the config says
};
struct CancelReservation {
  RequestId request = 0;
  std::uint64_t reservation = 0;
};

/// A ticket by its id; without one, the open ticket of a plate.
struct TicketName {
  TicketId id;
  std::string_view plate;
};

struct Validate {
  RequestId request = 0;
  TicketName ticket;
  std::string_view validation;  ///< each counts once
  std::uint64_t if_version = 0;
};

/// A payment of at most what is due: `overpaid` (with what is due) for more, so that nobody's change is lost.
/// When nothing is due any more, the grace at the exit begins.
struct Pay {
  RequestId request = 0;
  TicketName ticket;
  Money amount = 0;
  std::uint64_t if_version = 0;
};

/// The vehicle leaves. `payment_required` (with what is due) unless all is paid or is paid here.
struct Exit {
  enum class Settlement : std::uint8_t { must_be_paid, paid_here };
  RequestId request = 0;
  TicketName ticket;
  Settlement settlement = Settlement::must_be_paid;
  WallTime at{0};  ///< when it left, not later than now; 0: now
  std::uint64_t if_version = 0;
};

struct ReportLost {
  RequestId request = 0;
  std::string_view plate;
};

/// What an operator may put right on an open ticket. Empty fields stay as they are.
struct Correct {
  RequestId request = 0;
  std::string_view by;
  std::string_view reason;
  TicketName ticket;
  std::string_view plate;
  WallTime entry{0};
  SpotId spot;  ///< where it really stands
  std::uint64_t if_version = 0;
};

/// What an operator may do against the rules: fix the price of an open ticket, or make it void, which frees
/// the spots and costs nothing.
struct Override {
  enum class What : std::uint8_t { price, make_void };
  RequestId request = 0;
  std::string_view by;
  std::string_view reason;
  TicketName ticket;
  What what = What::price;
  Money price = 0;
  std::uint64_t if_version = 0;
};

/// Gives money back, at most what was paid and not refunded yet.
struct Refund {
  RequestId request = 0;
  std::string_view by;
  std::string_view reason;
  TicketId ticket;
  Money amount = 0;
  std::uint64_t if_version = 0;
};

/// `unknown_name` if no tariff knows the permit.
struct GrantPermit {
  RequestId request = 0;
  std::string_view plate;
  std::string_view permit;
  WallTime until = never_wall;
};
struct RevokePermit {
  RequestId request = 0;
  std::string_view plate;
};

/// Whose name.
enum class Named : std::uint8_t { vehicle, operator_name };

/// Forgets the plate of a vehicle that has left: its remembered tickets show `erased:v` and its number, and a
/// vehicle that comes with this plate is a new one. Or forgets the name of an operator, which stands in
/// records alone. Recorded also if nothing is known of the name, for records may still have it: the host
/// destroys their keys when it hears `Done`, so without a `request` nothing happens.
///
/// Keys do not tell plates from operators: both go who have the name. So it is `in_use`, with what to end in
/// `field`, while a vehicle with this plate is here, has a reservation or a permit. What stays readable must
/// not have the name in it: `reason`, and `by` unless both are operators, of whom one may be called like a
/// part of the other. O(vehicles).
struct Erase {
  RequestId request = 0;
  std::string_view name;
  std::string_view by;
  std::string_view reason;
  Named whose = Named::vehicle;
};

struct SetAllocation {
  RequestId request = 0;
  Allocation allocation = Allocation::first_available;
};

/// What the host knows of the garage's zone. Recorded when it is news.
struct ZoneKnown {
  RequestId request = 0;
  std::string_view zone;
  std::span<const ZoneOffset> offsets;
};

struct InspectTicket {
  RequestId request = 0;
  TicketName ticket;
};
/// What the ticket costs if the vehicle leaves at `at` (0: now).
struct AskPrice {
  RequestId request = 0;
  TicketName ticket;
  WallTime at{0};
};
/// What a stay would cost that nobody has begun. `permit` and `validations` as in `Stay`; a `surge_percent`
/// of 0 is the one of the hour of the entry.
struct AskQuote {
  RequestId request = 0;
  std::string_view tariff;
  Stay stay;
};

/// Compares the spots that sensors or people saw occupied with the tickets; changes nothing. `seen` rises.
struct Reconcile {
  RequestId request = 0;
  std::span<const SpotId> seen;
};

struct Tick {};

struct Recovered {
  std::span<const Record> records;
};
struct RecoveryDone {};
struct Persisted {
  std::uint64_t through = 0;
};
struct PersistFailed {};

using Input =
    std::variant<Tick, Enter, LeaveLane, Reserve, CancelReservation, Validate, Pay, Exit, ReportLost, Correct,
                 Override, Refund, GrantPermit, RevokePermit, Erase, SetAllocation, ZoneKnown, InspectTicket,
                 AskPrice, AskQuote, Reconcile, Recovered, RecoveryDone, Persisted, PersistFailed>;

}  // namespace parking_lot::garage
