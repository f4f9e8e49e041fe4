#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/result.h"
#include "parking_lot/time.h"

/// Audit events as the command line prints them, and those of garages.
namespace parking_lot::cli {

using AuditJson = nlohmann::ordered_json;

/// An event as CloudEvents 1.0 in structured JSON. `type` is `prefix` and the action, `source` the stream
/// whose record it is, `id` its number there, `subject` whom it is about first of all.
AuditJson cloud_event(const AuditJson& event, std::string_view prefix, const std::string& stream_path,
                      const std::string& stream);
AuditJson cloud_event_of_pool(const AuditJson& event, const std::string& pool);
AuditJson cloud_event_of_garage(const AuditJson& event, const std::string& garage);

struct GarageEvent {
  WallTime at;
  std::uint64_t sequence = 0;
  std::string garage;
  AuditJson json;
};

struct GarageEventQuery {
  std::string garage;   ///< empty: all of the store
  std::string subject;  ///< `kind:id`; empty: any
  WallTime from{0};
  WallTime until = never_wall;
};

/// Whether a subject of this kind is one of garages: `vehicle`, `spot`, `ticket` …
bool is_garage_subject(std::string_view kind);

/// The events of a store's garages, oldest first in each. What is about a vehicle or a spot includes what
/// names only its ticket.
Result<std::vector<GarageEvent>> garage_events(const std::string& directory, const GarageEventQuery& query);

std::string text_of(const AuditJson& json);

}  // namespace parking_lot::cli
