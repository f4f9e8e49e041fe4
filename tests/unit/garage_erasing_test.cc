#include <catch2/catch.hpp>
#include <map>

#include "parking_lot/garage/json.h"
#include "random_garage.h"

// A vehicle is erased: what the garage still knows of it then, and journals whose names were destroyed.

namespace parking_lot::garage {
namespace {

using Code = Refusal;

GarageConfig small_garage(StorageKind storage = StorageKind::in_memory) {
  GarageConfig config = plain_garage(1, 3);
  config.tariffs[0].permits = {{"staff", 80}};
  config.storage.kind = storage;
  return config;
}

Erase erasing(std::string_view plate) { return {0, plate, "ann", "asked for it"}; }

/// Every text that a checkpoint would write.
std::set<std::string> texts_of(const Garage& garage) {
  std::vector<Record> records;
  for (CheckpointPlace place = 0; place != end_of_checkpoint;) place = garage.checkpoint(place, 9, records);
  std::set<std::string> texts;
  for (Record& record : records) {
    const auto note = [&](std::string_view text) { return texts.emplace(text), text; };
    std::visit([&](auto& fact) { keep_texts(fact, note); }, record.fact);
  }
  return texts;
}

/// As a store decodes records: plates whose key was destroyed are gone.
class Keys {
 public:
  /// All keys that the plate ever had.
  void destroy(const std::string& plate, std::size_t records) { destroyed_[plate] = records; }
  /// `at`: the length of the journal when all of them were written; without it each was written in its place.
  GarageJournal opened(const std::vector<Record>& records, std::optional<std::size_t> at = {}) const {
    GarageJournal out;
    for (std::size_t i = 0; i < records.size(); ++i) {
      Record record = records[i];
      const auto erase = [&](std::string_view text) {
        const auto found = destroyed_.find(std::string(text));
        if (found == destroyed_.end() || found->second <= at.value_or(i)) return std::string(text);
        return "erased:" + std::to_string(std::distance(destroyed_.begin(), found));
      };
      std::deque<std::string> kept;
      std::visit(
          [&](auto& fact) {
            keep_texts(fact, [&](std::string_view text) -> std::string_view {
              return kept.emplace_back(erase(text));
            });
          },
          record.fact);
      out.append(std::span(&record, 1));
    }
    return out;
  }

