#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parking_lot/garage/spot.h"
#include "parking_lot/garage/tariff.h"

namespace parking_lot::garage {

/// A UUID of version 7 (RFC 9562, 5.7): its first 48 bits are the time of the entry. All zero: no ticket.
struct TicketId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const TicketId&, const TicketId&) = default;
  explicit operator bool() const { return (high | low) != 0; }
};

/// `018f3c2e-7b1a-7c3d-9e4f-0123456789ab`.
std::string to_string(TicketId id);
std::optional<TicketId> parse_TicketId(std::string_view text);

/// A ticket as it is now.
struct TicketView {
  std::uint64_t number = 0;  ///< within the garage, rising
  TicketId id;
  std::uint64_t version = 0;  ///< number of the record that changed it last
  VehicleId vehicle;
  std::string_view plate;
  VehicleType type = VehicleType::car;
  VehicleSize size = VehicleSize::medium;
  SpotRange spots;
  std::string_view gate;
  std::string_view tariff;
  WallTime entry;
  WallTime exit{0};  ///< 0: still here
  TicketState state = TicketState::open;
  Stay::Card card = Stay::Card::kept;
  std::uint16_t surge_percent = 100;
  std::uint32_t validations = 0;  ///< bits: positions in the tariff's list
  Money price = 0;                ///< of a ticket that is not open, or as an operator fixed it
  Money paid = 0;                 ///< refunds not taken off
  Money refunded = 0;
  WallTime leave_by{0};  ///< after a payment of all that was due: time to leave for nothing more
};

}  // namespace parking_lot::garage
