#pragma once

#include "codec/garage_words.h"
#include "codec/record_format.h"
#include "parking_lot/garage/record.h"

/// Format version 1 of the facts of a garage; see record_format.h. Events have the types 32-47 and 64-71,
/// state 72-79.
namespace parking_lot {

namespace garage {

void archive_arrival(auto& archive, auto& arrival) {
  archive.required(arrival.vehicle);
  archive.person(arrival.plate);
  archive.optional(arrival.type, VehicleType::car);
  archive.optional(arrival.size, VehicleSize::medium);
  archive.optional(arrival.spots_required, std::uint16_t{0});
  archive.optional(arrival.wanted, Features{});
  archive.name(arrival.gate);
  archive.name(arrival.tariff);
}

void archive_spots(auto& archive, auto& spots) {
  archive.name(spots.row);
  archive.optional(spots.position, 0U);
  archive.optional(spots.count, 1U);
}

}  // namespace garage

template <>
struct RecordFormat<garage::GarageOpened> {
  static constexpr std::uint32_t type = 32;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.incarnation);
    archive.required(fact.entropy);
  }
};

template <>
struct RecordFormat<garage::ZoneChanged> {
  static constexpr std::uint32_t type = 33;
  static void fields(auto& archive, auto& fact) {
    archive.name(fact.zone);
    archive.offsets(fact.offsets);
  }
};

template <>
struct RecordFormat<garage::AllocationChanged> {
  static constexpr std::uint32_t type = 34;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.allocation);
    archive.optional(fact.cause, garage::AllocationChanged::Cause::command);
  }
};

template <>
struct RecordFormat<garage::TicketOpened> {
  static constexpr std::uint32_t type = 35;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.ticket);
    archive.required(fact.id);
    garage::archive_arrival(archive, fact.arrival);
    garage::archive_spots(archive, fact.spots);
    archive.optional(fact.surge_percent, std::uint16_t{100});
    archive.optional(fact.place, std::uint64_t{0});
    archive.optional(fact.reservation, std::uint64_t{0});
  }
};

template <>
struct RecordFormat<garage::PlaceTaken> {
  static constexpr std::uint32_t type = 36;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.place);
    garage::archive_arrival(archive, fact.arrival);
    archive.required(fact.until);
  }
};

template <>
struct RecordFormat<garage::PlaceLeft> {
  static constexpr std::uint32_t type = 37;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.place);
    archive.optional(fact.how, garage::PlaceLeft::How::expired);
  }
};

template <>
struct RecordFormat<garage::SpotsReserved> {
  static constexpr std::uint32_t type = 38;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.reservation);
    garage::archive_arrival(archive, fact.arrival);
    garage::archive_spots(archive, fact.spots);
    archive.required(fact.until);
  }
};

template <>
struct RecordFormat<garage::ReservationEnded> {
  static constexpr std::uint32_t type = 39;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.reservation);
    archive.optional(fact.how, garage::ReservationEnded::How::expired);
  }
};

template <>
struct RecordFormat<garage::TicketValidated> {
  static constexpr std::uint32_t type = 40;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.ticket);
    archive.name(fact.validation);
  }
};

template <>
struct RecordFormat<garage::TicketPaid> {
  static constexpr std::uint32_t type = 41;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.ticket);
    archive.required(fact.amount);
    archive.required(fact.price);
    archive.optional(fact.leave_by, WallTime{0});
  }
};

template <>
struct RecordFormat<garage::TicketClosed> {
  static constexpr std::uint32_t type = 42;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.ticket);
    archive.required(fact.exit);
    archive.optional(fact.state, garage::TicketState::closed);
    archive.optional(fact.price, garage::Money{0});
    archive.optional(fact.paid, garage::Money{0});
  }
};

template <>
struct RecordFormat<garage::TicketCorrected> {
  static constexpr std::uint32_t type = 43;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.ticket);
    archive.person(fact.by);
    archive.name(fact.reason);
    archive.required(fact.vehicle);
    archive.person(fact.plate);
    archive.required(fact.entry);
    garage::archive_spots(archive, fact.spots);
    archive.optional(fact.card, garage::Stay::Card::kept);
  }
};

template <>
struct RecordFormat<garage::TicketOverridden> {
  static constexpr std::uint32_t type = 44;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.ticket);
    archive.person(fact.by);
    archive.name(fact.reason);
    archive.optional(fact.price, garage::Money{0});
  }
};

