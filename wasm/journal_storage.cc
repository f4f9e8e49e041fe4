#include "journal_storage.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace parking_lot::wasm {
namespace {

constexpr unsigned payload_id_time_bits = 22;

StoreOptions options_for(const StorePlace& place, const Config& config, Now now, Entropy entropy) {
  StoreOptions options{.entropy = entropy, .now = now.wall};
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

Error error_at(const std::string& location, const StoreError& error) {
  std::string where = location;
  if (!error.file.empty()) where += "/" + error.file;
  if (error.fault == StoreFault::corrupt) where += " at byte " + std::to_string(error.offset);
  return {where, error.message};
}

std::string sentence(const StoreError& error) {
  const Error at = error_at("", error);
  return at.where.empty() ? at.message : at.where.substr(1) + ": " + at.message;
}

StoreResult<StreamReader<Record>> reader_of(FileStore& store, StreamNumber number, PoolId) {
  return store.load_pool(number);
}
StoreResult<StreamReader<mailbox::Record>> reader_of(FileStore& store, StreamNumber number, StoreId) {
  return store.load_mailbox(number);
}

void recover(Lot& lot, Now now, PoolId pool, std::span<const Record> records) {
  if (records.empty()) return lot.handle(now, Input{RecoveryDone{pool}});
  lot.handle(now, Input{Recovered{pool, records}});
}
void recover(Lot& lot, Now now, StoreId store, std::span<const mailbox::Record> records) {
  if (records.empty()) return lot.handle(now, mailbox::Input{mailbox::RecoveryDone{store}});
  lot.handle(now, mailbox::Input{mailbox::Recovered{store, records}});
}

}  // namespace

Result<std::unique_ptr<Storage>> open_storage(const Config& config, const Lot& lot, Now now, Entropy entropy,
                                              Orphans orphans) {
  return JournalStorage::open(config, lot, now, entropy, orphans);
}

Result<std::unique_ptr<Storage>> JournalStorage::open(const Config& config, const Lot& lot, Now now,
                                                      Entropy entropy, Orphans orphans) {
  std::unique_ptr<JournalStorage> storage(new JournalStorage());
  storage->now_ = now.steady;
  if (auto opened = storage->open_places(config, now, entropy); !opened) return Failure(opened.error());
  if (auto mapped = storage->map_streams(config, lot); !mapped) return Failure(mapped.error());
  if (orphans == Orphans::refused) {
    if (auto checked = storage->check_orphans(config); !checked) return Failure(checked.error());
  }
  std::uint64_t first = static_cast<std::uint64_t>(now.wall.ms / 1000) << payload_id_time_bits;
  for (const auto& place : storage->places_) first = std::max(first, place->store->largest_payload_id() + 1);
  storage->first_payload_ = storage->next_payload_ = first;
  storage->visit_streams([&](auto& stream) { storage->begin_load(stream, now.steady); });
  return storage;
}

Result<void> JournalStorage::open_places(const Config& config, Now now, Entropy entropy) {
  std::uint32_t disk = 0;
  for (const StorePlace& planned : store_places(config)) {
    auto place = std::make_unique<Place>();
    place->kind = planned.kind;
    place->files = std::make_unique<HostFiles>(disk++);
    auto store = FileStore::open(*place->files, options_for(planned, config, now, entropy));
    if (!store) return Failure(error_at(planned.location, store.error()));
    place->store.emplace(std::move(*store));
    place->must_clean = true;
    places_.push_back(std::move(place));
  }
  return {};
}

Result<void> JournalStorage::map_streams(const Config& config, const Lot& lot) {
  const std::vector<StorePlace> planned = store_places(config);
  mailboxes_.resize(lot.mailbox().store_count());
  for (std::uint32_t i = 0; i < mailboxes_.size(); ++i) mailboxes_[i].id = {i};
  pools_.resize(config.pools.size());
  for (std::uint32_t i = 0; i < pools_.size(); ++i) {
    pools_[i].id = {i};
  }
  const auto map = [&](auto& stream, std::size_t disk, const StreamKey& key) -> Result<void> {
    stream.place = places_[disk].get();
    const auto number = stream.place->store->stream(key);
    if (!number) return Failure(error_at(planned[disk].location, number.error()));
    stream.number = *number;
    return {};
  };
  for (std::size_t disk = 0; disk < planned.size(); ++disk) {
    for (const PoolId pool : planned[disk].queues) {
      const PoolConfig& its_config = config.pools[pool.index];
      const std::string& name = its_config.queue.stream.empty() ? its_config.name : its_config.queue.stream;
      if (auto mapped = map(pools_[pool.index], disk, {StreamKind::pool, name}); !mapped) return mapped;
      places_[disk]->pools[name] = its_config.name;
      for (const PoolStream& other : pools_) {
        if (other.id == pool || other.place != pools_[pool.index].place ||
            !(other.number == pools_[pool.index].number))
          continue;
        return Failure({"pools." + its_config.name + ".queue", "is the same stream as that of pool '" +
                                                                   config.pools[other.id.index].name +
                                                                   "'; give it another stream or path."});
      }
    }
    for (const PoolId pool : planned[disk].mailboxes) {
      MailboxStream& stream = mailboxes_[lot.mailbox().store_of(pool).index];
      if (stream.place != nullptr) continue;
      if (auto mapped = map(stream, disk, {StreamKind::mailbox, "mailbox"}); !mapped) return mapped;
    }
  }
  return {};
}

IsMapped JournalStorage::mapped_in(const Place& place) const {
  return [this, &place](StreamNumber number) {
    const auto is_it = [&](const auto& stream) { return stream.place == &place && stream.number == number; };
    return std::any_of(pools_.begin(), pools_.end(), is_it) ||
           std::any_of(mailboxes_.begin(), mailboxes_.end(), is_it);
  };
}

Result<void> JournalStorage::check_orphans(const Config& config) const {
  const std::vector<StorePlace> planned = store_places(config);
  for (std::size_t disk = 0; disk < places_.size(); ++disk) {
    const auto orphan = orphan_pool(*places_[disk]->store, mapped_in(*places_[disk]));
    if (!orphan) return Failure(error_at(planned[disk].location, orphan.error()));
    if (*orphan)
      return Failure(
          {planned[disk].location, **orphan + " keep it untouched with open(config, { orphans: 'keep' })."});
  }
  return {};
}

// --- loading ---

template <class StreamOf>
void JournalStorage::begin_load(StreamOf& stream, SteadyTime now) {
  Place& place = *stream.place;
  auto reader = reader_of(*place.store, stream.number, stream.id);
  if (!reader) {
    stream.step = StreamStep::failed;
    place.trouble = sentence(reader.error());
    place.reload_at = now + place.pause;
    return;
  }
  stream.reader.emplace(std::move(*reader));
  stream.step = StreamStep::loading;
}

template <class StreamOf>
bool JournalStorage::feed_piece(Lot& lot, StreamOf& stream, Now now) {
  Place& place = *stream.place;
  const auto records = stream.reader->next();
  if (!records) {
    stream.reader.reset();
    stream.step = StreamStep::failed;
    place.trouble = sentence(records.error());
    place.reload_at = now.steady + place.pause;
    place.pause = {std::min<std::int64_t>(place.pause.ms * 2, 30000)};
    return false;
  }
  const std::size_t count = records->size();
  // A stream that is loaded is written to at once.
  if (count == 0) stream.step = StreamStep::steady;
  recover(lot, now, stream.id, *records);
  if (count == 0) stream.reader.reset();
  records_left_ -= std::min(records_left_, std::max<std::size_t>(count, 1));
  return true;
}

bool JournalStorage::feed(Lot& lot, Now now) {
  now_ = now.steady;
  // Emptied before the lot answers: what it writes may fail at once.
  if (!mailbox_reports_.empty()) {
    const auto reports = std::exchange(mailbox_reports_, {});
    lot.handle(now, reports);
    return true;
  }
  if (!reports_.empty()) {
    const auto reports = std::exchange(reports_, {});
    lot.handle(now, reports);
    return true;
  }
  visit_streams([&](auto& stream) {
    if (stream.step == StreamStep::failed && stream.place->reload_at <= now_) begin_load(stream, now_);
  });
  for (const auto& place : places_) {
    if (place->reload_at <= now_) place->reload_at = never_steady;
  }
  bool has_fed = false;
  visit_streams([&](auto& stream) {
    if (!has_fed && records_left_ > 0 && stream.step == StreamStep::loading)
      has_fed = feed_piece(lot, stream, now);
  });
  return has_fed;
}

bool JournalStorage::is_loading() const {
  const auto loads = [](const auto& stream) { return stream.step == StreamStep::loading; };
  return std::any_of(pools_.begin(), pools_.end(), loads) ||
         std::any_of(mailboxes_.begin(), mailboxes_.end(), loads);
}

bool JournalStorage::is_committing() const {
  return std::any_of(places_.begin(), places_.end(),
                     [](const auto& place) { return place->is_committing || place->has_news; });
}

/// After the first load of a store: gives up the bytes that no task and no message names.
void JournalStorage::clean(const Lot& lot, Place& place) {
  bool is_loaded = true;
  visit_streams(
      [&](auto& stream) { is_loaded &= stream.place != &place || stream.step == StreamStep::steady; });
  if (!is_loaded) return;
  place.must_clean = false;
  if (has_orphan(*place.store, mapped_in(place))) return;  // what it names is not known here
  std::vector<std::uint64_t> named;
  const auto visit = [&](PayloadRef payload) { named.push_back(payload.id); };
  for (const PoolStream& stream : pools_) {
    if (stream.place == &place) lot.scheduler().visit_payloads(stream.id, visit);
  }
  for (const MailboxStream& stream : mailboxes_) {
    if (stream.place == &place) lot.mailbox().visit_payloads(stream.id, visit);
  }
  std::sort(named.begin(), named.end());
  place.store->release_all_but(named, first_payload_);
}

std::optional<SteadyTime> JournalStorage::next_deadline() const {
  if (is_loading() || has_checkpoint_step_ || !reports_.empty() || !mailbox_reports_.empty()) return now_;
  SteadyTime next = never_steady;
  for (const auto& place : places_) next = std::min(next, std::min(place->reload_at, place->tidy_at));
  if (next == never_steady) return std::nullopt;
  return next;
}

// --- payloads ---

PayloadRef JournalStorage::put(std::string bytes) {
  const std::uint64_t id = next_payload_++;
  const std::uint64_t size = bytes.size();
  memory_.emplace(id, std::move(bytes));
  return {.id = id, .bytes = size};
}

PayloadRef JournalStorage::ref(std::uint64_t id) const {
  const auto found = memory_.find(id);
  return {.id = id, .bytes = found == memory_.end() ? 0 : found->second.size()};
}

bool JournalStorage::read(PayloadRef payload, std::string& out) {
  if (const auto found = memory_.find(payload.id); found != memory_.end()) {
    out = found->second;
    return true;
  }
  for (const auto& place : places_) {
    if (!place->store->holds_payload(payload.id)) continue;
    const auto bytes = place->store->read_payload(payload.id, out);
    if (bytes) return true;
    place->trouble = sentence(bytes.error());
  }
  return false;
}

void JournalStorage::release(PayloadRef payload) {
  memory_.erase(payload.id);
  for (const auto& place : places_) {
    if (!place->store->holds_payload(payload.id)) continue;
    place->store->release(payload.id);
  }
}

std::string_view JournalStorage::trouble(std::uint32_t disk) const {
  return disk < places_.size() ? std::string_view(places_[disk]->trouble) : std::string_view();
}

}  // namespace parking_lot::wasm
