#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files.h"
#include "parking_lot/frame.h"
#include "parking_lot/mailbox.h"
#include "parking_lot/record.h"
#include "parking_lot/result.h"
#include "parking_lot/time.h"
#include "parking_lot/types.h"
#include "store_error.h"

/// A store in a set of files: streams of records, payloads, checkpoints. See docs/journal-format.md for the
/// bytes.
namespace parking_lot {

/// What names a stream for good. One store holds many; all of them share its commits.
struct StreamKey {
  StreamKind kind = StreamKind::pool;
  std::string name;  ///< 1 to 200 bytes
  friend bool operator==(const StreamKey&, const StreamKey&) = default;
};

/// Position among the streams of one opened store; means nothing to another opening.
struct StreamNumber {
  std::uint32_t index = 0;
  friend bool operator==(const StreamNumber&, const StreamNumber&) = default;
};

struct StoreOptions {
  /// Of this opening: names the store if it is a new one.
  Entropy entropy;
  /// When it is opened.
  WallTime now{0};
  /// New record and checkpoint segments begin when one has this size; one commit is never split. 64 KiB for
  /// IDBFS, which stores whole files.
  std::uint64_t segment_bytes = std::uint64_t{16} << 20;
  std::uint64_t payload_segment_bytes = std::uint64_t{16} << 20;
  SyncMode durability = SyncMode::strict;
  /// Records younger than this stay on disk as audit trail although a checkpoint replaces them, and so do
  /// checkpoints from which any time within it can be told; see `trim`.
  Duration audit_retention{0};
  /// A stream wants a checkpoint when more was written than this and than the live state's size.
  std::uint64_t checkpoint_bytes_min = std::uint64_t{4} << 20;
};

/// How far a stream is durable after a commit.
struct StreamProgress {
  StreamNumber stream;
  std::uint64_t durable = 0;  ///< number of its last durable record
};

/// How a commit ended. Valid during the callback.
struct CommitOutcome {
  /// Why nothing of the commit counts. Then every stream in `streams` stands at `durable`, and what was
  /// appended to it after the commit has failed too: report the failure, `load` it again, append from
  /// `durable + 1`.
  const StoreError* failure = nullptr;
  std::span<const StreamProgress> streams;  ///< all that had records in it
};
using CommitDone = std::function<void(const CommitOutcome&)>;

/// Whether a name of a person is to be erased.
using IsErased = std::function<bool(std::string_view)>;

/// What a search for the keys of such names has found so far.
struct ErasureSearch {
  std::set<std::uint64_t> keys;  ///< their numbers
  std::set<std::string> files;   ///< that were looked through and do not grow any more
};

/// Where the log of records ends: a segment, and the offset after its last durable commit.
struct LogEnd {
  std::uint64_t segment = 0;  ///< 0: nothing was ever written
  std::uint64_t offset = 0;
};

struct FileStoreStats {
  std::uint64_t record_bytes = 0;        ///< of record segments on disk
  std::uint64_t checkpoint_bytes = 0;    ///< of checkpoint segments on disk
  std::uint64_t payload_bytes = 0;       ///< of payload segments on disk
  std::uint64_t payload_bytes_live = 0;  ///< of payloads that were not released
  std::uint64_t payloads = 0;            ///< that were not released
  std::uint64_t commits = 0;             ///< that succeeded since the opening
  std::uint64_t cut_bytes = 0;           ///< a torn tail that the opening cut off
  std::uint64_t index_memory_bytes = 0;  ///< of the payload index
};

/// Records in the order of their numbers, piece by piece. `R` is `Record`, `mailbox::Record` or
/// `garage::Record`.
///
/// Between two calls anything may happen to the store but a commit's completion for this stream.
template <class R>
class StreamReader {
 public:
  StreamReader(StreamReader&&) noexcept;
  StreamReader& operator=(StreamReader&&) noexcept;
  ~StreamReader();

  /// The next records, some hundreds; empty at the end. Valid until the next call. After an error: the same
  /// error.
  StoreResult<std::span<const R>> next();

