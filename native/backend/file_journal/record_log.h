#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "append_file.h"
#include "log_format.h"
#include "store.h"

namespace parking_lot {

/// A stream as the log knows it.
struct LogStream {
  StreamKey key;
  std::uint64_t durable = 0;  ///< number of its last record
  ChainHash chain{};          ///< after its last durable frame
  /// Number of the last record that a complete checkpoint makes unnecessary.
  std::uint64_t covered = 0;
  /// Place in the log (see `RecordLog::position`) after which records lie that no checkpoint covers.
  std::uint64_t covered_position = 0;
};

/// Records of one stream for the next commit, encoded.
struct RecordBlock {
  std::uint32_t stream = 0;
  std::uint64_t first_sequence = 0;
  std::uint32_t count = 0;
  WallTime time;  ///< of the first
  WallTime last_time;
  Bytes body;
};

/// One segment of records, as far as it is durable.
struct RecordSegment {
  std::uint64_t number = 0;
  std::uint64_t end = 0;
  WallTime created_at;
  bool is_history = false;  ///< checkpoints covered it when the store was opened; kept for audit alone
  /// Number of the first record that it holds or would hold, by stream; absent: 1.
  std::vector<std::uint64_t> next_at_start;
};

/// Up to where records may go.
struct TrimEnd {
  /// From where on a stream's records stay: those that follow upon a checkpoint.
  struct Stream {
    std::uint64_t covered = 0;  ///< number of the last record that may go
    WallTime began_at;          ///< not later than any record after that
  };
  WallTime before;              ///< records that are not older stay
  bool tells_past = false;      ///< whether anything but recovery needs records
  std::vector<Stream> streams;  ///< by stream; absent: none of its records may go
};

/// The segments of records: one log for all streams of a store.
class RecordLog {
 public:
  RecordLog(Files& files, std::uint64_t segment_bytes) : files_(files), segment_bytes_(segment_bytes) {}

  // --- opening ---

  /// What a complete checkpoint spares the opening: records up to `through` of the stream.
  struct Covered {
    StreamKey key;
    std::uint64_t through = 0;
  };
  /// Finds the end of the log and reads everything that no checkpoint covers. Once, on a new log.
  StoreResult<void> open(std::span<const std::string> names, std::span<const Covered> covered,
                         PayloadSegments& payloads);
  /// Removes what failed or torn commits left behind. Only for the owner.
  StoreResult<void> remove_leftovers(std::span<const std::string> names);

  // --- streams ---

  std::uint32_t stream(const StreamKey& key);
  std::optional<std::uint32_t> find(const StreamKey& key) const;
  std::vector<LogStream>& streams() { return streams_; }
  const std::vector<LogStream>& streams() const { return streams_; }

  // --- a commit: write, then committed or failed ---

  /// Of a store with this `durability`. Returns how the commit must be synced: strictly where it begins a
  /// segment, else as `mode` says.
  StoreResult<SyncMode> write(CommitWrites& writes, std::span<const RecordBlock> blocks,
                              const PayloadExtent& payloads, SyncMode durability, SyncMode mode);
  void committed();
  /// The segment is never appended to again: what came of the write may change its mind.
  void failed();
  /// Let the next commit begin a new segment, so that the present one can be deleted once it is covered.
  void begin_segment_if(std::uint64_t bytes_at_least);

  // --- what is on disk ---

  /// Segments from the first that anybody needs, and those kept for audit before them; oldest first.
  const std::deque<RecordSegment>& segments() const { return segments_; }
  /// After the last durable commit.
  LogEnd durable_end() const {
    return segments_.empty() ? LogEnd() : LogEnd{segments_.back().number, segments_.back().end};
  }
  /// Bytes written since some fixed point.
  std::uint64_t position() const { return position_; }
  std::uint64_t disk_bytes() const;
  /// What the last commit that counts says of payloads.
  const PayloadExtent& payloads() const { return payloads_; }
  std::uint64_t cut_bytes() const { return cut_bytes_; }
  const SegmentStamp& stamp() const { return stamp_; }
  void set_stamp(const SegmentStamp& stamp) { stamp_ = stamp; }

  /// Position in `segments()` of the first that is needed beside the checkpoints.
  std::size_t first_needed() const;
  /// Deletes the oldest segments that recovery does not need and all of whose records may go. Not during a
  /// sync.
  void trim(const TrimEnd& end);
  bool can_trim(const TrimEnd& end) const;
  /// Whether among the commits found at opening are relaxed ones for which no later one vouches.
  bool ends_relaxed() const { return ends_relaxed_; }
  /// Whether the last commit found at opening has nothing of its own and all others are vouched for.
  bool ends_confirmed() const { return ends_confirmed_; }
  SyncMode last_durability() const { return last_durability_; }

 private:
  struct Start;
  /// The commit on its way.
  struct Writing {
    Bytes out;
    FrameHead head;  ///< commit of the frames that are appended
    bool began_segment = false;
    std::vector<ChainHash> chains;
    std::vector<std::uint64_t> last;
    std::vector<bool> declared;
    PayloadExtent payloads;
    WallTime latest_time{0};
    RecordSegment segment;
    AppendFile file;
    std::uint64_t bytes = 0;
  };
  StoreResult<bool> follows_whole(ByteView segment, PayloadSegments& payloads);
  StoreResult<bool> find_newest(std::span<const std::uint64_t> numbers, PayloadSegments& payloads);
  StoreResult<Start> read_start(std::uint64_t number);
  StoreResult<void> find_first(std::span<const Covered> covered);
  StoreResult<void> read_segment(RecordSegment& segment, std::span<const Covered> covered);
  StoreResult<void> take_frame(const RecordSegment& segment, const Frame& frame, std::uint64_t offset,
                               std::vector<std::uint32_t>& local, std::span<const Covered> covered);
  void know_history(std::span<const std::uint64_t> numbers);
  FileResult<void> begin_segment(CommitWrites& writes, Writing& now, SyncMode mode);
  void declare(Writing& now, std::uint32_t stream);
  bool is_needed(std::size_t segment) const;

  Files& files_;
  std::uint64_t segment_bytes_;
  SegmentStamp stamp_;
  std::vector<LogStream> streams_;
  std::deque<RecordSegment> segments_;
  std::uint64_t position_ = 0;
  std::uint64_t next_number_ = 1;
  PayloadExtent payloads_;
  std::uint64_t cut_bytes_ = 0;
  WallTime latest_time_{0};

  // The segment that grows.
  bool is_growing_ = false;
  bool must_begin_ = false;
  std::uint32_t commit_ = 0;  ///< number of its last commit
  std::vector<bool> declared_;
  AppendFile file_;

  std::optional<Writing> writing_;
  bool ends_relaxed_ = false;
  bool ends_confirmed_ = false;
  SyncMode last_durability_ = SyncMode::strict;  ///< of the last commit that was found at opening
};

}  // namespace parking_lot
