#include "garages.h"

#include <algorithm>
#include <utility>

#include "json_text.h"
#include "parking_lot/garage/json.h"

namespace parking_lot::wasm {
namespace {

/// Of what a garage does for another one's sake; JavaScript's requests have 32 bits.
constexpr RequestId request_beside = RequestId{1} << 32;

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

std::vector<GaragePlace> garage_places(const std::vector<garage::GarageConfig>& configs) {
  std::vector<GaragePlace> places;
  for (std::uint32_t i = 0; i < configs.size(); ++i) {
    const StorageConfig& storage = configs[i].storage;
    if (storage.is_volatile()) continue;
    const std::string& location = storage.kind == StorageKind::idbfs  ? storage.database
                                  : storage.kind == StorageKind::opfs ? storage.directory
                                                                      : storage.path;
    const auto found = std::find_if(places.begin(), places.end(), [&](const GaragePlace& place) {
      return place.kind == storage.kind && place.location == location;
    });
    GaragePlace& place = found == places.end() ? places.emplace_back() : *found;
    place.kind = storage.kind;
    place.location = location;
    place.garages.push_back(i);
  }
  return places;
}

Garages::Garages(std::vector<garage::GarageConfig> configs, std::unique_ptr<GarageStorage> storage, Now now,
                 Entropy entropy)
    : storage_(std::move(storage)), now_(now) {
  for (const garage::GarageConfig& config : configs) {
    // Tickets of two garages of one lot have different ids.
    entries_.push_back(
        {.garage = Garage::open(config, now, {.high = entropy.high, .low = entropy.low + entries_.size()}),
         .replies = {},
         .changes = {},
         .erasing = {},
         .erased = {}});
  }
}

Result<void> Garages::recover() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!at(i).is_durable()) continue;
    if (auto recovered = recover(i); !recovered) return recovered;
  }
  commit();
  return {};
}

Result<void> Garages::recover(std::size_t number) {
  Entry& entry = entries_[number];
  const auto loaded =
      storage_->load(static_cast<std::uint32_t>(number), [&](std::span<const garage::Record> records) {
        entry.garage.handle(now_, garage::Recovered{records});
        drain(number);
      });
  if (!loaded) return loaded;
  entry.has_failed = false;
  entry.reload_at = never_steady;
  entry.garage.handle(now_, garage::RecoveryDone{});
  drain(number);
  return {};
}

std::string Garages::act(std::size_t number, std::uint32_t request, std::string_view command, Now now) {
  now_ = now;
  Entry& entry = entries_[number];
  const auto parsed = garage::parse_garage_command(command, entry.garage, now.wall);
  if (!parsed) {
    return "{\"error\":{" + member("where", quoted(parsed.error().where)) + "," +
           member("message", quoted(parsed.error().message)) + "}}";
  }
  if (entry.has_failed && entry.reload_at <= now.steady && !recover(number)) fail(number);
  const garage::Input input = parsed->input(request);
  const auto* erase = std::get_if<garage::Erase>(&input);
  if (erase == nullptr || erase_elsewhere(number, *erase)) {
    if (erase != nullptr) entry.erasing[request] = erase->name;
    entry.garage.handle(now, input);
    drain(number);
  }
  commit();
  return traffic(number);
}

bool Garages::erase_elsewhere(std::size_t number, const garage::Erase& command) {
  Entry& entry = entries_[number];
  if (!entry.garage.is_durable() || !entry.garage.use_of(command.name).empty()) return true;
  const auto sharing = storage_->sharing(static_cast<std::uint32_t>(number));
  for (const std::uint32_t other : sharing) {
    const auto use = at(other).use_of(command.name);
    const bool is_open = at(other).figures().storage == StreamState::open;
    if (is_open && use.empty()) continue;
    const auto code = is_open ? garage::Refusal::in_use : garage::Refusal::storage_unavailable;
    reply(entry, command.request, garage::Refused{.code = code, .field = use});
    return false;
  }
  for (const std::uint32_t other : sharing) {
    if (other == number) continue;
    garage::Erase beside = command;
    beside.request = request_beside;
    entries_[other].garage.handle(now_, beside);
    drain(other);
    if (!declined_) continue;
    reply(entry, command.request, *std::exchange(declined_, std::nullopt));
    return false;
  }
  return true;
}

void Garages::reply(Entry& entry, RequestId request, std::string_view answer) {
  entry.replies += (entry.replies.empty() ? "{" : ",{") + member("request", std::to_string(request)) + "," +
                   member("answer", answer) + "}";
}

void Garages::reply(Entry& entry, RequestId request, const garage::Answer& answer) {
  reply(entry, request, garage::answer_json(entry.garage, answer));
}

