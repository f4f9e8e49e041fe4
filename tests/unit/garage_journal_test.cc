#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "parking_lot/frame.h"
#include "unit/driven_garage.h"
#include "unit/garage_layouts.h"
#include "unit/random_garage_records.h"

// Garages and bytes: their journals in version 1, and garages that are read back from them.

using namespace parking_lot;
using namespace parking_lot::garage;
using parking_lot::records::same;

namespace {

constexpr WallTime noon{1'767'268'800'000};
constexpr WallTime later{1'767'268'800'250};
const std::string golden_file = PARKING_LOT_SOURCE_DIR "/tests/golden/garage-v1.bin";

const ZoneOffset berlin[] = {{WallTime{1'761'440'400'000}, 3600}, {WallTime{1'774'746'000'000}, 7200}};

Arrival arrival_with_all_fields() {
  return {7, "B-AB 17", VehicleType::van, VehicleSize::large, 3, Features(5), "north", "night"};
}
Arrival least_arrival() {
  Arrival arrival;
  arrival.vehicle = 8;
  arrival.plate = "X";
  arrival.tariff = "standard";
  return arrival;
}

TicketOpened opened_with_all_fields() {
  return {
      12, {0x018f'3c2e'7b1a'7c3d, 0x9e4f'0123'4567'89ab}, arrival_with_all_fields(), {"P1/A", 16, 3}, 150, 4,
      5};
}

/// Every event of a garage, the first with number 41.
std::vector<garage::Record> events() {
  const std::vector<garage::Fact> facts = {
      GarageOpened{3, {0x0011'2233'4455'6677, 0x8899'aabb'ccdd'eeff}},
      ZoneChanged{"Europe/Berlin", berlin},
      AllocationChanged{Allocation::nearest, AllocationChanged::Cause::occupancy},
      opened_with_all_fields(),
      TicketOpened{13, {1, 2}, least_arrival(), {"P1/A", 0, 1}, 100, 0, 0},
      PlaceTaken{4, least_arrival(), {1'767'268'860'000}},
      PlaceLeft{4, PlaceLeft::How::gave_up},
      SpotsReserved{5, arrival_with_all_fields(), {"P2/B", 3, 2}, {1'767'269'700'000}},
      ReservationEnded{5, ReservationEnded::How::cancelled},
      TicketValidated{12, "cinema"},
      TicketPaid{12, 450, 500, {1'767'269'700'000}},
      TicketClosed{12, TicketState::lost, {1'767'268'801'000}, 2500, 2050},
      TicketCorrected{13, "ann", "misread", 9, "B-AB 18", noon, {"P1/A", 1, 1}, Stay::Card::lost},
      TicketOverridden{13, "ann", "goodwill", 100},
      MoneyRefunded{12, 50, "bob", "machine"},
      PermitGranted{9, "B-AB 18", "staff", {1'800'000'000'000}},
      EntriesRefused{garage::Refusal::garage_full, 17},
      PermitRevoked{9},
  };
  std::vector<garage::Record> list;
  for (const garage::Fact& fact : facts) {
    const std::uint64_t sequence = 41 + list.size();
    list.push_back({sequence, sequence < 44 ? noon : later, fact});
  }
  return list;
}

/// Every state of a garage, after the event with number 58.
std::vector<garage::Record> state() {
  TicketRestored ticket;
  ticket.opened = opened_with_all_fields();
  ticket.version = 55;
  ticket.entry = noon;
  ticket.exit = {1'767'268'801'000};
  ticket.closed = 52;
  ticket.taken = 44;
  ticket.state = TicketState::lost;
  ticket.card = Stay::Card::lost;
  ticket.validations = 5;
  ticket.is_price_fixed = true;
  ticket.price = 2500;
  ticket.paid = 2500;
  ticket.refunded = 50;
  ticket.leave_by = {1'767'269'700'000};
  return {
      {58, later,
       GarageRestored{
           3, {1, 2}, 14, 5, 6, 10, Allocation::nearest, Allocation::fill_in, "Europe/Berlin", berlin}},
      {58, later, ticket},
      {58, later, ReservationRestored{{5, arrival_with_all_fields(), {"P2/B", 3, 2}, later}, 48}},
      {58, later, PlaceRestored{{4, least_arrival(), later}, 46}},
      {58, later, PermitRestored{{9, "B-AB 18", "staff", never_wall}}},
      {58, later, DayRestored{{20'454, 2, 1, 17, 2, 2500, 50, 4, 900'000}, later}},
  };
}

Bytes journal() {
  Bytes out;
  SegmentHeader header;
  header.kind = SegmentKind::records;
  for (std::size_t i = 0; i < header.store.size(); ++i) header.store[i] = static_cast<std::uint8_t>(0xa0 + i);
  header.number = 12;
  header.created_at = noon;
  append_segment_header(header, out);
  ChainHash chain{};
  FrameHead head;
  head.commit = 1;
  head.stream = 1;
  head.first_sequence = 41;
  head.time = noon;
  head.kind = FrameKind::stream;
  const std::size_t start = out.size();
  append_declaration(head, StreamKind::garage, "mall", chain, out);
  head.kind = FrameKind::records;
  head.commit_offset = static_cast<std::uint32_t>(out.size() - start);
  append_frame(head, events(), chain, out);
  head.kind = FrameKind::state;
  head.ends_commit = true;
  head.commit_offset = static_cast<std::uint32_t>(out.size() - start);
  append_frame(head, state(), chain, out);
  return out;
}

Bytes file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) FAIL(path << " is missing");
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

