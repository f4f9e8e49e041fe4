#include <emscripten/bind.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "environment.h"
#include "garages.h"
#include "json_text.h"
#include "parking_lot/garage/json.h"
#include "simulate/garage_day.h"

namespace parking_lot::wasm {
namespace {

/// Of this module instance; null before `openGarages` and after `closeGarages`.
std::unique_ptr<Garages> garages;

Now now_of(double wall_ms, double steady_ms) {
  return {.wall = {static_cast<std::int64_t>(wall_ms)}, .steady = {static_cast<std::int64_t>(steady_ms)}};
}

std::string text_of(const Error& error) {
  return error.where.empty() ? error.message : error.where + ": " + error.message;
}

std::string stores_text(const std::vector<GaragePlace>& places) {
  std::string out = "[";
  for (const GaragePlace& place : places) {
    out += (out.size() > 1 ? ",{" : "{") + std::string("\"kind\":\"") + std::string(to_string(place.kind)) +
           "\",\"location\":" + quoted(place.location) + "}";
  }
  return out + "]";
}

/// `disks`: how many JavaScript has opened. Answers `{"issues": […]}`, `{"unavailable": […]}`, `{"failure"}`,
/// `{"stores": […]}` while disks for these are missing, or `{"garages": […]}` with the facts of each, in the
/// order of their numbers.
std::string open_garages(const std::string& config, const std::string& environment, std::uint32_t disks,
                         const std::string& built, double wall_ms, double steady_ms,
                         std::uint64_t entropy_high, std::uint64_t entropy_low) {
  garage::ParsedGarages parsed = garage::parse_garages(
      config, [&environment](std::string_view name) { return variable_in(environment, name); });
  if (!parsed.ok()) return "{\"issues\":" + issues_text(parsed.issues) + "}";
  std::vector<ConfigIssue> unavailable;
  for (const garage::GarageConfig& each : parsed.garages) {
    const std::string kind(to_string(each.storage.kind));
    if (each.storage.is_volatile() || ("," + built + ",").find("," + kind + ",") != std::string::npos)
      continue;
    unavailable.push_back({.path = "garages." + each.name + ".storage",
                           .message = "storage of type " + kind + " is not available here; use in_memory" +
                                      (built.empty() ? "" : " or one of " + built) + "."});
  }
  if (!unavailable.empty()) return "{\"unavailable\":" + issues_text(unavailable) + "}";
  const std::vector<GaragePlace> places = garage_places(parsed.garages);
  if (places.size() != disks) return "{\"stores\":" + stores_text(places) + "}";
  const Now now = now_of(wall_ms, steady_ms);
  const Entropy entropy{.high = entropy_high, .low = entropy_low};
  std::unique_ptr<GarageStorage> storage;
  if (!places.empty()) {
    auto opened = open_garage_storage(parsed.garages, now, entropy);
    if (!opened) return "{\"failure\":" + quoted(text_of(opened.error())) + "}";
    storage = std::move(*opened);
  }
  garages = std::make_unique<Garages>(std::move(parsed.garages), std::move(storage), now, entropy);
  if (const auto recovered = garages->recover(); !recovered) {
    garages.reset();
    return "{\"failure\":" + quoted(text_of(recovered.error())) + "}";
  }
  std::string out = "{\"garages\":[";
  for (std::size_t i = 0; i < garages->size(); ++i) out += (i > 0 ? "," : "") + facts_json(garages->at(i));
  return out + "]}";
}

void close_garages() { garages.reset(); }

std::string act(std::uint32_t number, std::uint32_t request, const std::string& command, double wall_ms,
                double steady_ms) {
  if (!garages || number >= garages->size()) return "{\"replies\":[],\"changes\":[]}";
  return garages->act(number, request, command, now_of(wall_ms, steady_ms));
}

void watch(std::uint32_t number, bool wants_changes) {
  if (!garages || number >= garages->size()) return;
  garages->listen(number, wants_changes ? Garage::Listening::changes : Garage::Listening::answers);
}

std::string show(std::uint32_t number, const std::string& what) {
  if (!garages || number >= garages->size()) return "null";
  const Garage& garage = garages->at(number);
  if (what == "figures") return garage::figures_json(garage);
  if (what == "spots") return spots_json(garage);
  if (what == "tickets") return tickets_json(garage);
  if (what == "lane") return garage::lane_json(garage);
  if (what == "reservations") return garage::reservations_json(garage);
  if (what == "permits") return garage::permits_json(garage);
  if (what == "days") return garage::days_json(garage);
  return what == "csv" ? garage::days_csv(garage) : "null";
}

/// A made-up day of a garage with this one's config; `null` for a kind of day that there is not. `what`:
/// `arrivals`, or what they come to.
std::string made_up_day(std::uint32_t number, const std::string& kind, std::uint64_t seed,
                        const std::string& what) {
  const auto parsed = simulate::parse_DayKind(kind);
  if (!garages || number >= garages->size() || !parsed) return "null";
  const Garage& garage = garages->at(number);
  simulate::GarageDay day(garage.config(), garage.offsets(), *parsed, seed);
  return what == "arrivals" ? arrivals_json(day, garage.config()) : report_json(day.run(), garage.config());
}

/// What a durable garage was at a time, and its events before one.
std::string past(std::uint32_t number, double wall_ms) {
  if (!garages || number >= garages->size()) return "null";
  return garages->past(number, {static_cast<std::int64_t>(wall_ms)});
}
std::string events(std::uint32_t number, double until_ms) {
  if (!garages || number >= garages->size()) return "null";
  return garages->events(number, {static_cast<std::int64_t>(until_ms)});
}

/// 1: commits are under way; 2: another owner has taken a store over.
std::uint32_t storage_state() {
  if (!garages) return 0;
  return (garages->is_committing() ? 1U : 0U) | (garages->is_fenced() ? 2U : 0U);
}

/// Before they are closed, once nothing is committed any more.
void settle_garages() {
  if (garages) garages->settle();
}

std::string version() { return PARKING_LOT_VERSION; }

}  // namespace

void garages_synced(std::uint32_t disk, std::int32_t fault) {
  if (garages) garages->synced(disk, fault);
}

EMSCRIPTEN_BINDINGS(parking_lot_garage) {
  emscripten::function("openGarages", &open_garages);
  emscripten::function("settleGarages", &settle_garages);
  emscripten::function("closeGarages", &close_garages);
  emscripten::function("act", &act);
  emscripten::function("watch", &watch);
  emscripten::function("show", &show);
  emscripten::function("madeUpDay", &made_up_day);
  emscripten::function("past", &past);
  emscripten::function("events", &events);
  emscripten::function("storageState", &storage_state);
  emscripten::function("version", &version);
}

}  // namespace parking_lot::wasm
