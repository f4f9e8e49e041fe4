#include <algorithm>
#include <limits>

#include "codec/json_spelling.h"
#include "codec/json_time.h"
#include "config_keys.h"
#include "garage/trusted.h"
#include "garage/words.h"
#include "parking_lot/garage/json.h"

/// Commands of a garage as JSON.
namespace parking_lot {

using namespace garage;

#define PARKING_LOT_WORD(name, number) Word{#name, number},
template <>
struct WordsOf<CommandName> {
  static constexpr Word list[] = {PARKING_LOT_GARAGE_COMMANDS(PARKING_LOT_WORD)};
};
#undef PARKING_LOT_WORD

namespace {

constexpr std::uint64_t number_max = units_max;
constexpr auto money_limit = static_cast<std::uint64_t>(money_max);

/// What is filled, and what names and times are told by.
struct Draft : GarageCommand {
  const Garage* owner = nullptr;
  WallTime now;
  std::vector<std::string> validations;
};

Draft& draft_of(void* owner) { return *static_cast<Draft*>(owner); }

template <auto member>
constexpr Key time_key(std::string_view name) {
  const auto read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    if (const auto time = reader.time(value, draft_of(owner).now)) draft_of(owner).*member = *time;
  };
  return special_key(name, read, nullptr, nullptr, {});
}

template <auto member>
constexpr Key stay_time_key(std::string_view name) {
  const auto read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    if (const auto time = reader.time(value, draft_of(owner).now)) draft_of(owner).stay.*member = *time;
  };
  return special_key(name, read, nullptr, nullptr, {});
}

template <auto member>
constexpr Key text_of(std::string_view name) {
  const auto read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    if (auto text = reader.text(value)) draft_of(owner).*member = std::move(*text);
  };
  return special_key(name, read, nullptr, nullptr, {});
}

template <auto member>
constexpr Key word_of(std::string_view name) {
  const auto read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    using Value = std::remove_reference_t<decltype(draft_of(owner).*member)>;
    if (const auto number = reader.word(value, WordsOf<Value>::list))
      draft_of(owner).*member = static_cast<Value>(*number);
  };
  return special_key(name, read, nullptr, nullptr, {});
}

template <auto member, std::uint64_t max>
constexpr Key number_of_key(std::string_view name) {
  const auto read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    using Value = std::remove_reference_t<decltype(draft_of(owner).*member)>;
    if (const auto number = reader.integer(value, 0, max))
      draft_of(owner).*member = static_cast<Value>(*number);
  };
  return special_key(name, read, nullptr, nullptr, {});
}

void read_ticket(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  const auto text = reader.text(value);
  if (!text) return;
  if (const auto id = parse_TicketId(*text))
    draft_of(owner).ticket = *id;
  else
    reader.error("is no ticket; write the id that the gate gave, or name the vehicle with \"plate\".");
}

std::optional<SpotId> spot_of(JsonReader& reader, const JsonValue& value, const Garage& garage) {
  const auto text = reader.text(value);
  if (!text) return std::nullopt;
  const auto spot = garage.find_spot(*text);
  if (!spot) reader.error("is no spot of this garage; write level, row and position, like P1/A/17.");
  return spot;
}

void read_spot(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (const auto spot = spot_of(reader, value, *draft_of(owner).owner)) draft_of(owner).spot = *spot;
}

void read_seen(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  Draft& draft = draft_of(owner);
  if (!reader.is_array(value, "[\"P1/A/1\", \"P1/A/2\"]")) return;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, i);
    if (const auto spot = spot_of(reader, value.items[i], *draft.owner)) draft.seen.push_back(*spot);
  }
  std::sort(draft.seen.begin(), draft.seen.end());
  draft.seen.erase(std::unique(draft.seen.begin(), draft.seen.end()), draft.seen.end());
}

std::optional<Features> features_in(JsonReader& reader, const JsonValue& value) {
  if (!reader.is_array(value, "[\"ev_charger\"]")) return std::nullopt;
  Features features;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, i);
    const auto bit = reader.word(value.items[i], WordsOf<Feature>::list);
    if (!bit) return std::nullopt;
    features = features | Features(*bit);
  }
  return features;
}

