#include <algorithm>
#include <utility>

#include "checkpoints.h"
#include "little_endian.h"

namespace parking_lot {

namespace {
constexpr std::size_t begin_bytes = 12;
constexpr std::size_t end_bytes = 16;
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
  bool has_surplus = false;                  ///< something follows the frames
  std::optional<UnreadablePart> unreadable;  ///< where that is no frame
  struct End {
    std::uint64_t last = 0;
    std::uint64_t records = 0;
  };
  std::optional<End> end;
};

StoreResult<void> Checkpoints::open(std::span<const std::string> names) {
  std::map<std::uint64_t, std::vector<Part>> found;
  for (const std::uint64_t number : segment_numbers(SegmentKind::checkpoint, names)) {
    next_number_ = number + 1;
    auto opened = open_part(number, found);
    if (!opened) return opened;
  }
  for (const auto& [id, parts] : found) judge(id, parts);
  return {};
}

StoreResult<void> Checkpoints::open_part(std::uint64_t number,
                                         std::map<std::uint64_t, std::vector<Part>>& found) {
  const std::string name = segment_name(SegmentKind::checkpoint, number);
  Bytes bytes;
  auto read = read_all(files_, name, bytes);
  if (!read) return read;
  if (!segment_header(bytes, SegmentKind::checkpoint, number)) {
    unreadable_parts_.push_back({name, 0, "the segment's header is damaged"});
    return {};
  }
  Part part;
  part.number = number;
  part.bytes = bytes.size();
  std::optional<std::uint64_t> id;
  visit_frames(bytes, bytes.size(), [&](const Frame& frame, std::uint64_t offset) {
    if (frame.status != Frame::Status::ok) {
      // Zeros that were reserved, or the end of what a commit that failed had written.
      if (frame.status != Frame::Status::blank) {
        const std::string_view why = frame.fault.empty() ? "the frame is cut off" : frame.fault;
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
    } else if (head.kind == FrameKind::state) {
      part.records += head.count;
    } else if (head.kind == FrameKind::checkpoint_end && frame.body.size() >= end_bytes) {
      part.end = {.last = load_u64(frame.body, 0), .records = load_u64(frame.body, 8)};
    }
    part.frames_end = frame.next;
    return !part.end;  // what follows the end, if anything, belongs to nobody
  });
  const ByteView rest = ByteView(bytes).subspan(std::min<std::uint64_t>(part.frames_end, bytes.size()));
  part.has_surplus = std::any_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte != 0; });
  if (id)
    found[*id].push_back(std::move(part));
  else if (part.unreadable)
    unreadable_parts_.push_back(std::move(*part.unreadable));
  return {};
}

void Checkpoints::judge(std::uint64_t id, const std::vector<Part>& parts) {
  const bool is_complete = complete(id, parts);
  for (const Part& part : parts) {
    if (!is_complete && part.unreadable) unreadable_parts_.push_back(*part.unreadable);
    if (!is_complete || !part.has_surplus) continue;
    surplus_.push_back({segment_name(SegmentKind::checkpoint, part.number), part.frames_end,
                        "bytes follow that nobody wrote there"});
  }
}

/// A checkpoint counts if its end is there and everything that the end tells of.
bool Checkpoints::complete(std::uint64_t id, const std::vector<Part>& parts) {
  Checkpoint checkpoint;
  checkpoint.stream = parts.front().stream;
  checkpoint.first = parts.front().first;
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
    if (newest(one.stream) == &one) kept.push_back(one);
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
