#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "backend/file_journal/audit_log.h"
#include "backend/file_journal/inspection.h"
#include "backend/file_journal/posix_files.h"
#include "cli/commands.h"
#include "cli/store_access.h"
#include "parking_lot/json.h"

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
using Options = std::shared_ptr<AuditOptions>;

Result<AuditQuery> query_of(const AuditOptions& options, std::string& id) {
  AuditQuery query;
  if (!options.subject.empty()) {
    const std::size_t colon = options.subject.find(':');
    const auto kind = parse_SubjectKind(options.subject.substr(0, colon));
    if (colon == std::string::npos || !kind)
      return Failure(
          {options.subject, "is no subject; write task:ID, tenant:NAME, pool:NAME or mailbox:PATH."});
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

void print_line(const PooledAuditEvent& pooled) {
  const AuditEvent& event = pooled.event;
  std::string subjects;
  for (const AuditSubject& subject : event.subjects) {
    const std::string id = subject.kind == SubjectKind::mailbox ? mailbox_path(subject.id) : subject.id;
    subjects += " " + std::string(to_string(subject.kind)) + ":" + id;
  }
  std::printf("%s %-8s%s\n", format_rfc3339(event.at).c_str(), std::string(to_string(event.action)).c_str(),
              subjects.c_str());
}

// CloudEvents 1.0, structured JSON.
void print_cloud_event(const PooledAuditEvent& pooled) {
  const AuditEvent& event = pooled.event;
  const Json json{{"specversion", "1.0"},
                  {"id", pooled.pool + "-" + std::to_string(event.sequence)},
                  {"source", "parking-lot/pools/" + pooled.pool},
                  {"type", "parking-lot." + std::string(to_string(event.action))},
                  {"time", format_rfc3339(event.at)},
                  {"datacontenttype", "application/json"},
                  {"data", Json::parse(audit_event_json(event, pooled.pool))}};
  std::printf("%s\n", json.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

// All pages, or the first one.
enum class Extent : std::uint8_t { one_page, everything };

template <class Print>
ExitCode print_events(const AuditOptions& options, Extent extent, Print print) {
  std::string id;
  auto query = query_of(options, id);
  if (!query) return complain("audit", query.error(), ExitCode::usage);
  auto stores = OpenedStores::open(options.store, HostOptions::Access::reading);
  if (!stores) return complain("audit", stores.error(), ExitCode::unexpected);
  std::string after = options.after;
  do {
    query->after = after;
    const auto page = stores->answer<AuditAnswer>([&](auto done) { stores->host().audit(*query, done); });
    if (!page) return complain("audit", page.error());
    for (const PooledAuditEvent& event : page->events) print(event);
    after = page->next;
  } while (extent == Extent::everything && !after.empty());
  if (!after.empty() && !options.store.is_json) std::fprintf(stderr, "more: --after %s\n", after.c_str());
  return ExitCode::fine;
}

ExitCode query(const AuditOptions& options) {
  return print_events(options, Extent::one_page, [&](const PooledAuditEvent& event) {
    if (!options.store.is_json) return print_line(event);
    std::printf("%s\n", audit_event_json(event.event, event.pool).c_str());
  });
}

ExitCode export_all(const AuditOptions& options) {
  return print_events(options, Extent::everything, [&](const PooledAuditEvent& event) {
    if (options.format == "cloudevents") return print_cloud_event(event);
    std::printf("%s\n", audit_event_json(event.event, event.pool).c_str());
  });
}

ExitCode verify_chain(const AuditOptions& options) {
  if (options.store.directory.empty())
    return complain("audit", Error{"", "name a store with --store DIR."}, ExitCode::usage);
  boost::asio::io_context io(1);
  PosixFiles files(options.store.directory,
                   [&](std::function<void()> work) { boost::asio::post(io, std::move(work)); });
  const auto inspection = verify(files);
  if (!inspection)
    return complain("audit", Error{options.store.directory, inspection.error().message},
                    ExitCode::unexpected);
  const Damage* broken = nullptr;
  for (const Damage& damage : inspection->damages) {
    if (broken == nullptr && damage.kind == SegmentKind::records) broken = &damage;
  }
  if (options.store.is_json) {
    Json json{{"ok", broken == nullptr}, {"commits", inspection->commits}};
    if (broken != nullptr)
      json["broken"] = {{"file", broken->file}, {"offset", broken->offset}, {"message", broken->message}};
    std::printf("%s\n", json.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  } else if (broken == nullptr) {
    std::printf("the chain holds over %llu commits\n", static_cast<unsigned long long>(inspection->commits));
  } else {
    std::printf("broken at %s, byte %llu: %s\n", broken->file.c_str(),
                static_cast<unsigned long long>(broken->offset), broken->message.c_str());
  }
  return broken == nullptr ? ExitCode::fine : ExitCode::work_failed;
}

CLI::App* add(CLI::App& audit, const char* name, const char* what, const Options& options, Chosen& chosen,
              ExitCode (*act)(const AuditOptions&)) {
  CLI::App* command = audit.add_subcommand(name, what);
  add_store_options(*command, options->store);
  command->callback([options, &chosen, act] { chosen = [options, act] { return act(*options); }; });
  return command;
}

void add_filters(CLI::App& command, const Options& options) {
  command.add_option("--subject", options->subject, "task:ID, tenant:NAME, pool:NAME or mailbox:PATH")
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
      verify_chain);
}

}  // namespace parking_lot::cli
