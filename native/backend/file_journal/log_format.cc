#include "log_format.h"

#include <algorithm>

#include "little_endian.h"
#include "parking_lot/crc32c.h"

namespace parking_lot {

namespace {

// Bits of how a commit was synced.
constexpr std::uint8_t relaxed_bit = 1;
constexpr std::uint8_t vouches_bit = 2;
constexpr std::size_t opening_bytes = 16;
constexpr std::size_t commit_bytes = 41;
constexpr std::uint64_t sector_bytes = 512;

void append_note(FrameHead head, FrameKind kind, const Bytes& body, Bytes& out) {
  head.kind = kind;
  head.stream = 0;
  head.count = 0;
  head.ends_commit = kind == FrameKind::commit;
  ChainHash none{};
  append_frame(head, body, none, out);
}

/// Whether a sector's share of [begin, end) is all zeros, as it is where a write never arrived.
bool has_blank_sector(ByteView segment, std::uint64_t begin, std::uint64_t end) {
  while (begin < end) {
    const std::uint64_t stop = std::min(end, begin / sector_bytes * sector_bytes + sector_bytes);
    const ByteView share =
        segment.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(stop - begin));
    if (std::all_of(share.begin(), share.end(), [](std::uint8_t byte) { return byte == 0; })) return true;
    begin = stop;
  }
  return false;
}

/// What follows the last whole commit of a relaxed segment: anything may be missing, unless a commit that
/// vouches for it was followed by another.
SegmentScan::Tail judge_relaxed(ByteView segment, std::uint64_t place) {
  std::optional<std::uint32_t> vouching;
  for (std::size_t from = static_cast<std::size_t>(place);;) {
    const Frame frame = find_frame(segment, from);
    if (frame.status == Frame::Status::blank) return SegmentScan::Tail::torn;
    if (vouching && frame.head.commit > *vouching) return SegmentScan::Tail::damaged;
    const auto note = parse_commit(frame);
    if (note && note->vouches) vouching = frame.head.commit;
    from = frame.next;
  }
}

/// What follows the last whole commit: of the next one any part may be missing, since it was never confirmed.
/// But a commit after that one, or one whose bytes all arrived and yet are wrong, is damage.
SegmentScan::Tail judge(ByteView segment, std::uint64_t end, std::uint64_t place, std::uint32_t last_commit) {
  for (std::size_t from = static_cast<std::size_t>(place);;) {
    const Frame frame = find_frame(segment, from);
    if (frame.status == Frame::Status::blank) return SegmentScan::Tail::torn;
    const std::uint64_t start = frame.next - frame.length;
    if (frame.head.commit > last_commit + 1) return SegmentScan::Tail::damaged;
    const bool began_here = start - frame.head.commit_offset == end;
    if (frame.head.kind == FrameKind::commit && frame.head.commit == last_commit + 1 && began_here &&
        !has_blank_sector(segment, end, start)) {
      return SegmentScan::Tail::damaged;
    }
    from = frame.next;
  }
}

}  // namespace

void append_opening(FrameHead head, const OpeningNote& note, Bytes& out) {
  Bytes body;
  put_u64(body, note.previous_segment);
  put_u64(body, note.previous_end);
  append_note(head, FrameKind::opening, body, out);
}

void append_commit(FrameHead head, const CommitNote& note, Bytes& out) {
  Bytes body;
  const bool is_relaxed = note.durability == SyncMode::relaxed;
  body.push_back(is_relaxed ? static_cast<std::uint8_t>(relaxed_bit | (note.vouches ? vouches_bit : 0)) : 0);
  put_u64(body, note.payloads.begin.segment);
  put_u64(body, note.payloads.begin.offset);
  put_u64(body, note.payloads.end.segment);
  put_u64(body, note.payloads.end.offset);
  put_u32(body, note.payloads.count);
  put_u32(body, note.checksum);
  append_note(head, FrameKind::commit, body, out);
}

std::string_view why_unreadable(const Frame& frame) {
  return frame.fault.empty() ? "the frame is cut off" : frame.fault;
}

