#include <algorithm>

#include "garage/field_rules.h"
#include "garage/garage_machine.h"
#include "garage/trusted.h"

/// Commands of those who pay and go, and what a ticket shows.
namespace parking_lot {

using namespace garage;
using GarageRefusal = garage::Refusal;

std::uint32_t Garage::Machine::open_ticket(RequestId request, const TicketName& name,
                                           std::uint64_t if_version) {
  const std::uint32_t slot = parking.ticket_of(name);
  if (slot == no_slot) {
    refuse(request, GarageRefusal::unknown_ticket, name.id ? "ticket" : "plate");
    return no_slot;
  }
  const Ticket& ticket = parking.tickets[slot];
  if (if_version != 0 && if_version != ticket.version) {
    answer_after(ticket.version, request, garage::Refused{GarageRefusal::version_conflict, "ticket"});
    return no_slot;
  }
  if (ticket.state != TicketState::open) {
    answer_after(ticket.version, request, garage::Refused{GarageRefusal::already_left, "ticket"});
    return no_slot;
  }
  return slot;
}

/// What the ticket costs if the vehicle leaves at `exit`: as an operator fixed it; as it was paid, within the
/// grace after a payment; else by the tariff.
Money Garage::Machine::price_of(const Ticket& ticket, WallTime exit, Quote& quote) const {
  const bool is_in_grace = ticket.leave_by.ms != 0 && exit <= ticket.leave_by;
  if (!ticket.is_price_fixed && !is_in_grace) {
    PricingStrategy(parking.tariff(ticket.visit), parking.offsets)
        .quote(parking.stay_of(ticket, exit), quote);
    return quote.amount;
  }
  const LineKind kind = ticket.is_price_fixed ? LineKind::fixed : LineKind::grace;
  quote.amount = ticket.price;
  quote.lines.assign(1, {.kind = kind, .amount = ticket.price, .from = ticket.entry, .to = exit});
  return quote.amount;
}

void Garage::Machine::take(const Validate& input) {
  if (is_refused(input.request)) return;
  const std::uint32_t slot = open_ticket(input.request, input.ticket, input.if_version);
  if (slot == no_slot) return;
  const Ticket& ticket = parking.tickets[slot];
  const auto& known = parking.tariff(ticket.visit).validations;
  const auto place = std::find_if(known.begin(), known.end(),
                                  [&](const Validation& each) { return each.name == input.validation; });
  if (place == known.end()) return refuse(input.request, GarageRefusal::unknown_name, "validation");
  if ((ticket.validations >> (place - known.begin()) & 1) != 0)
    return answer_after(ticket.version, input.request, garage::Done{ticket.version});
  const std::uint64_t sequence = emit(TicketValidated{ticket.number, place->name});
  answer_after(sequence, input.request, garage::Done{sequence});
}

void Garage::Machine::take(const Pay& input) {
  if (is_refused(input.request, Wants::zone)) return;
  if (!is_money(input.amount)) return refuse_field(input.request, "amount", money_must);
  const std::uint32_t slot = open_ticket(input.request, input.ticket, input.if_version);
  if (slot == no_slot) return;
  const Ticket& ticket = parking.tickets[slot];
  const WallTime at = std::max({now_.wall, stream.last_at(), ticket.entry});
  const Money price = price_of(ticket, at, quote_);
  const Money due_before = std::max<Money>(0, price - (ticket.paid - ticket.refunded));
  if (input.amount > due_before)
    return answer_after(ticket.version, input.request,
                        garage::Refused{GarageRefusal::overpaid, "amount", due_before});
  const Money due = due_before - input.amount;
  const WallTime leave_by = due > 0 ? WallTime{0} : at + parking.tariff(ticket.visit).grace_exit;
  const std::uint64_t sequence = emit(TicketPaid{ticket.number, input.amount, price, leave_by});
  answer_after(sequence, input.request, Paid{due, leave_by, sequence});
}

void Garage::Machine::take(const Exit& input) {
  if (is_refused(input.request, Wants::zone)) return;
  const std::uint32_t slot = open_ticket(input.request, input.ticket, input.if_version);
  if (slot == no_slot) return;
  const Ticket& ticket = parking.tickets[slot];
  if (ticket.spots.count != 0) parking.inventory.expect(ticket.spots.first);
  parking.vehicles.expect(ticket.visit.vehicle);
  const WallTime now = std::max(now_.wall, stream.last_at());
  const WallTime exit = input.at.ms == 0 ? now : input.at;
  if (exit > now)
    return refuse_field(input.request, "at",
                        "must not lie in the future; ask for the price of a later exit.");
  if (exit < ticket.entry) return refuse(input.request, GarageRefusal::exit_before_entry, "at");
  const Money price = price_of(ticket, exit, quote_);
  const Money due = std::max<Money>(0, price - (ticket.paid - ticket.refunded));
  if (due > 0 && input.settlement == Exit::Settlement::must_be_paid)
    return answer_after(ticket.version, input.request,
                        garage::Refused{GarageRefusal::payment_required, {}, due});
  const TicketState state = ticket.card == Stay::Card::lost ? TicketState::lost : TicketState::closed;
  const TicketId id = ticket.id;
  const std::uint64_t number = ticket.number;
  const SpotRange spots = ticket.spots;
  const std::uint64_t sequence = emit(TicketClosed{number, state, exit, price, due});
  answer_after(sequence, input.request, Left{number, id, price, due, exit});
  show(sequence, spots, SpotState::free);
}

// --- looking ---

void Garage::Machine::take(const InspectTicket& input) {
  if (is_refused(input.request)) return;
  const std::uint32_t slot = parking.ticket_of(input.ticket);
  if (slot == no_slot)
    return refuse(input.request, GarageRefusal::unknown_ticket, input.ticket.id ? "ticket" : "plate");
  struct Shown {
    TicketView view;
    std::string plate;  // the ticket may be forgotten before its answer may go
  };
  auto shown = std::make_shared<Shown>(Shown{parking.view_of(parking.tickets[slot]), {}});
  shown->plate = shown->view.plate;
  shown->view.plate = shown->plate;
  const TicketShown answer{&shown->view};
  answer_after(shown->view.version, input.request, answer, shown);
}

void Garage::Machine::take(const AskPrice& input) {
  if (is_refused(input.request, Wants::zone)) return;
  const std::uint32_t slot = open_ticket(input.request, input.ticket, 0);
  if (slot == no_slot) return;
  const Ticket& ticket = parking.tickets[slot];
  const WallTime now = std::max(now_.wall, stream.last_at());
  const WallTime exit = input.at.ms == 0 ? std::max(now, ticket.entry) : input.at;
  if (exit < ticket.entry) return refuse(input.request, GarageRefusal::exit_before_entry, "at");
  if (exit - now > Duration::seconds(366LL * 86400))
    return refuse_field(input.request, "at", "must lie at most 366 days ahead.");
  auto quote = std::make_shared<Quote>();
  price_of(ticket, exit, *quote);
  const Priced answer{std::max<Money>(0, quote->amount - (ticket.paid - ticket.refunded)), quote.get()};
  answer_after(ticket.version, input.request, answer, quote);
}

void Garage::Machine::take(const AskQuote& input) {
  if (is_refused(input.request, Wants::zone)) return;
  const int tariff = parking.tariff_of(input.tariff);
  if (tariff < 0) return refuse(input.request, GarageRefusal::unknown_name, "tariff");
  Stay stay = input.stay;
  const auto is_time = [](WallTime time) { return time.ms >= 0 && time <= time_max; };
  if (!is_time(stay.entry)) return refuse_field(input.request, "entry", time_must);
  if (!is_time(stay.exit)) return refuse_field(input.request, "exit", time_must);
  if (stay.exit - stay.entry > stay_max)
    return refuse_field(input.request, "exit", "must be at most 36525 days after the entry.");
  if (stay.spots < 1 || stay.spots > spots_per_ticket_max)
    return refuse_field(input.request, "spots", "must be from 1 to 64.");
  if (stay.surge_percent > percent_max)
    return refuse_field(input.request, "surge_percent", "must be at most 1000.");
  if (stay.type > VehicleType::bus) return refuse_field(input.request, "type", type_must);
  if (stay.kind > SpotKind::oversized)
    return refuse_field(input.request, "kind", "must be compact, regular or oversized.");
  if (stay.exit < stay.entry) return refuse(input.request, GarageRefusal::exit_before_entry, "exit");
  const PricingStrategy pricing(config.tariffs[static_cast<std::size_t>(tariff)], parking.offsets);
  if (stay.surge_percent == 0) stay.surge_percent = pricing.surge_by_hour(stay.entry);
  auto quote = std::make_shared<Quote>();
  pricing.quote(stay, *quote);
  const Priced answer{quote->amount, quote.get()};
  answer_after(0, input.request, answer, quote);
}

}  // namespace parking_lot
