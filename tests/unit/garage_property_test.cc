#include <catch2/catch.hpp>

#include <set>

#include "driven_garage.h"
#include "garage_layouts.h"
#include "garage_zones.h"

namespace parking_lot::garage {
namespace {

GarageConfig random_config(Dice& dice, StorageKind storage) {
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
std::string picture_of(DrivenGarage& driven, const std::set<TicketId>& ids) {
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
void act(DrivenGarage& driven, Dice& dice, std::set<TicketId>& ids) {
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

void know_zone(DrivenGarage& driven, const ZoneOffsets& offsets = berlin()) {
  ZoneKnown zone;
  zone.zone = "Europe/Berlin";
  zone.offsets = offsets;
  REQUIRE(driven.ask<Done>(zone));
}

void remember(DrivenGarage& driven, std::set<TicketId>& ids) {
  for (const auto& [request, answer] : driven.heard) {
    if (const auto* admitted = std::get_if<Admitted>(&answer)) ids.insert(admitted->id);
  }
  driven.heard.clear();
  while (ids.size() > 60) ids.erase(ids.begin());
}

const Now start{WallTime{1'774'700'000'000}, SteadyTime{0}};  // 28 March 2026: clocks change in the night

}  // namespace

TEST_CASE("over any sequence of commands no spot and no vehicle is in two places, and money adds up") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    DrivenGarage driven(random_config(dice, StorageKind::in_memory), start);
    know_zone(driven);
    std::set<TicketId> ids;
    std::map<TicketId, SpotRange> parked;  // as the answers say
    Money paid = 0;
    Money refunded = 0;
    for (int step = 0; step < 2000; ++step) {
      const Money refunded_before = driven.garage.figures().refunded;
      act(driven, dice, ids);
      if (dice.one_in(4)) driven.advance(Duration{dice.below(1'000'000)});
      for (const auto& [request, answer] : driven.heard) {
        if (const auto* admitted = std::get_if<Admitted>(&answer)) {
          REQUIRE(parked.emplace(admitted->id, admitted->spots).second);
          REQUIRE(admitted->spots.count >= 1);
        }
        if (const auto* left = std::get_if<Left>(&answer)) {
          REQUIRE(parked.erase(left->id) == 1);
          paid += left->paid_here;
          REQUIRE(left->price >= 0);
        }
      }
      refunded += driven.garage.figures().refunded - refunded_before;
      remember(driven, ids);
    }
    // Each occupied spot belongs to one open ticket, which knows it; all other spots to nobody.
    std::map<std::uint64_t, std::uint32_t> spots_of_ticket;
    for (std::uint32_t i = 0; i < driven.garage.spot_count(); ++i) {
      const SpotView spot = driven.garage.spot(SpotId{i});
      if (spot.state == SpotState::occupied) ++spots_of_ticket[spot.ticket];
    }
    CHECK(spots_of_ticket.size() == driven.garage.figures().tickets_open);
    std::set<std::string> plates;
    for (const auto& [id, spots] : parked) {
      driven.shown = {};
      driven.ticket(id);
      if (driven.shown.state != TicketState::open) continue;  // made void by an operator, or forgotten since
      if (driven.shown.number == 0) continue;
      CHECK(plates.insert(std::string(driven.shown.plate)).second);
      CHECK(spots_of_ticket[driven.shown.number] == driven.shown.spots.count);
      CHECK(driven.garage.spot(driven.shown.spots.first).ticket == driven.shown.number);
    }
    CHECK(plates.size() == driven.garage.figures().tickets_open);
    CHECK(driven.garage.figures().refunded == refunded);
    CHECK(driven.garage.figures().paid >= paid);
  }
}

TEST_CASE("a journal replayed gives the very same garage, whole, in pieces, and from a checkpoint") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const GarageConfig config = random_config(dice, StorageKind::file);
    DrivenGarage driven(config, start);
    know_zone(driven);
    std::set<TicketId> ids;
    GarageJournal checkpoint;
    CheckpointPlace place = 0;
    const int begins = 100 + static_cast<int>(dice.below(200));
    for (int step = 0; step < 500; ++step) {
      act(driven, dice, ids);
      if (dice.one_in(4)) driven.advance(Duration{dice.below(1'000'000)});
      remember(driven, ids);
      if (step < begins || place == end_of_checkpoint || !dice.one_in(3)) continue;
      std::vector<Record> states;
      place = driven.garage.checkpoint(place, 1 + dice.below(8), states);
      REQUIRE(place != no_checkpoint);
      checkpoint.append(states);
    }
    REQUIRE(place == end_of_checkpoint);
    know_zone(driven,
              {berlin()[0], berlin()[1]});  // a record of this moment: figures end where a reopening begins
    const std::string expected = picture_of(driven, ids);
    const auto recovered = [&](const std::vector<Record>& records, std::size_t piece) {
      DrivenGarage again(config, driven.now);
      again.persists = false;
      again.garage = Garage::open(config, driven.now, Entropy{3, 4});
      std::span<const Record> left(records);
      while (!left.empty()) {
        const auto part = left.first(std::min(piece, left.size()));
        again.garage.handle(driven.now, Recovered{part});
        left = left.subspan(part.size());
      }
      again.garage.handle(driven.now, RecoveryDone{});
      again.persists = true;
      again.drain();
      return picture_of(again, ids);
    };
    const std::vector<Record>& all = driven.journal.records();
    REQUIRE(recovered(all, all.size()) == expected);
    REQUIRE(recovered(all, 7) == expected);
    std::vector<Record> merged;
    std::size_t next = 0;
    for (const Record& record : all) {
      while (next < checkpoint.records().size() && checkpoint.records()[next].sequence < record.sequence)
        merged.push_back(checkpoint.records()[next++]);
      if (record.sequence > checkpoint.records().front().sequence) merged.push_back(record);
    }
    while (next < checkpoint.records().size()) merged.push_back(checkpoint.records()[next++]);
    REQUIRE(recovered(merged, 11) == expected);
  }
}

