#include "garages.h"

#include "json_text.h"
#include "parking_lot/garage/json.h"

namespace parking_lot::wasm {
namespace {

/// `"name":value`, the value being JSON already.
std::string member(std::string_view name, std::string_view json) {
  return "\"" + std::string(name) + "\":" + std::string(json);
}

template <class List, class Text>
std::string list_of(const List& list, const Text& text) {
  std::string out = "[";
  for (const auto& each : list) out += (out.size() > 1 ? "," : "") + text(each);
  return out + "]";
}

template <class Named>
std::string names_of(const std::vector<Named>& list) {
  return list_of(list, [](const Named& each) { return quoted(each.name); });
}

std::vector<garage::SpotId> spots_of(garage::SpotRange range) {
  std::vector<garage::SpotId> spots;
  for (std::uint32_t i = 0; i < range.count; ++i) spots.push_back({range.first.index + i});
  return spots;
}

std::string change_text(const Garage& garage, const garage::Changed& change) {
  static constexpr std::string_view words[] = {"spots", "lane", "allocation", "storage"};
  std::string out = "{" + member("what", quoted(words[static_cast<std::size_t>(change.what)]));
  if (change.spots.count != 0) {
    const auto name = [&](garage::SpotId spot) { return quoted(garage.spot_name(spot)); };
    out += "," + member("spots", list_of(spots_of(change.spots), name)) + "," +
           member("state", quoted(to_string(change.state)));
  }
  return out + "}";
}

std::string tariff_text(const garage::Tariff& tariff) {
  return "{" + member("name", quoted(tariff.name)) + "," +
         member("validations", names_of(tariff.validations)) + "," +
         member("permits", names_of(tariff.permits)) + "}";
}

}  // namespace

Garages::Garages(std::vector<garage::GarageConfig> configs, Now now, Entropy entropy) {
  for (const garage::GarageConfig& config : configs) {
    // Tickets of two garages of one lot have different ids.
    garages_.push_back(
        Garage::open(config, now, {.high = entropy.high, .low = entropy.low + garages_.size()}));
  }
}

std::string Garages::act(std::size_t number, std::uint32_t request, std::string_view command, Now now) {
  Garage& garage = garages_[number];
  const auto parsed = garage::parse_garage_command(command, garage, now.wall);
  if (!parsed) {
    return "{\"error\":{" + member("where", quoted(parsed.error().where)) + "," +
           member("message", quoted(parsed.error().message)) + "}}";
  }
  garage.handle(now, parsed->input(request));
  std::string replies;
  std::string changes;
  while (const garage::Effect* effect = garage.poll()) {
    if (const auto* reply = std::get_if<garage::Reply>(effect)) {
      replies += (replies.empty() ? "{" : ",{") + member("request", std::to_string(reply->request)) + "," +
                 member("answer", garage::answer_json(garage, reply->answer)) + "}";
    } else if (const auto* change = std::get_if<garage::Changed>(effect)) {
      changes += (changes.empty() ? "" : ",") + change_text(garage, *change);
    }
  }
  std::string out =
      "{" + member("replies", "[" + replies + "]") + "," + member("changes", "[" + changes + "]");
  if (const auto next = garage.next_deadline()) out += "," + member("next", std::to_string(next->ms));
  return out + "}";
}

std::string facts_json(const Garage& garage) {
  const garage::GarageConfig& config = garage.config();
  return "{" + member("name", quoted(config.name)) + "," + member("zone", quoted(config.zone)) + "," +
         member("currency", quoted(config.currency)) + "," +
         member("spots", std::to_string(garage.spot_count())) + "," +
         member("levels", names_of(config.levels)) + "," + member("entrances", names_of(config.entrances)) +
         "," + member("tariffs", list_of(config.tariffs, tariff_text)) + "}";
}

std::string spots_json(const Garage& garage) {
  const auto text = [&](garage::SpotId spot) { return garage::spot_json(garage, spot); };
  return list_of(spots_of({garage::SpotId{0}, garage.spot_count()}), text);
}

std::string tickets_json(const Garage& garage) {
  return list_of(garage.open_tickets(), [&](const garage::TicketView& ticket) {
    return garage::answer_json(garage, garage::TicketShown{&ticket});
  });
}

}  // namespace parking_lot::wasm
