#include "host/storage.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <variant>

#include "host/log.h"
#include "host/storage_place.h"
#include "host/store_config.h"
#include "host/system.h"

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

}  // namespace

Error error_of(const std::string& directory, const StoreError& error) {
  std::string where = directory;
  const bool is_named = error.message.rfind(error.file, 0) == 0;
  if (!is_named) where += "/" + error.file;
  if (error.fault == StoreFault::corrupt && !is_named) where += " at byte " + std::to_string(error.offset);
  return {where, error.message};
}

Config Storage::with_places(Config config) {
  const auto spell = [](StorageConfig& storage) {
    if (storage.kind == StorageKind::file) storage.path = one_spelling(storage.path);
  };
  for (PoolConfig& pool : config.pools) {
    spell(pool.queue);
    spell(pool.mailbox.storage);
  }
  return config;
}

Result<std::unique_ptr<Storage>> Storage::open(const Config& config, const Lot& lot,
                                               boost::asio::io_context& io, const HostOptions& options) {
  std::unique_ptr<Storage> storage(new Storage(io, options));
  if (auto mapped = storage->map_streams(config, lot); !mapped) return Failure(std::move(mapped.error()));
  if (!storage->is_reading() && options.orphans == HostOptions::Orphans::refused) {
    if (auto checked = storage->check_orphans(); !checked) return Failure(std::move(checked.error()));
  }
  for (const auto& place : storage->places_) {
    if (storage->is_reading()) break;
    if (auto written = write_store_config(place->directory, config); !written)
      host_log()->warn("{}: {}", written.error().where, written.error().message);  // a convenience only
  }
  storage->open_audit(config);
  std::uint64_t first = static_cast<std::uint64_t>(SystemClock().now().wall.ms / 1000)
                        << payload_id_time_bits;
  for (const auto& place : storage->places_) first = std::max(first, place->store->largest_payload_id() + 1);
  storage->first_payload_ = first;
  storage->memory_.begin_at(first);
  return storage;
}

Storage::Storage(boost::asio::io_context& io, const HostOptions& options) : io_(io), options_(options) {}
Storage::~Storage() = default;

Result<Storage::Place*> Storage::place_at(const std::string& directory, const Config& config) {
  for (const auto& place : places_) {
    if (place->directory == directory) return place.get();
  }
  auto place = std::make_unique<Place>(directory, io_);
  StoreOptions options = store_options(config, directory);
  options.entropy = options_.entropy.value_or(Entropy{});
  const auto open = [&] {
    return is_reading() ? FileStore::open_read_only(*place->files) : FileStore::open(*place->files, options);
  };
  auto store = open();
  // The lock of an owner that was killed lives on in a child of its that has not begun its program yet.
  const auto deadline = std::chrono::steady_clock::now() + lock_patience;
  while (!store && store.error().fault == StoreFault::locked && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(lock_pause);
    store = open();
  }
  if (!store) return Failure(error_of(directory, store.error()));
  place->store.emplace(std::move(*store));
  if (!is_reading()) {
    auto jobs_lock = JobsLock::take(directory);
    if (!jobs_lock) return Failure(std::move(jobs_lock.error()));
    place->jobs_lock = std::move(*jobs_lock);
  }
  places_.push_back(std::move(place));
  return places_.back().get();
}

Result<void> Storage::map_streams(const Config& config, const Lot& lot) {
  mailboxes_.resize(lot.mailbox().store_count());
  for (std::uint32_t i = 0; i < mailboxes_.size(); ++i) mailboxes_[i].id = {i};
  const auto map = [&](auto& stream, const std::string& directory, const StreamKey& key) -> Result<void> {
    auto place = place_at(directory, config);
    if (!place) return Failure(std::move(place.error()));
    const auto number = (*place)->store->stream(key);
    stream.is_absent = is_reading() && !number && number.error().fault == StoreFault::not_found;
    if (!number && !stream.is_absent) return Failure(error_of(directory, number.error()));
    stream.place = *place;
    if (number) stream.number = *number;
    return {};
  };
  for (std::uint32_t i = 0; i < config.pools.size(); ++i) {
    const PoolConfig& pool = config.pools[i];
    PoolStream stream;
    stream.id = {i};
    if (pool.queue.kind == StorageKind::file) {
      auto mapped = map(stream, pool.queue.path, {StreamKind::pool, pool.queue.stream});
      if (!mapped) return mapped;
      for (const PoolStream& other : pools_) {
        // By name: streams that a store has not got yet have no numbers to be told by.
        if (other.place != stream.place) continue;
        if (config.pools[other.id.index].queue.stream != pool.queue.stream) continue;
        return Failure({"pools." + pool.name + ".queue", "is the same stream as that of pool '" +
                                                             config.pools[other.id.index].name +
                                                             "'; give it another stream or path."});
      }
    }
    pools_.push_back(stream);
    MailboxStream& mailbox = mailboxes_[lot.mailbox().store_of({i}).index];
    if (pool.mailbox.storage.kind == StorageKind::file && mailbox.place == nullptr) {
      auto mapped = map(mailbox, pool.mailbox.storage.path, {StreamKind::mailbox, "mailbox"});
      if (!mapped) return mapped;
    }
    mailbox_places_.push_back(mailbox.place);
  }
  return {};
}

