#include "host/storage.h"

#include <algorithm>
#include <utility>

#include "host/health_note.h"
#include "host/storage_place.h"

namespace parking_lot {

std::vector<int> Storage::jobs_locks() const {
  std::vector<int> descriptors;
  for (const auto& place : places_) descriptors.push_back(place->jobs_lock.descriptor());
  return descriptors;
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

template <class StreamOf>
void Storage::works_again(StreamOf& stream) {
  if (!std::exchange(stream.has_failed, false)) return;
  note_health();
}

Result<void> Storage::load(PoolId pool, const std::function<void(std::span<const Record>)>& feed) {
  auto loaded = load_stream<Record>(pools_[pool.index], feed);
  if (loaded) works_again(pools_[pool.index]);
  return loaded;
}

Result<void> Storage::load(StoreId store, const std::function<void(std::span<const mailbox::Record>)>& feed) {
  if (auto opened = open_late(mailboxes_[store.index]); !opened) return opened;
  auto loaded = load_stream<mailbox::Record>(mailboxes_[store.index], feed);
  if (!loaded && mailboxes_[store.index].may_wait) close_place(*mailboxes_[store.index].place);
  if (loaded) works_again(mailboxes_[store.index]);
  return loaded;
}

void Storage::recovered(const Lot& lot) {
  if (is_reading()) return;
  release_unnamed(lot);
  note_health();
}

// Gives up the bytes that no task and no message names.
void Storage::release_unnamed(const Lot& lot) {
  for (const auto& place : places_) {
    if (has_orphan(*place->store, mapped_in(*place))) continue;  // what it names is not known here
    if (has_failed_stream(*place)) continue;                     // neither is this
    std::vector<std::uint64_t> named;
    const auto visit = [&](PayloadRef ref) { named.push_back(ref.id); };
    for (const PoolStream& stream : pools_) {
      if (stream.place == place.get()) lot.scheduler().visit_payloads(stream.id, Remembered::all, visit);
    }
    for (const MailboxStream& stream : mailboxes_) {
      if (stream.place == place.get()) lot.mailbox().visit_payloads(stream.id, visit);
    }
    std::sort(named.begin(), named.end());
    place->store->release_all_but(named, first_payload_);
  }
}

// --- payloads ---

std::vector<MissingPayloads> Storage::missing_payloads(const Lot& lot) const {
  const bool is_whole =
      closed_places_.empty() && std::none_of(places_.begin(), places_.end(),
                                             [&](const auto& place) { return has_failed_stream(*place); });
  if (!is_whole) return {};
  std::vector<MissingPayloads> missing;
  const auto look = [&](std::string stream, auto visit_all) {
    MissingPayloads found;
    found.stream = std::move(stream);
    visit_all([&](PayloadRef ref) {
      const bool is_held = std::any_of(places_.begin(), places_.end(), [&](const auto& place) {
        return place->store->holds_payload(ref.id);
      });
      if (ref.id != 0 && !is_held) found.ids.push_back(ref.id);
    });
    if (!found.ids.empty()) missing.push_back(std::move(found));
  };
  for (const PoolStream& stream : pools_) {
    if (stream.place == nullptr) continue;
    look("pool " + std::string(lot.scheduler().pool_name(stream.id)),
         [&](const auto& visit) { lot.scheduler().visit_payloads(stream.id, Remembered::needed, visit); });
  }
  for (const MailboxStream& stream : mailboxes_) {
    if (stream.place == nullptr) continue;
    look("mailboxes", [&](const auto& visit) { lot.mailbox().visit_payloads(stream.id, visit); });
  }
  return missing;
}

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
    if (place->store) place->store->release(order.payload.id);
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

bool Storage::is_fenced() const {
  return std::any_of(places_.begin(), places_.end(), [](const auto& place) { return place->is_fenced; });
}

std::string Storage::told_trouble_of(PoolId pool) const {
  const PoolStream& stream = pools_[pool.index];
  if (stream.place == nullptr || !is_reading()) return {};
  for (const HealthNote& note : read_health_notes(stream.place->directory)) {
    if (note.pool == config_.pools[pool.index].name) return note.trouble;
  }
  return {};
}

}  // namespace parking_lot
