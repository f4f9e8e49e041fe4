#include "cli/audit_events.h"

#include <algorithm>
#include <set>
#include <span>

#include "parking_lot/garage/json.h"
#include "parking_lot/native/stored_garage.h"

namespace parking_lot::cli {
namespace {

constexpr std::string_view kinds_of_garages[] = {"vehicle", "spot",     "ticket",     "tariff",
                                                 "garage",  "operator", "reservation"};

/// Whom an event is about first of all, by kind.
constexpr std::string_view kinds_by_weight[] = {"task", "ticket", "reservation", "vehicle", "mailbox"};

std::string id_of(const AuditJson& subject) {
  return subject["kind"].get<std::string>() + ":" + subject["id"].get<std::string>();
}

std::string subject_of(const AuditJson& event) {
  const AuditJson& subjects = event["subjects"];
  for (const std::string_view kind : kinds_by_weight) {
    for (const AuditJson& each : subjects) {
      if (each["kind"] == kind) return id_of(each);
    }
  }
  return subjects.empty() ? std::string() : id_of(subjects[0]);
}

/// Which events are about a subject. Events of a ticket name it alone, so what a vehicle or a spot has to do
/// with it is remembered from the ticket's own event.
class SubjectFilter {
 public:
  explicit SubjectFilter(std::string subject) : subject_(std::move(subject)) {}

  bool passes(const AuditJson& event) {
    if (subject_.empty()) return true;
    bool is_named = false;
    std::string ticket;
    for (const AuditJson& each : event["subjects"]) {
      is_named = is_named || id_of(each) == subject_;
      if (each["kind"] == "ticket") ticket = id_of(each);
    }
    const bool is_of_many = subject_.starts_with("garage:") || subject_.starts_with("operator:") ||
                            subject_.starts_with("tariff:");
    if (is_named && !ticket.empty() && !is_of_many) tickets_.insert(ticket);
    return is_named || tickets_.contains(ticket);
  }

 private:
  std::string subject_;
  std::set<std::string> tickets_;
};

}  // namespace

bool is_garage_subject(std::string_view kind) {
  return std::find(std::begin(kinds_of_garages), std::end(kinds_of_garages), kind) !=
         std::end(kinds_of_garages);
}

std::string text_of(const AuditJson& json) {
  return json.dump(-1, ' ', false, AuditJson::error_handler_t::replace);
}

AuditJson cloud_event(const AuditJson& event, std::string_view prefix, const std::string& stream_path,
                      const std::string& stream) {
  AuditJson cloud{{"specversion", "1.0"},
                  {"id", stream + "-" + event["seq"].dump()},
                  {"source", "parking-lot/" + stream_path + "/" + stream},
                  {"type", std::string(prefix) + event["action"].get<std::string>()},
                  {"time", event["at"]}};
  if (const std::string subject = subject_of(event); !subject.empty()) cloud["subject"] = subject;
  cloud["datacontenttype"] = "application/json";
  cloud["data"] = event;
  return cloud;
}

AuditJson cloud_event_of_pool(const AuditJson& event, const std::string& pool) {
  return cloud_event(event, "parking-lot.", "pools", pool);
}
AuditJson cloud_event_of_garage(const AuditJson& event, const std::string& garage) {
  return cloud_event(event, "parking-lot.garage.", "garages", garage);
}

Result<std::vector<GarageEvent>> garage_events(const std::string& directory, const GarageEventQuery& query) {
  auto names = StoredGarage::names_in(directory);
  if (!names) return Failure(names.error());
  std::vector<GarageEvent> events;
  for (const std::string& name : *names) {
    if (!query.garage.empty() && query.garage != name) continue;
    SubjectFilter filter(query.subject);
    const auto read =
        StoredGarage::read_history(name, directory, [&](std::span<const garage::Record> records) {
          for (const garage::Record& record : records) {
            if (record.at >= query.until) return;
            const std::string text = garage::event_json(name, record);
            if (text.empty() || (query.subject.empty() && record.at < query.from)) continue;
            AuditJson event = AuditJson::parse(text, nullptr, false);
            if (!filter.passes(event) || record.at < query.from) continue;
            events.push_back({record.at, record.sequence, name, std::move(event)});
          }
        });
    if (!read) return Failure(read.error());
  }
  return events;
}

}  // namespace parking_lot::cli
