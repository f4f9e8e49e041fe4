#include <string>
#include <utility>

#include "host/log.h"
#include "host/storage_place.h"

/// The audit trails of a lot's stores.
namespace parking_lot {

void Storage::open_audit(Place& place) {
  std::map<std::string, std::string> pools;
  for (const PoolStream& stream : pools_) {
    const PoolConfig& pool = config_.pools[stream.id.index];
    if (stream.place == &place) pools[pool.queue.stream] = pool.name;
  }
  place.audit =
      std::make_unique<AuditReader>(place.directory, std::move(pools), std::to_string(++audits_opened_), io_);
}

std::size_t Storage::ask_audit(const OwnedAuditQuery& query,
                               const std::function<void(StoreResult<StoredEvents>)>& done) {
  for (const auto& place : places_) place->audit->query(query, place->store->log_end(), done);
  return places_.size();
}

// An index is made when a segment is full, on the reader's thread, and written here between two commits.
void Storage::index_full_segments(Place& place) {
  if (!place.store) return;
  if (place.index && !place.is_committing) {
    const UnwrittenIndex index = std::move(*std::exchange(place.index, std::nullopt));
    if (const auto written = write_index(*place.files, index); !written) {
      place.log_failure("cannot write an index of the audit trail", written.error());
    } else {
      place.audit->written(index.segment);
      place.indexed_before = 0;  // perhaps there is another one
    }
  }
  const LogEnd end = place.store->log_end();
  if (is_reading() || place.index || place.is_indexing || place.indexed_before == end.segment) return;
  place.is_indexing = true;
  place.indexed_before = end.segment;
  place.audit->unwritten(end,
                         [this, &place, alive = std::weak_ptr(alive_)](std::optional<UnwrittenIndex> index) {
                           if (alive.expired()) return;
                           place.is_indexing = false;
                           place.index = std::move(index);
                           if (place.index) index_full_segments(place);
                         });
}

}  // namespace parking_lot
