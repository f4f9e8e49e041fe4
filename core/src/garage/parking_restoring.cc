#include <algorithm>

#include "garage/parking_manager.h"
#include "garage/trusted.h"

/// Checkpoints: state as records, and back.
namespace parking_lot::garage {
namespace {

/// Steps of a checkpoint: a part in the highest bits, and the number after which the next step begins.
enum class Part : std::uint64_t { tickets, reservations, places, permits, days };
constexpr unsigned part_shift = 56;

constexpr CheckpointPlace place_in(Part part, std::uint64_t after) {
  return static_cast<std::uint64_t>(part) << part_shift | after;
}

}  // namespace

CheckpointPlace ParkingManager::checkpoint(CheckpointPlace from, std::uint32_t limit, Stamp stamp,
                                           std::vector<Record>& records) const {
  const auto add = [&](const auto& state) { records.push_back(Record{stamp.sequence, stamp.at, state}); };
  if (from == 0) {
    add(GarageRestored{incarnation, entropy, next_ticket, next_place, next_reservation, next_vehicle,
                       inventory.allocation(), chosen, zone, offsets});
  }
  std::uint64_t after = from & ((std::uint64_t{1} << part_shift) - 1);
  std::uint32_t left = std::max<std::uint32_t>(1, limit);
  for (auto part = static_cast<Part>(from >> part_shift); part != Part::days;
       part = static_cast<Part>(static_cast<std::uint64_t>(part) + 1), after = 0) {
    const auto visit = [&](const AdmissionIndex& index, const auto& state_of) {
      index.visit_after(after, [&](std::uint32_t slot) {
        if (left == 0) return false;
        after = state_of(slot);
        return true;
      });
    };
    if (part == Part::tickets) {
      visit(ticket_by_number_, [&](std::uint32_t slot) {
        add(restored(tickets[slot]));
        --left;
        return tickets[slot].number;
      });
    } else if (part == Part::reservations) {
      visit(reservation_by_number_, [&](std::uint32_t slot) {
        const Reservation& each = reservations[slot];
        add(ReservationRestored{
            {each.number, arrival_of(each.visit), layout.place_of(each.spots), each.until}, each.version});
        --left;
        return each.number;
      });
    } else if (part == Part::places) {
      visit(place_by_number_, [&](std::uint32_t slot) {
        const LanePlace& each = places[slot];
        add(PlaceRestored{{each.number, arrival_of(each.visit), each.until}, each.version});
        --left;
        return each.number;
      });
    } else {
      visit(vehicle_by_number_, [&](std::uint32_t slot) {
        const KnownVehicle& each = vehicles[slot];
        if (each.permit != no_slot) {
          const Permit& permit = permits[each.permit];
          add(PermitRestored{{each.number, each.plate, permit.name, permit.until}});
          --left;
        }
        return each.number;
      });
    }
    if (left == 0) return place_in(part, after);
  }
  for (const DayFigures& figures : ledger.days()) add(DayRestored{figures, ledger.through()});
  return end_of_checkpoint;
}

TicketRestored ParkingManager::restored(const Ticket& ticket) const {
  TicketRestored state;
  state.opened.ticket = ticket.number;
  state.opened.id = ticket.id;
  state.opened.arrival = arrival_of(ticket.visit);
  state.opened.spots = layout.place_of(ticket.spots);
  state.opened.surge_percent = ticket.surge_percent;
  state.version = ticket.version;
  state.entry = ticket.entry;
  state.exit = ticket.exit;
  state.closed = ticket.closed;
  state.taken = ticket.taken;
  state.state = ticket.state;
  state.card = ticket.card;
  state.validations = ticket.validations;
  state.is_price_fixed = ticket.is_price_fixed;
  state.price = ticket.price;
  state.paid = ticket.paid;
  state.refunded = ticket.refunded;
  state.leave_by = ticket.leave_by;
  return state;
}

void ParkingManager::clear() {
  const auto all_of = [](const AdmissionIndex& index) {
    std::vector<std::uint32_t> slots;
    index.visit_after(0, [&](std::uint32_t slot) {
      slots.push_back(slot);
      return true;
    });
    return slots;
  };
  closed_.clear();
  for (const std::uint32_t slot : all_of(ticket_by_number_)) drop_ticket(slot, {});
  for (const std::uint32_t slot : all_of(reservation_by_number_)) end_reservation(slot, {});
  for (const std::uint32_t slot : all_of(place_by_number_)) leave_lane(slot);
  for (const std::uint32_t slot : all_of(vehicle_by_number_)) apply(PermitRevoked{vehicles[slot].number}, {});
  is_restoring_ = false;
  ledger.clear();
  next_ticket = next_place = next_reservation = next_vehicle = 1;
  chosen = config_.allocation;
  if (inventory.allocation() != chosen) inventory.use(chosen);
  zone.clear();
  offsets.clear();
  ledger.zone_changed();
}

/// Takes a ticket away as if it had never been.
void ParkingManager::drop_ticket(std::uint32_t slot, Stamp stamp) {
  Ticket& ticket = tickets[slot];
  if (ticket.state == TicketState::open) {
    inventory.give_back(ticket.spots, stamp.sequence);
    vehicles[ticket.visit.vehicle].open_ticket = no_slot;
    --open_tickets;
  } else {
    std::erase_if(closed_, [slot](const ClosedTicket& each) { return each.slot == slot; });
  }
  forget_ticket(slot);
}

bool ParkingManager::apply(const GarageRestored& fact, Stamp) {
  if (std::max({fact.next_ticket, fact.next_place, fact.next_reservation, fact.next_vehicle}) >=
          numbers_end ||
      fact.allocation > Allocation::back_to_front || fact.chosen > Allocation::back_to_front ||
      !are_offsets(fact.offsets))
    return false;
  clear();
  is_restoring_ = true;
  incarnation = fact.incarnation;
  entropy = fact.entropy;
  next_ticket = fact.next_ticket;
  next_place = fact.next_place;
  next_reservation = fact.next_reservation;
  next_vehicle = fact.next_vehicle;
  chosen = fact.chosen;
  if (inventory.allocation() != fact.allocation) inventory.use(fact.allocation);
  zone = fact.zone;
  offsets.assign(fact.offsets.begin(), fact.offsets.end());
  ledger.zone_changed();
  return true;
}

bool ParkingManager::apply(const DayRestored& fact, Stamp stamp) {
  ledger.restore(fact.figures, std::min(sane(fact.through), stamp.at));
  return true;
}

bool ParkingManager::apply(const TicketRestored& fact, Stamp stamp) {
  const std::uint32_t known = ticket_by_number_.find(fact.opened.ticket);
  if (known != AdmissionIndex::none) drop_ticket(known, stamp);
  const bool is_open = fact.state == TicketState::open;
  const SpotRange spots = layout.range_of(fact.opened.spots);
  Visit visit;
  if (!is_money(fact.price) || !is_money(fact.paid) || !is_money(fact.refunded) ||
      fact.state > TicketState::lost || fact.opened.surge_percent > percent_max ||
      fact.opened.spots.count > spots_per_ticket_max)
    return false;
  if (!is_number(fact.opened.ticket, ticket_by_number_) || (is_open && !inventory.are_free(spots)) ||
      !resolve(fact.opened.arrival, visit))
    return false;
  if (is_open && is_here(vehicles[visit.vehicle])) {
    release_vehicle(visit.vehicle);
    return false;
  }
  const std::uint32_t slot = new_ticket(fact.opened, visit);
  Ticket& ticket = tickets[slot];
  ticket.spots = spots;
  // Answers wait for the record of their version: one that will never come would hold them for ever.
  ticket.version = std::min(fact.version, stamp.sequence);
  ticket.entry = sane(fact.entry);
  ticket.exit = sane(fact.exit);
  ticket.closed = fact.closed;
  ticket.taken = std::min(fact.taken, stamp.sequence);
  ticket.state = fact.state;
  ticket.card = fact.card;
  ticket.validations = fact.validations;
  ticket.is_price_fixed = fact.is_price_fixed;
  ticket.price = fact.price;
  ticket.paid = fact.paid;
  ticket.refunded = fact.refunded;
  ticket.leave_by = sane(fact.leave_by);
  if (!is_open) {
    closed_.push_back({slot, ticket.exit});
    return true;
  }
  vehicles[visit.vehicle].open_ticket = slot;
  inventory.take(spots, Inventory::Owner::ticket, fact.opened.ticket, ticket.taken);
  ++open_tickets;
  return true;
}

bool ParkingManager::apply(const PlaceRestored& fact, Stamp stamp) {
  const std::uint32_t known = place_of(fact.taken.place);
  if (known != no_slot) leave_lane(known);
  return apply(fact.taken, Stamp{std::min(fact.version, stamp.sequence), stamp.at});
}

bool ParkingManager::apply(const ReservationRestored& fact, Stamp stamp) {
  const std::uint32_t known = reservation_of(fact.reserved.reservation);
  if (known != no_slot) end_reservation(known, stamp);
  return apply(fact.reserved, Stamp{std::min(fact.version, stamp.sequence), stamp.at});
}

bool ParkingManager::apply(const PermitRestored& fact, Stamp stamp) { return apply(fact.granted, stamp); }

void ParkingManager::recovered() {
  // The next numbers must lie where the tables reach.
  const auto mend = [](const AdmissionIndex& index, std::uint64_t& next, auto number_of) {
    if (index.reaches(next)) return;
    index.visit_after(0, [&](std::uint32_t slot) {
      next = number_of(slot) + 1;
      return true;
    });
  };
  mend(ticket_by_number_, next_ticket, [&](std::uint32_t slot) { return tickets[slot].number; });
  mend(vehicle_by_number_, next_vehicle, [&](std::uint32_t slot) { return vehicles[slot].number; });
  mend(place_by_number_, next_place, [&](std::uint32_t slot) { return places[slot].number; });
  mend(reservation_by_number_, next_reservation,
       [&](std::uint32_t slot) { return reservations[slot].number; });
  std::sort(closed_.begin(), closed_.end(), [this](const ClosedTicket& a, const ClosedTicket& b) {
    return tickets[a.slot].closed < tickets[b.slot].closed;
  });
  is_restoring_ = false;
  forget_beyond(config_.ticket_retention_count);
}

}  // namespace parking_lot::garage
