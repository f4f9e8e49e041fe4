#pragma once

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checkpoints.h"
#include "key_files.h"
#include "payload_segments.h"
#include "record_log.h"
#include "store.h"

namespace parking_lot {

/// The store's parts and the way of a commit through them.
///
/// A commit: tidy up (deletions need no sync), write payloads, checkpoints and records, sync all files, then
/// either take note of success everywhere or of failure everywhere.
class FileStore::State {
 public:
  enum class Access : std::uint8_t { owner, reader };

  State(Files& files, const StoreOptions& options, Access access)
      : files_(files),
        options_(options),
        access_(access),
        log_(std::in_place, files, options.segment_bytes),
        keys_(files),
        payloads_(files, options.payload_segment_bytes, {}),
        checkpoints_(files, options.segment_bytes) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { *is_alive_ = false; }

  StoreResult<void> open();

  template <class R>
  StoreResult<void> append(StreamNumber stream, std::span<const R> records);
  /// What recovery needs.
  template <class R>
  StoreResult<StreamReader<R>> load(StreamNumber stream);
  /// From a checkpoint on, or from the start; none of its records may lie before that segment.
  template <class R>
  StoreResult<StreamReader<R>> load(StreamNumber stream, const Checkpoint* from, std::size_t first_segment);
  template <class R>
  StoreResult<StreamReader<R>> load_past(StreamNumber stream, WallTime time);
  StoreResult<void> put(std::uint64_t id, std::string_view bytes);
  void release(std::uint64_t id);
  StoreResult<void> search(const IsErased& is_erased, ErasureSearch& found);
  std::uint64_t erase(const IsErased& is_erased, const ErasureSearch& found);
  void release_all_but(std::span<const std::uint64_t> named, std::uint64_t before);
  void commit(CommitDone done);
  bool wants_commit() const;
  bool is_confirmed() const { return doubt_ == 0; }
  bool wants_checkpoint(StreamNumber stream) const;
  StoreResult<void> begin_checkpoint(StreamNumber stream);
  void trim(WallTime now);
  FileStoreStats stats() const;

  RecordLog& log() { return *log_; }
  const RecordLog& log() const { return *log_; }
  PayloadSegments& payloads() { return payloads_; }
  const PayloadSegments& payloads() const { return payloads_; }
  KeyFiles& keys() { return keys_; }
  Checkpoints& checkpoints() { return checkpoints_; }
  const Checkpoints& checkpoints() const { return checkpoints_; }
  StoreResult<void> writable() const;
  const StreamKey& key(StreamNumber stream) const { return log_->streams()[stream.index].key; }

 private:
  struct Batch {
    std::vector<RecordBlock> blocks;
    std::vector<std::uint64_t> releases;
    std::vector<std::uint64_t> doomed;  ///< numbers of keys that are to be destroyed
    std::vector<CommitDone> dones;
  };

  StoreResult<void> open_log(std::span<const std::string> names);
  StoreResult<void> check_end(const LogEnd& confirmed) const;
  void note_unsettled(std::span<const std::string> names);
  std::uint64_t last_appended(std::uint32_t stream) const;
  RecordBlock& block_for(std::uint32_t stream, std::uint64_t sequence, WallTime at);
  bool has_news() const;
  bool must_settle() const;
  bool can_trim() const;
  bool is_past_due(const LogStream& stream) const;
  void retain_from(WallTime now);
  Duration past_spacing() const;
  bool has_past(const StreamKey& stream) const;
  WallTime log_begins() const;
  void trim_log();
  bool is_rotten(const StreamKey& stream) const;
  void pump();
  void start();
  void write_keys();
  std::uint64_t counted_end(const std::string& file) const;
  bool is_finished(const std::string& file) const;
  StoreResult<void> walk(const std::string& file, NameKeys& keys);
  void drop_unused_keys();
  StoreResult<void> doom(CommitWrites& writes);
  StoreResult<SyncMode> write(CommitWrites& writes);
  void succeed();
  void fail(const StoreError& error);
  void note_progress(const Batch& batch);
  void report(Batch& batch, const StoreError* failure);
  void tidy();

  Files& files_;
  StoreOptions options_;
  Access access_;
  std::optional<RecordLog> log_;
  KeyFiles keys_;
  PayloadSegments payloads_;
  Checkpoints checkpoints_;
  Batch gathering_;
  Batch writing_;
  std::vector<std::uint64_t>
      checkpoint_positions_;  ///< by stream: where the log stood when its checkpoint began
  std::vector<StreamProgress> progress_;
  /// Of a segment that was looked through.
  struct KeyUse {
    std::uint64_t bytes = 0;
    std::uint64_t lowest = 0;
  };
  std::map<std::string, KeyUse> key_uses_;  ///< by file
  bool wants_key_trim_ = false;
  bool must_look_ = false;         ///< at the checkpoints, before the log is trimmed
  std::vector<StreamKey> rotten_;  ///< streams whose newest checkpoint has to be made anew
  /// How many more commits it takes until all that is durable has a commit behind it that vouches for it and
  /// is followed by another: damage to it can then be told from a commit that was on its way.
  std::uint32_t doubt_ = 0;
  bool is_confirming_ = false;          ///< the commit on its way has nothing of its own
  std::uint64_t settled_position_ = 0;  ///< of the log when it was synced strictly last
  std::set<std::string> unsettled_;     ///< files that were written since a strict sync, or may have been
  TrimEnd trim_end_;
  WallTime past_due_{std::numeric_limits<std::int64_t>::min()};  ///< a checkpoint that is older than this is
                                                                 ///< to be followed by another
  bool is_syncing_ = false;
  bool is_pumping_ = false;
  std::uint64_t commits_ = 0;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace parking_lot
