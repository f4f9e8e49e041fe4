#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "parking_lot/garage/codes.h"
#include "parking_lot/garage/ticket.h"
#include "parking_lot/types.h"

/// Facts of a garage's stream: journal, recovery log and audit trail in one. Tickets, reservations, places in
/// the lane and vehicles are named by numbers that rise within the stream; spots by the name of their row, so
/// that a journal outlives a change of the config. Plates and operators are names of people;
/// one that was erased reads `erased:` and something, which differs from record to record.
namespace parking_lot::garage {

/// Spots of one row, `position` from 0.
struct SpotPlace {
  std::string_view row;  ///< `P1/A`; empty: none
  std::uint32_t position = 0;
  std::uint32_t count = 0;
  std::uint32_t row_hint = 0;  ///< where to look first; not part of the record
};

struct GarageOpened {
  std::uint64_t incarnation = 0;
  Entropy entropy;
};

struct ZoneChanged {
  std::string_view zone;
  std::span<const ZoneOffset> offsets;
};

struct AllocationChanged {
  enum class Cause : std::uint8_t { command, occupancy };
  Allocation allocation = Allocation::first_available;
  Cause cause = Cause::command;
};

/// A vehicle and what it wants, as every record that lets one in has it.
struct Arrival {
  std::uint64_t vehicle = 0;
  std::string_view plate;
  VehicleType type = VehicleType::car;
  VehicleSize size = VehicleSize::medium;
  std::uint16_t spots_required = 0;
  Features wanted;
  std::string_view gate;
  std::string_view tariff;
};

/// A vehicle entered and got its spots.
struct TicketOpened {
  std::uint64_t ticket = 0;
  TicketId id;
  Arrival arrival;
  SpotPlace spots;
  std::uint16_t surge_percent = 100;
  std::uint64_t place = 0;        ///< in the lane, which it left; 0: it did not wait
  std::uint64_t reservation = 0;  ///< which it used up; 0: none
};

struct PlaceTaken {
  std::uint64_t place = 0;
  Arrival arrival;
  WallTime until;
};
struct PlaceLeft {
  enum class How : std::uint8_t { expired, gave_up };
  std::uint64_t place = 0;
  How how = How::expired;
};

struct SpotsReserved {
  std::uint64_t reservation = 0;
  Arrival arrival;
  SpotPlace spots;
  WallTime until;
};
struct ReservationEnded {
  enum class How : std::uint8_t { expired, cancelled };
  std::uint64_t reservation = 0;
  How how = How::expired;
};

struct TicketValidated {
  std::uint64_t ticket = 0;
  std::string_view validation;
};

struct TicketPaid {
  std::uint64_t ticket = 0;
  Money amount = 0;
  Money price = 0;       ///< of the stay so far
  WallTime leave_by{0};  ///< 0: not all that was due
};

/// The vehicle has left (or the ticket was made void), the spots are free, the price is final.
struct TicketClosed {
  std::uint64_t ticket = 0;
  TicketState state = TicketState::closed;
  WallTime exit;
  Money price = 0;
  Money paid = 0;  ///< with the exit
};

/// What an operator put right: the values as they are from now on.
struct TicketCorrected {
  std::uint64_t ticket = 0;
  std::string_view by;
  std::string_view reason;
  std::uint64_t vehicle = 0;
  std::string_view plate;
  WallTime entry;
  SpotPlace spots;
  Stay::Card card = Stay::Card::kept;
};

/// An operator fixed the price.
struct TicketOverridden {
  std::uint64_t ticket = 0;
  std::string_view by;
  std::string_view reason;
  Money price = 0;
};

struct MoneyRefunded {
  std::uint64_t ticket = 0;
  Money amount = 0;
  std::string_view by;
  std::string_view reason;
};

struct PermitGranted {
  std::uint64_t vehicle = 0;
  std::string_view plate;
  std::string_view permit;
  WallTime until = never_wall;
};
struct PermitRevoked {
  std::uint64_t vehicle = 0;
};

/// An operator had a plate erased.
struct VehicleErased {
  std::uint64_t vehicle = 0;  ///< 0: nothing was known of the plate any more, beside what records have
  std::string_view by;
  std::string_view reason;
};

/// An operator had the name of another one erased.
struct OperatorErased {
  std::string_view by;
  std::string_view reason;
};

/// What an erased vehicle has for a plate: `erased:v7`.
std::string erased_plate(std::uint64_t vehicle);

/// Refused entries, for the reports: one record a second for each code.
struct EntriesRefused {
  Refusal code = Refusal::garage_full;
  std::uint32_t count = 0;
};

// --- state: what a checkpoint consists of; see record.h of the pools ---

/// First of a checkpoint: forgets everything before.
struct GarageRestored {
  std::uint64_t incarnation = 0;
  Entropy entropy;
  std::uint64_t next_ticket = 1;
  std::uint64_t next_place = 1;
  std::uint64_t next_reservation = 1;
  std::uint64_t next_vehicle = 1;
  Allocation allocation = Allocation::first_available;
  Allocation chosen = Allocation::first_available;
  std::string_view zone;  ///< empty: not told yet
  std::span<const ZoneOffset> offsets;
};

/// Last of a checkpoint, one for each day that is kept.
struct DayFigures {
  std::int32_t day = 0;  ///< local days since 1970-01-01
  std::uint64_t entries = 0;
  std::uint64_t exits = 0;
  std::uint64_t turned_away = 0;
  std::uint64_t payments = 0;
  Money paid = 0;
  Money refunded = 0;
  std::uint64_t spots_occupied_max = 0;
  std::uint64_t spot_ms = 0;  ///< occupied spots times milliseconds
};
struct DayRestored {
  DayFigures figures;
  WallTime through;  ///< until then it counts
};
/// Replaces what earlier records said of the ticket.
struct TicketRestored {
  TicketOpened opened;  ///< with the present plate and spots
  std::uint64_t version = 0;
  WallTime entry;
  WallTime exit{0};
  std::uint64_t closed = 0;  ///< number of the record that closed it
  std::uint64_t taken = 0;   ///< number of the record that took its spots
  TicketState state = TicketState::open;
  Stay::Card card = Stay::Card::kept;
  std::uint32_t validations = 0;
  bool is_price_fixed = false;
  Money price = 0;
  Money paid = 0;
  Money refunded = 0;
  WallTime leave_by{0};
};
struct PlaceRestored {
  PlaceTaken taken;
  std::uint64_t version = 0;
};
struct ReservationRestored {
  SpotsReserved reserved;
  std::uint64_t version = 0;
};
struct PermitRestored {
  PermitGranted granted;
};

using Fact = std::variant<GarageOpened, ZoneChanged, AllocationChanged, TicketOpened, PlaceTaken, PlaceLeft,
                          SpotsReserved, ReservationEnded, TicketValidated, TicketPaid, TicketClosed,
                          TicketCorrected, TicketOverridden, MoneyRefunded, PermitGranted, PermitRevoked,
                          VehicleErased, OperatorErased, EntriesRefused, GarageRestored, DayRestored,
                          TicketRestored, PlaceRestored, ReservationRestored, PermitRestored>;

struct Record {
  std::uint64_t sequence = 0;
  WallTime at;
  Fact fact;
};

/// Replaces every text of a fact by what `keep` returns for it.
template <class F, class Keep>
void keep_texts(F& fact, const Keep& keep) {
  const auto keep_member = [&](auto& member) {
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, std::string_view>) member = keep(member);
  };
  if constexpr (requires { fact.arrival; }) keep_texts(fact.arrival, keep);
  if constexpr (requires { fact.opened; }) keep_texts(fact.opened, keep);
  if constexpr (requires { fact.taken; }) keep_texts(fact.taken, keep);
  if constexpr (requires { fact.reserved; }) keep_texts(fact.reserved, keep);
  if constexpr (requires { fact.granted; }) keep_texts(fact.granted, keep);
  if constexpr (requires { fact.spots.row; }) keep_member(fact.spots.row);
  if constexpr (requires { fact.plate; }) keep_member(fact.plate);
  if constexpr (requires { fact.by; }) keep_member(fact.by);
  if constexpr (requires { fact.reason; }) keep_member(fact.reason);
  if constexpr (requires { fact.gate; }) keep_member(fact.gate);
  if constexpr (requires { fact.tariff; }) keep_member(fact.tariff);
  if constexpr (requires { fact.validation; }) keep_member(fact.validation);
  if constexpr (requires { fact.permit; }) keep_member(fact.permit);
  if constexpr (requires { fact.zone; }) keep_member(fact.zone);
}

}  // namespace parking_lot::garage
