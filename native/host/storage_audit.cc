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
  place.audit->unwritten(end, [this, &place, erased = place.erased,
                               alive = std::weak_ptr(alive_)](std::optional<UnwrittenIndex> index) {
    if (alive.expired()) return;
    place.is_indexing = false;
    if (place.erased != erased) {  // it may tell names that were erased meanwhile
      place.indexed_before = 0;
      return index_full_segments(place);
    }
    place.index = std::move(index);
    if (place.index) index_full_segments(place);
  });
}

void Storage::forget_names(Place& place) {
  ++place.erased;
  place.index.reset();
  place.indexed_before = 0;
  place.audit->forget();
}

Result<void> Storage::search(const IsErased& is_erased, Searches& found) {
  if (!closed_places_.empty())
    return Failure({closed_places_.front()->directory,
                    "is not open, and names in it cannot be erased; try again when it is."});
  for (const auto& place : places_) {
    const auto searched = place->store->search(is_erased, found[place->directory]);
    if (!searched) return Failure(error_of(place->directory, searched.error()));
  }
  return {};
}

void Storage::erase(const IsErased& is_erased, Searches found, std::function<void(ErasedKeys)> done) {
  struct Course {
    std::size_t places = 0;
    ErasedKeys keys = 0;
    std::function<void(ErasedKeys)> done;
  };
  if (const auto searched = search(is_erased, found); !searched)
    return done(tl::unexpected(searched.error()));
  const auto course = std::make_shared<Course>();
  course->places = places_.size() + 1;
  course->done = std::move(done);
  const auto finish = [course](const Place* place, const StoreError* failure) {
    if (failure != nullptr && course->keys)
      course->keys = tl::unexpected(error_of(place->directory, *failure));
    if (--course->places == 0) course->done(course->keys);
  };
  for (const auto& place : places_) {
    const std::uint64_t keys = place->store->erase(is_erased, found[place->directory]);
    if (keys == 0) {
      finish(place.get(), nullptr);
      continue;
    }
    *course->keys += keys;
    place->erasures.push_back(
        [finish, place = place.get()](const StoreError* failure) { finish(place, failure); });
    place->has_news = true;
  }
  finish(nullptr, nullptr);
  commit();
}

}  // namespace parking_lot