std::vector<int> Storage::jobs_locks() const {
  std::vector<int> descriptors;
  for (const auto& place : places_) descriptors.push_back(place->jobs_lock.descriptor());
  return descriptors;
}

IsMapped Storage::mapped_in(const Place& place) const {
  return [this, &place](StreamNumber number) {
    const auto is_it = [&](const auto& stream) { return stream.place == &place && stream.number == number; };
    return std::any_of(pools_.begin(), pools_.end(), is_it) ||
           std::any_of(mailboxes_.begin(), mailboxes_.end(), is_it);
  };
}

Result<void> Storage::check_orphans() const {
  for (const auto& place : places_) {
    const auto orphan = orphan_pool(*place->store, mapped_in(*place));
    if (!orphan) return Failure(error_of(place->directory, orphan.error()));
    if (*orphan) return Failure({place->directory, **orphan + " keep it untouched with --orphans keep."});
  }
  return {};
}

// --- reading ---

namespace {

StoreResult<StreamReader<Record>> reader_of(FileStore& store, StreamNumber number, PoolId) {
  return store.load_pool(number);
}
StoreResult<StreamReader<mailbox::Record>> reader_of(FileStore& store, StreamNumber number, StoreId) {
  return store.load_mailbox(number);
}

template <class R, class Stream>
Result<void> load_stream(const Stream& stream, const std::function<void(std::span<const R>)>& feed) {
  if (stream.is_absent) return {};
  auto reader = reader_of(*stream.place->store, stream.number, stream.id);
  if (!reader) return Failure(error_of(stream.place->directory, reader.error()));
  for (;;) {
    const auto records = reader->next();
    if (!records) return Failure(error_of(stream.place->directory, records.error()));
    if (records->empty()) return {};
    feed(*records);
  }
}

}  // namespace

Result<void> Storage::load(PoolId pool, const std::function<void(std::span<const Record>)>& feed) {
  auto loaded = load_stream<Record>(pools_[pool.index], feed);
  if (loaded) pools_[pool.index].has_failed = false;
  return loaded;
}

Result<void> Storage::load(StoreId store, const std::function<void(std::span<const mailbox::Record>)>& feed) {
  auto loaded = load_stream<mailbox::Record>(mailboxes_[store.index], feed);
  if (loaded) mailboxes_[store.index].has_failed = false;
  return loaded;
}

void Storage::release_unnamed(const Lot& lot) {
  for (const auto& place : places_) {
    if (has_orphan(*place->store, mapped_in(*place))) continue;  // what it names is not known here
    std::vector<std::uint64_t> named;
    const auto visit = [&](PayloadRef ref) { named.push_back(ref.id); };
    for (const PoolStream& stream : pools_) {
      if (stream.place == place.get()) lot.scheduler().visit_payloads(stream.id, visit);
    }
    for (const MailboxStream& stream : mailboxes_) {
      if (stream.place == place.get()) lot.mailbox().visit_payloads(stream.id, visit);
    }
    std::sort(named.begin(), named.end());
    place->store->release_all_but(named, first_payload_);
  }
}

// --- payloads ---

std::shared_ptr<const std::string> Storage::get(PayloadRef ref) const {
  if (ref.id == 0) return nullptr;
  if (auto bytes = memory_.get(ref)) return bytes;
  for (const auto& place : places_) {
    if (!place->store->holds_payload(ref.id)) continue;
    auto bytes = std::make_shared<std::string>();
    const auto read = place->store->read_payload(ref.id, *bytes);
    if (read) return bytes;
    place->log_failure("cannot read a payload", read.error());
  }
  return nullptr;
}

void Storage::release(PayloadRef ref) {
  if (ref.id == 0) return;
  memory_.release(ref);
  if (is_reading()) return;
  for (const auto& place : places_) place->store->release(ref.id);
}

// Where a pool keeps its queue and its mailbox apart, one copy may go while the other is needed.
void Storage::release(const Release& order) {
  if (order.copies == Release::Copies::all || order.pool.index >= pools_.size())
    return release(order.payload);
  if (is_reading()) return;
  Place* queue = pools_[order.pool.index].place;
  Place* mailbox = mailbox_places_[order.pool.index];
  const bool is_of_queue = order.copies == Release::Copies::of_queue;
  if (is_of_queue && mailbox == nullptr) {  // until now the mailbox had no copy of its own
    if (const auto bytes = get(order.payload)) memory_.keep(order.payload.id, bytes);
  }
  Place* place = is_of_queue ? queue : mailbox;
  if (place != nullptr) {
    place->store->release(order.payload.id);
  } else {
    memory_.release(order.payload);
  }
}

std::string Storage::trouble_of(PoolId pool) const {
  const PoolStream& stream = pools_[pool.index];
  return stream.place == nullptr ? std::string() : stream.place->trouble;
}

std::string Storage::trouble_of(StoreId store) const {
  const MailboxStream& stream = mailboxes_[store.index];
  return stream.place == nullptr ? std::string() : stream.place->trouble;
}

}  // namespace parking_lot