 private:
  std::map<std::string, std::size_t> destroyed_;
};

void reopen(DrivenGarage& again, std::span<const Record> records) {
  again.persists = false;
  again.garage = Garage::open(again.garage.config(), again.now, Entropy{3, 4});
  again.garage.handle(again.now, Recovered{records});
  again.garage.handle(again.now, RecoveryDone{});
  again.persists = true;
  again.drain();
}

}  // namespace

TEST_CASE("an erased vehicle is nowhere in the garage, and its tickets and their money stay") {
  DrivenGarage driven(small_garage(StorageKind::file));
  const auto admitted = driven.enter("B-AB 12");
  REQUIRE(admitted);
  driven.advance(minutes(90));
  REQUIRE(driven.exit("B-AB 12"));
  CHECK(texts_of(driven.garage).count("B-AB 12") == 1);
  REQUIRE(driven.ask<Done>(erasing("B-AB 12")));
  CHECK(texts_of(driven.garage).count("B-AB 12") == 0);
  const TicketView ticket = driven.ticket(admitted->id);
  CHECK(ticket.plate == "erased:v1");
  CHECK(ticket.vehicle.number == 1);
  CHECK(ticket.state == TicketState::closed);
  CHECK(ticket.price == ticket.paid);

  const auto& last = std::get<VehicleErased>(driven.journal.records().back().fact);
  CHECK(last.vehicle == 1);
  const std::string event = event_json("mall", driven.journal.records().back());
  CHECK(event.find(R"("action":"erase")") != std::string::npos);
  CHECK(event.find(R"({"kind":"vehicle","id":"erased:v1"},{"kind":"operator","id":"ann"}],)"
                   R"("detail":{"reason":"asked for it"})") != std::string::npos);
}

TEST_CASE("a vehicle that comes with an erased plate is a new one") {
  DrivenGarage driven(small_garage());
  const auto first = driven.enter("B-1");
  REQUIRE(driven.exit("B-1"));
  REQUIRE(driven.ask<Done>(erasing("B-1")));
  const auto second = driven.enter("B-1");
  REQUIRE(second);
  CHECK(driven.ticket(second->id).vehicle.number == 2);
  CHECK(driven.ticket(second->id).plate == "B-1");
  CHECK(driven.ticket(first->id).plate == "erased:v1");
  REQUIRE(driven.exit("B-1"));
  REQUIRE(driven.ask<Done>(erasing("B-1")));
  CHECK(driven.ticket(second->id).plate == "erased:v2");
}

TEST_CASE("a vehicle is not erased while something of it stands, and the answer names what") {
  DrivenGarage driven(small_garage());
  const auto stands = [&](std::string_view plate) -> std::string {
    const auto refused = driven.ask<Refused>(erasing(plate));
    if (!refused) return "";
    CHECK(refused->code == Code::in_use);
    CHECK(driven.garage.use_of(plate) == refused->field);
    return std::string(refused->field);
  };
  for (const char* plate : {"B-1", "B-2"}) REQUIRE(driven.enter(plate));
  CHECK(stands("B-1") == "ticket");
  Reserve reserve;
  reserve.vehicle.plate = "B-3";
  const auto reserved = driven.ask<Reserved>(reserve);
  REQUIRE(reserved);
  CHECK(stands("B-3") == "reservation");
  Enter wait;
  wait.vehicle.plate = "B-4";
  wait.wait_until = driven.now.wall + minutes(10);
  const auto place = driven.ask<Waiting>(wait);
  REQUIRE(place);
  CHECK(stands("B-4") == "place");
  GrantPermit permit;
  permit.plate = "B-5";
  permit.permit = "staff";
  REQUIRE(driven.ask<Done>(permit));
  CHECK(stands("B-5") == "permit");

  REQUIRE(driven.exit("B-1"));  // the one who waits gets in
  REQUIRE(driven.ask<Done>(CancelReservation{0, reserved->reservation}));
  REQUIRE(driven.ask<Done>(RevokePermit{0, "B-5"}));
  REQUIRE(driven.exit("B-4"));
  for (const char* plate : {"B-1", "B-3", "B-4", "B-5"}) CHECK(stands(plate).empty());
  CHECK(stands("B-2") == "ticket");
  CHECK(driven.garage.use_of("B-1").empty());
}

TEST_CASE("erasing what the garage does not know is recorded, for its records may") {
  DrivenGarage driven(small_garage(StorageKind::file));
  REQUIRE(driven.ask<Done>(erasing("B-9")));
  const auto& last = std::get<VehicleErased>(driven.journal.records().back().fact);
  CHECK(last.vehicle == 0);
  CHECK(last.by == "ann");
  CHECK(last.reason == "asked for it");
  CHECK(event_json("mall", driven.journal.records().back()).find("vehicle") == std::string::npos);
}

TEST_CASE("whoever erases says who he is and why, without the plate in it, and waits for the answer") {
  DrivenGarage driven(small_garage(StorageKind::file));
  const auto field_of = [&](Erase command) -> std::string {
    const auto refused = driven.ask<Refused>(command);
    if (!refused) return "";
    CHECK(refused->code == Code::invalid_request);
    return std::string(refused->field);
  };
  CHECK(field_of({0, "", "ann", "asked"}) == "plate");
  CHECK(field_of({0, "erased:v1", "ann", "asked"}) == "plate");
  CHECK(field_of({0, "B-1", "", "asked"}) == "by");
  CHECK(field_of({0, "B-1", "erased:7", "asked"}) == "by");
  CHECK(field_of({0, "B-1", "ann", ""}) == "reason");
  CHECK(field_of({0, "B-1", "ann", "owner of B-1 asked"}) == "reason");
  CHECK(field_of({0, "B-1", "B-1", "asked"}) == "by");
  const std::size_t before = driven.journal.records().size();
  driven.feed(erasing("B-1"));  // nobody would destroy the keys
  CHECK(driven.journal.records().size() == before);
  CHECK(field_of({0, "B-1", "ann", "owner of B-12 asked"}).empty());
}

TEST_CASE("an operator stands in records alone: who had the name erased is one of them") {
  DrivenGarage driven(small_garage(StorageKind::file));
  const auto admitted = driven.enter("B-1");
  REQUIRE(driven.ask<Done>(Override{0, "bob", "waited", {{}, "B-1"}, Override::What::price, 100, 0}));
  const Erase erase{0, "bob", "ann", "bob's successor", Named::operator_name};
  CHECK(driven.refusal(erase) == Code::invalid_request);
  REQUIRE(driven.ask<Done>(Erase{0, "bob", "bob smith", "asked for it", Named::operator_name}));
  const Record& last = driven.journal.records().back();
  CHECK(std::get<OperatorErased>(last.fact).by == "bob smith");
  CHECK_THAT(event_json("mall", last), Catch::Contains(R"("action":"erase")"));
  CHECK_THAT(event_json("mall", last),
             Catch::EndsWith(R"({"kind":"operator","id":"bob smith"}],)"
                             R"("detail":{"whose":"operator","reason":"asked for it"}})"));
  CHECK(texts_of(driven.garage).count("bob") == 0);
  CHECK(driven.ticket(admitted->id).price == 100);
  CHECK(driven.ticket(admitted->id).plate == "B-1");
}

TEST_CASE("an operator is not erased by himself, nor without a name") {
  DrivenGarage driven(small_garage(StorageKind::file));
  const auto field_of = [&](std::string_view name, std::string_view by) -> std::string {
    const auto refused = driven.ask<Refused>(Erase{0, name, by, "asked for it", Named::operator_name});
    if (!refused) return "";
    CHECK(refused->code == Code::invalid_request);
    return std::string(refused->field);
  };
  CHECK(field_of("", "ann") == "operator");
  CHECK(field_of("erased:7", "ann") == "operator");
  CHECK(field_of("ann", "ann") == "by");
  CHECK(field_of("ann", "").compare("by") == 0);
  CHECK(field_of("a name that is longer than any plate may be", "ann").empty());
  const auto both = parse_garage_command(
      R"({"do": "erase", "operator": "bob", "plate": "B-1", "by": "ann", "reason": "asked"})", driven.garage,
      driven.now.wall);
  REQUIRE_FALSE(both);
  CHECK(both.error().where == "operator");
}

TEST_CASE("a plate that is an operator's name goes with it, and keeps it while the vehicle stands") {
  DrivenGarage driven(small_garage(StorageKind::file));
  const auto admitted = driven.enter("bob");
  const Erase erase{0, "bob", "ann", "asked for it", Named::operator_name};
  const auto refused = driven.ask<Refused>(erase);
  REQUIRE(refused);
  CHECK(refused->code == Code::in_use);
  CHECK(refused->field == "ticket");
  REQUIRE(driven.exit("bob"));
  REQUIRE(driven.ask<Done>(erase));
  CHECK(driven.ticket(admitted->id).plate == "erased:v1");
  CHECK(texts_of(driven.garage).count("bob") == 0);
  DrivenGarage again(small_garage(StorageKind::file), driven.now);
  reopen(again, driven.journal.records());
  CHECK(again.garage.figures().ignored_records == 0);
  CHECK(again.ticket(admitted->id).plate == "erased:v1");
}

TEST_CASE("nobody claims the plate of an erased vehicle") {
  DrivenGarage driven(small_garage());
  REQUIRE(driven.enter("B-1"));
  REQUIRE(driven.exit("B-1"));
  REQUIRE(driven.ask<Done>(erasing("B-1")));
  REQUIRE(driven.enter("B-2"));
  Enter enter;
  enter.vehicle.plate = "erased:v1";
  CHECK(driven.refusal(enter) == Code::invalid_request);
  Reserve reserve;
  reserve.vehicle.plate = "erased:v1";
  CHECK(driven.refusal(reserve) == Code::invalid_request);
  GrantPermit permit;
  permit.plate = "erased:v1";
  permit.permit = "staff";
  CHECK(driven.refusal(permit) == Code::invalid_request);
  Correct correct{0, "ann", "misread", {{}, "B-2"}, "erased:v1", {}, {}, 0};
  CHECK(driven.refusal(correct) == Code::invalid_request);
  Pay pay;
  pay.ticket.plate = "erased:v1";
  pay.amount = 1;
  CHECK(driven.refusal(pay) == Code::unknown_ticket);
  CHECK(driven.refusal(RevokePermit{0, "erased:v1"}) == Code::wrong_state);
}

TEST_CASE("names that a journal lost differ as they like, and a vehicle is found by what is left") {
  DrivenGarage driven(small_garage(StorageKind::file));
  const auto first = driven.enter("B-1");
  const auto second = driven.enter("B-2");
  REQUIRE(driven.exit("B-1"));
  REQUIRE(driven.enter("B-1"));
  // Both keys are gone; of the third record the name is there.
  GarageJournal journal;
  for (Record record : driven.journal.records()) {
    if (auto* opened = std::get_if<TicketOpened>(&record.fact); opened != nullptr && opened->ticket != 3)
      opened->arrival.plate = opened->ticket == 1 ? "erased:4" : "erased:7";
    journal.append(std::span(&record, 1));
  }
  DrivenGarage again(small_garage(StorageKind::file), driven.now);
  reopen(again, journal.records());
  CHECK(again.garage.figures().ignored_records == 0);
  CHECK(again.garage.figures().tickets_open == 2);
  CHECK(again.ticket(second->id).plate == "erased:7");
  CHECK(again.ticket(first->id).plate == "B-1");
  Enter twice;
  twice.vehicle.plate = "B-1";
  CHECK(again.refusal(twice) == Code::already_parked);
  CHECK(again.refusal(Exit{0, {{}, "erased:7"}, Exit::Settlement::paid_here, {}, 0}) == Code::unknown_ticket);
  CHECK(again.ask<Left>(Exit{0, {second->id, {}}, Exit::Settlement::paid_here, {}, 0}));
}

TEST_CASE("an erasure reaches those whom only a replay still knows") {
  GarageConfig config = small_garage(StorageKind::file);
  config.ticket_retention = minutes(60);
  DrivenGarage driven(config);
  REQUIRE(driven.enter("B-1"));
  REQUIRE(driven.exit("B-1"));
  driven.advance(minutes(90));  // forgotten, which no record tells
  Reserve reserve;
  reserve.vehicle.plate = "B-1";
  const auto reserved = driven.ask<Reserved>(reserve);
  REQUIRE(driven.ask<Done>(CancelReservation{0, reserved->reservation}));
  DrivenGarage again(config, {driven.now.wall + minutes(-80), driven.now.steady});  // the clock went back
  reopen(again, driven.journal.records());
  REQUIRE(texts_of(again.garage).count("B-1") == 1);
  REQUIRE(again.ask<Done>(erasing("B-1")));
  CHECK(texts_of(again.garage).count("B-1") == 0);
}

TEST_CASE("a journal whose keys were destroyed gives the very same garage, whole and from a checkpoint") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const GarageConfig config = random_config(dice, StorageKind::file);
    DrivenGarage driven(config, start);
    know_zone(driven);
    std::set<TicketId> ids;
    Keys keys;
    GarageJournal checkpoint;
    std::size_t before_checkpoint = 0;
    const int begins = 100 + static_cast<int>(dice.below(200));
    std::uint32_t erasures = 0;
    for (int step = 0; step < 500; ++step) {
      act(driven, dice, ids);
      if (dice.one_in(4)) driven.advance(Duration{dice.below(1'000'000)});
      remember(driven, ids);
      if (dice.one_in(4)) {
        const std::string plate = "P" + std::to_string(dice.below(60));
        if (driven.ask<Done>(erasing(plate))) {
          ++erasures;
          keys.destroy(plate, driven.journal.records().size());
          REQUIRE(texts_of(driven.garage).count(plate) == 0);
        }
      }
      if (step != begins) continue;
      std::vector<Record> states;
      for (CheckpointPlace place = 0; place != end_of_checkpoint;)
        place = driven.garage.checkpoint(place, 7, states);
      checkpoint.append(states);
      before_checkpoint = driven.journal.records().size();
    }
    REQUIRE(erasures > 20);
    know_zone(driven, {berlin()[0], berlin()[1]});
    const std::string expected = picture_of(driven, ids);
    const GarageJournal all = keys.opened(driven.journal.records());
    DrivenGarage again(config, driven.now);
    reopen(again, all.records());
    REQUIRE(picture_of(again, ids) == expected);

    GarageJournal merged = keys.opened(checkpoint.records(), before_checkpoint);
    merged.append(std::span(all.records()).subspan(before_checkpoint));
    reopen(again, merged.records());
    REQUIRE(picture_of(again, ids) == expected);
  }
}

}  // namespace parking_lot::garage
