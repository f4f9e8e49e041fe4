#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "backend/file_journal/audit_log.h"
#include "backend/file_journal/inspection.h"
#include "backend/file_journal/posix_files.h"
#include "backend/file_journal/segment_files.h"
#include "cli/audit_events.h"
#include "cli/commands.h"
#include "cli/store_access.h"
#include "parking_lot/json.h"
#include "parking_lot/native/stored_garage.h"

/// `parking-lot audit …`: who did what, from the records of a store.
namespace parking_lot::cli {
namespace {

using Json = nlohmann::ordered_json;

struct AuditOptions {
  StoreChoice store;
  std::string subject;  // kind:id
  std::string from;
  std::string until;
  std::string after;
  std::uint32_t limit = 100;
  bool is_newest_first = false;
  std::string format = "jsonl";
};

bool is_about_garages(const AuditOptions& options) {
  const std::size_t colon = options.subject.find(':');
  return colon != std::string::npos && is_garage_subject(options.subject.substr(0, colon));
}

Result<AuditQuery> query_of(const AuditOptions& options, std::string& id) {
  AuditQuery query;
  if (!options.subject.empty() && !is_about_garages(options)) {
    const std::size_t colon = options.subject.find(':');
    const auto kind = parse_SubjectKind(options.subject.substr(0, colon));
    if (colon == std::string::npos || !kind)
      return Failure({options.subject,
                      "is no subject; write task:ID, tenant:NAME, pool:NAME or mailbox:PATH, or, of garages, "
                      "vehicle:PLATE, spot:NAME, ticket:NUMBER, tariff:NAME, garage:NAME, operator:NAME or "
                      "reservation:NUMBER."});
    id = options.subject.substr(colon + 1);
    if (*kind == SubjectKind::mailbox) {
      auto key = parse_mailbox_path(id);
      if (!key) return Failure({options.subject, key.error().message});
      id = std::move(*key);
    }
    query.any_subject = false;
    query.kind = *kind;
    query.id = id;
  }
  for (const auto& [text, time] : {std::pair{&options.from, &query.from}, {&options.until, &query.until}}) {
    if (text->empty()) continue;
    const auto parsed = parse_rfc3339(*text);
    if (!parsed) return Failure({*text, parsed.error().message});
    *time = *parsed;
  }
  if (options.is_newest_first) query.order = AuditQuery::Order::newest_first;
  query.limit = options.limit;
  if (!options.after.empty() && !parse_cursor(options.after))
    return Failure(
        {options.after, "is no cursor; give --after what the page before has named after 'more:'."});
  return query;
}

/// An event of a pool or of a garage.
struct TrailEvent {
  AuditPosition position;
  AuditJson json;
  enum class Of : std::uint8_t { pool, garage } of = Of::pool;
  std::string name;
};

void print_line(const TrailEvent& event) {
  std::string subjects;
  for (const AuditJson& each : event.json["subjects"])
    subjects += " " + each["kind"].get<std::string>() + ":" + each["id"].get<std::string>();
  std::printf("%s %-8s%s\n", event.json["at"].get<std::string>().c_str(),
              event.json["action"].get<std::string>().c_str(), subjects.c_str());
}

void print_cloud_event(const TrailEvent& event) {
  const bool is_pool = event.of == TrailEvent::Of::pool;
  const AuditJson cloud =
      is_pool ? cloud_event_of_pool(event.json, event.name) : cloud_event_of_garage(event.json, event.name);
  std::printf("%s\n", text_of(cloud).c_str());
}

bool comes_before(const AuditQuery& query, const AuditPosition& a, const AuditPosition& b) {
  return query.order == AuditQuery::Order::oldest_first ? is_before(a, b) : is_before(b, a);
}

/// What the store's garages have to tell, in the order of the query and after its cursor.
Result<std::vector<TrailEvent>> events_of_garages(const AuditOptions& options, const AuditQuery& query) {
  std::vector<TrailEvent> trail;
  if (options.store.directory.empty() || (!options.subject.empty() && !is_about_garages(options)))
    return trail;
  auto events =
      garage_events(options.store.directory,
                    {.garage = {}, .subject = options.subject, .from = query.from, .until = query.until});
  if (!events) return Failure(events.error());
  const auto after = options.after.empty() ? std::nullopt : parse_cursor(options.after);
  for (GarageEvent& each : *events) {
    AuditPosition position{each.at, "garage:" + each.garage, each.sequence};
    if (after && !comes_before(query, *after, position)) continue;
    trail.push_back({std::move(position), std::move(each.json), TrailEvent::Of::garage, each.garage});
  }
  std::sort(trail.begin(), trail.end(), [&](const TrailEvent& a, const TrailEvent& b) {
    return comes_before(query, a.position, b.position);
  });
  return trail;
}

/// Whether only garages were ever kept there: such a store has no config of pools.
bool has_only_garages(const StoreChoice& store) {
  if (store.directory.empty() || !store.config.empty()) return false;
  std::error_code error;
  if (std::filesystem::exists(store.directory + "/config.json", error)) return false;
  const auto names = StoredGarage::names_in(store.directory);
  return names && !names->empty();
}

// All pages, or the first one.
enum class Extent : std::uint8_t { one_page, everything };

/// One trail out of that of the pools, page by page, and that of the garages.
class MergedTrail {
 public:
  MergedTrail(const AuditQuery& query, std::vector<TrailEvent> garages)
      : query_(query), garages_(std::move(garages)) {}

