#include <algorithm>
#include <functional>
#include <utility>

#include "backend/file_journal/presence.h"
#include "backend/file_journal/stored_config.h"
#include "journal_storage.h"

/// Which streams there are, and the opening of their stores; that of a mailbox store can come late.
namespace parking_lot::wasm {
namespace {

constexpr unsigned payload_id_time_bits = 22;

StoreOptions options_for(const StorePlace& place, const Config& config, Now now, Entropy entropy) {
  StoreOptions options{.entropy = entropy, .now = now.wall};
  // Stores that are made together are told apart by it.
  options.entropy.high ^= std::hash<std::string>{}(place.location);
  if (place.kind == StorageKind::idbfs) {
    // A file that was appended to is stored as a whole.
    options.segment_bytes = options.payload_segment_bytes = std::uint64_t{64} << 10;
  } else if (place.kind == StorageKind::opfs) {
    options.segment_bytes = options.payload_segment_bytes = std::uint64_t{4} << 20;
  }
  options.durability = place.durability == Durability::strict ? SyncMode::strict : SyncMode::relaxed;
  const Duration for_ever = Duration::seconds(std::int64_t{100} * 365 * 86400);
  options.audit_retention = config.audit.retention.ms == 0 ? for_ever : config.audit.retention;
  return options;
}

}  // namespace

Result<std::unique_ptr<Storage>> open_storage(const Config& config, const Lot& lot, Now now, Entropy entropy,
                                              Orphans orphans) {
  return JournalStorage::open(config, lot, now, entropy, orphans);
}

Result<std::unique_ptr<Storage>> JournalStorage::open(const Config& config, const Lot& lot, Now now,
                                                      Entropy entropy, Orphans orphans) {
  std::unique_ptr<JournalStorage> storage(new JournalStorage(config, entropy));
  storage->now_ = now.steady;
  if (auto opened = storage->open_queues(lot, now); !opened) return Failure(opened.error());
  if (auto opened = storage->open_mailboxes(lot, now); !opened) return Failure(opened.error());
  if (orphans == Orphans::refused) {
    if (auto checked = storage->check_orphans(); !checked) return Failure(checked.error());
  }
  std::uint64_t first = static_cast<std::uint64_t>(now.wall.ms / 1000) << payload_id_time_bits;
  for (const auto& place : storage->places_) {
    if (!place->store) continue;
    first = std::max(first, place->store->largest_payload_id() + 1);
    storage->keep_config(*place);
  }
  storage->first_payload_ = storage->next_payload_ = first;
  storage->visit_streams([&](auto& stream) {
    if (stream.place->store) storage->begin_load(stream, now);
  });
  return storage;
}

/// They say which mailbox stores can be waited for.
Result<void> JournalStorage::open_queues(const Lot& lot, Now now) {
  mailboxes_.resize(lot.mailbox().store_count());
  for (std::uint32_t i = 0; i < mailboxes_.size(); ++i) mailboxes_[i].id = {i};
  pools_.resize(config_.pools.size());
  for (std::uint32_t i = 0; i < pools_.size(); ++i) pools_[i].id = {i};
  std::uint32_t disk = 0;
  for (StorePlace& planned : store_places(config_)) {
    places_.push_back(std::make_unique<Place>(std::move(planned), disk++));
    Place& place = *places_.back();
    if (place.plan.queues.empty()) continue;
    auto opened = open_place(place, now);
    for (const PoolId pool : place.plan.queues) {
      const std::string& name = stream_of(config_.pools[pool.index]);
      if (opened) opened = map(pools_[pool.index], place, {StreamKind::pool, name});
      if (!opened) return Failure(error_of(place.plan.location, opened.error()));
      place.pools[name] = config_.pools[pool.index].name;
      if (auto refused = refuse_twin(pool); !refused) return refused;
    }
  }
  return {};
}

Result<void> JournalStorage::refuse_twin(PoolId pool) const {
  const PoolStream& own = pools_[pool.index];
  for (const PoolStream& other : pools_) {
    if (other.id == pool || other.place != own.place || !(other.number == own.number)) continue;
    return Failure({"pools." + config_.pools[pool.index].name + ".queue",
                    "is the same stream as that of pool '" + config_.pools[other.id.index].name +
                        "'; give it another stream or path."});
  }
  return {};
}

Result<void> JournalStorage::open_mailboxes(const Lot& lot, Now now) {
  for (const auto& place : places_) {
    if (place->plan.mailboxes.empty()) continue;
    MailboxStream& stream = mailboxes_[lot.mailbox().store_of(place->plan.mailboxes.front()).index];
    stream.place = place.get();
    expect_mailboxes(*place);
    StoreResult<void> opened;
    if (!place->store) opened = open_place(*place, now);
    if (opened) opened = map(stream, *place, {StreamKind::mailbox, "mailbox"});
    if (opened) continue;
    if (!place->may_wait || opened.error().fault == StoreFault::locked)
      return Failure(error_of(place->plan.location, opened.error()));
    hold(stream, opened.error());
  }
  return {};
}

void JournalStorage::expect_mailboxes(Place& place) {
  for (const PoolId pool : place.plan.mailboxes) {
    const PoolStream& queue = pools_[pool.index];
    const PoolConfig& config = config_.pools[pool.index];
    if (queue.place == nullptr) continue;
    if (!can_wait_for_mailbox(config_, config, queue.place->store->durable(queue.number))) continue;
    place.may_wait = true;
    const auto before = config_stored_in(queue.place->plan.location, queue.place->files.kept_config());
    place.had_store |= before && had_this_mailbox(config, *before);
  }
  const auto names = place.files.list();
  place.had_store |= !place.files.kept_config().empty() || (names && has_records(*names));
}

StoreResult<void> JournalStorage::open_place(Place& place, Now now) {
  // There may be no folder yet, which is no mistake.
  const auto names = place.files.list();
  const bool has_store = (names && has_records(*names)) || !place.files.kept_config().empty();
  if (names && has_lost_records(*names)) return store_failure(StoreFault::corrupt, records_are_gone);
  if (place.had_store && place.may_wait && !has_store) {
    const PoolConfig& pool = config_.pools[place.plan.mailboxes.front().index];
    return store_failure(StoreFault::not_found, store_has_vanished(pool));
  }
  auto store = FileStore::open(place.files, options_for(place.plan, config_, now, entropy_));
  if (!store) {
    place.files.unlock();
    return tl::unexpected(store.error());
  }
  place.store.emplace(std::move(*store));
  place.must_clean = place.had_store = true;
  return {};
}

template <class StreamOf>
StoreResult<void> JournalStorage::map(StreamOf& stream, Place& place, const StreamKey& key) {
  stream.place = &place;
  const auto number = place.store->stream(key);
  if (!number) return tl::unexpected(number.error());
  stream.number = *number;
  return {};
}

/// What would not open at the beginning is tried again with every reload.
StoreResult<void> JournalStorage::open_late(MailboxStream& stream, Now now) {
  Place& place = *stream.place;
  if (place.store) return {};
  if (auto opened = open_place(place, now); !opened) return opened;
  if (place.store->largest_payload_id() >= first_payload_)
    return store_failure(StoreFault::corrupt, is_from_a_clock_ahead);
  if (auto mapped = map(stream, place, {StreamKind::mailbox, "mailbox"}); !mapped) return mapped;
  keep_config(place);
  return {};
}

void JournalStorage::close_place(Place& place) {
  if (!place.store || place.is_committing) return;
  place.audit.reset();
  place.store.reset();
  place.has_news = false;
  place.tidy_at = never_steady;
  place.files.unlock();
}

void JournalStorage::keep_config(Place& place) {
  if (place.plan.kind != StorageKind::file) return;
  const std::string before = place.files.kept_config();
  const std::string text = stored_config(config_, place.plan.location, before);
  if (text != before) place.files.keep_config(text);
}

IsMapped JournalStorage::mapped_in(const Place& place) const {
  return [this, &place](StreamNumber number) {
    const auto is_it = [&](const auto& stream) { return stream.place == &place && stream.number == number; };
    return std::any_of(pools_.begin(), pools_.end(), is_it) ||
           std::any_of(mailboxes_.begin(), mailboxes_.end(), is_it);
  };
}

Result<void> JournalStorage::check_orphans() const {
  for (const auto& place : places_) {
    if (!place->store) continue;
    const auto orphan = orphan_pool(*place->store, mapped_in(*place));
    if (!orphan) return Failure(error_of(place->plan.location, orphan.error()));
    if (*orphan)
      return Failure(
          {place->plan.location, **orphan + " keep it untouched with open(config, { orphans: 'keep' })."});
  }
  return {};
}

}  // namespace parking_lot::wasm