TEST_CASE("nothing is answered before it is durable, and a failed write leaves nothing behind") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const GarageConfig config = random_config(dice, StorageKind::file);
    DrivenGarage driven(config, start);
    know_zone(driven);
    std::set<TicketId> ids;
    for (int step = 0; step < 200; ++step) act(driven, dice, ids), remember(driven, ids);
    const std::string expected = picture_of(driven, ids);
    const std::uint64_t durable = driven.journal.records().back().sequence;
    driven.persists = false;
    driven.heard.clear();
    for (int step = 0; step < 50; ++step) act(driven, dice, ids);
    for (const auto& [request, answer] : driven.heard) {
      const bool promises = std::holds_alternative<Admitted>(answer) ||
                            std::holds_alternative<Left>(answer) || std::holds_alternative<Waiting>(answer) ||
                            std::holds_alternative<Paid>(answer) || std::holds_alternative<Reserved>(answer);
      REQUIRE_FALSE(promises);
    }
    driven.feed(PersistFailed{});
    Enter refused;
    refused.vehicle.plate = "X";
    CHECK(driven.refusal(refused) == Refusal::storage_unavailable);
    driven.journal.cut(durable);
    driven.feed(Recovered{driven.journal.records()});
    driven.persists = true;
    driven.feed(RecoveryDone{});
    CHECK(picture_of(driven, ids) == expected);
  }
}

TEST_CASE("no journal, however wrong, breaks a garage") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const GarageConfig config = random_config(dice, StorageKind::file);
    DrivenGarage driven(config, start);
    know_zone(driven);
    std::set<TicketId> ids;
    for (int step = 0; step < 150; ++step) act(driven, dice, ids), remember(driven, ids);
    std::vector<Record> states;
    while (dice.one_in(2)) driven.garage.checkpoint(0, 1000, states);
    std::vector<Record> records = driven.journal.records();
    for (const Record& state : states) records.push_back(driven.journal.own(state));
    for (std::uint32_t i = 1 + dice.below(30); i > 0; --i) {
      Record& one = records[dice.below(static_cast<std::uint32_t>(records.size()))];
      Record& other = records[dice.below(static_cast<std::uint32_t>(records.size()))];
      switch (dice.below(5)) {
        case 0:
          std::swap(one.fact, other.fact);
          break;
        case 1:
          one.fact = other.fact;
          break;
        case 2:
          one.at.ms = static_cast<std::int64_t>(dice.next());
          break;
        case 3:
          one.sequence = dice.one_in(2) ? dice.next() : other.sequence;
          break;
        default:
          std::visit(
              [&](auto& fact) {
                const std::uint64_t wild = dice.one_in(2) ? dice.next() : dice.below(40);
                if constexpr (requires { fact.ticket; }) fact.ticket = wild;
                if constexpr (requires { fact.amount; }) fact.amount = static_cast<Money>(wild);
                if constexpr (requires { fact.until; }) fact.until.ms = static_cast<std::int64_t>(wild);
                if constexpr (requires { fact.arrival; }) fact.arrival.vehicle = wild;
                if constexpr (requires { fact.spots.count; })
                  fact.spots.count = static_cast<std::uint32_t>(wild);
                if constexpr (requires { fact.next_ticket; }) fact.next_ticket = wild;
              },
              one.fact);
      }
    }
    DrivenGarage again(config, driven.now);
    again.garage = Garage::open(config, driven.now, Entropy{3, 4});
    again.persists = false;
    again.garage.handle(driven.now, Recovered{records});
    again.garage.handle(driven.now, RecoveryDone{});
    again.drain();
    for (int step = 0; step < 100; ++step) {
      act(again, dice, ids);
      again.advance(Duration{dice.below(100'000)});
    }
    const GarageFigures figures = again.garage.figures();
    CHECK(figures.spots_free + figures.spots_occupied + figures.spots_reserved == figures.spots);
  }
}

}  // namespace parking_lot::garage
