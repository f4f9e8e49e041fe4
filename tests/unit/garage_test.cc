#include "parking_lot/garage/garage.h"

#include <catch2/catch.hpp>
#include <set>

#include "driven_garage.h"
#include "garage_layouts.h"
#include "garage_zones.h"

namespace parking_lot::garage {
namespace {

using Code = Refusal;

GarageConfig with_tariff(GarageConfig config, const Tariff& tariff) {
  config.tariffs = {tariff};
  return config;
}

Exit leave(std::string_view plate) {
  Exit command;
  command.ticket.plate = plate;
  return command;
}

Enter wait_for(std::string_view plate, WallTime until, VehicleSize size = VehicleSize::medium) {
  Enter command;
  command.vehicle.plate = plate;
  command.vehicle.size = size;
  command.wait_until = until;
  return command;
}

}  // namespace

TEST_CASE("a vehicle enters, pays and leaves, and its spot is free again") {
  DrivenGarage driven(with_tariff(plain_garage(1, 2), city()));
  const auto admitted = driven.enter("B-AB 12");
  REQUIRE(admitted);
  CHECK(driven.garage.spot_name(admitted->spots.first) == "P1/1/1");
  CHECK(driven.garage.spot(admitted->spots.first).state == SpotState::occupied);
  CHECK(driven.garage.spot(admitted->spots.first).ticket == admitted->ticket);
  driven.advance(minutes(90));
  const auto refused = driven.ask<Refused>(leave("B-AB 12"));
  REQUIRE(refused);
  CHECK(refused->code == Code::payment_required);
  CHECK(refused->due == 700);
  Pay pay;
  pay.ticket.id = admitted->id;
  pay.amount = 500;
  CHECK(driven.ask<Paid>(pay)->due == 200);
  pay.amount = 201;
  const auto overpaid = driven.ask<Refused>(pay);
  REQUIRE(overpaid);
  CHECK(overpaid->code == Code::overpaid);
  CHECK(overpaid->due == 200);
  pay.amount = 200;
  CHECK(driven.ask<Paid>(pay)->leave_by == driven.now.wall + minutes(15));
  driven.advance(minutes(15));
  const auto left = driven.ask<Left>(leave("B-AB 12"));
  REQUIRE(left);
  CHECK(left->price == 700);
  CHECK(left->paid_here == 0);
  CHECK(driven.garage.spot(admitted->spots.first).state == SpotState::free);
  CHECK(driven.garage.figures().paid == 700);
}

TEST_CASE("who stays longer than the grace after paying pays for the rest") {
  DrivenGarage driven(with_tariff(plain_garage(1, 2), city()));
  REQUIRE(driven.enter("A"));
  driven.advance(minutes(60));
  Pay pay;
  pay.ticket.plate = "A";
  pay.amount = 300;
  REQUIRE(driven.ask<Paid>(pay));
  driven.advance(minutes(16));
  CHECK(driven.ask<Refused>(leave("A"))->due == 400);
  const auto left = driven.exit("A");
  CHECK(left->price == 700);
  CHECK(left->paid_here == 400);
}

TEST_CASE(
    "one plate has one open ticket, one spot one vehicle, and two gates cannot give away the last spot") {
  DrivenGarage driven(plain_garage(1, 1));
  Enter first;
  first.request = 1;
  first.vehicle.plate = "A";
  Enter second = first;
  second.request = 2;
  second.gate = "back";
  second.vehicle.plate = "B";
  const Input both[] = {first, second};
  driven.garage.handle(driven.now, both);
  driven.drain();
  CHECK(driven.answer<Admitted>(1));
  REQUIRE(driven.answer<Refused>(2));
  CHECK(driven.answer<Refused>(2)->code == Code::garage_full);
  driven.last_request = 2;
  Enter again;
  again.vehicle.plate = "A";
  CHECK(driven.refusal(again) == Code::already_parked);
}

TEST_CASE("what cannot be is refused with a code") {
  GarageConfig config = with_tariff(plain_garage(1, 3), city());
  config.ticket_retention_count = 10;
  DrivenGarage driven(config);
  Enter enter;
  enter.vehicle.plate = "L";
  enter.vehicle.size = VehicleSize::large;
  CHECK(driven.refusal(enter) == Code::no_compatible_spot);
  enter.vehicle.spots_required = 4;
  CHECK(driven.refusal(enter) == Code::no_compatible_spot);
  enter.vehicle.spots_required = 65;
  CHECK(driven.ask<Refused>(enter)->field == "spots_required");
  enter.vehicle = {.plate = "A"};
  enter.wanted = Feature::ev_charger;
  CHECK(driven.refusal(enter) == Code::no_compatible_spot);
  enter.wanted = {};
  enter.gate = "nowhere";
  CHECK(driven.ask<Refused>(enter)->field == "gate");
  enter.gate = {};
  enter.tariff = "none";
  CHECK(driven.refusal(enter) == Code::unknown_name);
  enter.tariff = {};
  enter.vehicle.plate = "a\nb";
  CHECK(driven.ask<Refused>(enter)->field == "plate");
  enter.vehicle.plate = "A plate of thirty-three characters";
  CHECK_THAT(std::string(driven.ask<Refused>(enter)->message()), Catch::Contains("1 to 32 bytes"));
  CHECK(driven.refusal(leave("A")) == Code::unknown_ticket);
  const auto admitted = driven.enter("A");
  REQUIRE(driven.exit("A"));
  Exit gone;
  gone.ticket.id = admitted->id;
  CHECK(driven.refusal(gone) == Code::already_left);
  REQUIRE(driven.enter("A"));
  Exit early = leave("A");
  early.at = driven.now.wall + Duration{-1};
  CHECK(driven.refusal(early) == Code::exit_before_entry);
  early.at = driven.now.wall + Duration{1};
  CHECK_THAT(std::string(driven.ask<Refused>(early)->message()), Catch::Contains("not lie in the future"));
  early.at = {};
  early.if_version = 999;
  CHECK(driven.refusal(early) == Code::version_conflict);
  Refund refund;
  refund.ticket = admitted->id;
  refund.amount = 1;
  CHECK(driven.ask<Refused>(refund)->field == "by");
  refund.by = "op";
  refund.reason = "kind";
  CHECK(driven.ask<Refused>(refund)->field == "amount");
}

TEST_CASE("a chosen spot is given if it is free, fits and is still what was read") {
  DrivenGarage driven(plain_garage(2, 3));
  const SpotId wanted = *driven.garage.find_spot("P1/2/2");
  Enter enter;
  enter.vehicle.plate = "A";
  enter.spot = wanted;
  CHECK(driven.ask<Admitted>(enter)->spots == SpotRange{wanted, 1});
  enter.vehicle.plate = "B";
  CHECK(driven.refusal(enter) == Code::spot_taken);
  const std::uint64_t version = driven.garage.spot(wanted).version;
  REQUIRE(driven.exit("A"));
  enter.if_version = version;
  CHECK(driven.refusal(enter) == Code::version_conflict);
  enter.if_version = driven.garage.spot(wanted).version;
  CHECK(driven.ask<Admitted>(enter));
  enter.vehicle = {.plate = "C", .size = VehicleSize::large};
  enter.spot = *driven.garage.find_spot("P1/1/1");
  enter.if_version = 0;
  CHECK(driven.refusal(enter) == Code::spot_unfit);
  enter.spot = SpotId{6};
  CHECK(driven.refusal(enter) == Code::unknown_spot);
  enter.spot = {};
  enter.if_version = 1;
  CHECK(driven.ask<Refused>(enter)->field == "if_version");
  Reserve reserve;
  reserve.vehicle.plate = "C";
  reserve.if_version = 1;
  CHECK(driven.ask<Refused>(reserve)->field == "if_version");
}

TEST_CASE("who waits enters in order as soon as something fits, and others may pass only if it does not") {
  GarageConfig config = plain_garage(1, 0);
  config.levels[0].rows[0].spots = {{1, SpotKind::compact, {}}, {1, SpotKind::regular, {}}};
  DrivenGarage driven(config);
  REQUIRE(driven.enter("small", VehicleSize::small));
  REQUIRE(driven.enter("medium"));
  const WallTime later = driven.now.wall + minutes(10);
  CHECK(driven.ask<Waiting>(wait_for("first", later))->ahead == 0);
  const RequestId first = driven.last_request;
  CHECK(driven.ask<Waiting>(wait_for("second", later))->ahead == 1);
  const RequestId second = driven.last_request;
  CHECK(driven.ask<Waiting>(wait_for("little", later, VehicleSize::small))->ahead == 0);
  const RequestId little = driven.last_request;
  CHECK(driven.refusal(wait_for("first", later)) == Code::already_parked);
  const std::vector<PlaceView> lane = driven.garage.lane();
  REQUIRE(lane.size() == 3);
  CHECK(lane[1].arrival.plate == "second");
  CHECK(lane[1].ahead == 1);
  CHECK(lane[1].until == later);
  CHECK(lane[2].arrival.size == VehicleSize::small);
  REQUIRE(driven.exit("small"));
  CHECK(driven.answer<Admitted>(little));
  CHECK_FALSE(driven.answer<Admitted>(first));
  REQUIRE(driven.exit("medium"));
  CHECK(driven.answer<Admitted>(first));
  CHECK_FALSE(driven.answer<Admitted>(second));
  CHECK(driven.garage.figures().waiting == 1);
  driven.advance(minutes(10));
  REQUIRE(driven.answer<Refused>(second));
  CHECK(driven.answer<Refused>(second)->code == Code::wait_expired);
  CHECK(driven.garage.figures().waiting == 0);
}

TEST_CASE("a long vehicle that waits gets spots beside each other once there are enough") {
  DrivenGarage driven(plain_garage(1, 4));
  for (const char* plate : {"1", "2", "3", "4"}) REQUIRE(driven.enter(plate));
  Enter bus = wait_for("bus", driven.now.wall + minutes(60), VehicleSize::large);
  bus.vehicle.spots_required = 2;
  REQUIRE(driven.ask<Waiting>(bus));
  const RequestId request = driven.last_request;
  REQUIRE(driven.exit("1"));
  REQUIRE(driven.exit("3"));
  CHECK_FALSE(driven.answer<Admitted>(request));
  REQUIRE(driven.exit("4"));
  REQUIRE(driven.answer<Admitted>(request));
  CHECK(driven.answer<Admitted>(request)->spots == SpotRange{SpotId{2}, 2});
}

TEST_CASE("a newcomer does not take the spot for which somebody waits, even in the same batch") {
  DrivenGarage driven(plain_garage(1, 1));
  REQUIRE(driven.enter("A"));
  REQUIRE(driven.ask<Waiting>(wait_for("B", driven.now.wall + minutes(5))));
  const RequestId waiting = driven.last_request;
  Exit exit = leave("A");
  exit.request = 100;
  exit.settlement = Exit::Settlement::paid_here;
  Enter enter;
  enter.request = 101;
  enter.vehicle.plate = "C";
  const Input both[] = {exit, enter};
  driven.garage.handle(driven.now, both);
  driven.drain();
  CHECK(driven.answer<Admitted>(waiting));
  CHECK(driven.answer<Refused>(101)->code == Code::garage_full);
}

TEST_CASE("a reservation holds its spot until it is used, cancelled or expires") {
  DrivenGarage driven(plain_garage(1, 2));
  Reserve reserve;
  reserve.vehicle.plate = "A";
  const auto reserved = driven.ask<Reserved>(reserve);
  REQUIRE(reserved);
  CHECK(driven.garage.spot(reserved->spots.first).state == SpotState::reserved);
  CHECK(driven.refusal(reserve) == Code::wrong_state);
  const std::vector<ReservationView> standing = driven.garage.reservations();
  REQUIRE(standing.size() == 1);
  CHECK(standing[0].number == reserved->reservation);
  CHECK(standing[0].arrival.plate == "A");
  CHECK(standing[0].spots == reserved->spots);
  CHECK(standing[0].until == reserved->until);
  REQUIRE(driven.enter("B"));
  CHECK_FALSE(driven.enter("C"));
  CHECK(driven.enter("A")->spots == reserved->spots);
  REQUIRE(driven.exit("A"));
  const auto second = driven.ask<Reserved>(reserve);
  REQUIRE(second);
  driven.advance(Duration::seconds(900));
  CHECK(driven.garage.figures().spots_reserved == 0);
  Enter late;
  late.vehicle.plate = "A";
  late.reservation = second->reservation;
  CHECK(driven.refusal(late) == Code::reservation_expired);
  late.reservation = 77;
  CHECK(driven.refusal(late) == Code::unknown_reservation);
  const auto third = driven.ask<Reserved>(reserve);
  CancelReservation cancel;
  cancel.reservation = third->reservation;
  CHECK(driven.ask<Done>(cancel));
  CHECK(driven.refusal(cancel) == Code::reservation_expired);
  Enter thief;
  thief.vehicle.plate = "T";
  const auto fourth = driven.ask<Reserved>(reserve);
  thief.reservation = fourth->reservation;
  CHECK(driven.refusal(thief) == Code::unknown_reservation);
}

TEST_CASE("operators correct, fix prices, make void and refund, with their name and a reason") {
  DrivenGarage driven(with_tariff(plain_garage(1, 3), city()));
  const auto admitted = driven.enter("A");
  driven.advance(minutes(120));
  Correct correct;
  correct.ticket.plate = "A";
  correct.by = "eve";
  correct.reason = "misread";
  correct.plate = "B";
  correct.spot = SpotId{2};
  correct.entry = driven.now.wall + minutes(-50);
  CHECK(driven.ask<Done>(correct));
  CHECK(driven.garage.spot(SpotId{0}).state == SpotState::free);
  CHECK(driven.garage.spot(SpotId{2}).state == SpotState::occupied);
  CHECK(driven.refusal(leave("A")) == Code::unknown_ticket);
  CHECK(driven.ask<Refused>(leave("B"))->due == 300);
  Override fix;
  fix.ticket.plate = "B";
  fix.by = "eve";
  fix.reason = "long queue";
  fix.price = 250;
  CHECK(driven.ask<Done>(fix));
  CHECK(driven.exit("B")->price == 250);
  Refund refund;
  refund.by = "eve";
  refund.reason = "unhappy";
  refund.ticket = admitted->id;
  refund.amount = 251;
  CHECK(driven.refusal(refund) == Code::overpaid);
  refund.amount = 200;
  CHECK(driven.ask<Done>(refund));
  refund.amount = 51;
  CHECK(driven.refusal(refund) == Code::overpaid);
  CHECK(driven.garage.figures().paid == 250);
  CHECK(driven.garage.figures().refunded == 200);
  REQUIRE(driven.enter("C"));
  driven.advance(minutes(60));
  fix.ticket.plate = "C";
  fix.what = Override::What::make_void;
  CHECK(driven.ask<Done>(fix));
  CHECK(driven.garage.figures().tickets_open == 0);
}

TEST_CASE("permits and validations lower what is due, a lost ticket raises it") {
  Tariff tariff = city();
  tariff.permits = {{"staff", 100}};
  tariff.validations = {{"shop", ValidationKind::amount, 300}};
  tariff.lost_ticket = 2000;
  DrivenGarage driven(with_tariff(plain_garage(1, 5), tariff));
  GrantPermit grant;
  grant.plate = "S";
  grant.permit = "mayor";
  CHECK(driven.refusal(grant) == Code::unknown_name);
  grant.permit = "staff";
  grant.until = driven.now.wall + minutes(10);
  CHECK(driven.ask<Done>(grant));
  REQUIRE(driven.garage.permits().size() == 1);
  CHECK(driven.garage.permits()[0].plate == "S");
  CHECK(driven.garage.permits()[0].permit == "staff");
  CHECK(driven.garage.permits()[0].until == grant.until);
  for (const char* plate : {"S", "V", "L"}) REQUIRE(driven.enter(plate));
  driven.advance(minutes(100));
  Validate validate;
  validate.ticket.plate = "V";
  validate.validation = "cinema";
  CHECK(driven.refusal(validate) == Code::unknown_name);
  validate.validation = "shop";
  CHECK(driven.ask<Done>(validate));
  CHECK(driven.ask<Done>(validate));  // counts once
  ReportLost lost;
  lost.plate = "L";
  CHECK(driven.ask<Done>(lost));
  CHECK(driven.exit("S")->price == 0);
  CHECK(driven.exit("V")->price == 400);
  CHECK(driven.exit("L")->price == 2000);
  REQUIRE(driven.enter("S"));  // the permit has ended by now
  driven.advance(minutes(60));
  CHECK(driven.exit("S")->price == 300);
}

TEST_CASE("a garage in a zone prices nothing before the host has told the zone's offsets") {
  GarageConfig config = with_tariff(plain_garage(1, 2), hourly_with_nights());
  config.zone = "Europe/Berlin";
  DrivenGarage driven(config, {at("2026-03-28T19:00:00Z"), SteadyTime{0}});
  Enter enter;
  enter.vehicle.plate = "A";
  CHECK(driven.refusal(enter) == Code::zone_unknown);
  ZoneKnown zone;
  zone.zone = "Europe/Paris";
  zone.offsets = berlin();
  CHECK(driven.ask<Refused>(zone)->field == "zone");
  zone.zone = "Europe/Berlin";
  const ZoneOffsets falling = {berlin()[1], berlin()[0]};
  zone.offsets = falling;
  CHECK(driven.ask<Refused>(zone)->field == "offsets");
  zone.offsets = berlin();
  CHECK(driven.ask<Done>(zone));
  CHECK(driven.ask<Admitted>(enter));
  driven.advance(minutes(11 * 60));
  CHECK(driven.exit("A")->price == 1300);
}

TEST_CASE("the strategy changes with the occupancy, and back only somewhat below") {
  GarageConfig config = plain_garage(2, 10);
  config.allocation_switches = {{50, Allocation::back_to_front}};
  config.switch_back_percent = 10;
  DrivenGarage driven(config);
  std::vector<std::string> plates;
  for (int i = 0; i < 10; ++i) {
    CHECK(driven.garage.figures().allocation == Allocation::first_available);
    plates.push_back("P" + std::to_string(i));
    REQUIRE(driven.enter(plates.back()));
  }
  CHECK(driven.garage.figures().allocation == Allocation::back_to_front);
  CHECK(driven.garage.spot_name(driven.enter("next")->spots.first) == "P1/2/10");
  for (int i = 0; i < 3; ++i) REQUIRE(driven.exit(plates[static_cast<std::size_t>(i)]));
  CHECK(driven.garage.figures().allocation == Allocation::back_to_front);
  REQUIRE(driven.exit(plates[3]));
  CHECK(driven.garage.figures().allocation == Allocation::first_available);
}

TEST_CASE("reconciliation names the spots on which tickets and sensors disagree") {
  DrivenGarage driven(plain_garage(1, 4));
  REQUIRE(driven.enter("A"));
  const auto second = driven.enter("B");
  const SpotId seen[] = {SpotId{0}, SpotId{3}};
  Reconcile reconcile;
  reconcile.seen = seen;
  REQUIRE(driven.ask<Reconciled>(reconcile));
  REQUIRE(driven.disagreements.size() == 2);
  CHECK(driven.disagreements[0].spot == SpotId{1});
  CHECK(driven.disagreements[0].what == Disagreement::What::ticket_without_vehicle);
  CHECK(driven.disagreements[0].ticket == second->ticket);
  CHECK(driven.disagreements[1].spot == SpotId{3});
  CHECK(driven.disagreements[1].what == Disagreement::What::occupied_without_ticket);
}

TEST_CASE("figures are kept by local day") {
  GarageConfig config = with_tariff(plain_garage(1, 2), hourly());
  config.zone = "Europe/Berlin";
  DrivenGarage driven(config, {at("2026-11-16T22:00:00Z"), SteadyTime{0}});  // 23:00 in Berlin
  ZoneKnown zone;
  zone.zone = "Europe/Berlin";
  zone.offsets = berlin();
  REQUIRE(driven.ask<Done>(zone));
  REQUIRE(driven.enter("A"));
  REQUIRE(driven.enter("B"));
  Enter third;
  third.vehicle.plate = "C";
  CHECK(driven.refusal(third) == Code::garage_full);
  driven.advance(minutes(120));
  REQUIRE(driven.exit("A"));
  const std::vector<DayFigures> days = driven.garage.days();
  REQUIRE(days.size() == 2);
  CHECK(days[0].day == 20773);  // 2026-11-16
  CHECK(days[0].entries == 2);
  CHECK(days[0].exits == 0);
  CHECK(days[0].turned_away == 1);
  CHECK(days[0].spots_occupied_max == 2);
  CHECK(days[0].spot_ms == 2 * 3'600'000);
  CHECK(days[1].exits == 1);
  CHECK(days[1].paid == 400);
  CHECK(days[1].spot_ms == 2 * 3'600'000);
  CHECK(days[1].payments == 1);

  driven.advance(minutes(30));
  Pay nothing;
  nothing.ticket.plate = "B";
  REQUIRE(driven.ask<Paid>(nothing));
  CHECK(driven.garage.days()[1].payments == 1);
  driven.advance(minutes(24 * 60));
  const std::vector<DayFigures> until_now = driven.garage.days();
  REQUIRE(until_now.size() == 3);
  CHECK(until_now[1].spot_ms == (2 + 23) * 3'600'000);
  CHECK(until_now[2].spot_ms == 90 * 60'000);
}

TEST_CASE("ticket ids are UUIDs of version 7 that read back") {
  DrivenGarage driven(plain_garage(1, 100));
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const auto admitted = driven.enter("P" + std::to_string(i));
    const std::string text = to_string(admitted->id);
    CHECK(text.size() == 36);
    CHECK(text[14] == '7');
    CHECK(std::string("89ab").find(text[19]) != std::string::npos);
    CHECK(static_cast<std::int64_t>(admitted->id.high >> 16) == driven.now.wall.ms);
    CHECK(parse_TicketId(text) == admitted->id);
    ids.insert(text);
  }
  CHECK(ids.size() == 100);
  CHECK_FALSE(parse_TicketId("018f3c2e-7b1a-7c3d-9e4f-0123456789a").has_value());
  CHECK_FALSE(parse_TicketId("018f3c2e-7b1a-7c3d-9e4f-0123456789ag").has_value());
  CHECK_FALSE(parse_TicketId("018f3c2e07b1a-7c3d-9e4f-0123456789ab").has_value());
}

}  // namespace parking_lot::garage
