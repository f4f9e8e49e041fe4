#include <algorithm>
#include <utility>

#include "checkpoints.h"
#include "little_endian.h"

namespace parking_lot {

namespace {
constexpr std::size_t begin_bytes = 12;
constexpr std::size_t end_bytes = 16;

/// What a checkpoint says of those that stay beside it; of what cannot be, nothing.
std::vector<Checkpoint> parse_past(ByteView body, const StreamKey& stream) {
  std::vector<Checkpoint> past;
  std::size_t at = begin_bytes;
  const auto has = [&](std::uint64_t bytes) { return body.size() - at >= bytes; };
  if (!has(4)) return past;
  std::uint32_t count = load_u32(body, at);
  at += 4;
  for (; count > 0 && has(36); --count) {
    Checkpoint one;
    one.stream = stream;
    one.first = load_u64(body, at);
    one.last = load_u64(body, at + 8);
    one.began_at = {static_cast<std::int64_t>(load_u64(body, at + 16))};
    one.ended_at = {static_cast<std::int64_t>(load_u64(body, at + 24))};
    one.is_past = true;
    const std::uint32_t parts = load_u32(body, at + 32);
    at += 36;
    if (parts == 0 || !has(std::uint64_t{16} * parts)) return past;
    for (std::uint32_t i = 0; i < parts; ++i, at += 16) {
      one.parts.push_back(load_u64(body, at));
      one.ends.push_back(load_u64(body, at + 8));
      one.bytes += one.ends.back();
    }
    past.push_back(std::move(one));
  }
  return past;
}

}  // namespace

/// One segment of a checkpoint.
struct Checkpoints::Part {
  std::uint64_t number = 0;
  std::uint32_t position = 0;
  StreamKey stream;
  std::uint64_t first = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t frames_end = 0;
  WallTime began_at;                         ///< of its first state
  WallTime ended_at = never_wall;            ///< of its last one; never: from when nobody wrote that down
  std::vector<Checkpoint> past;              ///< that it says are kept
  bool has_surplus = false;                  ///< something follows the frames
  std::optional<UnreadablePart> unreadable;  ///< where that is no frame
  struct End {
    std::uint64_t last = 0;
    std::uint64_t records = 0;
  };
  std::optional<End> end;
};

/// From the newest part to the oldest: all parts of a checkpoint have been seen with its first one, and what
/// it says of older ones is known before their parts come.
StoreResult<void> Checkpoints::open(std::span<const std::string> names, Reading reading) {
  Parts found;
  const std::vector<std::uint64_t> numbers = segment_numbers(SegmentKind::checkpoint, names);
  if (!numbers.empty()) next_number_ = numbers.back() + 1;
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    const bool is_known = std::any_of(complete_.begin(), complete_.end(), [&](const Checkpoint& one) {
      return std::find(one.parts.begin(), one.parts.end(), *number) != one.parts.end();
    });
    if (is_known) continue;
    const auto id = open_part(*number, found);
    if (!id) return tl::unexpected(id.error());
    if (*id != *number) continue;
    const auto parts = found.extract(*number);
    const bool is_newest = newest(parts.mapped().front().stream) == nullptr;
    if (judge(*number, parts.mapped()) && is_newest && reading == Reading::newest)
      take_past(parts.mapped().front(), names);
  }
  for (const auto& [id, parts] : found) judge(id, parts);
  std::sort(complete_.begin(), complete_.end(), [](const Checkpoint& left, const Checkpoint& right) {
    return left.parts.front() < right.parts.front();
  });
  return {};
}

/// Of those that it names some may be gone by now.
void Checkpoints::take_past(const Part& first, std::span<const std::string> names) {
  for (const Checkpoint& one : first.past) {
    const bool is_there = std::all_of(one.parts.begin(), one.parts.end(), [&](std::uint64_t part) {
      const std::string name = segment_name(SegmentKind::checkpoint, part);
      return part < first.number && std::find(names.begin(), names.end(), name) != names.end();
    });
    if (is_there) complete_.push_back(one);
  }
}