/// An erasure is not done before the store has forgotten the name, too. False: the store failed.
bool Garages::pass_on(std::size_t number, const garage::Reply& answered) {
  Entry& entry = entries_[number];
  if (answered.request == request_beside) {
    if (const auto* refused = std::get_if<garage::Refused>(&answered.answer)) declined_ = *refused;
    return true;
  }
  const auto name = entry.erasing.extract(answered.request);
  if (name.empty() || !entry.garage.is_durable() || !std::holds_alternative<garage::Done>(answered.answer)) {
    reply(entry, answered.request, answered.answer);
    return true;
  }
  // It may have come back while the record of its erasure was on its way to the disk.
  for (const std::uint32_t other : storage_->sharing(static_cast<std::uint32_t>(number))) {
    const auto use = at(other).use_of(name.mapped());
    if (use.empty()) continue;
    reply(entry, answered.request, garage::Refused{.code = garage::Refusal::in_use, .field = use});
    return true;
  }
  const auto erasure = storage_->erase(static_cast<std::uint32_t>(number), name.mapped());
  entry.erased.push_back(
      {erasure.value_or(0), answered.request, garage::answer_json(entry.garage, answered.answer)});
  has_erased_ = true;
  return erasure.has_value();
}

void Garages::drain(std::size_t number) {
  Entry& entry = entries_[number];
  bool is_written = true;
  while (const garage::Effect* effect = entry.garage.poll()) {
    if (const auto* reply = std::get_if<garage::Reply>(effect)) {
      is_written = pass_on(number, *reply) && is_written;
    } else if (const auto* change = std::get_if<garage::Changed>(effect)) {
      entry.changes += (entry.changes.empty() ? "" : ",") + change_text(entry.garage, *change);
    } else if (const auto* write = std::get_if<garage::Write>(effect)) {
      is_written = storage_->append(static_cast<std::uint32_t>(number), write->records) && is_written;
    }
  }
  if (!is_written) fail(number);
}

void Garages::commit() {
  if (!storage_) return;
  do {
    has_erased_ = false;
    storage_->commit([this](const GarageStorage::Outcome& outcome) { committed(outcome); });
  } while (has_erased_);
}

void Garages::committed(const GarageStorage::Outcome& outcome) {
  Entry& entry = entries_[outcome.garage];
  if (outcome.has_failed) return fail(outcome.garage);
  entry.pause = Duration{1000};
  const auto is_waiting = [&](const Erased& each) { return each.erasure > outcome.erasures; };
  const auto done = std::stable_partition(entry.erased.begin(), entry.erased.end(), is_waiting);
  for (auto each = done; each != entry.erased.end(); ++each) reply(entry, each->request, each->answer);
  entry.erased.erase(done, entry.erased.end());
  entry.garage.handle(now_, garage::Persisted{outcome.durable});
  drain(outcome.garage);
  (void)storage_->tidy(outcome.garage, entry.garage, now_);  // it is wanted again after the next commit
}

/// What was not durable is answered as unconfirmed; after a pause the garage is read back.
void Garages::fail(std::size_t number) {
  constexpr std::int64_t longest_pause_ms = 30000;
  Entry& entry = entries_[number];
  entry.has_failed = true;
  entry.reload_at = now_.steady + entry.pause;
  entry.pause = Duration{std::min(entry.pause.ms * 2, longest_pause_ms)};
  for (const Erased& each : std::exchange(entry.erased, {}))
    reply(entry, each.request, garage::Refused{.code = garage::Refusal::unconfirmed, .field = {}});
  entry.garage.handle(now_, garage::PersistFailed{});
  drain(number);
}

void Garages::synced(std::uint32_t disk, std::int32_t fault) {
  if (!storage_) return;
  storage_->synced(disk, fault);
  commit();
}

std::string Garages::traffic(std::size_t number) {
  Entry& entry = entries_[number];
  std::string out = "{" + member("replies", "[" + std::exchange(entry.replies, {}) + "]") + "," +
                    member("changes", "[" + std::exchange(entry.changes, {}) + "]");
  const auto next = entry.garage.next_deadline();
  const SteadyTime due = std::min(next.value_or(never_steady), entry.reload_at);
  if (due != never_steady) out += "," + member("next", std::to_string(due.ms));
  return out + "}";
}

std::string Garages::past(std::size_t number, WallTime time) const {
  const Now then{time, SteadyTime{0}};
  Garage garage = Garage::open(at(number).config(), then, Entropy{});
  const auto read = storage_->read_until(
      static_cast<std::uint32_t>(number), time,
      [&](std::span<const garage::Record> records) { garage.handle(then, garage::Recovered{records}); });
  if (!read) return "{" + member("failure", quoted(read.error().message)) + "}";
  garage.handle(then, garage::RecoveryDone{});
  while (garage.poll() != nullptr) {
  }
  return "{" + member("figures", garage::figures_json(garage)) + "," +
         member("tickets", tickets_json(garage)) + "}";
}

std::string Garages::events(std::size_t number, WallTime until) const {
  std::string events;
  const std::string& name = at(number).config().name;
  const auto read = storage_->read_history(
      static_cast<std::uint32_t>(number), [&](std::span<const garage::Record> records) {
        for (const garage::Record& record : records) {
          const std::string text = record.at < until ? garage::event_json(name, record) : std::string();
          if (!text.empty()) events += (events.empty() ? "" : ",") + text;
        }
      });
  if (!read) return "{" + member("failure", quoted(read.error().message)) + "}";
  return "{" + member("events", "[" + events + "]") + "}";
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