 private:
  friend class FileStore;
  class State;
  explicit StreamReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// One opened store.
///
/// Writing only gathers, and `commit` makes durable. At most one commit is on its way to the disk; everything
/// that arrives meanwhile goes into the next one together (group commit). A commit is atomic: after a crash
/// all of it is there or nothing. So a payload `put` before the record that names it, in the same commit, is
/// never missing.
///
/// Files are touched only while no sync is under way (see `Files`). Belongs to one thread; callbacks come on
/// it, possibly within `commit`, and may call the store.
class FileStore {
 public:
  /// Takes the lock, cuts a torn tail, and knows all streams and payloads afterwards. O(bytes of records
  /// since the oldest checkpoint needed + number of payloads); payloads' bytes are not read. `files` must
  /// outlive the store.
  static StoreResult<FileStore> open(Files& files, const StoreOptions& options);

  /// For looking: takes no lock, changes nothing, sees what is complete now. `superseded` can meet every
  /// later read.
  static StoreResult<FileStore> open_read_only(Files& files);

  FileStore(FileStore&&) noexcept;
  FileStore& operator=(FileStore&&) noexcept;
  /// What is not durable is given up, its callbacks are not called. To be sure, wait for `commit` first.
  ~FileStore();

  // --- streams ---

  /// The stream of this name, a new one if there is none. A new one costs nothing until it is written to.
  /// A read-only store fails with `not_found`.
  StoreResult<StreamNumber> stream(const StreamKey& key);
  std::vector<StreamKey> streams() const;  ///< position = number
  /// What the store was born with, and keeps wherever it is moved.
  std::uint64_t identity() const;
  /// Number of the last record that is durable; 0: none.
  std::uint64_t durable(StreamNumber stream) const;

  /// Reads the newest complete checkpoint merged with the records after its first number: in the order of
  /// their numbers, each once, state after the record of the same number. The stream's kind must fit. After a
  /// failed commit the stream ends at `durable`.
  StoreResult<StreamReader<Record>> load_pool(StreamNumber stream);
  StoreResult<StreamReader<mailbox::Record>> load_mailbox(StreamNumber stream);
  StoreResult<StreamReader<garage::Record>> load_garage(StreamNumber stream);
  /// What tells of that time: the newest checkpoint that was complete then, merged with the records after its
  /// first number, or all events where there is none. It goes on beyond the time.
  StoreResult<StreamReader<Record>> past_of_pool(StreamNumber stream, WallTime time);
  StoreResult<StreamReader<garage::Record>> past_of_garage(StreamNumber stream, WallTime time);
  /// All events that are on disk, also those that a checkpoint replaces: from the oldest that the audit
  /// retention has left.
  StoreResult<StreamReader<Record>> history_of_pool(StreamNumber stream);
  StoreResult<StreamReader<garage::Record>> history_of_garage(StreamNumber stream);

  // --- writing; nothing is durable before the commit ---

  /// Records must follow the last one appended, without a gap (`out_of_order`, also after a failed commit
  /// until it is loaded again from `durable`). Those that are durable already are skipped. Views are copied.
  StoreResult<void> append(StreamNumber stream, std::span<const Record> records);
  StoreResult<void> append(StreamNumber stream, std::span<const mailbox::Record> records);
  StoreResult<void> append(StreamNumber stream, std::span<const garage::Record> records);

  /// Keeps the bytes under this id, which is not 0 and never was used in this store. Known ids are skipped.
  StoreResult<void> put(std::uint64_t id, std::string_view bytes);
  /// Nothing needs these bytes any more once all that was appended until now is durable. They vanish from
  /// disk some commits later. Unknown ids change nothing. A crash may bring it back: see `release_all_but`.
  void release(std::uint64_t id);

