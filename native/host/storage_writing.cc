#include <algorithm>
#include <utility>
#include <variant>

#include "host/health_note.h"
#include "host/log.h"
#include "host/storage_place.h"
#include "host/system.h"

/// Appending, group commit, failure and checkpoints.
namespace parking_lot {
namespace {

constexpr std::chrono::seconds tidy_pause{1};
constexpr std::uint32_t checkpoint_step_tasks = 512;
const Duration trim_interval = Duration::seconds(3600);

// The bytes that a record is the first to name.
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

void Storage::Place::log_failure(const char* what, const StoreError& error) const {
  const Error described = error_of(directory, error);
  host_log()->error("storage {}: {}: {}", what, described.where, described.message);
}

void Storage::append(PoolId pool, std::span<const Record> records) { append_to(pools_[pool.index], records); }

void Storage::append(StoreId store, std::span<const mailbox::Record> records) {
  append_to(mailboxes_[store.index], records);
}

template <class StreamOf, class R>
void Storage::append_to(StreamOf& stream, std::span<const R> records) {
  if (stream.has_failed || is_reading()) return;
  auto kept = keep_payloads(*stream.place, records);
  if (kept) kept = stream.place->store->append(stream.number, records);
  if (!kept) return fail(stream, kept.error());
  stream.place->has_news = true;
}

// A payload goes into the commit of the record that names it, so that neither is ever there without the
// other.
template <class R>
StoreResult<void> Storage::keep_payloads(Place& place, std::span<const R> records) {
  for (const R& record : records) {
    const PayloadRef payload = payload_of(record);
    if (payload.id == 0) continue;
    // A message's bytes may still be a volatile pool's own: those leave memory with their task.
    if constexpr (std::is_same_v<R, Record>) place.named.push_back(payload.id);
    if (place.store->holds_payload(payload.id)) continue;
    const auto bytes = get(payload);
    if (bytes == nullptr) continue;  // unreadable already: readers will hear so
    if (auto put = place.store->put(payload.id, *bytes); !put) return put;
  }
  return {};
}

void Storage::commit() {
  for (const auto& place : places_) commit(*place);
}

void Storage::commit(Place& place) {
  if (place.is_committing || !place.has_news) return;
  place.has_news = false;
  place.is_committing = true;
  place.store->commit([this, &place, named = std::exchange(place.named, {}),
                       erasures = std::exchange(place.erasures, {})](const CommitOutcome& outcome) {
    if (!erasures.empty() && outcome.failure == nullptr) forget_names(place);
    committed(place, outcome, named);
    for (const auto& erasure : erasures) erasure(outcome.failure);
  });
  if (place.is_committing && !place.loop_work) place.loop_work.emplace(io_.get_executor());
}

void Storage::committed(Place& place, const CommitOutcome& outcome, const std::vector<std::uint64_t>& named) {
  place.is_committing = false;
  place.loop_work.reset();
  const auto find = [&](auto& streams, StreamNumber number) {
    return std::find_if(streams.begin(), streams.end(), [&](const auto& stream) {
      return stream.place == &place && stream.number == number;
    });
  };
  if (outcome.failure == nullptr) {
    place.trouble.clear();
    place.pause = first_retry_pause;
    for (const std::uint64_t id : named) memory_.release({.id = id});
    trim_hourly(place);
  } else {
    const bool is_upkeep = outcome.streams.empty();
    place.log_failure(is_upkeep ? "upkeep fails, and nothing is lost by it" : "fails", *outcome.failure);
    place.named.clear();  // what had gathered behind the commit has failed with it
    place.is_fenced |= outcome.failure->fault == StoreFault::fenced;
  }
  for (const StreamProgress& progress : outcome.streams) {
    const auto pool = find(pools_, progress.stream);
    const auto mailbox = find(mailboxes_, progress.stream);
    if (outcome.failure != nullptr) {
      if (pool != pools_.end()) fail(*pool, *outcome.failure);
      if (mailbox != mailboxes_.end()) fail(*mailbox, *outcome.failure);
    } else if (pool != pools_.end()) {
      reports_.of_pool(Persisted{pool->id, progress.durable});
    } else if (mailbox != mailboxes_.end()) {
      reports_.of_mailbox(mailbox::Persisted{mailbox->id, progress.durable});
    }
  }
  index_full_segments(place);
  commit(place);
  go_on_settling();
  tidy_later(place);
}

void Storage::settle(std::function<void()> on_settled) {
  on_settled_.push_back(std::move(on_settled));
  go_on_settling();
}

void Storage::go_on_settling() {
  if (on_settled_.empty()) return;
  bool is_settled = true;
  for (const auto& place : places_) {
    if (!is_reading() && place->trouble.empty() && !place->store->is_confirmed()) place->has_news = true;
    commit(*place);
    is_settled &= !place->is_committing;
  }
  if (!is_settled) return;
  for (const auto& callback : std::exchange(on_settled_, {})) callback();
}

void Storage::trim_hourly(Place& place) {
  const WallTime now = SystemClock().now().wall;
  if (now - place.trimmed_at < trim_interval) return;
  place.trimmed_at = now;
  place.store->trim(now);
}

// Compaction goes on in the commits of an idle store.
void Storage::tidy_later(Place& place) {
  if (place.waits_to_tidy || place.is_committing || place.is_fenced || !place.store->wants_commit()) return;
  place.waits_to_tidy = true;
  place.tidy_timer.expires_after(tidy_pause);
  place.tidy_timer.async_wait([this, &place, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (error || alive.expired()) return;
    place.waits_to_tidy = false;
    if (!place.store || !place.store->wants_commit()) return;
    place.has_news = true;
    commit(place);
  });
}

// --- failure ---

template <class StreamOf>
void Storage::fail(StreamOf& stream, const StoreError& error) {
  if (stream.has_failed) return;
  set_failed(stream, error_of(stream.place->directory, error));
  if constexpr (std::is_same_v<StreamOf, PoolStream>) {
    reports_.of_pool(PersistFailed{stream.id});
  } else {
    reports_.of_mailbox(mailbox::PersistFailed{stream.id});
  }
}

template <class StreamOf>
void Storage::set_failed(StreamOf& stream, const Error& error) {
  stream.has_failed = true;
  stream.place->trouble = error.where + ": " + error.message;
  note_health();
  wait_for_reload(*stream.place);
}

void Storage::wait_for_reload(Place& place) {
  if (place.waits_for_reload || place.is_fenced) return;
  place.waits_for_reload = true;
  place.reload_timer.expires_after(std::chrono::milliseconds(place.pause.ms));
  place.pause = next_retry_pause(place.pause);
  place.reload_timer.async_wait(
      [this, &place, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
        if (error || alive.expired()) return;
        place.waits_for_reload = false;
        place.is_reload_due = true;
        reports_.reload_is_due();
      });
}

FailedStreams Storage::take_reloads() {
  FailedStreams failed;
  for (const MailboxStream& stream : mailboxes_) {
    if (stream.has_failed && stream.place->is_reload_due) failed.mailboxes.push_back(stream.id);
  }
  for (const PoolStream& stream : pools_) {
    if (stream.has_failed && stream.place->is_reload_due) failed.pools.push_back(stream.id);
  }
  for (const auto* places : {&places_, &closed_places_}) {
    for (const auto& place : *places) place->is_reload_due = false;
  }
  return failed;
}

void Storage::failed_again(PoolId pool, const Error& error) { refuse(pools_[pool.index], error); }

void Storage::failed_again(StoreId store, const Error& error) { refuse(mailboxes_[store.index], error); }

template <class StreamOf>
void Storage::refuse(StreamOf& stream, const Error& error) {
  host_log()->error("storage cannot be read: {}: {}", error.where, error.message);
  set_failed(stream, error);
}

// For those who only read beside this owner. Notes are few: streams fail seldom.
void Storage::note_health() {
  if (is_reading()) return;
  for (const auto& place : places_) {
    if (place->is_fenced) continue;
    std::vector<HealthNote> notes;
    for (const PoolStream& stream : pools_) {
      if (stream.place != place.get()) continue;
      const Place* mailbox = mailbox_places_[stream.id.index];
      const bool is_held = mailbox != nullptr && has_failed_stream(*mailbox);
      notes.push_back({.pool = config_.pools[stream.id.index].name,
                       .trouble = stream.has_failed ? place->trouble
                                  : is_held         ? mailbox->trouble
                                                    : ""});
    }
    if (!notes.empty()) write_health_notes(place->directory, notes);
  }
}

// --- checkpoints ---

bool Storage::advance_checkpoints(const Lot& lot) {
  if (is_reading()) return false;
  bool has_more = false;
  std::vector<Record> tasks;
  std::vector<mailbox::Record> messages;
  for (PoolStream& stream : pools_) {
    has_more |= advance_checkpoint(stream, [&](CheckpointPlace from, CheckpointPlace& next) {
      tasks.clear();
      next = lot.scheduler().checkpoint(stream.id, from, checkpoint_step_tasks, tasks);
      return stream.place->store->add_to_checkpoint(stream.number, std::span<const Record>(tasks));
    });
  }
  for (MailboxStream& stream : mailboxes_) {
    has_more |= advance_checkpoint(stream, [&](CheckpointPlace from, CheckpointPlace& next) {
      messages.clear();
      next = lot.mailbox().checkpoint(stream.id, from, checkpoint_step_tasks, messages);
      return stream.place->store->add_to_checkpoint(stream.number,
                                                    std::span<const mailbox::Record>(messages));
    });
  }
  return has_more;
}

template <class StreamOf, class Step>
bool Storage::advance_checkpoint(StreamOf& stream, Step step) {
  if (stream.place == nullptr || stream.has_failed) return false;
  Place& place = *stream.place;
  FileStore& store = *place.store;
  StoreResult<void> done;
  if (!store.has_open_checkpoint(stream.number)) {
    if (!store.wants_checkpoint(stream.number)) return false;
    if (std::chrono::steady_clock::now() < stream.next_checkpoint) return false;
    stream.next_step = 0;
    done = store.begin_checkpoint(stream.number);
  }
  if (done) done = step(stream.next_step, stream.next_step);
  const bool is_last = stream.next_step == end_of_checkpoint;
  if (done && is_last) done = store.end_checkpoint(stream.number);
  if (!done) {
    place.log_failure("cannot write a checkpoint", done.error());
    stream.next_checkpoint =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(longest_retry_pause.ms);
    return false;
  }
  place.has_news = true;
  if (!is_last) return true;
  place.trimmed_at = {0};  // the next commit makes the older segments superfluous
  return false;
}

}  // namespace parking_lot
