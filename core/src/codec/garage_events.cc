#include "codec/json_writer.h"
#include "parking_lot/garage/json.h"
#include "parking_lot/json.h"

/// Records of a garage as events of its audit trail.
namespace parking_lot::garage {
namespace {

/// One event: its subjects first, then what else the record says.
class EventWriter {
 public:
  EventWriter(std::string_view garage, const Record& record) : garage_(garage), record_(record) {}

  std::string text() {
    const bool is_event = std::visit([&](const auto& fact) { return tell(fact); }, record_.fact);
    return is_event ? std::move(out_).text() : std::string();
  }

 private:
  void begin(Action action) {
    out_.open('{').member("seq", record_.sequence).member("at", format_rfc3339(record_.at));
    out_.member("action", to_string(action)).key("subjects").open('[');
    subject(SubjectKind::garage, garage_);
  }
  void subject(SubjectKind kind, std::string_view id) {
    if (id.empty()) return;
    out_.open('{').member("kind", kind == SubjectKind::operator_name ? "operator" : to_string(kind));
    out_.member("id", id).close('}');
  }
  void subject(SubjectKind kind, std::uint64_t number) {
    if (number != 0) subject(kind, std::to_string(number));
  }
  void spots(const SpotPlace& place) {
    for (std::uint32_t i = 0; i < place.count && !place.row.empty(); ++i)
      subject(SubjectKind::spot, std::string(place.row) + "/" + std::to_string(place.position + i + 1));
  }
  void detail() { out_.close(']').key("detail").open('{'); }
  bool end() {
    out_.close('}').close('}');
    return true;
  }
  void money(std::string_view name, Money amount) { out_.key(name).raw(std::to_string(amount)); }
  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) out_.member(name, value);
  }
  void time(std::string_view name, WallTime value) {
    if (value.ms != 0 && value != never_wall) out_.member(name, format_rfc3339(value));
  }
  void arrival(const Arrival& arrival) {
    out_.member("type", to_string(arrival.type)).member("size", to_string(arrival.size));
    text("gate", arrival.gate);
  }

  bool tell(const GarageOpened& fact) {
    begin(Action::open);
    detail();
    out_.member("incarnation", fact.incarnation);
    return end();
  }
  bool tell(const ZoneChanged& fact) {
    begin(Action::configure);
    detail();
    out_.member("zone", fact.zone).member("offsets", std::uint64_t{fact.offsets.size()});
    return end();
  }
  bool tell(const AllocationChanged& fact) {
    begin(Action::configure);
    detail();
    out_.member("allocation", to_string(fact.allocation));
    out_.member("cause", fact.cause == AllocationChanged::Cause::command ? "command" : "occupancy");
    return end();
  }
  bool tell(const TicketOpened& fact) {
    begin(Action::enter);
    subject(SubjectKind::ticket, fact.ticket);
    subject(SubjectKind::vehicle, fact.arrival.plate);
    spots(fact.spots);
    subject(SubjectKind::tariff, fact.arrival.tariff);
    subject(SubjectKind::reservation, fact.reservation);
    detail();
    out_.member("id", to_string(fact.id));
    arrival(fact.arrival);
    if (fact.surge_percent != 100) out_.member("surge_percent", std::uint64_t{fact.surge_percent});
    return end();
  }
  bool tell(const PlaceTaken& fact) {
    begin(Action::wait);
    subject(SubjectKind::vehicle, fact.arrival.plate);
    detail();
    out_.member("place", fact.place);
    arrival(fact.arrival);
    time("until", fact.until);
    return end();
  }
  bool tell(const PlaceLeft& fact) {
    begin(Action::release);
    detail();
    out_.member("place", fact.place);
    out_.member("how", fact.how == PlaceLeft::How::expired ? "expired" : "gave_up");
    return end();
  }
  bool tell(const SpotsReserved& fact) {
    begin(Action::reserve);
    subject(SubjectKind::reservation, fact.reservation);
    subject(SubjectKind::vehicle, fact.arrival.plate);
    spots(fact.spots);
    detail();
    time("until", fact.until);
    return end();
  }
  bool tell(const ReservationEnded& fact) {
    begin(Action::release);
    subject(SubjectKind::reservation, fact.reservation);
    detail();
    out_.member("how", fact.how == ReservationEnded::How::expired ? "expired" : "cancelled");
    return end();
  }
  bool tell(const TicketValidated& fact) {
    begin(Action::price);
    subject(SubjectKind::ticket, fact.ticket);
    detail();
    out_.member("validation", fact.validation);
    return end();
  }
  bool tell(const TicketPaid& fact) {
    begin(Action::pay);
    subject(SubjectKind::ticket, fact.ticket);
    detail();
    money("amount", fact.amount);
    money("price", fact.price);
    time("leave_by", fact.leave_by);
    return end();
  }
  bool tell(const TicketClosed& fact) {
    begin(Action::exit);
    subject(SubjectKind::ticket, fact.ticket);
    detail();
    out_.member("state", to_string(fact.state));
    money("price", fact.price);
    money("paid_here", fact.paid);
    time("exit", fact.exit);
    return end();
  }
  bool tell(const TicketCorrected& fact) {
    begin(Action::correct);
    subject(SubjectKind::ticket, fact.ticket);
    subject(SubjectKind::vehicle, fact.plate);
    spots(fact.spots);
    subject(SubjectKind::operator_name, fact.by);
    detail();
    text("reason", fact.reason);
    time("entry", fact.entry);
    return end();
  }
  bool tell(const TicketOverridden& fact) {
    begin(Action::override);
    subject(SubjectKind::ticket, fact.ticket);
    subject(SubjectKind::operator_name, fact.by);
    detail();
    text("reason", fact.reason);
    money("price", fact.price);
    return end();
  }
  bool tell(const MoneyRefunded& fact) {
    begin(Action::refund);
    subject(SubjectKind::ticket, fact.ticket);
    subject(SubjectKind::operator_name, fact.by);
    detail();
    text("reason", fact.reason);
    money("amount", fact.amount);
    return end();
  }
  bool tell(const PermitGranted& fact) {
    begin(Action::configure);
    subject(SubjectKind::vehicle, fact.plate);
    detail();
    out_.member("permit", fact.permit);
    time("until", fact.until);
    return end();
  }
  bool tell(const PermitRevoked& fact) {
    begin(Action::configure);
    detail();
    out_.member("vehicle", fact.vehicle).member("permit", "");
    return end();
  }
  bool tell(const VehicleErased& fact) {
    begin(Action::erase);
    if (fact.vehicle != 0) subject(SubjectKind::vehicle, erased_plate(fact.vehicle));
    subject(SubjectKind::operator_name, fact.by);
    detail();
    text("reason", fact.reason);
    return end();
  }
  bool tell(const OperatorErased& fact) {
    begin(Action::erase);
    subject(SubjectKind::operator_name, fact.by);
    detail();
    out_.member("whose", "operator");
    text("reason", fact.reason);
    return end();
  }
  bool tell(const EntriesRefused& fact) {
    begin(Action::reject);
    detail();
    out_.member("code", to_string(fact.code)).member("count", std::uint64_t{fact.count});
    return end();
  }
  template <class State>
  bool tell(const State&) {
    return false;
  }

  std::string_view garage_;
  const Record& record_;
  JsonWriter out_;
};

}  // namespace

std::string event_json(std::string_view garage, const Record& record) {
  return EventWriter(garage, record).text();
}

}  // namespace parking_lot::garage
