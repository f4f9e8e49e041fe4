#pragma once

#include "unit/random_records.h"

/// How many fields the facts of a garage have; see random_records.h.
namespace parking_lot::records {

template <>
inline constexpr std::size_t fields_of<garage::GarageOpened> = 2;
template <>
inline constexpr std::size_t fields_of<garage::ZoneChanged> = 2;
template <>
inline constexpr std::size_t fields_of<garage::AllocationChanged> = 2;
template <>
inline constexpr std::size_t fields_of<garage::Arrival> = 8;
template <>
inline constexpr std::size_t fields_of<garage::TicketOpened> = 7;
template <>
inline constexpr std::size_t fields_of<garage::PlaceTaken> = 3;
template <>
inline constexpr std::size_t fields_of<garage::PlaceLeft> = 2;
template <>
inline constexpr std::size_t fields_of<garage::SpotsReserved> = 4;
template <>
inline constexpr std::size_t fields_of<garage::ReservationEnded> = 2;
template <>
inline constexpr std::size_t fields_of<garage::TicketValidated> = 2;
template <>
inline constexpr std::size_t fields_of<garage::TicketPaid> = 4;
template <>
inline constexpr std::size_t fields_of<garage::TicketClosed> = 5;
template <>
inline constexpr std::size_t fields_of<garage::TicketCorrected> = 8;
template <>
inline constexpr std::size_t fields_of<garage::TicketOverridden> = 4;
template <>
inline constexpr std::size_t fields_of<garage::MoneyRefunded> = 4;
template <>
inline constexpr std::size_t fields_of<garage::PermitGranted> = 4;
template <>
inline constexpr std::size_t fields_of<garage::PermitRevoked> = 1;
template <>
inline constexpr std::size_t fields_of<garage::VehicleErased> = 3;
template <>
inline constexpr std::size_t fields_of<garage::OperatorErased> = 2;
template <>
inline constexpr std::size_t fields_of<garage::EntriesRefused> = 2;
template <>
inline constexpr std::size_t fields_of<garage::GarageRestored> = 10;
template <>
inline constexpr std::size_t fields_of<garage::DayFigures> = 9;
template <>
inline constexpr std::size_t fields_of<garage::DayRestored> = 2;
template <>
inline constexpr std::size_t fields_of<garage::TicketRestored> = 14;
template <>
inline constexpr std::size_t fields_of<garage::PlaceRestored> = 2;
template <>
inline constexpr std::size_t fields_of<garage::ReservationRestored> = 2;
template <>
inline constexpr std::size_t fields_of<garage::PermitRestored> = 1;

}  // namespace parking_lot::records