void read_wanted(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (const auto features = features_in(reader, value)) draft_of(owner).wanted = *features;
}
void read_stay_features(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (const auto features = features_in(reader, value)) draft_of(owner).stay.features = *features;
}
void read_stay_kind(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (const auto kind = reader.word(value, WordsOf<SpotKind>::list))
    draft_of(owner).stay.kind = static_cast<SpotKind>(*kind);
}
void read_stay_spots(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (const auto spots = reader.integer(value, 1, 64))
    draft_of(owner).stay.spots = static_cast<std::uint16_t>(*spots);
}
void read_stay_surge(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (const auto percent = reader.integer(value, 1, percent_max))
    draft_of(owner).surge_percent = static_cast<std::uint16_t>(*percent);
}
void read_paid(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  const auto is_paid = reader.boolean(value);
  if (is_paid && *is_paid) draft_of(owner).settlement = Exit::Settlement::paid_here;
}
void read_validations(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  read_texts(reader, value, draft_of(owner).validations);
}

/// `[[utc milliseconds, seconds], …]`; seconds may be negative.
void read_offsets(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  constexpr std::uint64_t secs_max = 86'400;
  if (!reader.is_array(value, "[[1774746000000, 7200]]")) return;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, i);
    const JsonValue& pair = value.items[i];
    if (!reader.is_array(pair, "[1774746000000, 7200]")) continue;
    const bool is_pair = pair.items.size() == 2 && pair.items[0].kind == JsonValue::Kind::integer &&
                         pair.items[1].kind == JsonValue::Kind::integer && !pair.items[0].is_negative &&
                         pair.items[0].magnitude <= number_max && pair.items[1].magnitude <= secs_max;
    if (!is_pair) {
      reader.error("must hold Unix milliseconds and the seconds that clocks are ahead of UTC from then on.");
      continue;
    }
    const auto secs = static_cast<std::int32_t>(pair.items[1].magnitude);
    draft_of(owner).offsets.push_back({WallTime{static_cast<std::int64_t>(pair.items[0].magnitude)},
                                       pair.items[1].is_negative ? -secs : secs});
  }
}

void read_name(JsonReader&, const JsonValue&, const Key&, void*) {}

constexpr Key name_keys[] = {special_key("do", read_name, nullptr, nullptr, {})};
constexpr Key plate_keys[] = {text_of<&GarageCommand::plate>("plate")};
constexpr Key ticket_keys[] = {special_key("ticket", read_ticket, nullptr, nullptr, {})};
constexpr Key version_keys[] = {number_of_key<&GarageCommand::if_version, number_max>("if_version")};
constexpr Key vehicle_keys[] = {word_of<&GarageCommand::type>("type"), word_of<&GarageCommand::size>("size"),
                                number_of_key<&GarageCommand::spots_required, 64>("spots_required"),
                                special_key("wanted", read_wanted, nullptr, nullptr, {}),
                                text_of<&GarageCommand::gate>("gate")};
constexpr Key spot_keys[] = {special_key("spot", read_spot, nullptr, nullptr, {})};
constexpr Key tariff_keys[] = {text_of<&GarageCommand::tariff>("tariff")};
constexpr Key wait_keys[] = {time_key<&GarageCommand::until>("wait")};
constexpr Key until_keys[] = {time_key<&GarageCommand::until>("until")};
constexpr Key reservation_keys[] = {number_of_key<&GarageCommand::reservation, number_max>("reservation")};
constexpr Key place_keys[] = {number_of_key<&GarageCommand::place, number_max>("place")};
constexpr Key validation_keys[] = {text_of<&GarageCommand::validation>("validation")};
constexpr Key amount_keys[] = {number_of_key<&GarageCommand::amount, money_limit>("amount")};
constexpr Key at_keys[] = {time_key<&GarageCommand::at>("at")};
constexpr Key paid_keys[] = {special_key("paid_here", read_paid, nullptr, nullptr, {})};
constexpr Key person_keys[] = {text_of<&GarageCommand::by>("by"), text_of<&GarageCommand::reason>("reason")};
constexpr Key operator_keys[] = {text_of<&GarageCommand::operator_name>("operator")};
constexpr Key correct_keys[] = {text_of<&GarageCommand::new_plate>("new_plate"),
                                time_key<&GarageCommand::entry>("entry")};
