#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "parking_lot/frame.h"
#include "payload_segments.h"

/// What the store itself says in a record segment, and how such a segment is read.
///
/// After its header a record segment has an `opening` frame, a declaration of every stream that has records,
/// and then commits: the records of each stream, and a `commit` frame without which none of them count.
namespace parking_lot {

/// What is wrong with a frame that should be there and is not whole.
std::string_view why_unreadable(const Frame& frame);

/// Body of an `opening` frame: where the log stood when the segment began. What a segment has behind that
/// place belongs to a commit that failed.
struct OpeningNote {
  std::uint64_t previous_segment = 0;  ///< 0: this is the first
  std::uint64_t previous_end = 0;
};

/// Body of a `commit` frame.
struct CommitNote {
  /// Of the store. Relaxed commits may be lost with the power, in any order, up to one that vouches.
  SyncMode durability = SyncMode::strict;
  /// Synced strictly, and with it all that was written before. True once another commit follows.
  bool vouches = true;
  PayloadExtent payloads;
  /// CRC-32C of the commit's frames before this one: a mixture of two writes to one place is no commit.
  std::uint32_t checksum = 0;
};

void append_opening(FrameHead head, const OpeningNote& note, Bytes& out);
void append_commit(FrameHead head, const CommitNote& note, Bytes& out);
std::optional<OpeningNote> parse_opening(const Frame& frame);
/// Bytes of a record segment that hold its header and its `opening` frame.
inline constexpr std::size_t opening_reach = segment_header_bytes + frame_header_bytes + 64;
/// What the first bytes of a record segment say of the one before it; `nullopt`: that cannot be read.
std::optional<OpeningNote> opening_in(ByteView start);
std::optional<CommitNote> parse_commit(const Frame& frame);

/// One whole commit of a segment.
struct ScannedCommit {
  std::uint64_t end = 0;  ///< offset after it
  CommitNote note;
  bool is_bare = false;  ///< it only confirms those before it
};

/// What a segment consists of.
struct SegmentScan {
  std::vector<ScannedCommit> commits;
  std::uint64_t end = segment_header_bytes;  ///< of the last whole commit
  /// Something that is no whole commit follows: of a commit that was on its way, or damage.
  enum class Tail : std::uint8_t { none, torn, damaged } tail = Tail::none;
  std::uint64_t damage_offset = 0;
  std::string_view damage;
};

/// Told of a whole frame and where it stands.
using VisitFrame = std::function<void(const Frame& frame, std::uint64_t offset)>;

/// Reads all commits, at most up to `limit`, and judges what follows them. `visit`, if there is one, is told
/// of the frames of every whole commit, in their order. O(bytes).
SegmentScan scan_commits(ByteView segment, std::uint64_t limit = ~std::uint64_t{0},
                         const VisitFrame& visit = {});

/// Calls for every frame from the header to `end`, which is the end of a commit. False: `visit` returned
/// false. A frame that cannot be read is told to `visit` with its status and ends the walk.
bool visit_frames(ByteView segment, std::uint64_t end,
                  const std::function<bool(const Frame& frame, std::uint64_t offset)>& visit);

}  // namespace parking_lot