template <>
struct RecordFormat<garage::MoneyRefunded> {
  static constexpr std::uint32_t type = 45;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.ticket);
    archive.required(fact.amount);
    archive.person(fact.by);
    archive.name(fact.reason);
  }
};

template <>
struct RecordFormat<garage::PermitGranted> {
  static constexpr std::uint32_t type = 46;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.vehicle);
    archive.person(fact.plate);
    archive.name(fact.permit);
    archive.optional(fact.until, never_wall);
  }
};

template <>
struct RecordFormat<garage::EntriesRefused> {
  static constexpr std::uint32_t type = 47;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.code);
    archive.required(fact.count);
  }
};

template <>
struct RecordFormat<garage::PermitRevoked> {
  static constexpr std::uint32_t type = 64;
  static void fields(auto& archive, auto& fact) { archive.required(fact.vehicle); }
};

template <>
struct RecordFormat<garage::VehicleErased> {
  static constexpr std::uint32_t type = 65;
  static void fields(auto& archive, auto& fact) {
    archive.optional(fact.vehicle, std::uint64_t{0});
    archive.person(fact.by);
    archive.name(fact.reason);
  }
};

template <>
struct RecordFormat<garage::OperatorErased> {
  static constexpr std::uint32_t type = 66;
  static void fields(auto& archive, auto& fact) {
    archive.person(fact.by);
    archive.name(fact.reason);
  }
};

template <>
struct RecordFormat<garage::GarageRestored> {
  static constexpr std::uint32_t type = 72;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.incarnation);
    archive.required(fact.entropy);
    archive.optional(fact.next_ticket, std::uint64_t{1});
    archive.optional(fact.next_place, std::uint64_t{1});
    archive.optional(fact.next_reservation, std::uint64_t{1});
    archive.optional(fact.next_vehicle, std::uint64_t{1});
    archive.optional(fact.allocation, garage::Allocation::first_available);
    archive.optional(fact.chosen, garage::Allocation::first_available);
    archive.name(fact.zone);
    archive.offsets(fact.offsets);
  }
};

template <>
struct RecordFormat<garage::DayRestored> {
  static constexpr std::uint32_t type = 73;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.figures.day);
    archive.required(fact.through);
    archive.optional(fact.figures.entries, std::uint64_t{0});
    archive.optional(fact.figures.exits, std::uint64_t{0});
    archive.optional(fact.figures.turned_away, std::uint64_t{0});
    archive.optional(fact.figures.payments, std::uint64_t{0});
    archive.optional(fact.figures.paid, garage::Money{0});
    archive.optional(fact.figures.refunded, garage::Money{0});
    archive.optional(fact.figures.spots_occupied_max, std::uint64_t{0});
    archive.optional(fact.figures.spot_ms, std::uint64_t{0});
  }
};

template <>
struct RecordFormat<garage::TicketRestored> {
  static constexpr std::uint32_t type = 74;
  static void fields(auto& archive, auto& fact) {
    archive.nested(fact.opened);
    archive.required(fact.version);
    archive.required(fact.entry);
    archive.optional(fact.exit, WallTime{0});
    archive.optional(fact.closed, std::uint64_t{0});
    archive.optional(fact.taken, std::uint64_t{0});
    archive.optional(fact.state, garage::TicketState::open);
    archive.optional(fact.card, garage::Stay::Card::kept);
    archive.optional(fact.validations, 0U);
    archive.flag(fact.is_price_fixed);
    archive.optional(fact.price, garage::Money{0});
    archive.optional(fact.paid, garage::Money{0});
    archive.optional(fact.refunded, garage::Money{0});
    archive.optional(fact.leave_by, WallTime{0});
  }
};

template <>
struct RecordFormat<garage::PlaceRestored> {
  static constexpr std::uint32_t type = 75;
  static void fields(auto& archive, auto& fact) {
    archive.nested(fact.taken);
    archive.required(fact.version);
  }
};

template <>
struct RecordFormat<garage::ReservationRestored> {
  static constexpr std::uint32_t type = 76;
  static void fields(auto& archive, auto& fact) {
    archive.nested(fact.reserved);
    archive.required(fact.version);
  }
};

template <>
struct RecordFormat<garage::PermitRestored> {
  static constexpr std::uint32_t type = 77;
  static void fields(auto& archive, auto& fact) { archive.nested(fact.granted); }
};

}  // namespace parking_lot
