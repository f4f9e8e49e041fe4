#include <algorithm>

#include "garage/parking_manager.h"
#include "garage/ticket_id.h"

/// What is asked of a garage's state.
namespace parking_lot::garage {

std::uint32_t ParkingManager::vehicle_of(std::string_view plate) const {
  return vehicle_by_plate_.find(hash_of(plate),
                                [&](std::uint32_t slot) { return vehicles[slot].plate == plate; });
}

std::uint32_t ParkingManager::ticket_of(const TicketName& name) const {
  if (name.id) {
    const std::uint32_t slot = ticket_by_number_.find(number_in(name.id));
    if (slot == AdmissionIndex::none) return no_slot;
    tickets.expect(slot);
    expect_forgetting();
    return tickets[slot].id == name.id ? slot : no_slot;
  }
  const std::uint32_t vehicle = vehicle_of(name.plate);
  return vehicle == no_slot ? no_slot : vehicles[vehicle].open_ticket;
}

void ParkingManager::expect_ticket(const TicketName& name) const {
  name.id ? ticket_by_number_.expect(number_in(name.id)) : expect_plate(name.plate);
}

std::uint32_t ParkingManager::expect_vehicle(std::string_view plate) const {
  const std::uint32_t slot = vehicle_by_plate_.find(hash_of(plate), [](std::uint32_t) { return true; });
  if (slot != no_slot) vehicles.expect(slot);
  return slot;
}

std::uint32_t ParkingManager::vehicle_of(std::string_view plate, std::uint32_t expected) const {
  return expected == no_slot || vehicles[expected].plate == plate ? expected : vehicle_of(plate);
}

int ParkingManager::gate_of(std::string_view name) const {
  if (name.empty()) return 0;
  for (std::size_t i = 0; i < config_.entrances.size(); ++i) {
    if (config_.entrances[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

int ParkingManager::tariff_of(std::string_view name) const {
  if (name.empty()) return 0;
  for (std::size_t i = 0; i < config_.tariffs.size(); ++i) {
    if (config_.tariffs[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

std::uint32_t ParkingManager::next_to_enter() {
  if (waiting == 0 || inventory.free_count() == 0) return no_slot;
  std::uint32_t next = no_slot;
  for (std::uint32_t lane = 0; lane < lanes_.size(); ++lane) {
    if (lanes_[lane].size() == 0) continue;
    const auto size = static_cast<VehicleSize>(lane / feature_sets);
    const Features wanted(static_cast<std::uint8_t>(lane % feature_sets));
    const std::uint64_t room = inventory.room_for(size, wanted);
    if (room == 0) continue;
    const auto first = lanes_[lane].first_that_fits(room);
    if (!first) continue;
    if (next == no_slot || places[first->slot].number < places[next].number) next = first->slot;
  }
  return next;
}

std::uint64_t ParkingManager::ahead_in_lane(std::uint32_t slot) const {
  const LanePlace& place = places[slot];
  const auto lane = static_cast<std::size_t>(place.visit.size) * feature_sets + place.visit.wanted.bits;
  return lanes_[lane].ahead_of(QueueKey::of(Priority::normal, place.number)).tasks;
}

Stay ParkingManager::stay_of(const Ticket& ticket, WallTime exit) const {
  Stay stay;
  stay.entry = ticket.entry;
  stay.exit = exit;
  stay.type = ticket.visit.type;
  stay.spots = static_cast<std::uint16_t>(std::max<std::uint32_t>(1, ticket.spots.count));
  if (ticket.spots.count != 0) {
    stay.kind = inventory.kind_of(ticket.spots.first);
    stay.features = inventory.features_of(ticket.spots.first);
  }
  stay.surge_percent = ticket.surge_percent;
  stay.validations = ticket.validations;
  stay.card = ticket.card;
  if (permits.end() == 0) return stay;  // nobody has one: no need to wait for the vehicle's memory
  const KnownVehicle& vehicle = vehicles[ticket.visit.vehicle];
  if (vehicle.permit != no_slot && permits[vehicle.permit].until > ticket.entry) {
    const auto& rates = tariff(ticket.visit).permits;
    const auto place = std::find_if(rates.begin(), rates.end(), [&](const PermitRate& each) {
      return each.name == permits[vehicle.permit].name;
    });
    if (place != rates.end()) stay.permit = static_cast<int>(place - rates.begin());
  }
  return stay;
}

Arrival ParkingManager::arrival_of(const Visit& visit) const {
  const KnownVehicle& vehicle = vehicles[visit.vehicle];
  Arrival arrival;
  arrival.vehicle = vehicle.number;
  arrival.plate = vehicle.plate;
  arrival.type = visit.type;
  arrival.size = visit.size;
  arrival.spots_required = visit.spots_required;
  arrival.wanted = visit.wanted;
  if (!config_.entrances.empty()) arrival.gate = config_.entrances[visit.gate].name;
  arrival.tariff = tariff(visit).name;
  return arrival;
}

TicketView ParkingManager::view_of(const Ticket& ticket) const {
  const Arrival arrival = arrival_of(ticket.visit);
  TicketView view;
  view.number = ticket.number;
  view.id = ticket.id;
  view.version = ticket.version;
  view.vehicle = VehicleId{arrival.vehicle};
  view.plate = arrival.plate;
  view.type = arrival.type;
  view.size = arrival.size;
  view.spots = ticket.spots;
  view.gate = arrival.gate;
  view.tariff = arrival.tariff;
  view.entry = ticket.entry;
  view.exit = ticket.exit;
  view.state = ticket.state;
  view.card = ticket.card;
  view.surge_percent = ticket.surge_percent;
  view.validations = ticket.validations;
  view.price = ticket.price;
  view.paid = ticket.paid;
  view.refunded = ticket.refunded;
  view.leave_by = ticket.leave_by;
  return view;
}

std::size_t ParkingManager::memory_bytes() const {
  std::size_t bytes = inventory.memory_bytes() + vehicles.memory_bytes() + tickets.memory_bytes() +
                      reservations.memory_bytes() + places.memory_bytes() + permits.memory_bytes() +
                      ticket_by_number_.memory_bytes() + vehicle_by_number_.memory_bytes() +
                      vehicle_by_plate_.memory_bytes();
  for (const TaskQueue& lane : lanes_) bytes += lane.memory_bytes();
  return bytes;
}

}  // namespace parking_lot::garage
