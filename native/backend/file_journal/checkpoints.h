#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "append_file.h"
#include "log_format.h"
#include "payload_segments.h"
#include "store.h"

namespace parking_lot {

/// A complete checkpoint of one stream.
struct Checkpoint {
  StreamKey stream;
  std::vector<std::uint64_t> parts;  ///< segment numbers, in order; the first one names the checkpoint
  std::vector<std::uint64_t> ends;   ///< of each part, in bytes: what follows belongs to nobody
  std::uint64_t first = 0;           ///< number that its first records of state have
  std::uint64_t last = 0;            ///< and its last ones
  std::uint64_t bytes = 0;
  WallTime began_at;     ///< of its first state
  WallTime ended_at;     ///< of its last one
  bool is_past = false;  ///< replaced, and kept: what follows upon it tells of the past
};

/// Which checkpoints stay although others have replaced them.
struct KeepsPast {
  Duration spacing{0};  ///< at least so far from one to the next; 0: none stay
  WallTime log_began;   ///< time from which on there are records
};

/// Where a part of a checkpoint cannot be read: it is damaged, or was never finished; or its end was passed.
struct UnreadablePart {
  std::string file;
  std::uint64_t offset = 0;
  std::string message;
};

/// Checkpoints of all streams, each in segments of its own: a declaration of the stream, `checkpoint_begin`,
/// frames of state, and in the last part `checkpoint_end`.
class Checkpoints {
 public:
  Checkpoints(Files& files, std::uint64_t segment_bytes) : files_(files), segment_bytes_(segment_bytes) {}

  // --- opening ---

  /// Past ones are known by what the newest one says of them, and read when they are wanted.
  enum class Reading : std::uint8_t { newest, everything };
  /// Reads all parts. What is not whole counts as never finished; `unreadable_parts` tells the first such
  /// place of each, should the stream turn out to need it.
  StoreResult<void> open(std::span<const std::string> names, Reading reading = Reading::newest);
  /// Drops a complete one that goes beyond what is durable.
  void reject(const StreamKey& stream);
  std::span<const UnreadablePart> unreadable_parts() const { return unreadable_parts_; }
  /// Foreign bytes behind the ends of parts of complete ones, which nobody reads.
  std::span<const UnreadablePart> surplus() const { return surplus_; }
  /// Removes all parts that belong to no newest or past complete checkpoint. Only for the owner.
  StoreResult<void> remove_leftovers(std::span<const std::string> names);
  void set_stamp(const SegmentStamp& stamp) { stamp_ = stamp; }

  /// The newest complete one, or nullptr.
  const Checkpoint* newest(const StreamKey& stream) const;
  const Checkpoint* oldest(const StreamKey& stream) const;
  /// The newest one whose state is all from `time` or before, or nullptr.
  const Checkpoint* newest_until(const StreamKey& stream, WallTime time) const;
  /// Rising.
  std::span<const Checkpoint> complete() const { return complete_; }
  /// Reads the complete ones again and tells which are not what was written any more. O(bytes).
  std::vector<StreamKey> rotten() const;
  std::uint64_t disk_bytes() const;

  // --- writing; nothing reaches a file before `write` ---

  void begin(const StreamKey& stream, const KeepsPast& keeps);
  bool is_open(const StreamKey& stream) const;
  template <class R>
  void add(const StreamKey& stream, std::span<const R> state, NameKeys& keys);
  void end(const StreamKey& stream);
  bool has_gathered() const;

  // --- a commit: write, then committed or failed ---

  StoreResult<void> write(CommitWrites& writes, SyncMode mode);
  /// Calls for each checkpoint that has become complete with this commit.
  void committed(const std::function<void(const Checkpoint&)>& completed);
  void failed();
  /// Whether the present commit completes one, so that it must be synced strictly.
  bool has_completed() const { return has_completed_; }
  /// Drops past ones that no time from `time` on needs, because there is a later one before it.
  void forget_past(WallTime time);
  /// Deletes what was replaced or dropped. Not during a sync.
  void delete_replaced();
  bool has_replaced() const { return !replaced_.empty(); }

 private:
  struct Open {
    Checkpoint checkpoint;
    ChainHash chain{};
    std::vector<Bytes> frames;  ///< not written yet
    AppendFile file;
    bool is_ended = false;
    bool is_written = false;  ///< to its end
    std::uint64_t records = 0;
    std::vector<Checkpoint> past;  ///< complete ones that stay
  };
  struct Part;
  using Parts = std::map<std::uint64_t, std::vector<Part>>;  ///< by checkpoint, rising
  StoreResult<std::optional<std::uint64_t>> open_part(std::uint64_t number, Parts& found);
  bool judge(std::uint64_t id, const std::vector<Part>& parts);
  bool complete(std::uint64_t id, const std::vector<Part>& parts);
  void take_past(const Part& first, std::span<const std::string> names);
  FileResult<void> begin_part(Open& open, CommitWrites& writes, SyncMode mode);
  FileResult<void> write_frames(Open& open, CommitWrites& writes, SyncMode mode);
  void drop(Open& open);
  Open* find(const StreamKey& stream);

  Files& files_;
  std::uint64_t segment_bytes_;
  SegmentStamp stamp_;
  std::uint64_t next_number_ = 1;
  std::vector<Checkpoint>
      complete_;  ///< rising; of one stream there may be several until the older is deleted
  std::vector<Open> open_;
  std::vector<std::uint64_t> replaced_;  ///< segments to be deleted
  std::vector<UnreadablePart> unreadable_parts_;
  std::vector<UnreadablePart> surplus_;
  bool has_completed_ = false;
};

}  // namespace parking_lot