constexpr Key permit_keys[] = {text_of<&GarageCommand::permit>("permit")};
constexpr Key allocation_keys[] = {word_of<&GarageCommand::allocation>("allocation")};
constexpr Key zone_keys[] = {text_of<&GarageCommand::zone>("zone"),
                             special_key("offsets", read_offsets, nullptr, nullptr, {})};
constexpr Key stay_keys[] = {stay_time_key<&Stay::entry>("entry"),
                             stay_time_key<&Stay::exit>("exit"),
                             word_of<&GarageCommand::type>("type"),
                             special_key("kind", read_stay_kind, nullptr, nullptr, {}),
                             special_key("features", read_stay_features, nullptr, nullptr, {}),
                             special_key("spots", read_stay_spots, nullptr, nullptr, {}),
                             special_key("surge_percent", read_stay_surge, nullptr, nullptr, {}),
                             special_key("validations", read_validations, nullptr, nullptr, {})};
constexpr Key seen_keys[] = {special_key("seen", read_seen, nullptr, nullptr, {})};

using Keys = std::vector<std::span<const Key>>;

Keys keys_of(CommandName name) {
  switch (name) {
    case CommandName::enter:
      return {plate_keys, vehicle_keys, spot_keys, tariff_keys, wait_keys, reservation_keys, version_keys};
    case CommandName::leave_lane:
      return {place_keys};
    case CommandName::reserve:
      return {plate_keys, vehicle_keys, spot_keys, until_keys, version_keys};
    case CommandName::cancel_reservation:
      return {reservation_keys};
    case CommandName::validate:
      return {ticket_keys, plate_keys, validation_keys, version_keys};
    case CommandName::pay:
      return {ticket_keys, plate_keys, amount_keys, version_keys};
    case CommandName::exit:
      return {ticket_keys, plate_keys, at_keys, paid_keys, version_keys};
    case CommandName::report_lost:
    case CommandName::revoke_permit:
      return {plate_keys};
    case CommandName::correct:
      return {ticket_keys, plate_keys, person_keys, correct_keys, spot_keys, version_keys};
    case CommandName::set_price:
      return {ticket_keys, plate_keys, person_keys, amount_keys, version_keys};
    case CommandName::make_void:
      return {ticket_keys, plate_keys, person_keys, version_keys};
    case CommandName::refund:
      return {ticket_keys, person_keys, amount_keys, version_keys};
    case CommandName::grant_permit:
      return {plate_keys, permit_keys, until_keys};
    case CommandName::erase:
      return {plate_keys, operator_keys, person_keys};
    case CommandName::set_allocation:
      return {allocation_keys};
    case CommandName::zone:
      return {zone_keys};
    case CommandName::ticket:
      return {ticket_keys, plate_keys};
    case CommandName::price:
      return {ticket_keys, plate_keys, at_keys};
    case CommandName::quote:
      return {tariff_keys, stay_keys, permit_keys};
    case CommandName::reconcile:
      return {seen_keys};
    case CommandName::tick:
      return {};
  }
  return {};
}

/// Both ends of the stay in a quote, and the names of the tariff, which prices know by their positions.
void resolve_stay(JsonReader& reader, const JsonValue& given, Draft& draft) {
  for (const char* end : {"entry", "exit"}) {
    const JsonReader::At at(reader, end);
    if (given.find(end) == nullptr) reader.error("is missing; give a time, like 2026-03-28T20:00:00+01:00.");
  }
  const auto& tariffs = draft.owner->config().tariffs;
  const auto tariff = std::find_if(tariffs.begin(), tariffs.end(), [&](const Tariff& each) {
    return draft.tariff.empty() || each.name == draft.tariff;
  });
  if (tariff == tariffs.end()) return;  // the garage refuses it
  const auto position = [&](const auto& list, const std::string& name) {
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.name == name; });
    if (found == list.end()) reader.error("is not known to the tariff; see its config.");
    return found == list.end() ? -1 : static_cast<int>(found - list.begin());
  };
  for (const std::string& name : draft.validations) {
    const JsonReader::At at(reader, "validations");
    const int index = position(tariff->validations, name);
    if (index >= 0 && index < 32) draft.stay.validations |= 1U << index;
  }
  if (draft.permit.empty()) return;
  const JsonReader::At at(reader, "permit");
  draft.stay.permit = position(tariff->permits, draft.permit);
}