  /// Destroys the keys of the plates, operators and mailbox keys that `is_erased` picks: with the next commit
  /// nothing in the store tells them any more, and where they stood is `erased:` and a number. Records and
  /// their chain stay as they are; indexes of the audit trail are removed, to be made again
  /// (`AuditLog::forget`). What still lives under such a name, as a machine has it, must have ended before: a
  /// later checkpoint would write it anew. Names of streams and tasks, tenants and payloads are not touched.
  ///
  /// Returns how many keys that are. O(bytes of records and checkpoints), at once.
  ///
  /// Fails, and nothing is destroyed, if a record or a checkpoint that counts cannot be read, or names them
  /// in plain text (`unsealed`).
  StoreResult<std::uint64_t> erase(const IsErased& is_erased);
  /// The same in two steps, for who has to do something else before, or in several stores: first all that can
  /// fail. Another search with the same `found` looks only at what may have been written since.
  StoreResult<void> search(const IsErased& is_erased, ErasureSearch& found);
  /// Nothing may have been written since the last search.
  std::uint64_t erase(const IsErased& is_erased, const ErasureSearch& found);

  /// Makes durable what was gathered before; at once if no commit is on its way, else after it. `done` is
  /// called once. With nothing gathered it waits for the commits before it, and writes a small one if the
  /// store is not confirmed.
  void commit(CommitDone done);
  /// Whether something was gathered since the last commit, or a further commit would tidy up (compaction
  /// of payloads, files to be deleted) or confirm: an idle host then commits now and then.
  bool wants_commit() const;
  /// Whether all that is durable is vouched for by a later commit. Damage to it is then told as damage, while
  /// an opening must take damage to the last commits, of a relaxed store to many, for commits that were on
  /// their way, and cuts them off. It takes one commit with nothing gathered, of a relaxed store two: an idle
  /// host makes them (`wants_commit`), and before an orderly end.
  bool is_confirmed() const;

  // --- payloads ---

  /// Replaces `out` by the bytes, durable or only put. `not_found`, or `corrupt` if the checksum does not
  /// fit.
  StoreResult<void> read_payload(std::uint64_t id, std::string& out);
  bool holds_payload(std::uint64_t id) const;
  std::uint64_t largest_payload_id() const;  ///< that this store knows; 0: none
  /// For the end of recovery: releases every payload with an id below `before` that is not among `named`
  /// (sorted ascending). O(payloads + named).
  void release_all_but(std::span<const std::uint64_t> named, std::uint64_t before);

  // --- checkpoints ---

  /// Whether enough was written that a checkpoint of this stream pays, or the one on disk has to be replaced
  /// because it cannot be read any more.
  bool wants_checkpoint(StreamNumber stream) const;
  /// Begins one: what the machine's `checkpoint` gives, step by step, goes to
  /// `add_to_checkpoint`, whose records have numbers from the stream's last appended one on. An unfinished
  /// one of the stream is dropped.
  StoreResult<void> begin_checkpoint(StreamNumber stream);
  StoreResult<void> add_to_checkpoint(StreamNumber stream, std::span<const Record> state);
  StoreResult<void> add_to_checkpoint(StreamNumber stream, std::span<const mailbox::Record> state);
  StoreResult<void> add_to_checkpoint(StreamNumber stream, std::span<const garage::Record> state);
  /// It counts once the next commit has succeeded; whatever it replaces is deleted after that. A failed
  /// commit drops it.
  StoreResult<void> end_checkpoint(StreamNumber stream);
  bool has_open_checkpoint(StreamNumber stream) const;

  /// Deletes record segments that checkpoints replace and whose youngest record is older than the audit
  /// retention, by whole stretches between the checkpoints that stay: they lie an eighth of the retention
  /// apart or more. Call it after checkpoints and about hourly; takes effect with the next commit, which
  /// reads the checkpoints again if there is something to delete: O(their bytes).
  void trim(WallTime now);

  /// For those who read the records beside the store (see `AuditLog`).
  LogEnd log_end() const;
  /// Number of the oldest segment of records that recovery reads: those before it are kept for audit alone.
  /// 0: there is none yet.
  std::uint64_t first_needed_segment() const;

  FileStoreStats stats() const;

 private:
  class State;
  explicit FileStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace parking_lot
