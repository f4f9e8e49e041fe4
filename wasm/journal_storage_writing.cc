#include <algorithm>
#include <utility>
#include <variant>

#include "journal_storage.h"

/// Appending, group commit, failure and checkpoints.
namespace parking_lot::wasm {
namespace {

constexpr Duration tidy_pause{1000};
constexpr std::uint32_t checkpoint_step_tasks = 512;

/// The bytes that a record is the first to name.
PayloadRef payload_of(const Record& record) {
  if (const auto* admitted = std::get_if<TaskAdmitted>(&record.fact)) return admitted->payload;
  if (const auto* finished = std::get_if<TaskFinished>(&record.fact)) return finished->result;
  return {};
}
PayloadRef payload_of(const mailbox::Record& record) {
  const auto* stored = std::get_if<mailbox::MessageStored>(&record.fact);
  return stored == nullptr ? PayloadRef{} : stored->payload;
}

}  // namespace

void JournalStorage::append(PoolId pool, std::span<const Record> records) {
  append_to(pools_[pool.index], records);
}
void JournalStorage::append(StoreId store, std::span<const mailbox::Record> records) {
  append_to(mailboxes_[store.index], records);
}

template <class StreamOf>
void JournalStorage::append_to(StreamOf& stream, std::span<const typename StreamOf::Rec> records) {
  if (stream.step == StreamStep::failed) return;
  auto kept = keep_payloads(*stream.place, records);
  if (kept) kept = stream.place->store->append(stream.number, records);
  if (!kept) return fail(stream, kept.error());
  stream.place->has_news = true;
}

/// A payload goes into the commit of the record that names it, so that neither is ever there without the
/// other.
template <class R>
StoreResult<void> JournalStorage::keep_payloads(Place& place, std::span<const R> records) {
  for (const R& record : records) {
    const PayloadRef payload = payload_of(record);
    if (!is_stored(payload)) continue;
    // A message's bytes may be those of a volatile pool's task: they leave memory with it.
    if constexpr (std::is_same_v<R, Record>) place.named.push_back(payload.id);
    if (place.store->holds_payload(payload.id)) continue;
    const auto kept = memory_.find(payload.id);
    std::string elsewhere;
    if (kept == memory_.end() && !read(payload, elsewhere)) continue;  // whoever reads it will hear so
    const std::string& bytes = kept == memory_.end() ? elsewhere : kept->second;
    if (auto put = place.store->put(payload.id, bytes); !put) return put;
  }
  return {};
}

void JournalStorage::turn(const Lot& lot, Now now) {
  now_ = now.steady;
  records_left_ = records_per_turn;
  for (const auto& place : places_) {
    if (place->must_clean) clean(lot, *place);
  }
  has_checkpoint_step_ = false;
  for (PoolStream& stream : pools_) {
    advance_checkpoint(stream, now, [&](CheckpointPlace from, std::vector<Record>& records) {
      return lot.scheduler().checkpoint(stream.id, from, checkpoint_step_tasks, records);
    });
  }
  for (MailboxStream& stream : mailboxes_) {
    advance_checkpoint(stream, now, [&](CheckpointPlace from, std::vector<mailbox::Record>& records) {
      return lot.mailbox().checkpoint(stream.id, from, checkpoint_step_tasks, records);
    });
  }
  for (const auto& place : places_) {
    if (!place->store) continue;
    const bool is_idle = !place->is_committing && !place->has_news;
    const bool must_confirm = settles_ && place->trouble.empty() && !place->store->is_confirmed();
    if (place->tidy_at <= now_ || must_confirm) place->has_news = true;
    place->tidy_at = is_idle && place->tidy_at > now_ && place->store->wants_commit()
                         ? std::min(place->tidy_at, now_ + tidy_pause)
                         : never_steady;
    commit(*place);
  }
}

void JournalStorage::commit(Place& place) {
  if (!place.store || place.is_committing || !place.has_news || is_fenced_) return;
  place.has_news = false;
  place.is_committing = true;
  const bool erases = std::exchange(place.has_erased, false);
  place.store->commit(
      [this, &place, erases, named = std::exchange(place.named, {})](const CommitOutcome& outcome) {
        if (erases) erased(place, outcome);
        committed(place, outcome, named);
      });
}

void JournalStorage::committed(Place& place, const CommitOutcome& outcome,
                               const std::vector<std::uint64_t>& named) {
  place.is_committing = false;
  if (outcome.failure == nullptr) {
    place.trouble.clear();
    place.pause = first_retry_pause;
    for (const std::uint64_t id : named) memory_.erase(id);
  } else {
    place.named.clear();  // what had gathered behind the commit has failed with it
    if (outcome.failure->fault == StoreFault::fenced) {
      is_fenced_ = true;
      place.trouble = outcome.failure->message;
    }
  }
  for (const StreamProgress& progress : outcome.streams) {
    visit_streams([&](auto& stream) {
      if (stream.place != &place || !(stream.number == progress.stream)) return;
      if (outcome.failure != nullptr) {
        fail(stream, *outcome.failure);
      } else if constexpr (std::is_same_v<decltype(stream.id), PoolId>) {
        reports_.push_back(Persisted{stream.id, progress.durable});
      } else {
        mailbox_reports_.push_back(mailbox::Persisted{stream.id, progress.durable});
      }
    });
  }
}

void JournalStorage::synced(std::uint32_t disk, std::int32_t fault) {
  if (disk >= places_.size()) return;
  Place& place = *places_[disk];
  place.files.synced(fault);
  // What has gathered meanwhile need not wait for the next turn.
  commit(place);
}

// --- failure ---

template <class StreamOf>
void JournalStorage::fail(StreamOf& stream, const StoreError& error) {
  if (stream.step == StreamStep::failed) return;
  Place& place = *stream.place;
  stream.step = StreamStep::failed;
  stream.reader.reset();
  place.trouble = error.message;
  if constexpr (std::is_same_v<decltype(stream.id), PoolId>) {
    reports_.push_back(PersistFailed{stream.id});
  } else {
    mailbox_reports_.push_back(mailbox::PersistFailed{stream.id});
  }
  wait_for_reload(place);
}

// --- checkpoints ---

template <class StreamOf, class Take>
void JournalStorage::advance_checkpoint(StreamOf& stream, Now now, Take take) {
  if (stream.place == nullptr || stream.step != StreamStep::steady) return;
  FileStore& store = *stream.place->store;
  StoreResult<void> done;
  if (!store.has_open_checkpoint(stream.number)) {
    if (!store.wants_checkpoint(stream.number)) return;
    stream.next_step = 0;
    done = store.begin_checkpoint(stream.number);
  }
  if (done) {
    std::vector<typename StreamOf::Rec> records;
    stream.next_step = take(stream.next_step, records);
    done = store.add_to_checkpoint(stream.number, std::span<const typename StreamOf::Rec>(records));
  }
  const bool is_last = stream.next_step == end_of_checkpoint;
  if (done && is_last) done = store.end_checkpoint(stream.number);
  if (!done) {
    stream.place->trouble = done.error().message;
    return;
  }
  stream.place->has_news = true;
  has_checkpoint_step_ |= !is_last;
  if (is_last) store.trim(now.wall);
}

}  // namespace parking_lot::wasm
