#include <catch2/catch.hpp>

#include "random_garage.h"

namespace parking_lot::garage {

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
