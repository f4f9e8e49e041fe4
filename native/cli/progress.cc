#include "cli/progress.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace parking_lot::cli {
namespace {

std::string seconds_text(Duration duration) {
  const std::int64_t seconds = (duration.ms + 999) / 1000;
  if (seconds < 120) return std::to_string(seconds) + "s";
  if (seconds < 7200) return std::to_string(seconds / 60) + "m" + std::to_string(seconds % 60) + "s";
  return std::to_string(seconds / 3600) + "h" + std::to_string(seconds % 3600 / 60) + "m";
}

/// As if jobs went on to end at the pace at which they have until the last one did: while none ends, it
/// falls.
Duration time_left(const Tally& tally, Duration elapsed, std::uint64_t jobs) {
  const double each = static_cast<double>(tally.last_end.ms) / static_cast<double>(tally.ended());
  const double since = static_cast<double>(elapsed.ms - tally.last_end.ms);
  return {static_cast<std::int64_t>(std::max(each, each * static_cast<double>(jobs) - since))};
}

std::string_view ending_text(Summary::Ending ending) {
  switch (ending) {
    case Summary::Ending::finished:
      return "finished";
    case Summary::Ending::interrupted:
      return "interrupted";
    case Summary::Ending::killed:
      return "killed";
  }
  return "finished";
}

}  // namespace

void Tally::count(const Outcome& outcome, Duration elapsed) {
  last_end = elapsed;
  switch (outcome.status) {
    case Status::completed:
      ++completed;
      break;
    case Status::failed:
      ++failed;
      break;
    case Status::expired:
      ++expired;
      break;
    case Status::rejected:
      ++rejected;
      break;
    default:
      ++dropped;
      break;
  }
}

PoolPeak::PoolPeak(const PoolConfig& config) : pool(config.name) {
  for (const auto& [name, units] : config.resources) resources.push_back({name, units, 0});
  if (resources.empty()) resources.push_back({"", config.max_units, 0});
}

void PoolPeak::observe(const PoolStats& stats) {
  for (std::size_t i = 0; i < resources.size(); ++i) {
    const bool is_named = i < stats.resources.size();
    const Units used = is_named ? stats.resources[i].units_in_use : stats.units_in_use;
    const Units most = is_named ? stats.resources[i].units_max : stats.units_max;
    if (used >= resources[i].units_peak) resources[i] = {resources[i].resource, most, used};
  }
}

std::string progress_text(const Tally& tally, std::uint64_t running, std::uint64_t parked, Duration elapsed,
                          std::optional<std::uint64_t> jobs) {
  std::string text = "running " + std::to_string(running) + ", parked " + std::to_string(parked) + ", done " +
                     std::to_string(tally.completed) + ", failed " + std::to_string(tally.unsuccessful());
  const std::uint64_t behind = tally.ended() + tally.skipped + tally.malformed + tally.joined;
  const bool is_going_on = running > 0 || parked == 0;  // else nobody knows when
  if (jobs && is_going_on && tally.ended() > 0 && *jobs > behind)
    text += ", ETA " + seconds_text(time_left(tally, elapsed, *jobs - behind));
  return text;
}

std::string summary_text(const Summary& summary) {
  const Tally& tally = summary.tally;
  std::string text = std::to_string(tally.completed) + " completed";
  const auto add = [&text](std::uint64_t count, const char* what) {
    if (count != 0) text += ", " + std::to_string(count) + " " + what;
  };
  add(tally.failed, "failed");
  add(tally.expired, "expired");
  add(tally.dropped, "dropped");
  add(tally.rejected, "rejected");
  add(tally.malformed, "malformed");
  add(tally.joined, "repeated");
  add(tally.skipped, "had an outcome already");
  if (tally.skipped_unsuccessful != 0)
    text += " (" + std::to_string(tally.skipped_unsuccessful) + " of them not completed)";
  add(tally.killed, "killed");
  add(tally.not_started, "not started");
  char elapsed[32];
  std::snprintf(elapsed, sizeof elapsed, "%.1f s", static_cast<double>(summary.elapsed.ms) / 1000);
  text += std::string(" in ") + elapsed;
  for (const PoolPeak& peak : summary.peaks) {
    text += "; " + peak.pool + " used at most ";
    for (const ResourcePeak& each : peak.resources) {
      const std::string used = std::to_string(each.units_peak);
      const std::string most = std::to_string(each.units_max);
      if (each.resource.empty()) {
        text += used + " of " + most + " units";
      } else {
        text += (&each == &peak.resources.front() ? "" : ", ") + each.resource + ' ' + used + '/' + most;
      }
    }
  }
  if (summary.ending != Summary::Ending::finished)
    text = std::string(ending_text(summary.ending)) + ": " + text;
  return text;
}

std::string summary_json(const Summary& summary) {
  const Tally& tally = summary.tally;
  nlohmann::ordered_json json{{"ending", ending_text(summary.ending)},
                              {"submitted", tally.submitted},
                              {"completed", tally.completed},
                              {"failed", tally.failed},
                              {"expired", tally.expired},
                              {"dropped", tally.dropped},
                              {"rejected", tally.rejected},
                              {"malformed", tally.malformed},
                              {"joined", tally.joined},
                              {"skipped", tally.skipped},
                              {"skipped_unsuccessful", tally.skipped_unsuccessful},
                              {"killed", tally.killed},
                              {"not_started", tally.not_started},
                              {"elapsed_ms", summary.elapsed.ms}};
  json["pools"] = nlohmann::ordered_json::object();
  for (const PoolPeak& peak : summary.peaks) {
    nlohmann::ordered_json most;
    nlohmann::ordered_json used;
    for (const ResourcePeak& each : peak.resources) {
      (each.resource.empty() ? most : most[each.resource]) = each.units_max;
      (each.resource.empty() ? used : used[each.resource]) = each.units_peak;
    }
    json["pools"][peak.pool] = {{"units_max", most}, {"units_peak", used}};
  }
  json["malformed_lines"] = nlohmann::json::array();
  for (const MalformedLine& line : summary.malformed) {
    json["malformed_lines"].push_back({{"line", line.line}, {"message", line.message}});
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace parking_lot::cli
