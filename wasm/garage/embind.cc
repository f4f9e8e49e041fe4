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

/// Answers `{"issues": […]}`, `{"unavailable": […]}`, or `{"garages": […]}` with the facts of each, in the
/// order of their numbers.
std::string open_garages(const std::string& config, const std::string& environment, double wall_ms,
                         double steady_ms, std::uint64_t entropy_high, std::uint64_t entropy_low) {
  garage::ParsedGarages parsed = garage::parse_garages(
      config, [&environment](std::string_view name) { return variable_in(environment, name); });
  if (!parsed.ok()) return "{\"issues\":" + issues_text(parsed.issues) + "}";
  std::vector<ConfigIssue> unavailable;
  for (const garage::GarageConfig& each : parsed.garages) {
    if (each.storage.kind == StorageKind::in_memory) continue;
    unavailable.push_back({.path = "garages." + each.name + ".storage",
                           .message = "garages live in memory here; use in_memory or remove it."});
  }
  if (!unavailable.empty()) return "{\"unavailable\":" + issues_text(unavailable) + "}";
  garages = std::make_unique<Garages>(std::move(parsed.garages), now_of(wall_ms, steady_ms),
                                      Entropy{.high = entropy_high, .low = entropy_low});
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

std::string version() { return PARKING_LOT_VERSION; }

}  // namespace

EMSCRIPTEN_BINDINGS(parking_lot_garage) {
  emscripten::function("openGarages", &open_garages);
  emscripten::function("closeGarages", &close_garages);
  emscripten::function("act", &act);
  emscripten::function("watch", &watch);
  emscripten::function("show", &show);
  emscripten::function("madeUpDay", &made_up_day);
  emscripten::function("version", &version);
}

}  // namespace parking_lot::wasm
