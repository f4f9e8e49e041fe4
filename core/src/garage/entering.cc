#include <algorithm>

#include "garage/field_rules.h"
#include "garage/garage_machine.h"
#include "garage/ticket_id.h"
#include "garage/trusted.h"
#include "parking_lot/erased_name.h"
#include "parking_lot/names.h"

/// Commands of those who come: entering, waiting, reserving.
namespace parking_lot {

using namespace garage;
using GarageRefusal = garage::Refusal;

namespace {

constexpr std::size_t plate_bytes_max = 32;

bool is_plate(std::string_view plate) {
  return plate.size() <= plate_bytes_max && is_valid_name(plate) && !is_erased_name(plate);
}

}  // namespace

bool Garage::Machine::is_vehicle(RequestId request, const Vehicle& vehicle, std::string_view plate_field) {
  if (!is_plate(vehicle.plate))
    refuse_field(request, plate_field,
                 "must have 1 to 32 bytes, no control characters, and not be what stands for an erased one.");
  else if (vehicle.size > VehicleSize::large)
    refuse_field(request, "size", "must be small, medium or large.");
  else if (vehicle.type > VehicleType::bus)
    refuse_field(request, "type", type_must);
  else if (vehicle.spots_required > spots_per_ticket_max)
    refuse_field(request, "spots_required", "must be at most 64.");
  else
    return true;
  return false;
}

bool Garage::Machine::is_wish(RequestId request, Features wanted, SpotId spot, std::uint64_t if_version) {
  if (wanted.bits >= feature_sets)
    refuse_field(request, "wanted", "must be of ev_charger, accessible and covered.");
  else if (if_version != 0 && !spot)
    refuse_field(request, "if_version", "is the version of a spot; name the spot, too.");
  else
    return true;
  return false;
}

Arrival Garage::Machine::arrival_of(const Vehicle& vehicle, std::uint32_t known, Features wanted, int gate,
                                    int tariff) {
  Arrival arrival;
  arrival.vehicle = known == no_slot ? parking.next_vehicle : parking.vehicles[known].number;
  parking.vehicle_hint = known;
  arrival.plate = vehicle.plate;
  arrival.type = vehicle.type;
  arrival.size = vehicle.size;
  arrival.spots_required = vehicle.spots_required;
  arrival.wanted = wanted;
  if (!config.entrances.empty()) arrival.gate = config.entrances[static_cast<std::size_t>(gate)].name;
  arrival.tariff = config.tariffs[static_cast<std::size_t>(tariff)].name;
  return arrival;
}

SpotRange Garage::Machine::spots_for(RequestId request, const Need& need, int gate, SpotId spot,
                                     std::uint64_t if_version) {
  if (!spot) return parking.inventory.find(need, static_cast<std::uint32_t>(gate));
  if (spot.index >= parking.layout.spot_count()) {
    refuse(request, GarageRefusal::unknown_spot, "spot");
    return {};
  }
  const SpotView view = parking.inventory.view(spot);
  if (if_version != 0 && view.version != if_version) {
    answer_after(view.version, request, garage::Refused{GarageRefusal::version_conflict, "spot"});
  } else if (!fits(view.spot.kind, need.size) || !may_use(view.spot.features, need.wanted)) {
    refuse(request, GarageRefusal::spot_unfit, "spot");
  } else if (view.state != SpotState::free) {
    answer_after(view.version, request, garage::Refused{GarageRefusal::spot_taken, "spot"});
  } else {
    return {spot, 1};
  }
  return {};
}

void Garage::Machine::take(const Enter& input) {
  if (is_refused(input.request, Wants::zone) || !is_vehicle(input.request, input.vehicle)) return;
  // What is looked up here is far away in a large garage: the spot comes nearer while the vehicle does.
  const std::uint32_t expected = parking.expect_vehicle(input.vehicle.plate);
  const int gate = parking.gate_of(input.gate);
  const int tariff = parking.tariff_of(input.tariff);
  if (gate < 0 || tariff < 0)
    return refuse(input.request, GarageRefusal::unknown_name, gate < 0 ? "gate" : "tariff");
  if (!is_wish(input.request, input.wanted, input.spot, input.if_version)) return;
  const Need need{input.vehicle.size, input.wanted, input.vehicle.spots_required};
  parking.inventory.expect(need, static_cast<std::uint32_t>(gate));
  const std::uint32_t known = parking.vehicle_of(input.vehicle.plate, expected);
  std::uint32_t reservation = no_slot;
  if (known != no_slot) {
    const KnownVehicle& vehicle = parking.vehicles[known];
    const std::uint64_t version = vehicle.open_ticket != no_slot
                                      ? parking.tickets[vehicle.open_ticket].version
                                  : vehicle.place != no_slot ? parking.places[vehicle.place].version
                                                             : 0;
    if (version != 0)
      return answer_after(version, input.request, garage::Refused{GarageRefusal::already_parked, "plate"});
    reservation = vehicle.reservation;
  }
  if (input.reservation != 0) {
    const std::uint32_t named = parking.reservation_of(input.reservation);
    if (named == no_slot && input.reservation < parking.next_reservation)
      return turn_away(input.request, GarageRefusal::reservation_expired, "reservation");
    if (named == no_slot || named != reservation)
      return refuse(input.request, GarageRefusal::unknown_reservation, "reservation");
  }
  const Arrival arrival = arrival_of(input.vehicle, known, input.wanted, gate, tariff);
  if (reservation != no_slot) {
    const Reservation& held = parking.reservations[reservation];
    if (held.spots.count == 1 && !fits(parking.layout.spot(held.spots.first).kind, input.vehicle.size))
      return refuse(input.request, GarageRefusal::spot_unfit, "size");
    admit(input.request, arrival, held.spots, 0, held.number);
    return;
  }
  let_in_all();
  const SpotRange spots = spots_for(input.request, need, gate, input.spot, input.if_version);
  if (spots.count != 0) {
    admit(input.request, arrival, spots, 0, 0);
  } else if (!input.spot) {
    if (!parking.inventory.could_ever_fit(need))
      return turn_away(input.request, GarageRefusal::no_compatible_spot);
    wait(input, arrival);
  }
}

std::uint64_t Garage::Machine::admit(RequestId request, const Arrival& arrival, SpotRange spots,
                                     std::uint64_t place, std::uint64_t reservation) {
  const WallTime at = std::max(now_.wall, stream.last_at());
  const std::uint64_t number = parking.next_ticket;
  const Tariff& tariff = config.tariffs[static_cast<std::size_t>(parking.tariff_of(arrival.tariff))];
  TicketOpened fact;
  fact.ticket = number;
  fact.id = ticket_id_of(at, number, parking.entropy);
  fact.arrival = arrival;
  fact.spots = parking.layout.place_of(spots);
  fact.surge_percent =
      PricingStrategy(tariff, parking.offsets)
          .surge_percent(at, parking.inventory.occupied_count(), parking.layout.spot_count());
  fact.place = place;
  fact.reservation = reservation;
  const std::uint64_t sequence = emit(fact);
  answer_after(sequence, request, Admitted{number, fact.id, spots, fact.surge_percent, sequence});
  show(sequence, spots, SpotState::occupied);
  return sequence;
}

void Garage::Machine::let_in(std::uint32_t slot) {
  const LanePlace place = parking.places[slot];
  const SpotRange spots = parking.inventory.find(place.visit.need(), place.visit.gate);
  const std::uint64_t sequence =
      admit(place.request, parking.arrival_of(place.visit), spots, place.number, 0);
  show(sequence, Changed::What::lane);
}

void Garage::Machine::wait(const Enter& input, const Arrival& arrival) {
  if (input.wait_until <= now_.wall) return turn_away(input.request, GarageRefusal::garage_full);
  if (parking.waiting >= config.lane_max) return turn_away(input.request, GarageRefusal::lane_full);
  const std::uint64_t number = parking.next_place;
  const std::uint64_t sequence = emit(PlaceTaken{number, arrival, input.wait_until});
  const std::uint32_t slot = parking.place_of(number);
  parking.places[slot].request = input.request;
  answer_after(sequence, input.request, Waiting{number, parking.ahead_in_lane(slot)});
  show(sequence, Changed::What::lane);
}

/// A refusal that the reports count.
void Garage::Machine::turn_away(RequestId request, GarageRefusal code, std::string_view field) {
  refuse(request, code, field);
  for (auto& [known, count] : refusals_) {
    if (known != code) continue;
    ++count;
    return;
  }
  refusals_.emplace_back(code, 1);
}

void Garage::Machine::take(const LeaveLane& input) {
  if (is_refused(input.request)) return;
  const std::uint32_t slot = parking.place_of(input.place);
  if (slot == no_slot) return refuse(input.request, GarageRefusal::wrong_state, "place");
  const RequestId waiting = parking.places[slot].request;
  const std::uint64_t sequence = emit(PlaceLeft{input.place, PlaceLeft::How::gave_up});
  answer_after(sequence, waiting, garage::Refused{GarageRefusal::wait_expired, {}});
  answer_after(sequence, input.request, garage::Done{sequence});
  show(sequence, Changed::What::lane);
}

void Garage::Machine::take(const Reserve& input) {
  if (is_refused(input.request) || !is_vehicle(input.request, input.vehicle)) return;
  const int gate = parking.gate_of(input.gate);
  if (gate < 0) return refuse(input.request, GarageRefusal::unknown_name, "gate");
  if (!is_wish(input.request, input.wanted, input.spot, input.if_version)) return;
  const WallTime until = input.until.ms == 0 ? now_.wall + config.reservation : input.until;
  if (until <= now_.wall || until - now_.wall > Duration::seconds(366LL * 86400))
    return refuse_field(input.request, "until", "must lie in the future, by at most 366 days.");
  const std::uint32_t known = parking.vehicle_of(input.vehicle.plate);
  if (known != no_slot && parking.vehicles[known].reservation != no_slot) {
    const std::uint64_t version = parking.reservations[parking.vehicles[known].reservation].version;
    return answer_after(version, input.request, garage::Refused{GarageRefusal::wrong_state, "plate"});
  }
  let_in_all();
  const Need need{input.vehicle.size, input.wanted, input.vehicle.spots_required};
  const SpotRange spots = spots_for(input.request, need, gate, input.spot, input.if_version);
  if (spots.count == 0) {
    if (input.spot) return;
    const bool could_fit = parking.inventory.could_ever_fit(need);
    return refuse(input.request, could_fit ? GarageRefusal::garage_full : GarageRefusal::no_compatible_spot);
  }
  const std::uint64_t number = parking.next_reservation;
  const std::uint64_t sequence = emit(SpotsReserved{
      number, arrival_of(input.vehicle, parking.vehicle_of(input.vehicle.plate), input.wanted, gate, 0),
      parking.layout.place_of(spots), until});
  answer_after(sequence, input.request, Reserved{number, spots, until, sequence});
  show(sequence, spots, SpotState::reserved);
}

void Garage::Machine::take(const CancelReservation& input) {
  if (is_refused(input.request)) return;
  const std::uint32_t slot = parking.reservation_of(input.reservation);
  if (slot == no_slot) {
    return refuse(input.request,
                  input.reservation != 0 && input.reservation < parking.next_reservation
                      ? GarageRefusal::reservation_expired
                      : GarageRefusal::unknown_reservation,
                  "reservation");
  }
  const SpotRange spots = parking.reservations[slot].spots;
  const std::uint64_t sequence = emit(ReservationEnded{input.reservation, ReservationEnded::How::cancelled});
  answer_after(sequence, input.request, garage::Done{sequence});
  show(sequence, spots, SpotState::free);
}

}  // namespace parking_lot
