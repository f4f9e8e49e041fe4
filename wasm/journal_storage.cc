#include "journal_storage.h"

#include <algorithm>
#include <utility>

/// Loading, cleaning, payloads.
namespace parking_lot::wasm {
namespace {

StoreResult<StreamReader<Record>> reader_of(FileStore& store, StreamNumber number, PoolId) {
  return store.load_pool(number);
}
StoreResult<StreamReader<mailbox::Record>> reader_of(FileStore& store, StreamNumber number, StoreId) {
  return store.load_mailbox(number);
}

void recover(Lot& lot, Now now, const FileStore&, PoolId pool, std::span<const Record> records) {
  if (records.empty()) return lot.handle(now, Input{RecoveryDone{pool}});
  lot.handle(now, Input{Recovered{pool, records}});
}
void recover(Lot& lot, Now now, const FileStore& from, StoreId store,
             std::span<const mailbox::Record> records) {
  if (records.empty()) return lot.handle(now, mailbox::Input{mailbox::RecoveryDone{store, from.identity()}});
  lot.handle(now, mailbox::Input{mailbox::Recovered{store, records}});
}

}  // namespace

// --- loading ---

template <class StreamOf>
void JournalStorage::begin_load(StreamOf& stream, Now now) {
  if constexpr (std::is_same_v<decltype(stream.id), StoreId>) {
    if (auto opened = open_late(stream, now); !opened) return hold(stream, opened.error());
  }
  auto reader = reader_of(*stream.place->store, stream.number, stream.id);
  if (!reader) return hold(stream, reader.error());
  stream.reader.emplace(std::move(*reader));
  stream.step = StreamStep::loading;
}

template <class StreamOf>
bool JournalStorage::feed_piece(Lot& lot, StreamOf& stream, Now now) {
  const auto records = stream.reader->next();
  if (!records) {
    hold(stream, records.error());
    return false;
  }
  const std::size_t count = records->size();
  // A stream that is loaded is written to at once.
  if (count == 0) stream.step = StreamStep::steady;
  recover(lot, now, *stream.place->store, stream.id, *records);
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
  for (const auto& place : places_) {
    place->is_reload_due = place->reload_at <= now_;
    if (place->is_reload_due) place->reload_at = never_steady;
  }
  visit_streams([&](auto& stream) {
    if (stream.step == StreamStep::failed && stream.place->is_reload_due) begin_load(stream, now);
  });
  bool has_fed = false;
  visit_streams([&](auto& stream) {
    if (!has_fed && records_left_ > 0 && stream.step == StreamStep::loading)
      has_fed = feed_piece(lot, stream, now);
  });
  return has_fed;
}

/// What cannot be read is tried again. A store that its pools do without is let go meanwhile: somebody may
/// put it right, or bring it back.
template <class StreamOf>
void JournalStorage::hold(StreamOf& stream, const StoreError& error) {
  Place& place = *stream.place;
  const Error described = error_of(place.plan.location, error);
  stream.step = StreamStep::failed;
  stream.reader.reset();
  place.trouble = described.where + ": " + described.message;
  wait_for_reload(place);
  if (place.may_wait) close_place(place);
}

template void JournalStorage::begin_load(PoolStream&, Now);
template void JournalStorage::begin_load(MailboxStream&, Now);
template void JournalStorage::hold(MailboxStream&, const StoreError&);

void JournalStorage::wait_for_reload(Place& place) {
  if (place.reload_at != never_steady) return;
  place.reload_at = now_ + place.pause;
  place.pause = next_retry_pause(place.pause);
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
    if (stream.place == &place) lot.scheduler().visit_payloads(stream.id, Remembered::all, visit);
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
    if (!place->store || !place->store->holds_payload(payload.id)) continue;
    const auto bytes = place->store->read_payload(payload.id, out);
    if (bytes) return true;
    const Error described = error_of(place->plan.location, bytes.error());
    place->trouble = described.where + ": " + described.message;
  }
  return false;
}

void JournalStorage::release(PayloadRef payload) {
  memory_.erase(payload.id);
  for (const auto& place : places_) {
    if (place->store && place->store->holds_payload(payload.id)) place->store->release(payload.id);
  }
}

std::string_view JournalStorage::trouble(std::uint32_t disk) const {
  return disk < places_.size() ? std::string_view(places_[disk]->trouble) : std::string_view();
}

bool JournalStorage::may_wait(std::uint32_t disk) const {
  return disk < places_.size() && places_[disk]->may_wait;
}

}  // namespace parking_lot::wasm