void check_same(const std::vector<garage::Record>& are, const std::vector<garage::Record>& should) {
  REQUIRE(are.size() == should.size());
  for (std::size_t i = 0; i < are.size(); ++i) {
    INFO("record " << i);
    CHECK(same(are[i], should[i]));
  }
}

std::vector<garage::Record> checkpoint_of(const Garage& garage) {
  std::vector<garage::Record> records;
  for (CheckpointPlace place = 0; place != end_of_checkpoint;) place = garage.checkpoint(place, 7, records);
  return records;
}

}  // namespace

TEST_CASE("journals of garages in version 1 are read for ever") {
  // How a journal comes to be; one that exists is never written again.
  if (std::getenv("PARKING_LOT_WRITE_GOLDEN") != nullptr && !std::ifstream(golden_file)) {
    const Bytes made = journal();
    std::ofstream(golden_file, std::ios::binary)
        .write(reinterpret_cast<const char*>(made.data()), std::ssize(made));
  }
  const Bytes segment = file_bytes(golden_file);
  const Frame declaration = parse_frame(segment, segment_header_bytes);
  REQUIRE(declaration.status == Frame::Status::ok);
  const auto declared = decode_declaration(declaration);
  REQUIRE(declared);
  CHECK(declared->kind == StreamKind::garage);
  CHECK(declared->name == "mall");
  GarageRecords decoded;
  const Frame first = parse_frame(segment, declaration.next);
  REQUIRE(decode_frame(first, decoded));
  check_same(decoded.records, events());
  decoded.clear();
  REQUIRE(decode_frame(parse_frame(segment, first.next), decoded));
  check_same(decoded.records, state());
  CHECK(journal() == segment);
}

TEST_CASE("a garage that is read back from its bytes goes on as it was") {
  GarageConfig config = plain_garage(2, 6);
  config.tariffs[0].permits = {{"staff", 80}};
  config.tariffs[0].increment = {Duration::seconds(1800), 150};
  config.storage.kind = StorageKind::file;
  DrivenGarage driven(config);
  driven.enter("B-1");
  driven.advance(Duration::seconds(3600));
  driven.enter("B-2", VehicleSize::small);
  garage::Reserve reserve;
  reserve.vehicle.plate = "B-3";
  driven.ask<garage::Reserved>(reserve);
  GrantPermit permit;
  permit.plate = "B-4";
  permit.permit = "staff";
  driven.ask<garage::Done>(permit);
  driven.exit("B-1");
  const auto state = checkpoint_of(driven.garage);

  Bytes events_bytes;
  encode_records(driven.journal.records(), noon, events_bytes);
  Bytes state_bytes;
  encode_records(state, noon, state_bytes);
  const auto count = static_cast<std::uint32_t>(driven.journal.records().size());
  for (const bool by_checkpoint : {false, true}) {
    INFO("by checkpoint: " << by_checkpoint);
    GarageRecords decoded;
    if (by_checkpoint)
      REQUIRE(decode_records(
          state_bytes,
          {state.front().sequence, Numbering::same, noon, static_cast<std::uint32_t>(state.size())},
          decoded));
    else
      REQUIRE(decode_records(events_bytes, {1, Numbering::dense, noon, count}, decoded));
    Garage again = Garage::open(config, driven.now, Entropy{7, 8});
    again.handle(driven.now, garage::Recovered{decoded.records});
    again.handle(driven.now, garage::RecoveryDone{});
    CHECK(again.figures().ignored_records == 0);
    CHECK(again.figures().tickets_open == 1);
    CHECK(again.figures().spots_reserved == 1);
    CHECK(again.figures().paid == driven.garage.figures().paid);
    const auto tickets = again.open_tickets();
    REQUIRE(tickets.size() == 1);
    CHECK(tickets[0].plate == "B-2");
    auto restored = checkpoint_of(again);
    REQUIRE(restored.size() == state.size());
    for (std::size_t i = 1; i < state.size(); ++i) {
      restored[i].sequence = state[i].sequence;
      CHECK(same(restored[i], state[i]));
    }
  }
}
