#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/garage/garage.h"
#include "parking_lot/result.h"

/// JSON in and out for garages: commands as gates, scripts and pages write them, and what comes back.
/// docs/garage.md lists both.
namespace parking_lot::garage {

#define PARKING_LOT_GARAGE_COMMANDS(X) \
  X(enter, 0)                          \
  X(leave_lane, 1)                     \
  X(reserve, 2)                        \
  X(cancel_reservation, 3)             \
  X(validate, 4)                       \
  X(pay, 5)                            \
  X(exit, 6)                           \
  X(report_lost, 7)                    \
  X(correct, 8)                        \
  X(set_price, 9)                      \
  X(make_void, 10)                     \
  X(refund, 11)                        \
  X(grant_permit, 12)                  \
  X(revoke_permit, 13)                 \
  X(set_allocation, 14)                \
  X(zone, 15) X(ticket, 16) X(price, 17) X(quote, 18) X(reconcile, 19) X(tick, 20) X(erase, 21)

enum class CommandName : std::uint8_t {
#define PARKING_LOT_ENUMERATOR(name, number) name = number,
  PARKING_LOT_GARAGE_COMMANDS(PARKING_LOT_ENUMERATOR)
#undef PARKING_LOT_ENUMERATOR
};

/// A command as it was read. Owns what its input views.
struct GarageCommand {
  CommandName name = CommandName::tick;
  std::string plate;
  std::optional<std::string> operator_name;
  std::string new_plate;
  std::string gate;
  std::string tariff;
  std::string validation;
  std::string permit;
  std::string by;
  std::string reason;
  std::string zone;
  TicketId ticket;
  VehicleType type = VehicleType::car;
  VehicleSize size = VehicleSize::medium;
  std::uint16_t spots_required = 0;
  Features wanted;
  SpotId spot;
  std::uint64_t if_version = 0;
  std::uint64_t reservation = 0;
  std::uint64_t place = 0;
  WallTime until{0};
  WallTime at{0};
  WallTime entry{0};
  Money amount = 0;
  Exit::Settlement settlement = Exit::Settlement::must_be_paid;
  Allocation allocation = Allocation::first_available;
  Stay stay;
  std::uint16_t surge_percent = 0;  ///< of a quote; 0: that of the hour of the entry
  ZoneOffsets offsets;
  std::vector<SpotId> seen;

  /// Views of this command, which must outlive the `handle`.
  Input input(RequestId request) const;
};

/// Reads `{"do": "enter", "plate": "B-AB 1", …}`. `now`: for relative times. Any text is safe. The error's
/// `where` is the first bad field.
Result<GarageCommand> parse_garage_command(std::string_view json, const Garage& garage, WallTime now);

/// `{"answer": "admitted", "ticket": …}`; refusals with `code`, `message` and, where they apply, `field` and
/// `due`.
std::string answer_json(const Garage& garage, const Answer& answer);
std::string figures_json(const Garage& garage);
std::string spot_json(const Garage& garage, SpotId spot);
/// Arrays of what stands: `{place, plate, …}`, `{reservation, plate, …}`, `{plate, permit, until}`.
std::string lane_json(const Garage& garage);
std::string reservations_json(const Garage& garage);
std::string permits_json(const Garage& garage);
std::string days_json(const Garage& garage);
/// A line for each day: date, entries, exits, turned_away, payments, paid, refunded, spots_occupied_max,
/// spot_minutes.
std::string days_csv(const Garage& garage);

/// The record as an event of the audit trail: `{seq, at, action, subjects: [{kind, id}…], detail}`. State of
/// a checkpoint is no event: empty.
std::string event_json(std::string_view garage, const Record& record);

}  // namespace parking_lot::garage
