#include <algorithm>
#include <utility>

#include "backend/file_journal/audit_merge.h"
#include "backend/file_journal/past.h"
#include "backend/file_journal/past_pool.h"
#include "journal_storage.h"

/// The audit trail of the stores, and their past. Nothing else in JavaScript's thread writes meanwhile.
namespace parking_lot::wasm {
namespace {

StoreResult<StoredEvents> ask(AuditLog& log, LogEnd end, const AuditQuery& query,
                              const std::optional<AuditPosition>& after) {
  const auto refreshed = log.refresh(end);
  if (!refreshed) return tl::unexpected(refreshed.error());
  return log.query(query, after);
}

IsErased begins_with(std::string_view start) {
  return [start](std::string_view name) { return name.substr(0, start.size()) == start; };
}

}  // namespace

Result<AuditPage> JournalStorage::audit(const AuditQuery& query, const Scheduler& scheduler) {
  std::optional<AuditPosition> after;
  if (!query.after.empty() && !(after = parse_cursor(query.after))) return Failure({"after", "is no cursor"});
  AuditMerge merge(scheduler);
  merge.add(remembered_events(scheduler, query, after, [&](PoolId pool) { return !is_durable(pool); }));
  for (std::size_t i = 0; i < places_.size(); ++i) {
    Place& place = *places_[i];
    if (!place.store) continue;
    if (!place.audit) {
      place.audit.emplace(place.files);
      place.audit->name_pools(place.pools, std::to_string(i));
    }
    auto events = ask(*place.audit, place.store->log_end(), query, after);
    if (!events) return Failure({events.error().file, events.error().message});
    merge.add(std::move(*events));
    // Indexes that browsers would have to store once more, or that need a file opened ahead, stay in memory.
    if (place.plan.kind != StorageKind::file || place.is_committing) continue;
    while (const auto index = place.audit->unwritten()) {
      if (!write_index(place.files, *index)) break;
      place.audit->written(index->segment);
    }
  }
  AuditMerge::Page merged = std::move(merge).page(query);
  AuditPage page;
  page.next = std::move(merged.next);
  for (StoredEvent& stored : merged.events) page.events.push_back(std::move(stored.event));
  return page;
}

Result<Scheduler> JournalStorage::past(PoolId pool, WallTime time) {
  PoolStream& stream = pools_[pool.index];
  Place& place = *stream.place;
  if (!place.store) return Failure({place.plan.location, "is not open: " + place.trouble});
  return past_scheduler(config_.pools[pool.index], time, [&](const auto& apply) -> Result<void> {
    const auto told = replay_until<Record>(*place.store, stream.number, time, apply);
    if (!told) return Failure(error_of(place.plan.location, told.error()));
    if (!*told) return Failure({place.plan.location, std::string(no_past_sentence)});
    return {};
  });
}

Result<void> JournalStorage::search(std::string_view names_begin) {
  if (searched_ != names_begin) {
    searched_ = names_begin;
    for (const auto& place : places_) place->found = {};
  }
  for (const auto& place : places_) {
    if (!place->store)
      return Failure({place->plan.location, "is not open, and names in it cannot be erased."});
    const auto searched = place->store->search(begins_with(names_begin), place->found);
    if (!searched) return Failure({searched.error().file, searched.error().message});
  }
  return {};
}

Result<std::uint64_t> JournalStorage::erase(std::string_view names_begin) {
  if (const auto searched = search(names_begin); !searched) return Failure(searched.error());
  std::uint64_t count = 0;
  for (const auto& place : places_) {
    const std::uint64_t keys = place->store->erase(begins_with(names_begin), std::exchange(place->found, {}));
    if (keys == 0) continue;
    count += keys;
    place->has_news = place->has_erased = place->is_erasing = true;
  }
  searched_.clear();
  return count;
}

bool JournalStorage::is_erasing() const {
  return std::any_of(places_.begin(), places_.end(), [](const auto& place) { return place->is_erasing; });
}

void JournalStorage::erased(Place& place, const CommitOutcome& outcome) {
  if (outcome.failure != nullptr) {
    place.has_erased = true;  // with the next commit that succeeds
    return;
  }
  place.is_erasing = place.has_erased;
  if (place.audit) place.audit->forget();
}

}  // namespace parking_lot::wasm
