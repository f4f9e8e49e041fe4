#include "garage/parking_manager.h"

#include <algorithm>

#include "garage/trusted.h"
#include "parking_lot/erased_name.h"

/// Records → state.
namespace parking_lot::garage {

ParkingManager::ParkingManager(const GarageConfig& config)
    : config_(config),
      layout(config),
      inventory(layout),
      ledger(offsets, std::max<std::uint32_t>(1, config.report_days)),
      chosen(config.allocation) {
  inventory.use(chosen);
}

// --- vehicles ---

/// The vehicle with this number, or the one that has the plate; made if neither is known. One hold is the
/// caller's.
std::uint32_t ParkingManager::hold_vehicle(std::uint64_t number, std::string_view plate) {
  const bool is_hinted = vehicle_hint < vehicles.end() && vehicles[vehicle_hint].number == number;
  std::uint32_t slot = is_hinted ? vehicle_hint : vehicle_by_number_.find(number);
  if (slot == AdmissionIndex::none) {
    slot = vehicles.allocate();
    KnownVehicle& vehicle = vehicles[slot];
    vehicle = KnownVehicle{};
    vehicle.number = number;
    name_vehicle(slot, plate);
    vehicle_by_number_.set(number, slot);
    next_vehicle = std::max(next_vehicle, number + 1);
  } else if (vehicles[slot].is_erased && !is_erased_name(plate)) {
    name_vehicle(slot, plate);  // the key of an earlier record was destroyed, that of this one was not
  }
  ++vehicles[slot].holds;
  return slot;
}

void ParkingManager::name_vehicle(std::uint32_t slot, std::string_view plate) {
  KnownVehicle& vehicle = vehicles[slot];
  vehicle_by_plate_.erase(hash_of(vehicle.plate), slot);
  vehicle.plate = plate;
  vehicle.is_erased = is_erased_name(plate);
  if (plate.empty() || vehicle.is_erased) return;
  // Of two numbers with one plate, which only a journal can bring, the later one counts.
  const std::uint32_t hash = hash_of(plate);
  if (const std::uint32_t before = vehicle_of(plate); before != no_slot)
    vehicle_by_plate_.erase(hash, before);
  vehicle_by_plate_.insert(hash, slot);
}

void ParkingManager::release_vehicle(std::uint32_t slot) {
  KnownVehicle& vehicle = vehicles[slot];
  if (--vehicle.holds > 0) return;
  vehicle_by_plate_.erase(hash_of(vehicle.plate), slot);
  vehicle_by_number_.erase(vehicle.number);
  vehicle.number = 0;
  vehicles.free(slot);
}

/// A vehicle is in the garage, or before it, once.
bool ParkingManager::is_here(const KnownVehicle& vehicle) {
  return vehicle.open_ticket != no_slot || vehicle.place != no_slot;
}

/// Names of a record in this config. A gate or tariff that is gone counts as the first. False: no vehicle can
/// have such a number. Holds the vehicle.
bool ParkingManager::resolve(const Arrival& arrival, Visit& visit) {
  if (!is_number(arrival.vehicle, vehicle_by_number_)) return false;
  if (arrival.size > VehicleSize::large || arrival.type > VehicleType::bus ||
      arrival.wanted.bits >= feature_sets)
    return false;
  visit.vehicle = hold_vehicle(arrival.vehicle, arrival.plate);
  visit.type = arrival.type;
  visit.size = arrival.size;
  visit.wanted = arrival.wanted;
  visit.spots_required = arrival.spots_required;
  visit.gate = static_cast<std::uint16_t>(std::max(0, gate_of(arrival.gate)));
  visit.tariff = static_cast<std::uint16_t>(std::max(0, tariff_of(arrival.tariff)));
  return true;
}

// --- the garage ---

bool ParkingManager::apply(const GarageOpened& fact, Stamp stamp) {
  incarnation = fact.incarnation;
  entropy = fact.entropy;
  ledger.advance(stamp.at, inventory.occupied_count());
  return true;
}

bool ParkingManager::apply(const ZoneChanged& fact, Stamp stamp) {
  if (!are_offsets(fact.offsets)) return false;
  ledger.advance(stamp.at, inventory.occupied_count());
  zone = fact.zone;
  offsets.assign(fact.offsets.begin(), fact.offsets.end());
  ledger.zone_changed();
  return true;
}

bool ParkingManager::apply(const AllocationChanged& fact, Stamp) {
  if (fact.allocation > Allocation::back_to_front) return false;
  if (fact.cause == AllocationChanged::Cause::command) chosen = fact.allocation;
  if (inventory.allocation() != fact.allocation) inventory.use(fact.allocation);
  return true;
}

bool ParkingManager::apply(const EntriesRefused& fact, Stamp stamp) {
  ledger.advance(stamp.at, inventory.occupied_count());
  ledger.today().turned_away += fact.count;
  return true;
}

// --- tickets ---

std::uint32_t ParkingManager::new_ticket(const TicketOpened& fact, const Visit& visit) {
  const std::uint32_t slot = tickets.allocate();
  Ticket& ticket = tickets[slot];
  ticket = Ticket{};
  ticket.id = fact.id;
  ticket.number = fact.ticket;
  ticket.visit = visit;
  ticket.surge_percent = fact.surge_percent;
  ticket_by_number_.set(fact.ticket, slot);
  next_ticket = std::max(next_ticket, fact.ticket + 1);
  return slot;
}

bool ParkingManager::apply(const TicketOpened& fact, Stamp stamp) {
  const SpotRange spots = layout.range_of(fact.spots);
  const std::uint32_t reservation = fact.reservation == 0 ? no_slot : reservation_of(fact.reservation);
  const bool uses_reservation = reservation != no_slot;
  if (!is_number(fact.ticket, ticket_by_number_) ||
      ticket_by_number_.find(fact.ticket) != AdmissionIndex::none || fact.surge_percent > percent_max ||
      fact.spots.count > spots_per_ticket_max)
    return false;
  const bool is_held = uses_reservation && reservations[reservation].spots == spots;
  if (!is_held && !inventory.are_free(spots)) return false;
  Visit visit;
  if (!resolve(fact.arrival, visit)) return false;
  const std::uint32_t waits = vehicles[visit.vehicle].place;
  if (vehicles[visit.vehicle].open_ticket != no_slot ||
      (waits != no_slot && places[waits].number != fact.place)) {
    release_vehicle(visit.vehicle);
    return false;
  }
  ledger.advance(stamp.at, inventory.occupied_count());
  if (uses_reservation) end_reservation(reservation, stamp);
  if (const std::uint32_t place = fact.place == 0 ? no_slot : place_of(fact.place); place != no_slot)
    leave_lane(place);
  const std::uint32_t slot = new_ticket(fact, visit);
  Ticket& ticket = tickets[slot];
  ticket.version = stamp.sequence;
  ticket.taken = stamp.sequence;
  ticket.spots = spots;
  ticket.entry = stamp.at;
  vehicles[visit.vehicle].open_ticket = slot;
  inventory.take(spots, Inventory::Owner::ticket, fact.ticket, stamp.sequence);
  ++open_tickets;
  ++ledger.today().entries;
  ledger.note_occupied(inventory.occupied_count());
  return true;
}

Ticket* ParkingManager::open_ticket(std::uint64_t number) {
  const std::uint32_t slot = ticket_by_number_.find(number);
  if (slot == AdmissionIndex::none || tickets[slot].state != TicketState::open) return nullptr;
  return &tickets[slot];
}

bool ParkingManager::apply(const TicketValidated& fact, Stamp stamp) {
  Ticket* ticket = open_ticket(fact.ticket);
  if (ticket == nullptr) return false;
  const auto& known = tariff(ticket->visit).validations;
  const auto place = std::find_if(known.begin(), known.end(),
                                  [&](const Validation& each) { return each.name == fact.validation; });
  const auto index = static_cast<std::size_t>(place - known.begin());
  if (index < std::min(known.size(), validations_max)) ticket->validations |= 1U << index;
  ticket->version = stamp.sequence;
  return true;
}

bool ParkingManager::apply(const TicketPaid& fact, Stamp stamp) {
  if (!is_money(fact.amount) || !is_money(fact.price)) return false;
  ledger.advance(stamp.at, inventory.occupied_count());
  ledger.add_payment(fact.amount);
  Ticket* ticket = open_ticket(fact.ticket);
  if (ticket == nullptr) return false;
  ticket->paid += fact.amount;
  ticket->leave_by = sane(fact.leave_by);
  if (fact.leave_by.ms != 0) ticket->price = fact.price;
  ticket->version = stamp.sequence;
  return true;
}

bool ParkingManager::apply(const TicketClosed& fact, Stamp stamp) {
  const std::uint32_t slot = ticket_by_number_.find(fact.ticket);
  if (slot == AdmissionIndex::none || tickets[slot].state != TicketState::open ||
      fact.state == TicketState::open || !is_money(fact.price) || !is_money(fact.paid))
    return false;
  ledger.advance(stamp.at, inventory.occupied_count());
  Ticket& ticket = tickets[slot];
  ticket.state = fact.state;
  ticket.exit = sane(fact.exit);
  ticket.price = fact.price;
  ticket.paid += fact.paid;
  ticket.version = ticket.closed = stamp.sequence;
  ledger.add_payment(fact.paid);
  ++ledger.today().exits;
  close(slot, stamp);
  return true;
}

/// Frees what a ticket held. It is remembered until too many others are.
void ParkingManager::close(std::uint32_t slot, Stamp stamp) {
  Ticket& ticket = tickets[slot];
  inventory.give_back(ticket.spots, stamp.sequence);
  vehicles[ticket.visit.vehicle].open_ticket = no_slot;
  --open_tickets;
  closed_.push_back({slot, ticket.exit});
  if (!is_restoring_) forget_beyond(std::size_t{config_.ticket_retention_count} + forgotten_later_max);
}

void ParkingManager::forget_beyond(std::size_t count) {
  while (closed_.size() > count) {
    const std::uint32_t oldest = closed_.front().slot;
    closed_.pop_front();
    forget_ticket(oldest);
  }
}

/// Those who are forgotten next have not been touched for long. Each step towards it brings near what the
/// step after it needs: the ticket, then its vehicle, then where both are found by number and by plate.
void ParkingManager::expect_forgetting() const {
  if (closed_.size() < 4) return;
  tickets.expect(closed_[3].slot);
  vehicles.expect(tickets[closed_[2].slot].visit.vehicle);
  const Ticket& ticket = tickets[closed_[1].slot];
  const KnownVehicle& vehicle = vehicles[ticket.visit.vehicle];
  ticket_by_number_.expect(ticket.number);
  vehicle_by_number_.expect(vehicle.number);
  vehicle_by_plate_.expect(hash_of(vehicle.plate));
}

void ParkingManager::forget_ticket(std::uint32_t slot) {
  ticket_by_number_.erase(tickets[slot].number);
  release_vehicle(tickets[slot].visit.vehicle);
  tickets.free(slot);
}

void ParkingManager::forget_old(WallTime now) {
  forget_beyond(config_.ticket_retention_count);
  while (!closed_.empty() && now - closed_.front().exit > config_.ticket_retention) {
    const std::uint32_t oldest = closed_.front().slot;
    closed_.pop_front();
    forget_ticket(oldest);
  }
}

bool ParkingManager::apply(const TicketCorrected& fact, Stamp stamp) {
  Ticket* ticket = open_ticket(fact.ticket);
  if (ticket == nullptr || !is_number(fact.vehicle, vehicle_by_number_)) return false;
  const SpotRange spots = layout.range_of(fact.spots);
  const bool moves = !(spots == ticket->spots);
  if (moves && !inventory.are_free(spots)) return false;
  const std::uint32_t vehicle = hold_vehicle(fact.vehicle, fact.plate);
  const std::uint32_t before = ticket->visit.vehicle;
  const std::uint32_t slot = vehicles[before].open_ticket;
  if (vehicle != before && is_here(vehicles[vehicle])) {
    release_vehicle(vehicle);
    return false;
  }
  ledger.advance(stamp.at, inventory.occupied_count());
  vehicles[before].open_ticket = no_slot;
  vehicles[vehicle].open_ticket = slot;
  ticket->visit.vehicle = vehicle;
  release_vehicle(before);
  if (moves) {
    inventory.give_back(ticket->spots, stamp.sequence);
    inventory.take(spots, Inventory::Owner::ticket, fact.ticket, stamp.sequence);
    ledger.note_occupied(inventory.occupied_count());
    ticket->spots = spots;
    ticket->taken = stamp.sequence;
  }
  ticket->entry = sane(fact.entry);
  ticket->card = fact.card;
  ticket->version = stamp.sequence;
  return true;
}

bool ParkingManager::apply(const TicketOverridden& fact, Stamp stamp) {
  Ticket* ticket = open_ticket(fact.ticket);
  if (ticket == nullptr || !is_money(fact.price)) return false;
  ticket->price = fact.price;
  ticket->is_price_fixed = true;
  ticket->version = stamp.sequence;
  return true;
}

bool ParkingManager::apply(const MoneyRefunded& fact, Stamp stamp) {
  if (!is_money(fact.amount)) return false;
  ledger.advance(stamp.at, inventory.occupied_count());
  ledger.add_refund(fact.amount);
  const std::uint32_t slot = ticket_by_number_.find(fact.ticket);
  if (slot == AdmissionIndex::none) return false;
  tickets[slot].refunded += fact.amount;
  tickets[slot].version = stamp.sequence;
  return true;
}

}  // namespace parking_lot::garage
