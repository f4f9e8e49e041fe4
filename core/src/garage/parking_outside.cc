#include <algorithm>

#include "garage/parking_manager.h"
#include "garage/trusted.h"

/// Records → state, of those who are not parked: reservations, the lane, permits.
namespace parking_lot::garage {

// --- reservations ---

bool ParkingManager::apply(const SpotsReserved& fact, Stamp stamp) {
  const SpotRange spots = layout.range_of(fact.spots);
  if (!is_number(fact.reservation, reservation_by_number_) || reservation_of(fact.reservation) != no_slot ||
      !inventory.are_free(spots))
    return false;
  Visit visit;
  if (!resolve(fact.arrival, visit)) return false;
  if (vehicles[visit.vehicle].reservation != no_slot) {
    release_vehicle(visit.vehicle);
    return false;
  }
  const std::uint32_t slot = reservations.allocate();
  Reservation& reservation = reservations[slot];
  reservation = Reservation{};
  reservation.number = fact.reservation;
  reservation.version = stamp.sequence;
  reservation.visit = visit;
  reservation.spots = spots;
  reservation.until = sane(fact.until);
  reservation_by_number_.set(fact.reservation, slot);
  reservation_timers.arm(slot, reservation.until.ms, fact.reservation);
  vehicles[visit.vehicle].reservation = slot;
  next_reservation = std::max(next_reservation, fact.reservation + 1);
  inventory.take(spots, Inventory::Owner::reservation, fact.reservation, stamp.sequence);
  return true;
}

bool ParkingManager::apply(const ReservationEnded& fact, Stamp stamp) {
  const std::uint32_t slot = reservation_of(fact.reservation);
  if (slot == no_slot) return false;
  end_reservation(slot, stamp);
  return true;
}

void ParkingManager::end_reservation(std::uint32_t slot, Stamp stamp) {
  const Reservation reservation = reservations[slot];
  inventory.give_back(reservation.spots, stamp.sequence);
  reservation_timers.disarm(slot);
  reservation_by_number_.erase(reservation.number);
  vehicles[reservation.visit.vehicle].reservation = no_slot;
  release_vehicle(reservation.visit.vehicle);
  reservations.free(slot);
}

// --- the lane ---

namespace {

/// See `Inventory::room_for`: a large vehicle that takes no run waits for an oversized spot alone.
Units cost_in_lane(const Visit& visit) {
  if (visit.size != VehicleSize::large) return 1;
  return visit.spots_required >= 2 ? visit.spots_required : Inventory::single_spot_room;
}

}  // namespace

TaskQueue& ParkingManager::lane_of(const Visit& visit) {
  return lanes_[static_cast<std::size_t>(visit.size) * feature_sets + visit.wanted.bits];
}

bool ParkingManager::apply(const PlaceTaken& fact, Stamp stamp) {
  if (!is_number(fact.place, place_by_number_) || place_of(fact.place) != no_slot) return false;
  Visit visit;
  if (!resolve(fact.arrival, visit)) return false;
  if (is_here(vehicles[visit.vehicle])) {
    release_vehicle(visit.vehicle);
    return false;
  }
  const std::uint32_t slot = places.allocate();
  LanePlace& place = places[slot];
  place = LanePlace{};
  place.number = fact.place;
  place.version = stamp.sequence;
  place.visit = visit;
  place.until = sane(fact.until);
  place_by_number_.set(fact.place, slot);
  place_timers.arm(slot, place.until.ms, fact.place);
  vehicles[visit.vehicle].place = slot;
  next_place = std::max(next_place, fact.place + 1);
  lane_of(visit).insert({QueueKey::of(Priority::normal, fact.place), cost_in_lane(visit), slot});
  ++waiting;
  return true;
}

bool ParkingManager::apply(const PlaceLeft& fact, Stamp) {
  const std::uint32_t slot = place_of(fact.place);
  if (slot == no_slot) return false;
  leave_lane(slot);
  return true;
}

void ParkingManager::leave_lane(std::uint32_t slot) {
  const LanePlace& place = places[slot];
  lane_of(place.visit).erase(QueueKey::of(Priority::normal, place.number));
  place_timers.disarm(slot);
  place_by_number_.erase(place.number);
  vehicles[place.visit.vehicle].place = no_slot;
  release_vehicle(place.visit.vehicle);
  places.free(slot);
  --waiting;
}

// --- permits ---

bool ParkingManager::apply(const PermitGranted& fact, Stamp) {
  if (!is_number(fact.vehicle, vehicle_by_number_)) return false;
  const std::uint32_t slot = hold_vehicle(fact.vehicle, fact.plate);
  KnownVehicle& vehicle = vehicles[slot];
  const bool had_one = vehicle.permit != no_slot;
  drop_permit(vehicle);
  if (!fact.permit.empty()) {
    vehicle.permit = permits.allocate();
    permits[vehicle.permit] = {std::string(fact.permit), fact.until};
  }
  if (had_one) release_vehicle(slot);  // one hold serves all its permits
  return true;
}

void ParkingManager::drop_permit(KnownVehicle& vehicle) {
  if (vehicle.permit == no_slot) return;
  permits.free(vehicle.permit);
  vehicle.permit = no_slot;
}

bool ParkingManager::apply(const PermitRevoked& fact, Stamp) {
  const std::uint32_t slot = vehicle_by_number_.find(fact.vehicle);
  if (slot == AdmissionIndex::none || vehicles[slot].permit == no_slot) return false;
  drop_permit(vehicles[slot]);
  release_vehicle(slot);
  return true;
}

}  // namespace parking_lot::garage