std::optional<OpeningNote> parse_opening(const Frame& frame) {
  if (frame.head.kind != FrameKind::opening || frame.body.size() < opening_bytes) return std::nullopt;
  return OpeningNote{.previous_segment = load_u64(frame.body, 0), .previous_end = load_u64(frame.body, 8)};
}

std::optional<OpeningNote> opening_in(ByteView start) {
  if (start.size() < segment_header_bytes) return std::nullopt;
  const Frame frame = parse_frame(start, segment_header_bytes);
  return frame.status == Frame::Status::ok ? parse_opening(frame) : std::nullopt;
}

std::optional<CommitNote> parse_commit(const Frame& frame) {
  if (frame.head.kind != FrameKind::commit || frame.body.size() < commit_bytes) return std::nullopt;
  const ByteView body = frame.body;
  const bool is_relaxed = (body[0] & relaxed_bit) != 0;
  return CommitNote{.durability = is_relaxed ? SyncMode::relaxed : SyncMode::strict,
                    .vouches = !is_relaxed || (body[0] & vouches_bit) != 0,
                    .payloads = {.begin = {load_u64(body, 1), load_u64(body, 9)},
                                 .end = {load_u64(body, 17), load_u64(body, 25)},
                                 .count = load_u32(body, 33)},
                    .checksum = load_u32(body, 37)};
}

SegmentScan scan_commits(ByteView segment, std::uint64_t limit, const VisitFrame& visit) {
  SegmentScan scan;
  segment = segment.first(static_cast<std::size_t>(std::min<std::uint64_t>(segment.size(), limit)));
  if (segment.size() < segment_header_bytes) {
    scan.tail = segment.empty() ? SegmentScan::Tail::none : SegmentScan::Tail::torn;
    return scan;
  }
  std::uint32_t last_commit = 0;
  bool is_relaxed = false;
  std::vector<Frame> frames;  // of the commit that is being read
  for (std::size_t at = segment_header_bytes;;) {
    const Frame frame = parse_frame(segment, at);
    const auto note = frame.status == Frame::Status::ok ? parse_commit(frame) : std::nullopt;
    bool is_next = frame.head.commit == last_commit + 1 && at - frame.head.commit_offset == scan.end;
    if (note && is_next) is_next = note->checksum == crc32c(segment.subspan(scan.end, at - scan.end));
    if (frame.status != Frame::Status::ok || !is_next) {
      const bool is_end = frame.status == Frame::Status::blank && at == scan.end;
      const bool is_newer = frame.status == Frame::Status::newer && is_next;
      scan.damage_offset = at;
      scan.damage = frame.status == Frame::Status::ok ? "the frame is not the one that follows" : frame.fault;
      if (scan.damage.empty()) scan.damage = "the bytes end before the frame does";
      scan.tail = is_newer     ? SegmentScan::Tail::damaged
                  : is_relaxed ? judge_relaxed(segment, at)
                               : judge(segment, scan.end, at, last_commit);
      if (is_end && scan.tail == SegmentScan::Tail::torn) {
        const ByteView rest = segment.subspan(at);
        const bool is_blank =
            std::all_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte == 0; });
        scan.tail = is_blank ? SegmentScan::Tail::none : SegmentScan::Tail::torn;
      }
      return scan;
    }
    const bool is_bare = at == scan.end;
    at = frame.next;
    if (visit) frames.push_back(frame);
    if (note) {
      for (const Frame& one : frames) visit(one, one.next - one.length);
      frames.clear();
      last_commit = frame.head.commit;
      scan.end = at;
      scan.commits.push_back({.end = at, .note = *note, .is_bare = is_bare && note->payloads.count == 0});
      is_relaxed = note->durability == SyncMode::relaxed;
    }
  }
}

bool visit_frames(ByteView segment, std::uint64_t end,
                  const std::function<bool(const Frame& frame, std::uint64_t offset)>& visit) {
  const ByteView bytes =
      segment.first(static_cast<std::size_t>(std::min<std::uint64_t>(segment.size(), end)));
  for (std::size_t at = segment_header_bytes; at < end;) {
    const Frame frame = parse_frame(bytes, std::min(at, bytes.size()));
    if (!visit(frame, at)) return false;
    if (frame.status != Frame::Status::ok) return true;
    at = frame.next;
  }
  return true;
}

}  // namespace parking_lot
