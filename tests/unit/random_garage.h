#pragma once

#include <catch2/catch.hpp>
#include <iterator>
#include <set>
#include <string>

#include "driven_garage.h"
#include "garage_layouts.h"
#include "garage_zones.h"

/// Garages of any kind, what may be done at them, and everything that can be seen of them.
namespace parking_lot::garage {

inline GarageConfig random_config(Dice& dice, StorageKind storage) {
  GarageConfig config = mixed_garage(dice);
  if (dice.one_in(2)) config.tariffs[0].permits = {{"staff", 80}};
  config.storage.kind = storage;
  config.zone = "Europe/Berlin";
  config.tariffs = {richest(), hourly()};
  config.allocation = static_cast<Allocation>(dice.below(4));
  if (dice.one_in(2)) config.allocation_switches = {{30, Allocation::fill_in}, {70, Allocation::nearest}};
  config.lane_max = 5;
  config.ticket_retention_count = 20 + dice.below(50);
  return config;
}

/// Everything that can be seen of a garage, as text.
inline std::string picture_of(DrivenGarage& driven, const std::set<TicketId>& ids) {
  std::string text;
  const auto put = [&](const char* name, auto number) {
    text += std::string(name) + std::to_string(number) + ' ';
  };
  const GarageFigures figures = driven.garage.figures();
  put("free", figures.spots_free);
  put("reserved", figures.spots_reserved);
  put("open", figures.tickets_open);
  put("waiting", figures.waiting);
  put("allocation", static_cast<int>(figures.allocation));
  for (const DayFigures& day : driven.garage.days()) {
    put("\nday", day.day);
    put("in", day.entries);
    put("out", day.exits);
    put("away", day.turned_away);
    put("paid", day.paid);
    put("refunded", day.refunded);
    put("max", day.spots_occupied_max);
    put("ms", day.spot_ms);
  }
  for (std::uint32_t i = 0; i < driven.garage.spot_count(); ++i) {
    const SpotView spot = driven.garage.spot(SpotId{i});
    put("\nspot", i);
    put("state", static_cast<int>(spot.state));
    put("version", spot.state == SpotState::free ? 0 : spot.version);
    put("ticket", spot.ticket);
    put("reservation", spot.reservation);
  }
  for (const TicketId& id : ids) {
    driven.shown = {};
    const TicketView view = driven.ticket(id);
    put("\nticket", view.number);
    put("version", view.version);
    put("vehicle", view.vehicle.number);
    put("spot", view.spots.first.index);
    put("state", static_cast<int>(view.state));
    put("price", view.price);
    put("paid", view.paid);
    put("refunded", view.refunded);
    put("entry", view.entry.ms);
    put("validations", view.validations);
    text += std::string(view.plate) + std::string(view.tariff) + std::string(view.gate);
  }
  return text;
}

/// One random command. Remembers the ids of tickets.
inline void act(DrivenGarage& driven, Dice& dice, std::set<TicketId>& ids) {
  const std::string plate = "P" + std::to_string(dice.below(60));
  const auto any_ticket = [&] {
    if (ids.empty() || dice.one_in(2)) return TicketName{{}, plate};
    auto place = ids.begin();
    std::advance(place, dice.below(static_cast<std::uint32_t>(ids.size())));
    return TicketName{*place, {}};
  };
  const auto vehicle = [&] {
    const auto size = static_cast<VehicleSize>(dice.below(3));
    const auto required =
        size == VehicleSize::large ? static_cast<std::uint16_t>(dice.below(6)) : std::uint16_t{0};
    return Vehicle{plate, static_cast<VehicleType>(dice.below(5)), size, required};
  };
  const auto wanted = [&] {
    return Features(dice.one_in(4) ? static_cast<std::uint8_t>(dice.below(8)) : std::uint8_t{0});
  };
  const RequestId request = ++driven.last_request;
  const SpotId some_spot = dice.one_in(4) ? SpotId{dice.below(driven.garage.spot_count() + 2)} : SpotId{};
  switch (dice.below(16)) {
    case 0:
    case 1:
    case 2:
    case 3: {
      const WallTime until = dice.one_in(2) ? driven.now.wall + minutes(dice.below(60)) : WallTime{0};
      const char* tariff = dice.one_in(2) ? "hourly" : "";
      const char* gates[] = {"A", "B", "C", "", "D"};
      return driven.feed(Enter{request, gates[dice.below(5)], vehicle(), wanted(), tariff,
                               dice.one_in(9) ? dice.below(20) : 0U, some_spot, dice.one_in(9) ? 3U : 0U,
                               until});
    }
    case 4:
    case 5:
    case 6: {
      const auto settlement = dice.one_in(3) ? Exit::Settlement::must_be_paid : Exit::Settlement::paid_here;
      const WallTime when =
          dice.one_in(5) ? driven.now.wall + minutes(-static_cast<int>(dice.below(100))) : WallTime{0};
      return driven.feed(Exit{request, any_ticket(), settlement, when, dice.one_in(20) ? 5U : 0U});
    }
    case 7:
      return driven.feed(Pay{request, any_ticket(), dice.below(1000), 0});
    case 8:
      return driven.feed(Reserve{request,
                                 vehicle(),
                                 wanted(),
                                 {},
                                 some_spot,
                                 0,
                                 dice.one_in(2) ? driven.now.wall + minutes(dice.below(90)) : WallTime{0}});
    case 9:
      return driven.feed(CancelReservation{request, dice.below(30)});
    case 10:
      return driven.feed(Validate{request, any_ticket(), dice.one_in(2) ? "shop" : "cinema", 0});
    case 11: {
      const std::string other = "P" + std::to_string(dice.below(60));
      return driven.feed(Correct{
          request, "eve", "misread", any_ticket(), dice.one_in(2) ? other : "",
          dice.one_in(2) ? driven.now.wall + minutes(-static_cast<int>(dice.below(500))) : WallTime{0},
          some_spot, 0});
    }
    case 12:
      return driven.feed(Override{request, "eve", "mercy", any_ticket(),
                                  static_cast<Override::What>(dice.below(2)), dice.below(500), 0});
    case 13:
      return driven.feed(Refund{request, "eve", "mercy", any_ticket().id, 1 + dice.below(300), 0});
    case 14:
      if (dice.one_in(2))
        return driven.feed(GrantPermit{request, plate, "staff", driven.now.wall + minutes(dice.below(5000))});
      return driven.feed(RevokePermit{request, plate});
    default:
      if (dice.one_in(3)) return driven.feed(SetAllocation{request, static_cast<Allocation>(dice.below(4))});
      if (dice.one_in(2)) return driven.feed(LeaveLane{request, dice.below(40)});
      return driven.feed(ReportLost{request, plate});
  }
}

inline void know_zone(DrivenGarage& driven, const ZoneOffsets& offsets = berlin()) {
  ZoneKnown zone;
  zone.zone = "Europe/Berlin";
  zone.offsets = offsets;
  REQUIRE(driven.ask<Done>(zone));
}

inline void remember(DrivenGarage& driven, std::set<TicketId>& ids) {
  for (const auto& [request, answer] : driven.heard) {
    if (const auto* admitted = std::get_if<Admitted>(&answer)) ids.insert(admitted->id);
  }
  driven.heard.clear();
  while (ids.size() > 60) ids.erase(ids.begin());
}

inline constexpr Now start{WallTime{1'774'700'000'000},
                           SteadyTime{0}};  // 28 March 2026: clocks change in the night

}  // namespace parking_lot::garage
