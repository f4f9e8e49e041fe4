#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "append_file.h"
#include "payload_format.h"
#include "payload_index.h"
#include "segment_files.h"

namespace parking_lot {

/// A place between two entries.
struct PayloadEnd {
  std::uint64_t segment = 0;  ///< 0: no payload was ever written
  std::uint64_t offset = 0;
  friend bool operator==(const PayloadEnd&, const PayloadEnd&) = default;
};

/// What a commit wrote of payloads.
struct PayloadExtent {
  PayloadEnd begin;
  PayloadEnd end;
  std::uint32_t count = 0;
};

/// What a segment header says beside kind and number.
struct SegmentStamp {
  std::array<std::uint8_t, 16> store{};
  std::uint64_t epoch = 0;
  WallTime created_at;
};

/// The bytes of payloads, by id, in segments of their own.
///
/// Bytes stay in memory until their commit has succeeded; after that only an index does. A segment in which
/// nothing is needed any more is deleted. Sparse ones are emptied bit by bit: each commit copies some of what
/// is still needed in them, so that disk space stays below 1.25 of what is needed and some slack.
class PayloadSegments {
 public:
  PayloadSegments(Files& files, std::uint64_t segment_bytes, SegmentStamp stamp);

  // --- opening ---

  /// Whether all that a commit says it wrote is there. Reads its bytes. A segment that is not there was
  /// deleted because nothing in it was needed, unless the commit is the last one.
  enum class Commit : std::uint8_t { earlier, last };
  StoreResult<bool> is_whole(const PayloadExtent& extent, Commit commit);
  /// Builds the index of all that was written up to the end of the last commit. With `Leftovers::remove` what
  /// lies behind it goes.
  enum class Leftovers : std::uint8_t { ignore, remove };
  StoreResult<void> open(const PayloadExtent& last, std::span<const std::string> names, Leftovers leftovers);

  void set_stamp(const SegmentStamp& stamp) { stamp_ = stamp; }

  // --- gathering ---

  void put(std::uint64_t id, std::string_view bytes);
  bool holds(std::uint64_t id) const;
  StoreResult<void> read(std::uint64_t id, std::string& out);
  /// At once: it must not be needed any more by what is durable.
  void release(std::uint64_t id);
  bool has_gathered() const { return !gathering_.items.empty(); }
  std::uint64_t gathered_bytes() const { return gathering_.buffer.size(); }

  // --- a commit: write, then committed or failed ---

  /// Writes what was gathered, and copies of what a sparse segment still holds.
  StoreResult<PayloadExtent> write(CommitWrites& writes, SyncMode mode);
  void committed();
  /// Gives up what was written, and all that was gathered since.
  void failed();
  /// Whether the present commit closed or began a segment, so that it must be synced strictly.
  bool has_changed_segments() const { return has_changed_segments_; }

  /// Deletes segments in which nothing is needed. Not while a sync is under way.
  void delete_empty();
  bool has_deletable() const { return has_empty(Empty::deletable); }
  /// Whether commits would go on making room.
  bool wants_upkeep() const;
  /// Whether the next `write` has anything to do.
  bool has_work() const { return has_gathered() || must_seal_ || is_sparse() || has_empty(Empty::vouched); }

  const PayloadIndex& index() const { return index_; }
  std::uint64_t largest_id() const { return largest_id_; }
  std::uint64_t disk_bytes() const;
  std::uint64_t live_bytes() const { return live_bytes_; }

 private:
  struct Segment {
    std::uint64_t end = 0;
    std::uint64_t live_bytes = 0;
  };
  struct Item {
    std::uint64_t id = 0;
    std::size_t offset = 0;  ///< of its head in the batch's buffer
    std::uint32_t bytes = 0;
    PayloadPlace place;
    std::optional<PayloadPlace> copied_from;
  };
  struct Batch {
    Bytes buffer;
    std::vector<Item> items;
    std::unordered_map<std::uint64_t, std::size_t> by_id;  ///< those that were put
  };
  struct Victim {
    std::uint32_t segment = 0;
    std::vector<PayloadListing> list;
    std::size_t next = 0;
  };
  /// How far things were at the last success.
  struct Durable {
    std::uint32_t segment = 0;
    std::uint64_t end = 0;
    std::size_t listed = 0;
  };

  static std::uint64_t entry_bytes(std::uint64_t bytes) { return payload_head_bytes + bytes; }
  StoreResult<void> open_segment(std::uint32_t number, std::optional<std::uint64_t> limit);
  StoreResult<std::optional<std::vector<PayloadListing>>> sealed_list(std::uint32_t number);
  StoreResult<std::vector<PayloadListing>> scan(std::uint32_t number, std::uint64_t limit,
                                                std::uint64_t& end);
  void know(std::uint32_t number, std::span<const PayloadListing> list);
  void account(const PayloadPlace& place, std::int64_t sign);
  StoreResult<void> write_items(CommitWrites& writes, SyncMode mode);
  FileResult<void> begin_segment(CommitWrites& writes, SyncMode mode);
  FileResult<void> seal(CommitWrites& writes, SyncMode mode);
  /// Segments in which nothing is needed. Those that the last commit wrote to stay until there is a later
  /// one, since opening judges by their bytes whether that commit is whole.
  enum class Empty : std::uint8_t { deletable, vouched };
  bool has_empty(Empty kind) const;
  bool is_empty(std::uint32_t number, const Segment& segment, Empty kind) const;
  void copy_from_sparse(std::uint64_t budget);
  bool choose_victim();
  bool is_sparse() const;
  const Item* pending(std::uint64_t id) const;
  const Batch& batch_of(std::uint64_t id) const;

  Files& files_;
  std::uint64_t segment_bytes_;
  SegmentStamp stamp_;
  PayloadIndex index_;
  std::map<std::uint32_t, Segment> segments_;
  std::uint32_t next_number_ = 1;
  std::uint32_t current_ = 0;  ///< the segment that grows; 0: none, the next payload begins one
  AppendFile file_;            ///< of `current_`
  std::vector<PayloadListing> listed_;
  Durable durable_;
  std::uint64_t live_bytes_ = 0;
  std::uint64_t largest_id_ = 0;
  Batch gathering_;
  Batch writing_;
  /// First segment that the commit on its way, and the last one that succeeded, wrote to.
  std::uint64_t writing_first_ = 0;
  std::uint64_t vouched_from_ = ~std::uint64_t{0};
  bool has_changed_segments_ = false;
  bool must_seal_ = false;
  std::optional<Victim> victim_;
};

}  // namespace parking_lot
