#include <algorithm>

#include "garage/field_rules.h"
#include "garage/garage_machine.h"
#include "garage/trusted.h"
#include "parking_lot/erased_name.h"
#include "parking_lot/names.h"

/// Commands of operators and of the host.
namespace parking_lot {

using namespace garage;
using GarageRefusal = garage::Refusal;

/// Who acts against the rules says who he is, and why.
bool Garage::Machine::is_person(RequestId request, std::string_view by, std::string_view reason) {
  if (!is_valid_name(by))
    refuse_field(request, "by", name_must);
  else if (is_erased_name(by))
    refuse_field(request, "by", erased_must);
  else if (!is_valid_name(reason))
    refuse_field(request, "reason", name_must);
  else
    return true;
  return false;
}

void Garage::Machine::take(const ReportLost& input) {
  if (is_refused(input.request)) return;
  const std::uint32_t slot = open_ticket(input.request, {{}, input.plate}, 0);
  if (slot == no_slot) return;
  const Ticket& ticket = parking.tickets[slot];
  const Arrival arrival = parking.arrival_of(ticket.visit);
  const std::uint64_t sequence = emit(TicketCorrected{ticket.number,
                                                      {},
                                                      "lost",
                                                      arrival.vehicle,
                                                      arrival.plate,
                                                      ticket.entry,
                                                      parking.layout.place_of(ticket.spots),
                                                      Stay::Card::lost});
  answer_after(sequence, input.request, garage::Done{sequence});
}

void Garage::Machine::take(const Correct& input) {
  if (is_refused(input.request) || !is_person(input.request, input.by, input.reason)) return;
  const std::uint32_t slot = open_ticket(input.request, input.ticket, input.if_version);
  if (slot == no_slot) return;
  const Ticket& ticket = parking.tickets[slot];
  Arrival arrival = parking.arrival_of(ticket.visit);
  if (!input.plate.empty() && input.plate != arrival.plate) {
    if (!is_vehicle(input.request, {.plate = input.plate}, "new_plate")) return;
    const std::uint32_t known = parking.vehicle_of(input.plate);
    if (known != no_slot && ParkingManager::is_here(parking.vehicles[known]))
      return refuse(input.request, GarageRefusal::already_parked, "plate");
    arrival.vehicle = known == no_slot ? parking.next_vehicle : parking.vehicles[known].number;
    arrival.plate = input.plate;
  }
  const WallTime entry = input.entry.ms == 0 ? ticket.entry : input.entry;
  if (entry > std::max(now_.wall, stream.last_at()))
    return refuse(input.request, GarageRefusal::exit_before_entry, "entry");
  if (entry.ms < 0) return refuse_field(input.request, "entry", time_must);
  SpotRange spots = ticket.spots;
  const SpotRange before = spots;
  if (input.spot && input.spot != spots.first) {
    if (input.spot.index >= parking.layout.spot_count())
      return refuse(input.request, GarageRefusal::unknown_spot, "spot");
    if (spots.count > 1) return refuse(input.request, GarageRefusal::wrong_state, "spot");
    spots = {input.spot, 1};
    if (!parking.inventory.are_free(spots)) return refuse(input.request, GarageRefusal::spot_taken, "spot");
  }
  const std::uint64_t sequence =
      emit(TicketCorrected{ticket.number, input.by, input.reason, arrival.vehicle, arrival.plate, entry,
                           parking.layout.place_of(spots), ticket.card});
  answer_after(sequence, input.request, garage::Done{sequence});
  if (before == spots) return;
  show(sequence, before, SpotState::free);
  show(sequence, spots, SpotState::occupied);
}

void Garage::Machine::take(const Override& input) {
  if (is_refused(input.request) || !is_person(input.request, input.by, input.reason)) return;
  if (input.what == Override::What::price && !is_money(input.price))
    return refuse_field(input.request, "amount", money_must);
  const std::uint32_t slot = open_ticket(input.request, input.ticket, input.if_version);
  if (slot == no_slot) return;
  const Ticket& ticket = parking.tickets[slot];
  const bool is_void = input.what == Override::What::make_void;
  const SpotRange spots = ticket.spots;
  const std::uint64_t number = ticket.number;
  const WallTime exit = std::max({now_.wall, stream.last_at(), ticket.entry});
  std::uint64_t sequence = emit(TicketOverridden{number, input.by, input.reason, is_void ? 0 : input.price});
  if (is_void) {
    sequence = emit(TicketClosed{number, TicketState::voided, exit, 0, 0});
    show(sequence, spots, SpotState::free);
  }
  answer_after(sequence, input.request, garage::Done{sequence});
}

void Garage::Machine::take(const Refund& input) {
  if (is_refused(input.request) || !is_person(input.request, input.by, input.reason)) return;
  const std::uint32_t slot = parking.ticket_of({input.ticket, {}});
  if (slot == no_slot) return refuse(input.request, GarageRefusal::unknown_ticket, "ticket");
  const Ticket& ticket = parking.tickets[slot];
  if (input.if_version != 0 && input.if_version != ticket.version)
    return answer_after(ticket.version, input.request,
                        garage::Refused{GarageRefusal::version_conflict, "ticket"});
  if (input.amount <= 0) return refuse_field(input.request, "amount", "must be more than 0.");
  if (input.amount > ticket.paid - ticket.refunded)
    return refuse(input.request, GarageRefusal::overpaid, "amount");
  const std::uint64_t sequence = emit(MoneyRefunded{ticket.number, input.amount, input.by, input.reason});
  answer_after(sequence, input.request, garage::Done{sequence});
}

void Garage::Machine::take(const GrantPermit& input) {
  if (is_refused(input.request) || !is_vehicle(input.request, {.plate = input.plate})) return;
  if (!is_valid_name(input.permit)) return refuse_field(input.request, "permit", name_must);
  const auto names_it = [&](const PermitRate& rate) { return rate.name == input.permit; };
  const auto knows_it = [&](const Tariff& tariff) {
    return std::any_of(tariff.permits.begin(), tariff.permits.end(), names_it);
  };
  if (std::none_of(config.tariffs.begin(), config.tariffs.end(), knows_it))
    return refuse(input.request, GarageRefusal::unknown_name, "permit");
  const std::uint32_t known = parking.vehicle_of(input.plate);
  const std::uint64_t vehicle = known == no_slot ? parking.next_vehicle : parking.vehicles[known].number;
  const std::uint64_t sequence = emit(PermitGranted{vehicle, input.plate, input.permit, input.until});
  answer_after(sequence, input.request, garage::Done{sequence});
}

void Garage::Machine::take(const RevokePermit& input) {
  if (is_refused(input.request)) return;
  const std::uint32_t known = parking.vehicle_of(input.plate);
  if (known == no_slot || parking.vehicles[known].permit == no_slot)
    return refuse(input.request, GarageRefusal::wrong_state, "plate");
  const std::uint64_t sequence = emit(PermitRevoked{parking.vehicles[known].number});
  answer_after(sequence, input.request, garage::Done{sequence});
}

void Garage::Machine::take(const SetAllocation& input) {
  if (is_refused(input.request)) return;
  if (input.allocation > Allocation::back_to_front)
    return refuse_field(input.request, "allocation",
                        "must be first_available, nearest, fill_in or back_to_front.");
  const std::uint64_t sequence = emit(AllocationChanged{input.allocation, AllocationChanged::Cause::command});
  answer_after(sequence, input.request, garage::Done{sequence});
  show(sequence, Changed::What::allocation);
}

void Garage::Machine::take(const ZoneKnown& input) {
  if (is_refused(input.request)) return;
  if (input.zone != config.zone)
    return refuse_field(input.request, "zone", "must be the time zone of the garage's config.");
  if (!are_offsets(input.offsets))
    return refuse_field(input.request, "offsets",
                        "must be at most 1000, rise in time, and be less than a day each.");
  const bool is_known =
      parking.zone == input.zone &&
      std::equal(input.offsets.begin(), input.offsets.end(), parking.offsets.begin(), parking.offsets.end());
  const std::uint64_t sequence =
      is_known ? stream.sequence() : emit(garage::ZoneChanged{input.zone, input.offsets});
  answer_after(sequence, input.request, garage::Done{sequence});
}

void Garage::Machine::take(const Reconcile& input) {
  if (is_refused(input.request)) return;
  auto found = std::make_shared<std::vector<Disagreement>>();
  auto seen = input.seen.begin();
  for (std::uint32_t i = 0; i < parking.layout.spot_count(); ++i) {
    while (seen != input.seen.end() && seen->index < i) ++seen;
    const bool is_seen = seen != input.seen.end() && seen->index == i;
    const SpotView spot = parking.inventory.view(SpotId{i});
    const bool is_occupied = spot.state == SpotState::occupied;
    if (is_seen && !is_occupied) found->push_back({spot.id, Disagreement::What::occupied_without_ticket, 0});
    if (!is_seen && is_occupied)
      found->push_back({spot.id, Disagreement::What::ticket_without_vehicle, spot.ticket});
  }
  parking.visit_open([&](const Ticket& ticket) {
    if (ticket.spots.count == 0)
      found->push_back({SpotId{}, Disagreement::What::ticket_without_spot, ticket.number});
  });
  const Reconciled answer{found.get()};
  answer_after(stream.sequence(), input.request, answer, found);
}

}  // namespace parking_lot
