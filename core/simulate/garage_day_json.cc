#include "simulate/garage_day.h"

/// Days of a garage as JSON. No text in it needs an escape: names of garages and entrances, plates that were
/// made up here, and currencies have none of the characters that would.
namespace parking_lot::simulate {
namespace {

std::string member(std::string_view name, std::int64_t value) {
  return "\"" + std::string(name) + "\":" + std::to_string(value);
}
std::string member(std::string_view name, std::uint64_t value) {
  return "\"" + std::string(name) + "\":" + std::to_string(value);
}
std::string member(std::string_view name, std::string_view text) {
  return "\"" + std::string(name) + "\":\"" + std::string(text) + "\"";
}

std::string arrival_json(const GarageDay::Arrival& arrival, const garage::GarageConfig& config) {
  std::string out = "{" + member("at", arrival.at.ms) + "," + member("stay", arrival.stay.ms) + "," +
                    member("plate", arrival.plate) + "," + member("type", to_string(arrival.vehicle.type)) +
                    "," + member("size", to_string(arrival.vehicle.size));
  if (arrival.vehicle.spots_required != 0)
    out += "," + member("spots_required", std::uint64_t{arrival.vehicle.spots_required});
  for (const garage::Feature each : {garage::Feature::ev_charger, garage::Feature::accessible}) {
    if (arrival.wanted.has(each)) out += ",\"wanted\":[\"" + std::string(to_string(each)) + "\"]";
  }
  if (!config.entrances.empty()) out += "," + member("gate", config.entrances[arrival.gate].name);
  return out + "}";
}

}  // namespace

std::string report_json(const DayReport& report, const garage::GarageConfig& config) {
  std::string hours;
  for (const std::uint64_t occupied : report.occupied_by_hour)
    hours += (hours.empty() ? "" : ",") + std::to_string(occupied);
  return "{" + member("garage", config.name) + "," + member("spots", report.spots) + "," +
         member("arrivals", report.arrivals) + "," + member("entered", report.entered) + "," +
         member("left", report.left) + "," + member("turned_away", report.turned_away) + ",\"waits\":{" +
         member("count", report.waited) + "," + member("mean_ms", report.wait_mean_ms) + "," +
         member("max_ms", report.wait_max_ms) + "},\"revenue\":{" + member("currency", config.currency) +
         "," + member("paid", report.revenue) + "," + member("still_due", report.revenue_open) +
         "},\"occupancy\":{" + member("max", report.occupied_max) + ",\"by_hour\":[" + hours + "]}}";
}

std::string arrivals_json(const GarageDay& day, const garage::GarageConfig& config) {
  std::string out = "{" + member("begin", day.begin().ms) + ",\"arrivals\":[";
  for (const GarageDay::Arrival& arrival : day.arrivals()) {
    if (out.back() != '[') out += ',';
    out += arrival_json(arrival, config);
  }
  return out + "]}";
}

}  // namespace parking_lot::simulate