/// Reads it and says of which checkpoint it is, if it can tell.
StoreResult<std::optional<std::uint64_t>> Checkpoints::open_part(std::uint64_t number, Parts& found) {
  const std::string name = segment_name(SegmentKind::checkpoint, number);
  Bytes bytes;
  auto read = read_all(files_, name, bytes);
  if (!read) return tl::unexpected(read.error());
  if (!segment_header(bytes, SegmentKind::checkpoint, number)) {
    unreadable_parts_.push_back({name, 0, "the segment's header is damaged"});
    return std::nullopt;
  }
  Part part;
  part.number = number;
  part.bytes = bytes.size();
  std::optional<std::uint64_t> id;
  visit_frames(bytes, bytes.size(), [&](const Frame& frame, std::uint64_t offset) {
    if (frame.status != Frame::Status::ok) {
      // Zeros that were reserved, or the end of what a commit that failed had written.
      if (frame.status != Frame::Status::blank) {
        const std::string_view why = why_unreadable(frame);
        part.unreadable = UnreadablePart{name, offset, std::string(why)};
      }
      return false;
    }
    const FrameHead& head = frame.head;
    if (head.kind == FrameKind::stream) {
      if (const auto declared = decode_declaration(frame)) {
        part.stream = {declared->kind, std::string(declared->name)};
      }
    } else if (head.kind == FrameKind::checkpoint_begin && frame.body.size() >= begin_bytes) {
      id = load_u64(frame.body, 0);
      part.position = load_u32(frame.body, 8);
      part.first = head.first_sequence;
      part.past = parse_past(frame.body, part.stream);
    } else if (head.kind == FrameKind::state) {
      if (part.records == 0) part.began_at = head.time;
      part.records += head.count;
    } else if (head.kind == FrameKind::checkpoint_end && frame.body.size() >= end_bytes) {
      part.end = {.last = load_u64(frame.body, 0), .records = load_u64(frame.body, 8)};
      if (head.time.ms != 0) part.ended_at = head.time;
    }
    part.frames_end = frame.next;
    return !part.end;  // what follows the end, if anything, belongs to nobody
  });
  const ByteView rest = ByteView(bytes).subspan(std::min<std::uint64_t>(part.frames_end, bytes.size()));
  part.has_surplus = std::any_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte != 0; });
  if (id) {
    std::vector<Part>& parts = found[*id];
    parts.insert(parts.begin(), std::move(part));
  } else if (part.unreadable) {
    unreadable_parts_.push_back(std::move(*part.unreadable));
  }
  return id;
}

/// Whether it is whole.
bool Checkpoints::judge(std::uint64_t id, const std::vector<Part>& parts) {
  const bool is_complete = complete(id, parts);
  for (const Part& part : parts) {
    if (!is_complete && part.unreadable) unreadable_parts_.push_back(*part.unreadable);
    if (!is_complete || !part.has_surplus) continue;
    surplus_.push_back({segment_name(SegmentKind::checkpoint, part.number), part.frames_end,
                        "bytes follow that nobody wrote there"});
  }
  return is_complete;
}

/// A checkpoint counts if its end is there and everything that the end tells of.
bool Checkpoints::complete(std::uint64_t id, const std::vector<Part>& parts) {
  Checkpoint checkpoint;
  checkpoint.stream = parts.front().stream;
  checkpoint.first = parts.front().first;
  checkpoint.began_at = parts.front().began_at;
  checkpoint.ended_at = parts.back().ended_at;
  std::uint64_t records = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    const bool fits = part.position == i && part.stream == checkpoint.stream &&
                      part.end.has_value() == (i + 1 == parts.size());
    if (!fits) return false;
    checkpoint.parts.push_back(part.number);
    checkpoint.ends.push_back(part.frames_end);
    checkpoint.bytes += part.bytes;
    records += part.records;
  }
  const auto& end = parts.back().end;
  if (checkpoint.parts.front() != id || end->records != records || records == 0) return false;
  checkpoint.last = end->last;
  complete_.push_back(std::move(checkpoint));
  return true;
}

std::vector<StreamKey> Checkpoints::rotten() const {
  Checkpoints again(files_, segment_bytes_);
  const auto names = files_.list();
  const bool is_read = names && again.open(*names);
  std::vector<StreamKey> streams;
  for (const Checkpoint& one : complete_) {
    if (one.is_past) continue;  // no state is restored from it
    const Checkpoint* found = is_read ? again.newest(one.stream) : nullptr;
    if (found == nullptr || found->parts != one.parts) streams.push_back(one.stream);
  }
  return streams;
}

void Checkpoints::reject(const StreamKey& stream) {
  const Checkpoint* wrong = newest(stream);
  if (wrong) complete_.erase(complete_.begin() + (wrong - complete_.data()));
}

StoreResult<void> Checkpoints::remove_leftovers(std::span<const std::string> names) {
  std::vector<Checkpoint> kept;
  for (const Checkpoint& one : complete_) {
    if (one.is_past || newest(one.stream) == &one) kept.push_back(one);
  }
  complete_ = std::move(kept);
  for (const std::uint64_t number : segment_numbers(SegmentKind::checkpoint, names)) {
    const bool is_kept = std::any_of(complete_.begin(), complete_.end(), [&](const Checkpoint& one) {
      return std::find(one.parts.begin(), one.parts.end(), number) != one.parts.end();
    });
    if (is_kept) continue;
    auto removed = files_.remove(segment_name(SegmentKind::checkpoint, number));
    if (!removed) return store_failure(removed.error());
  }
  return {};
}

}  // namespace parking_lot
