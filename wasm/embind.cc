#include <emscripten/bind.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "answers.h"
#include "environment.h"
#include "parking_lot/json.h"
#include "session.h"

/// What is called once or seldom: config, opening, audit. Text in, JSON text out.
namespace parking_lot::wasm {
namespace {

/// `folders`: how a folder is spelled in the config, NUL, the one spelling that it has here, NUL, …
ParsedConfig parse(const std::string& config, const std::string& environment,
                   [[maybe_unused]] const std::string& folders) {
  ParsedConfig parsed =
      parse_config(config, [&](std::string_view name) { return variable_in(environment, name); });
  if constexpr (has_storage) {
    for (PoolConfig& pool : parsed.config.pools) {
      for (StorageConfig* storage : {&pool.queue, &pool.mailbox.storage}) {
        if (auto spelled = variable_in(folders, storage->path)) storage->path = std::move(*spelled);
      }
    }
  }
  return parsed;
}

/// The kinds of storage named in a text like `file` or `idbfs,opfs`.
std::vector<StorageKind> kinds_in(std::string_view text) {
  std::vector<StorageKind> kinds;
  for (const StorageKind kind : {StorageKind::file, StorageKind::idbfs, StorageKind::opfs}) {
    if (text.find(to_string(kind)) != std::string_view::npos) kinds.push_back(kind);
  }
  return kinds;
}

std::string check_config(const std::string& config, const std::string& environment,
                         const std::string& built) {
  return config_text(parse(config, environment, {}), kinds_in(built));
}

std::string not_opened_text(const Error& error) {
  return "{\"issues\":[],\"failure\":" +
         quoted(error.where + (error.where.empty() ? "" : ": ") + error.message) + "}";
}

/// Opens nothing as long as the config has stores and JavaScript has opened no disks for them.
std::string open_lot(const std::string& config, const std::string& environment, const std::string& folders,
                     const std::string& built, std::uint32_t disks, double wall_ms, double steady_ms,
                     std::uint64_t entropy_high, std::uint64_t entropy_low, bool keeps_orphans) {
  const ParsedConfig parsed = parse(config, environment, folders);
  const std::vector<StorageKind> kinds = kinds_in(built);
  const std::string described = config_text(parsed, kinds);
  if (!parsed.ok() || !unavailable_features(parsed.config, kinds).empty()) return described;
  const bool is_durable = !store_places(parsed.config).empty();
  if (is_durable && disks == 0) return described;
  const Now now{.wall = {static_cast<std::int64_t>(wall_ms)},
                .steady = {static_cast<std::int64_t>(steady_ms)}};
  const Entropy entropy{.high = entropy_high, .low = entropy_low};
  Result<Lot> lot = Lot::open(parsed.config, now, entropy);
  if (!lot) return not_opened_text(lot.error());
  std::unique_ptr<Storage> storage;
  if (is_durable) {
    auto opened =
        open_storage(parsed.config, *lot, now, entropy, keeps_orphans ? Orphans::kept : Orphans::refused);
    if (!opened) return not_opened_text(opened.error());
    storage = std::move(*opened);
  }
  open_session(std::move(*lot), std::move(storage));
  return described;
}

/// Why the store on a disk fails; empty while it does not.
std::string storage_trouble(std::uint32_t disk) {
  if (!session() || !session()->storage()) return {};
  return std::string(session()->storage()->trouble(disk));
}

/// Whether pools go on while the store on a disk cannot be had.
bool storage_may_wait(std::uint32_t disk) {
  return session() && session()->storage() && session()->storage()->may_wait(disk);
}

/// Answers the issues as JSON, and the request by an entry if there are none.
std::string reconfigure(std::uint32_t request, std::uint32_t pool, const std::string& settings) {
  if (!session() || pool >= session()->lot().scheduler().pool_count()) return "[]";
  return issues_text(session()->reconfigure(command(request), {pool}, settings));
}

int pool_index(const std::string& name) {
  const auto pool = session() ? session()->lot().scheduler().pool(name) : std::nullopt;
  return pool ? static_cast<int>(pool->index) : -1;
}

std::string query_audit(int kind, const std::string& id, double from_ms, double until_ms, int order,
                        const std::string& after, std::uint32_t limit) {
  if (!session()) return "{\"events\":[],\"next\":\"\"}";
  const Scheduler& scheduler = session()->lot().scheduler();
  const AuditQuery query{
      .any_subject = kind < 0,
      .kind = kind < 0 ? SubjectKind::task : static_cast<SubjectKind>(kind),
      .id = id,
      .from = {static_cast<std::int64_t>(from_ms)},
      .until = until_ms > 9e15 ? never_wall : WallTime{static_cast<std::int64_t>(until_ms)},
      .order = order == 0 ? AuditQuery::Order::oldest_first : AuditQuery::Order::newest_first,
      .after = after,
      .limit = limit,
  };
  if (!session()->storage()) {
    const bool is_number = after.find_first_not_of("0123456789") == std::string::npos;
    return is_number ? audit_page_text(scheduler.audit(query)) : failure_text({"after", "is no cursor"});
  }
  const auto page = session()->storage()->audit(query, scheduler);
  return page ? audit_page_text(*page) : failure_text(page.error());
}

std::string version() { return PARKING_LOT_VERSION; }

}  // namespace

EMSCRIPTEN_BINDINGS(parking_lot) {
  emscripten::function("checkConfig", &check_config);
  emscripten::function("openLot", &open_lot);
  emscripten::function("closeLot", &close_session);
  emscripten::function("storageTrouble", &storage_trouble);
  emscripten::function("storageMayWait", &storage_may_wait);
  emscripten::function("poolIndex", &pool_index);
  emscripten::function("reconfigure", &reconfigure);
  emscripten::function("queryAudit", &query_audit);
  emscripten::function("version", &version);
}

}  // namespace parking_lot::wasm
