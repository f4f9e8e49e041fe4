
#include "codec/json_writer.h"
#include "parking_lot/garage/json.h"
#include "parking_lot/json.h"

/// What a garage answers and shows, as JSON.
namespace parking_lot::garage {
namespace {

void write_money(JsonWriter& out, std::string_view name, Money amount) {
  out.key(name).raw(std::to_string(amount));
}

void write_time(JsonWriter& out, std::string_view name, WallTime time) {
  if (time.ms != 0 && time != never_wall) out.member(name, format_rfc3339(time));
}

void write_text(JsonWriter& out, std::string_view name, std::string_view text) {
  if (!text.empty()) out.member(name, text);
}

void write_spots(JsonWriter& out, const Garage& garage, SpotRange spots) {
  out.key("spots").open('[');
  for (std::uint32_t i = 0; i < spots.count; ++i) out.string(garage.spot_name(SpotId{spots.first.index + i}));
  out.close(']');
}

void write_features(JsonWriter& out, std::string_view name, Features features) {
  if (features == Features{}) return;
  out.key(name).open('[');
  for (const Feature each : {Feature::ev_charger, Feature::accessible, Feature::covered}) {
    if (features.has(each)) out.string(to_string(each));
  }
  out.close(']');
}

void write(JsonWriter& out, const Garage& garage, const Admitted& answer) {
  out.member("answer", "admitted").member("ticket", to_string(answer.id)).member("number", answer.ticket);
  write_spots(out, garage, answer.spots);
  if (answer.surge_percent != 100) out.member("surge_percent", std::uint64_t{answer.surge_percent});
  out.member("version", answer.version);
}
void write(JsonWriter& out, const Garage&, const Waiting& answer) {
  out.member("answer", "waiting").member("place", answer.place).member("ahead", answer.ahead);
}
void write(JsonWriter& out, const Garage& garage, const Reserved& answer) {
  out.member("answer", "reserved").member("reservation", answer.reservation);
  write_spots(out, garage, answer.spots);
  write_time(out, "until", answer.until);
  out.member("version", answer.version);
}
void write(JsonWriter& out, const Garage&, const Left& answer) {
  out.member("answer", "left").member("ticket", to_string(answer.id)).member("number", answer.ticket);
  write_money(out, "price", answer.price);
  write_money(out, "paid_here", answer.paid_here);
  write_time(out, "exit", answer.exit);
}
void write(JsonWriter& out, const Garage&, const Paid& answer) {
  out.member("answer", "paid");
  write_money(out, "due", answer.due);
  write_time(out, "leave_by", answer.leave_by);
  out.member("version", answer.version);
}
void write(JsonWriter& out, const Garage& garage, const Priced& answer) {
  out.member("answer", "priced").member("currency", garage.config().currency);
  write_money(out, "amount", answer.quote->amount);
  write_money(out, "due", answer.due);
  out.key("lines").open('[');
  for (const QuoteLine& line : answer.quote->lines) {
    out.open('{').member("kind", to_string(line.kind));
    write_money(out, "amount", line.amount);
    write_time(out, "from", line.from);
    write_time(out, "to", line.to);
    if (line.percent != 0) out.member("percent", std::uint64_t{line.percent});
    out.close('}');
  }
  out.close(']');
}
void write(JsonWriter& out, const Garage&, const Done& answer) {
  out.member("answer", "done").member("version", answer.version);
}
void write(JsonWriter& out, const Garage&, const Refused& answer) {
  out.member("answer", "refused").member("code", to_string(answer.code));
  out.member("message", answer.message());
  write_text(out, "field", answer.field);
  if (answer.due != 0) write_money(out, "due", answer.due);
}
void write(JsonWriter& out, const Garage& garage, const TicketShown& answer) {
  const TicketView& view = *answer.ticket;
  out.member("answer", "ticket").member("ticket", to_string(view.id)).member("number", view.number);
  out.member("state", to_string(view.state));
  write_text(out, "plate", view.plate);
  out.member("vehicle", view.vehicle.number);
  out.member("type", to_string(view.type)).member("size", to_string(view.size));
  write_spots(out, garage, view.spots);
  write_text(out, "gate", view.gate);
  out.member("tariff", view.tariff);
  write_time(out, "entry", view.entry);
  write_time(out, "exit", view.exit);
  if (view.card == Stay::Card::lost) out.key("is_lost").boolean(true);
  if (view.surge_percent != 100) out.member("surge_percent", std::uint64_t{view.surge_percent});
  write_money(out, "price", view.price);
  write_money(out, "paid", view.paid);
  write_money(out, "refunded", view.refunded);
  write_time(out, "leave_by", view.leave_by);
  out.member("version", view.version);
}
void write(JsonWriter& out, const Garage& garage, const Reconciled& answer) {
  static constexpr std::string_view words[] = {"occupied_without_ticket", "ticket_without_vehicle",
                                               "ticket_without_spot"};
  out.member("answer", "reconciled").key("disagreements").open('[');
  for (const Disagreement& each : *answer.disagreements) {
    out.open('{').member("what", words[static_cast<std::size_t>(each.what)]);
    if (each.spot) out.member("spot", garage.spot_name(each.spot));
    if (each.ticket != 0) out.member("number", each.ticket);
    out.close('}');
  }
  out.close(']');
}

void write_arrival(JsonWriter& out, const Arrival& arrival) {
  write_text(out, "plate", arrival.plate);
  out.member("vehicle", arrival.vehicle);
  out.member("type", to_string(arrival.type)).member("size", to_string(arrival.size));
  if (arrival.spots_required > 1) out.member("spots_required", std::uint64_t{arrival.spots_required});
  write_features(out, "wanted", arrival.wanted);
}

/// An array with an object for each view.
template <class View, class Write>
std::string list_json(const std::vector<View>& views, Write write_members) {
  JsonWriter out;
  out.open('[');
  for (const View& each : views) {
    out.open('{');
    write_members(out, each);
    out.close('}');
  }
  out.close(']');
  return std::move(out).text();
}

/// `2026-03-29`.
std::string date_of(std::int32_t day) {
  return format_rfc3339(WallTime{std::int64_t{day} * 86'400'000}).substr(0, 10);
}

}  // namespace

std::string answer_json(const Garage& garage, const Answer& answer) {
  JsonWriter out;
  out.open('{');
  std::visit([&](const auto& each) { write(out, garage, each); }, answer);
  out.close('}');
  return std::move(out).text();
}

std::string figures_json(const Garage& garage) {
  const GarageFigures figures = garage.figures();
  JsonWriter out;
  out.open('{').member("garage", garage.config().name).member("spots", figures.spots);
  out.member("free", figures.spots_free).member("reserved", figures.spots_reserved);
  out.member("occupied", figures.spots_occupied).member("tickets_open", figures.tickets_open);
  out.member("waiting", figures.waiting).member("allocation", to_string(figures.allocation));
  out.member("currency", garage.config().currency);
  write_money(out, "paid", figures.paid);
  write_money(out, "refunded", figures.refunded);
  out.member("storage", to_string(figures.storage));
  if (figures.ignored_records != 0) out.member("ignored_records", figures.ignored_records);
  out.close('}');
  return std::move(out).text();
}

std::string spot_json(const Garage& garage, SpotId id) {
  const SpotView view = garage.spot(id);
  JsonWriter out;
  out.open('{').member("spot", garage.spot_name(id)).member("kind", to_string(view.spot.kind));
  out.member("state", to_string(view.state));
  write_features(out, "features", view.spot.features);
  if (view.ticket != 0) out.member("ticket", view.ticket);
  if (view.reservation != 0) out.member("reservation", view.reservation);
  out.member("version", view.version).close('}');
  return std::move(out).text();
}

std::string lane_json(const Garage& garage) {
  return list_json(garage.lane(), [](JsonWriter& out, const PlaceView& each) {
    out.member("place", each.number);
    write_arrival(out, each.arrival);
    write_text(out, "gate", each.arrival.gate);
    out.member("tariff", each.arrival.tariff);
    write_time(out, "until", each.until);
    out.member("ahead", each.ahead).member("version", each.version);
  });
}

std::string reservations_json(const Garage& garage) {
  return list_json(garage.reservations(), [&](JsonWriter& out, const ReservationView& each) {
    out.member("reservation", each.number);
    write_arrival(out, each.arrival);
    write_spots(out, garage, each.spots);
    write_time(out, "until", each.until);
    out.member("version", each.version);
  });
}

std::string permits_json(const Garage& garage) {
  return list_json(garage.permits(), [](JsonWriter& out, const PermitView& each) {
    out.member("plate", each.plate).member("permit", each.permit);
    write_time(out, "until", each.until);
  });
}

std::string days_json(const Garage& garage) {
  return list_json(garage.days(), [](JsonWriter& out, const DayFigures& day) {
    out.member("date", date_of(day.day)).member("entries", day.entries).member("exits", day.exits);
    out.member("turned_away", day.turned_away).member("payments", day.payments);
    write_money(out, "paid", day.paid);
    write_money(out, "refunded", day.refunded);
    out.member("spots_occupied_max", day.spots_occupied_max).member("spot_ms", day.spot_ms);
  });
}

std::string days_csv(const Garage& garage) {
  std::string out = "date,entries,exits,turned_away,payments,paid,refunded,spots_occupied_max,spot_minutes\n";
  for (const DayFigures& day : garage.days()) {
    out += date_of(day.day);
    for (const std::uint64_t count : {day.entries, day.exits, day.turned_away, day.payments})
      out += "," + std::to_string(count);
    out += "," + std::to_string(day.paid) + "," + std::to_string(day.refunded);
    out += "," + std::to_string(day.spots_occupied_max) + "," + std::to_string(day.spot_ms / 60'000) + "\n";
  }
  return out;
}

}  // namespace parking_lot::garage
