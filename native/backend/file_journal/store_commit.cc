#include <algorithm>
#include <utility>

#include "confirmed_end.h"
#include "store_state.h"

namespace parking_lot {
namespace {

/// A relaxed store syncs after so many bytes of records, which bounds what damage or loss of power may take.
constexpr std::uint64_t unsettled_bytes_max = std::uint64_t{64} << 10;

}  // namespace

bool FileStore::State::has_news() const {
  return !gathering_.blocks.empty() || !gathering_.doomed.empty() || payloads_.has_work() ||
         checkpoints_.has_gathered() || must_settle();
}

/// What was replaced is there until what replaced it has been synced strictly.
bool FileStore::State::must_settle() const {
  return !unsettled_.empty() && (payloads_.has_deletable() || checkpoints_.has_replaced() ||
                                 (!log_->segments().empty() && can_trim()));
}

bool FileStore::State::is_rotten(const StreamKey& stream) const {
  return std::find(rotten_.begin(), rotten_.end(), stream) != rotten_.end();
}

/// As long as a checkpoint on disk is not what was written, its records are all that is left of the state.
bool FileStore::State::can_trim() const { return rotten_.empty() && log_->can_trim(trim_end_); }

/// Records go on the strength of checkpoints, which may have been written long ago.
void FileStore::State::trim_log() {
  if (!can_trim()) return;
  if (std::exchange(must_look_, false)) rotten_ = checkpoints_.rotten();
  if (rotten_.empty()) log_->trim(trim_end_);
}

bool FileStore::State::wants_commit() const {
  return has_news() || doubt_ > 0 || !gathering_.releases.empty() || payloads_.wants_upkeep() ||
         checkpoints_.has_replaced() || can_trim();
}

void FileStore::State::commit(CommitDone done) {
  gathering_.dones.push_back(std::move(done));
  pump();
}

/// Starts commits as long as one is wanted and none is on its way. A sync may end at once, and a callback may
/// ask for the next commit: the loop takes it up, so that calls do not nest.
void FileStore::State::pump() {
  if (is_pumping_ || is_syncing_) return;
  is_pumping_ = true;
  const std::shared_ptr<bool> is_alive = is_alive_;
  while (!is_syncing_ && !gathering_.dones.empty()) {
    start();
    if (!*is_alive) return;
  }
  is_pumping_ = false;
}

/// Deletions, which wait until no sync is under way. What they delete was replaced by something durable: a
/// relaxed commit does not count, for the power may take it while the deletion stays.
void FileStore::State::tidy() {
  if (!unsettled_.empty()) return;
  payloads_.delete_empty();
  checkpoints_.delete_replaced();
  trim_log();
  drop_unused_keys();
}

/// Returns how it must be synced.
StoreResult<SyncMode> FileStore::State::write(CommitWrites& writes) {
  if (is_confirming_ && doubt_ == 1) {
    const auto noted = write_confirmed_end(writes, {log_->stamp().store, log_->durable_end()});
    if (!noted) return store_failure(noted.error());
  }
  const auto extent = payloads_.write(writes, options_.durability);
  if (!extent) return tl::unexpected(extent.error());
  // A checkpoint without any records beside it says that these were deleted: it waits for the second commit.
  auto written = StoreResult<void>();
  if (!log_->segments().empty()) written = checkpoints_.write(writes, options_.durability);
  if (!written) return tl::unexpected(written.error());
  // What a later commit builds upon must not be lost with the power, whatever may be lost of the newest ones.
  const bool is_last_chance = is_confirming_ || !writing_.doomed.empty() ||
                              payloads_.has_changed_segments() || checkpoints_.has_completed() ||
                              must_settle() || log_->position() - settled_position_ > unsettled_bytes_max;
  auto mode = log_->write(writes, writing_.blocks, *extent, options_.durability,
                          is_last_chance ? SyncMode::strict : options_.durability);
  if (!mode) return mode;
  written = doom(writes);
  if (!written) return tl::unexpected(written.error());
  // A strict commit vouches for all before it.
  if (*mode == SyncMode::strict) {
    for (const std::string& file : unsettled_) {
      if (files_.size(file)) writes.touch(file);
    }
  }
  return mode;
}

/// Keys are durable before anything that needs them is written: a record whose key went with the power would
/// have lost a name. One such sync makes many keys.
void FileStore::State::write_keys() {
  CommitWrites writes(files_);
  const auto written = keys_.write(writes);
  if (!written) {
    keys_.failed();
    return fail(store_error(written.error()));
  }
  is_syncing_ = true;
  files_.sync(writes.touched(), SyncMode::strict, [this, is_alive = is_alive_](FileResult<void> synced) {
    if (!*is_alive) return;
    is_syncing_ = false;
    if (synced) {
      keys_.written();
    } else {
      keys_.failed();
      fail(store_error(synced.error()));
    }
    if (*is_alive) pump();
  });
}

void FileStore::State::start() {
  if (keys_.has_unwritten()) return write_keys();
  if (access_ == Access::owner) tidy();
  const bool has_any = has_news();
  is_confirming_ = !has_any && doubt_ > 0;
  writing_ = std::exchange(gathering_, Batch());
  keys_.note_uses();
  if (!has_any && !is_confirming_) {
    for (const std::uint64_t id : writing_.releases) payloads_.release(id);
    Batch done = std::exchange(writing_, Batch());
    return report(done, nullptr);
  }
  CommitWrites writes(files_);
  const auto mode = write(writes);
  if (!mode) return fail(mode.error());
  unsettled_.insert(writes.touched().begin(), writes.touched().end());
  is_syncing_ = true;
  files_.sync(writes.touched(), *mode, [this, is_alive = is_alive_, mode = *mode](FileResult<void> synced) {
    if (!*is_alive) return;
    is_syncing_ = false;
    if (synced && mode == SyncMode::strict) {
      unsettled_.clear();
      settled_position_ = log_->position();
    }
    if (synced) doubt_ = is_confirming_ ? doubt_ - 1 : mode == SyncMode::strict ? 1 : 2;
    synced ? succeed() : fail(store_error(synced.error()));
    if (*is_alive) pump();
  });
}

void FileStore::State::succeed() {
  log_->committed();
  payloads_.committed();
  checkpoints_.committed([this](const Checkpoint& checkpoint) {
    const auto stream = log_->find(checkpoint.stream);
    LogStream& known = log_->streams()[*stream];
    known.covered = checkpoint.first;
    known.covered_position = checkpoint_positions_[*stream];
    std::erase(rotten_, checkpoint.stream);
  });
  for (const std::uint64_t id : writing_.releases) payloads_.release(id);
  ++commits_;
  progress_.clear();
  note_progress(writing_);
  Batch done = std::exchange(writing_, Batch());
  report(done, nullptr);
}

/// Also what was gathered meanwhile has failed: it follows upon what is lost.
void FileStore::State::fail(const StoreError& error) {
  // Nothing is lost with it, and the next commit will ask for it again.
  if (is_confirming_) doubt_ = 0;
  log_->failed();
  payloads_.failed();
  checkpoints_.failed();
  progress_.clear();
  note_progress(writing_);
  note_progress(gathering_);
  std::vector<std::uint64_t> doomed = std::exchange(writing_.doomed, {});
  doomed.insert(doomed.end(), gathering_.doomed.begin(), gathering_.doomed.end());
  Batch done = std::exchange(writing_, Batch());
  Batch after = std::exchange(gathering_, Batch());
  gathering_.doomed = std::move(doomed);
  std::move(after.dones.begin(), after.dones.end(), std::back_inserter(done.dones));
  // Nothing durable needs them, or the host will say so again after it has loaded.
  report(done, &error);
}

void FileStore::State::note_progress(const Batch& batch) {
  for (const RecordBlock& block : batch.blocks) {
    const bool is_noted = std::any_of(progress_.begin(), progress_.end(), [&](const StreamProgress& one) {
      return one.stream.index == block.stream;
    });
    if (!is_noted) progress_.push_back({{block.stream}, log_->streams()[block.stream].durable});
  }
}

void FileStore::State::report(Batch& batch, const StoreError* failure) {
  const std::vector<StreamProgress> progress = std::exchange(progress_, {});
  const StoreError error = failure ? *failure : StoreError();
  const CommitOutcome outcome{.failure = failure ? &error : nullptr, .streams = progress};
  const std::shared_ptr<bool> is_alive = is_alive_;
  for (CommitDone& done : batch.dones) {
    if (!*is_alive) return;
    if (done) done(outcome);
  }
}

}  // namespace parking_lot