  /// The next events, given the next page of the pools.
  std::vector<TrailEvent> take(const AuditAnswer& page) {
    std::vector<TrailEvent> events;
    for (const PooledAuditEvent& each : page.events) {
      const AuditPosition position{each.event.at, each.pool, each.event.sequence};
      while (next_ < garages_.size() && comes_before(query_, garages_[next_].position, position))
        events.push_back(std::move(garages_[next_++]));
      events.push_back({position, AuditJson::parse(audit_event_json(each.event, each.pool)),
                        TrailEvent::Of::pool, each.pool});
    }
    if (page.next.empty()) {
      while (next_ < garages_.size()) events.push_back(std::move(garages_[next_++]));
    }
    return events;
  }

 private:
  const AuditQuery& query_;
  std::vector<TrailEvent> garages_;
  std::size_t next_ = 0;
};

void tell_gaps(const AuditOptions& options) {
  const auto directories = directories_of(options.store);
  if (!directories) return;
  for (const std::string& directory : *directories) {
    PosixFiles files(directory, [](const std::function<void()>&) {});
    const auto gaps = gaps_in_trail(files);
    if (!gaps) continue;
    for (const LogEnd& gap : *gaps) {
      const std::string from = gap.offset == 0 ? "" : " from byte " + std::to_string(gap.offset) + " on";
      std::fprintf(stderr, "audit: %s: the trail has a gap: %s is missing%s, and its events with it\n",
                   directory.c_str(), segment_name(SegmentKind::records, gap.segment).c_str(), from.c_str());
    }
  }
}

template <class Print>
ExitCode print_events(const AuditOptions& options, Extent extent, Print print) {
  std::string id;
  auto query = query_of(options, id);
  if (!query) return complain("audit", query.error(), ExitCode::usage);
  const bool has_pools = !is_about_garages(options) && !has_only_garages(options.store);
  std::optional<OpenedStores> stores;
  if (has_pools) {
    auto opened = OpenedStores::open(options.store, HostOptions::Access::reading);
    if (!opened) return complain("audit", opened.error(), ExitCode::unexpected);
    stores.emplace(std::move(*opened));
  }
  auto garages = events_of_garages(options, *query);
  if (!garages) return complain("audit", garages.error(), ExitCode::unexpected);
  MergedTrail trail(*query, std::move(*garages));
  std::string after = options.after;
  do {
    query->after = after;
    tl::expected<AuditAnswer, RefusedCommand> page;
    if (stores) page = stores->answer<AuditAnswer>([&](auto done) { stores->host().audit(*query, done); });
    if (!page) return complain("audit", page.error());
    std::vector<TrailEvent> events = trail.take(*page);
    after = page->next;
    if (extent == Extent::one_page && events.size() > options.limit) {
      events.resize(options.limit);
      after = events.empty() ? std::string() : to_cursor(events.back().position);
    }
    for (const TrailEvent& event : events) print(event);
  } while (extent == Extent::everything && !after.empty());
  tell_gaps(options);
  if (!after.empty() && !options.store.is_json) std::fprintf(stderr, "more: --after %s\n", after.c_str());
  return ExitCode::fine;
}

ExitCode query(const AuditOptions& options) {
  return print_events(options, Extent::one_page, [&](const TrailEvent& event) {
    if (!options.store.is_json) return print_line(event);
    std::printf("%s\n", text_of(event.json).c_str());
  });
}

ExitCode export_all(const AuditOptions& options) {
  return print_events(options, Extent::everything, [&](const TrailEvent& event) {
    if (options.format == "cloudevents") return print_cloud_event(event);
    std::printf("%s\n", text_of(event.json).c_str());
  });
}

/// The chain of one store; the first damage to it is what is broken.
ExitCode verify_store(const std::string& directory, const std::string& prefix, const AuditOptions& options) {
  boost::asio::io_context io(1);
  PosixFiles files(directory, [&](std::function<void()> work) { boost::asio::post(io, std::move(work)); });
  const auto inspection = verify(files);
  if (!inspection) return complain("audit", error_of(directory, inspection.error()), ExitCode::unexpected);
  const Damage* broken = nullptr;
  // A segment that only the audit trail misses counts here.
  for (const std::vector<Damage>* damages : {&inspection->damages, &inspection->needless_damages}) {
    for (const Damage& damage : *damages) {
      if (broken == nullptr && damage.kind == SegmentKind::records) broken = &damage;
    }
  }
  if (options.store.is_json) {
    Json json{{"store", directory}, {"ok", broken == nullptr}, {"commits", inspection->commits}};
    if (broken != nullptr)
      json["broken"] = {{"file", broken->file}, {"offset", broken->offset}, {"message", broken->message}};
    std::printf("%s\n", json.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  } else if (broken == nullptr) {
    std::printf("%sthe chain holds over %llu commits\n", prefix.c_str(),
                static_cast<unsigned long long>(inspection->commits));
  } else {
    std::printf("%sbroken at %s, byte %llu: %s\n", prefix.c_str(), broken->file.c_str(),
                static_cast<unsigned long long>(broken->offset), broken->message.c_str());
  }
  return broken == nullptr ? ExitCode::fine : ExitCode::work_failed;
}

ExitCode verify_chains(const AuditOptions& options) {
  const auto directories = directories_of(options.store);
  if (!directories) return complain("audit", directories.error(), ExitCode::usage);
  ExitCode worst = ExitCode::fine;
  for (const std::string& directory : *directories) {
    const std::string prefix = directories->size() > 1 ? directory + ": " : "";
    const ExitCode code = verify_store(directory, prefix, options);
    if (code != ExitCode::fine && worst != ExitCode::unexpected) worst = code;
  }
  return worst;
}

CLI::App* add(CLI::App& audit, const char* name, const char* what,
              const std::shared_ptr<AuditOptions>& options, Chosen& chosen,
              ExitCode (*act)(const AuditOptions&)) {
  CLI::App* command = audit.add_subcommand(name, what);
  add_store_options(*command, options->store);
  command->callback([options, &chosen, act] { chosen = [options, act] { return act(*options); }; });
  return command;
}

void add_filters(CLI::App& command, const std::shared_ptr<AuditOptions>& options) {
  command
      .add_option("--subject", options->subject,
                  "task:ID, tenant:NAME, pool:NAME, mailbox:PATH; of garages vehicle:PLATE, spot:NAME, "
                  "ticket:NUMBER, tariff:NAME, garage:NAME, operator:NAME, reservation:NUMBER")
      ->type_name("SUBJECT");
  command.add_option("--from", options->from, "Not before this time, RFC 3339")->type_name("TIME");
  command.add_option("--until", options->until, "Before this time, RFC 3339")->type_name("TIME");
}

}  // namespace

void add_audit(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<AuditOptions>();
  CLI::App* audit = app.add_subcommand("audit", "Who did what, from the records of a store");
  audit->require_subcommand(1);
  CLI::App* asking = add(*audit, "query", "Events by subject and time", options, chosen, query);
  add_filters(*asking, options);
  asking->add_option("--after", options->after, "Go on after this cursor")->type_name("CURSOR");
  asking->add_option("--limit", options->limit, "At most so many (default 100)")->type_name("COUNT");
  asking->add_flag("--newest-first", options->is_newest_first, "The newest event comes first");
  CLI::App* exporting = add(*audit, "export", "All events, oldest first", options, chosen, export_all);
  add_filters(*exporting, options);
  exporting->add_option("--format", options->format, "jsonl (default) or cloudevents")
      ->check(CLI::IsMember({"jsonl", "cloudevents"}))
      ->type_name("FORMAT");
  add(*audit, "verify", "Whether the chain of commits holds; exit 3 and the place if not", options, chosen,
      verify_chains);
  add_audit_erase(*audit, chosen);
}

}  // namespace parking_lot::cli
