#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>
#include <utility>

#include "host/file_url.h"
#include "host/log.h"
#include "host/storage_place.h"
#include "host/store_config.h"
#include "host/system.h"

/// Which stores there are, and their opening; that of a mailbox store can come late.
namespace parking_lot {
namespace {

constexpr std::uint64_t payload_id_time_bits = 22;
constexpr std::chrono::milliseconds lock_patience{500};
constexpr std::chrono::milliseconds lock_pause{5};

std::string one_spelling(const std::string& directory) {
  std::error_code error;
  // What is not there yet would stay relative.
  auto path = std::filesystem::absolute(directory, error);
  if (!error) path = std::filesystem::weakly_canonical(path, error);
  if (error) return directory;
  return (path.has_filename() ? path : path.parent_path()).string();
}

StoreOptions store_options(const Config& config, const std::string& directory) {
  StoreOptions options;
  // A store serves its most careful pool.
  const bool is_relaxed = std::all_of(config.pools.begin(), config.pools.end(), [&](const PoolConfig& pool) {
    const bool is_here = pool.queue.path == directory || pool.mailbox.storage.path == directory;
    return !is_here || pool.durability == Durability::relaxed;
  });
  options.durability = is_relaxed ? SyncMode::relaxed : SyncMode::strict;
  options.now = SystemClock().now().wall;
  const Duration for_ever = Duration::seconds(std::int64_t{100} * 365 * 86400);
  options.audit_retention = config.audit.retention.ms == 0 ? for_ever : config.audit.retention;
  return options;
}

StreamKey mailbox_key() { return {StreamKind::mailbox, "mailbox"}; }

}  // namespace

Result<Config> Storage::with_places(Config config) {
  for (PoolConfig& pool : config.pools) {
    for (StorageConfig* storage : {&pool.queue, &pool.mailbox.storage}) {
      if (storage->kind != StorageKind::file) continue;
      const auto folder = folder_named(storage->path);
      if (!folder) return Failure(folder.error());
      storage->path = one_spelling(*folder);
    }
  }
  return config;
}

Result<std::unique_ptr<Storage>> Storage::open(const Config& config, const Lot& lot,
                                               boost::asio::io_context& io, const HostOptions& options) {
  std::unique_ptr<Storage> storage(new Storage(io, config, options));
  if (auto mapped = storage->map_streams(lot); !mapped) return Failure(std::move(mapped.error()));
  if (!storage->is_reading() && options.orphans == HostOptions::Orphans::refused) {
    if (auto checked = storage->check_orphans(); !checked) return Failure(std::move(checked.error()));
  }
  std::uint64_t first = static_cast<std::uint64_t>(SystemClock().now().wall.ms / 1000)
                        << payload_id_time_bits;
  for (const auto& place : storage->places_) {
    storage->begin(*place);
    first = std::max(first, place->store->largest_payload_id() + 1);
  }
  storage->first_payload_ = first;
  storage->memory_.begin_at(first);
  return storage;
}

Storage::Storage(boost::asio::io_context& io, const Config& config, const HostOptions& options)
    : io_(io), config_(config), options_(options) {}
Storage::~Storage() = default;

Storage::Place& Storage::place_at(const std::string& directory) {
  for (auto* places : {&places_, &closed_places_}) {
    for (const auto& place : *places) {
      if (place->directory == directory) return *place;
    }
  }
  return *closed_places_.emplace_back(std::make_unique<Place>(directory, io_));
}

// Leaves the reason in the place where it cannot be opened.
void Storage::open_place(Place& place) {
  if (place.had_store && !has_store(place.directory))
    return place.refuse({place.directory, place.vanished}, StoreFault::not_found);
  if (has_lost_records(place.directory))
    return place.refuse({place.directory, records_are_gone}, StoreFault::corrupt);
  place.open_files(io_);
  StoreOptions options = store_options(config_, place.directory);
  options.entropy = options_.entropy.value_or(Entropy{});
  // Stores that are made together are told apart by it.
  options.entropy.high ^= std::hash<std::string>{}(place.directory);
  const auto open = [&] {
    return is_reading() ? FileStore::open_read_only(*place.files) : FileStore::open(*place.files, options);
  };
  auto store = open();
  // The lock of an owner that was killed lives on in a child of its that has not begun its program yet.
  const auto deadline = std::chrono::steady_clock::now() + lock_patience;
  while (!store && store.error().fault == StoreFault::locked && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(lock_pause);
    store = open();
  }
  if (!store) return place.refuse(error_of(place.directory, store.error()), store.error().fault);
  if (!is_reading()) {
    auto jobs_lock = JobsLock::take(place.directory);
    if (!jobs_lock) return place.refuse(std::move(jobs_lock.error()), StoreFault::locked);
    place.jobs_lock = std::move(*jobs_lock);
  }
  place.store.emplace(std::move(*store));
  if (const std::uint64_t cut = place.store->stats().cut_bytes; cut > 0 && !is_reading())
    host_log()->info("{}: {} bytes of commits that were never confirmed are cut off", place.directory, cut);
  place.refusal.reset();
  place.had_store = true;
  move_place(place, closed_places_, places_);
}

void Storage::close_place(Place& place) {
  if (!place.store || place.is_committing) return;
  place.close();
  move_place(place, places_, closed_places_);
}

void Storage::move_place(Place& place, Places& from, Places& to) {
  const auto own =
      std::find_if(from.begin(), from.end(), [&](const auto& each) { return each.get() == &place; });
  to.push_back(std::move(*own));
  from.erase(own);
}

// For a place that has just been opened.
void Storage::begin(Place& place) {
  if (!is_reading()) {
    if (auto written = write_store_config(place.directory, config_); !written)
      host_log()->warn("{}: {}", written.error().where, written.error().message);  // a convenience only
  }
  open_audit(place);
}

template <class StreamOf>
Result<void> Storage::map(StreamOf& stream, const std::string& directory, const StreamKey& key) {
  Place& place = place_at(directory);
  stream.place = &place;
  if (!place.store && !place.refusal) open_place(place);
  if (!place.store) return Failure(place.refusal->error);
  const auto number = place.store->stream(key);
  stream.is_absent = is_reading() && !number && number.error().fault == StoreFault::not_found;
  if (!number && !stream.is_absent) return Failure(error_of(directory, number.error()));
  if (number) stream.number = *number;
  return {};
}

Result<void> Storage::map_streams(const Lot& lot) {
  mailboxes_.resize(lot.mailbox().store_count());
  for (std::uint32_t i = 0; i < mailboxes_.size(); ++i) mailboxes_[i].id = {i};
  for (std::uint32_t i = 0; i < config_.pools.size(); ++i) {
    if (auto mapped = map_queue({i}); !mapped) return mapped;
  }
  for (std::uint32_t i = 0; i < config_.pools.size(); ++i) expect_mailbox({i}, mailbox_of(lot, {i}));
  for (std::uint32_t i = 0; i < config_.pools.size(); ++i) {
    if (auto mapped = map_mailbox({i}, mailbox_of(lot, {i})); !mapped) return mapped;
  }
  return {};
}

Storage::MailboxStream& Storage::mailbox_of(const Lot& lot, PoolId pool) {
  return mailboxes_[lot.mailbox().store_of(pool).index];
}

Result<void> Storage::map_queue(PoolId id) {
  const PoolConfig& pool = config_.pools[id.index];
  PoolStream stream;
  stream.id = id;
  if (pool.queue.kind == StorageKind::file) {
    auto mapped = map(stream, pool.queue.path, {StreamKind::pool, pool.queue.stream});
    if (!mapped) return mapped;
    for (const PoolStream& other : pools_) {
      // By name: streams that a store has not got yet have no numbers to be told by.
      if (other.place != stream.place) continue;
      if (config_.pools[other.id.index].queue.stream != pool.queue.stream) continue;
      return Failure({"pools." + pool.name + ".queue", "is the same stream as that of pool '" +
                                                           config_.pools[other.id.index].name +
                                                           "'; give it another stream or path."});
    }
  }
  pools_.push_back(stream);
  return {};
}

// Before any mailbox store is opened.
void Storage::expect_mailbox(PoolId id, MailboxStream& mailbox) {
  const PoolConfig& pool = config_.pools[id.index];
  const PoolStream& queue = pools_[id.index];
  if (queue.place == nullptr || queue.is_absent) return;
  if (!can_wait_for_mailbox(config_, pool, queue.place->store->durable(queue.number))) return;
  mailbox.may_wait = true;
  const std::string& directory = pool.mailbox.storage.path;
  Place& place = place_at(directory);
  place.vanished = store_has_vanished(pool);
  const auto before = read_store_config(pool.queue.path);
  place.had_store |= has_store(directory) || (before && had_this_mailbox(pool, *before));
}

Result<void> Storage::map_mailbox(PoolId id, MailboxStream& mailbox) {
  const StorageConfig& storage = config_.pools[id.index].mailbox.storage;
  if (storage.kind == StorageKind::file) {
    auto mapped = map(mailbox, storage.path, mailbox_key());
    const bool is_refused = !mapped && mailbox.place->store;
    if (is_refused) return mapped;
  }
  mailbox_places_.push_back(mailbox.place);
  if (mailbox.place == nullptr || mailbox.place->store) return {};
  if (mailbox.may_wait && mailbox.place->refusal->fault != StoreFault::locked) return {};
  return Failure(mailbox.place->refusal->error);
}

// What would not open at the beginning is tried again with every reload.
Result<void> Storage::open_late(MailboxStream& mailbox) {
  Place& place = *mailbox.place;
  if (place.store) return {};
  open_place(place);
  if (!place.store) return Failure(place.refusal->error);
  if (place.store->largest_payload_id() >= first_payload_) {
    close_place(place);
    return Failure({place.directory, is_from_a_clock_ahead});
  }
  if (auto mapped = map(mailbox, place.directory, mailbox_key()); !mapped) return mapped;
  begin(place);
  return {};
}

IsMapped Storage::mapped_in(const Place& place) const {
  return [this, &place](StreamNumber number) {
    const auto is_it = [&](const auto& stream) { return stream.place == &place && stream.number == number; };
    return std::any_of(pools_.begin(), pools_.end(), is_it) ||
           std::any_of(mailboxes_.begin(), mailboxes_.end(), is_it);
  };
}

std::uint64_t Storage::identity_of(StoreId store) const {
  return mailboxes_[store.index].place->store->identity();
}

bool Storage::has_failed_stream(const Place& place) const {
  const auto has_failed = [&](const auto& stream) { return stream.place == &place && stream.has_failed; };
  return std::any_of(pools_.begin(), pools_.end(), has_failed) ||
         std::any_of(mailboxes_.begin(), mailboxes_.end(), has_failed);
}

Result<void> Storage::check_orphans() const {
  for (const auto& place : places_) {
    const auto orphan = orphan_pool(*place->store, mapped_in(*place));
    if (!orphan) return Failure(error_of(place->directory, orphan.error()));
    if (*orphan) return Failure({place->directory, **orphan + " keep it untouched with --orphans keep."});
  }
  return {};
}

}  // namespace parking_lot