Failure failure_of(const std::vector<ConfigIssue>& issues) {
  return Failure(Error{issues.front().path, issues.front().message});
}

}  // namespace

Input GarageCommand::input(RequestId request) const {
  const TicketName named{ticket, plate};
  const Vehicle vehicle{plate, type, size, spots_required};
  switch (name) {
    case CommandName::enter:
      return Enter{request, gate, vehicle, wanted, tariff, reservation, spot, if_version, until};
    case CommandName::leave_lane:
      return LeaveLane{request, place};
    case CommandName::reserve:
      return Reserve{request, vehicle, wanted, gate, spot, if_version, until};
    case CommandName::cancel_reservation:
      return CancelReservation{request, reservation};
    case CommandName::validate:
      return Validate{request, named, validation, if_version};
    case CommandName::pay:
      return Pay{request, named, amount, if_version};
    case CommandName::exit:
      return Exit{request, named, settlement, at, if_version};
    case CommandName::report_lost:
      return ReportLost{request, plate};
    case CommandName::correct:
      return Correct{request, by, reason, named, new_plate, entry, spot, if_version};
    case CommandName::set_price:
      return Override{request, by, reason, named, Override::What::price, amount, if_version};
    case CommandName::make_void:
      return Override{request, by, reason, named, Override::What::make_void, 0, if_version};
    case CommandName::refund:
      return Refund{request, by, reason, ticket, amount, if_version};
    case CommandName::grant_permit:
      return GrantPermit{request, plate, permit, until.ms == 0 ? never_wall : until};
    case CommandName::revoke_permit:
      return RevokePermit{request, plate};
    case CommandName::erase:
      if (operator_name) return Erase{request, *operator_name, by, reason, Named::operator_name};
      return Erase{request, plate, by, reason, Named::vehicle};
    case CommandName::set_allocation:
      return SetAllocation{request, allocation};
    case CommandName::zone:
      return ZoneKnown{request, zone, offsets};
    case CommandName::ticket:
      return InspectTicket{request, named};
    case CommandName::price:
      return AskPrice{request, named, at};
    case CommandName::quote: {
      AskQuote ask{request, tariff, stay};
      ask.stay.type = type;
      ask.stay.surge_percent = surge_percent;
      return ask;
    }
    case CommandName::reconcile:
      return Reconcile{request, seen};
    case CommandName::tick:
      break;
  }
  return Tick{};
}

Result<GarageCommand> garage::parse_garage_command(std::string_view json, const Garage& garage,
                                                   WallTime now) {
  const auto document = parse_json(json);
  if (!document)
    return Failure(Error{"column " + std::to_string(document.error().column), document.error().message});
  std::vector<ConfigIssue> issues;
  JsonReader reader(issues, nullptr);
  Draft draft;
  draft.owner = &garage;
  draft.now = now;
  if (!reader.is_object(document->root, "{\"do\": \"enter\", \"plate\": \"B-AB 1\"}"))
    return failure_of(issues);
  const JsonValue* name = document->root.find("do");
  {
    const JsonReader::At at(reader, "do");
    if (name == nullptr) reader.error("is missing; say what to do, like \"enter\" or \"exit\".");
    const auto word = name == nullptr ? std::nullopt : reader.word(*name, WordsOf<CommandName>::list);
    if (!word) return failure_of(issues);
    draft.name = static_cast<CommandName>(*word);
  }
  std::vector<Section> sections{{.keys = name_keys, .owner = &draft}};
  for (const auto keys : keys_of(draft.name)) sections.push_back({.keys = keys, .owner = &draft});
  read_members(reader, document->root, sections);
  if (draft.name == CommandName::quote) resolve_stay(reader, document->root, draft);
  if (draft.operator_name && !draft.plate.empty()) {
    const JsonReader::At at(reader, "operator");
    reader.error("stands beside a plate; erase one after the other.");
  }
  if (!issues.empty()) return failure_of(issues);
  return GarageCommand(std::move(draft));
}

}  // namespace parking_lot
