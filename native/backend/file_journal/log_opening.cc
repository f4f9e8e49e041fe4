#include <algorithm>
#include <utility>

#include "record_log.h"

namespace parking_lot {

namespace {

constexpr std::uint32_t no_stream = ~std::uint32_t{0};
constexpr std::uint64_t start_bytes = std::uint64_t{64} << 10;

StreamKey key_of(const StreamDeclaration& declaration) {
  return {declaration.kind, std::string(declaration.name)};
}

std::uint64_t covered_through(std::span<const RecordLog::Covered> covered, const StreamKey& key) {
  for (const RecordLog::Covered& one : covered) {
    if (one.key == key) return one.through;
  }
  return 0;
}

/// Whether the bytes of a segment without a usable header, or without one whole commit, were once durable:
/// then there is something of a second commit.
bool was_confirmed(ByteView bytes) {
  for (std::size_t from = 0;;) {
    const Frame frame = find_frame(bytes, from);
    if (frame.status == Frame::Status::blank) return false;
    if (frame.head.commit > 1) return true;
    from = frame.next;
  }
}

/// Records and payloads are synced side by side, so the last commit may lack payloads; so may relaxed ones
/// after the last one that vouches and was followed by another.
std::size_t first_doubtful(std::span<const ScannedCommit> commits) {
  std::size_t first = 0;
  for (std::size_t i = 0; i + 1 < commits.size(); ++i) {
    if (commits[i].note.vouches) first = i + 1;
  }
  return first;
}

/// How many of the commits, from the first one on, have all of their payloads. `last`: what the last one is.
StoreResult<std::size_t> whole_commits(std::span<const ScannedCommit> commits, PayloadSegments& payloads,
                                       PayloadSegments::Commit last) {
  for (std::size_t i = first_doubtful(commits); i < commits.size(); ++i) {
    const auto place = i + 1 < commits.size() ? PayloadSegments::Commit::earlier : last;
    const auto whole = payloads.is_whole(commits[i].note.payloads, place);
    if (!whole) return tl::unexpected(whole.error());
    if (!*whole) return i;
  }
  return commits.size();
}

}  // namespace

/// What the first frames of a segment say.
struct RecordLog::Start {
  SegmentHeader header;
  OpeningNote opening;
  std::vector<std::pair<StreamKey, std::uint64_t>> next;  ///< of the streams declared there
};

StoreResult<void> RecordLog::open(std::span<const std::string> names, std::span<const Covered> covered,
                                  PayloadSegments& payloads) {
  const std::vector<std::uint64_t> numbers = segment_numbers(SegmentKind::records, names);
  if (!numbers.empty()) next_number_ = numbers.back() + 1;
  auto found = find_newest(numbers, payloads);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return {};
  auto first = find_first(covered);
  if (!first) return first;
  for (RecordSegment& segment : segments_) {
    auto read = read_segment(segment, covered);
    if (!read) return read;
  }
  for (LogStream& stream : streams_) {
    stream.covered = covered_through(covered, stream.key);
    if (stream.durable <= stream.covered) stream.covered_position = position_;
  }
  know_history(numbers);
  return {};
}

/// Whether the segment before this one is whole, up to where this one says that it ended: the commit which
/// began this one vouches for it, but may not have come to be synced itself.
StoreResult<bool> RecordLog::follows_whole(ByteView segment, PayloadSegments& payloads) {
  const auto opening = parse_opening(parse_frame(segment, segment_header_bytes));
  if (!opening || opening->previous_segment == 0) return true;
  const std::string name = segment_name(SegmentKind::records, opening->previous_segment);
  // One that is not there any more was deleted, and not needed.
  if (!files_.size(name)) return true;
  Bytes bytes;
  auto read = read_bytes(files_, name, 0, opening->previous_end, bytes);
  if (!read) return tl::unexpected(read.error());
  const SegmentScan scan = scan_commits(bytes);
  if (scan.commits.empty() || scan.commits.back().note.durability == SyncMode::strict) return true;
  if (scan.end != opening->previous_end) return scan.tail == SegmentScan::Tail::damaged;
  const auto whole = whole_commits(scan.commits, payloads, PayloadSegments::Commit::earlier);
  if (!whole) return tl::unexpected(whole.error());
  return *whole == scan.commits.size();
}

/// The last segment with a whole commit: the log ends in it. Newer ones are of commits that never were.
StoreResult<bool> RecordLog::find_newest(std::span<const std::uint64_t> numbers, PayloadSegments& payloads) {
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    const std::string name = segment_name(SegmentKind::records, *number);
    Bytes bytes;
    auto read = read_all(files_, name, bytes);
    if (!read) return tl::unexpected(read.error());
    const auto header = parse_segment_header(bytes);
    if (!header && is_newer(header.error()))
      return tl::unexpected(segment_header(bytes, SegmentKind::records, *number).error());
    const SegmentScan scan = scan_commits(bytes);
    if (!header && was_confirmed(bytes)) return corrupt(name, 0, header.error().message);
    if (scan.tail == SegmentScan::Tail::damaged) return corrupt(name, scan.damage_offset, scan.damage);
    std::size_t commits = header ? scan.commits.size() : 0;
    const std::size_t doubtful = first_doubtful({scan.commits.data(), commits});
    if (commits > 0 && doubtful == 0) {
      auto follows = follows_whole(bytes, payloads);
      if (!follows) return follows;
      if (!*follows) commits = 0;
    }
    const auto whole = whole_commits({scan.commits.data(), commits}, payloads, PayloadSegments::Commit::last);
    if (!whole) return tl::unexpected(whole.error());
    commits = *whole;
    if (commits == 0) {
      cut_bytes_ += bytes.size();
      continue;
    }
    const ScannedCommit& last = scan.commits[commits - 1];
    if (scan.tail == SegmentScan::Tail::torn || commits < scan.commits.size())
      cut_bytes_ += bytes.size() - last.end;
    segments_.push_front(
        {.number = *number, .end = last.end, .created_at = header->created_at, .next_at_start = {}});
    payloads_ = last.note.payloads;
    ends_relaxed_ = std::any_of(scan.commits.begin() + static_cast<std::ptrdiff_t>(doubtful),
                                scan.commits.begin() + static_cast<std::ptrdiff_t>(commits),
                                [](const auto& commit) { return !commit.note.vouches; });
    ends_confirmed_ = doubtful + 1 == commits && last.is_bare && last.note.vouches;
    last_durability_ = last.note.durability;
    stamp_ = {.store = header->store, .epoch = header->epoch, .created_at = header->created_at};
    is_growing_ = true;
    commit_ = static_cast<std::uint32_t>(commits);
    file_ = AppendFile{.name = name, .end = last.end, .physical = last.end};
    return true;
  }
  return false;
}

StoreResult<RecordLog::Start> RecordLog::read_start(std::uint64_t number) {
  const std::string name = segment_name(SegmentKind::records, number);
  for (std::uint64_t limit = start_bytes;; limit *= 4) {
    Bytes bytes;
    auto read = read_bytes(files_, name, 0, limit, bytes);
    if (!read) return tl::unexpected(read.error());
    auto header = segment_header(bytes, SegmentKind::records, number);
    if (!header) return tl::unexpected(header.error());
    if (header->store != stamp_.store) return corrupt(name, 0, "the segment belongs to another store");
    Start start{.header = *header, .opening = {}, .next = {}};
    for (std::size_t at = segment_header_bytes;;) {
      const Frame frame = parse_frame(bytes, at);
      if (frame.status == Frame::Status::torn && bytes.size() == limit) break;
      if (frame.status != Frame::Status::ok) return corrupt(name, at, why_unreadable(frame));
      if (const auto note = parse_opening(frame)) {
        start.opening = *note;
      } else if (const auto declaration = decode_declaration(frame);
                 frame.head.kind == FrameKind::stream && declaration) {
        start.next.emplace_back(key_of(*declaration), frame.head.first_sequence);
      } else {
        return start;
      }
      at = frame.next;
    }
  }
}

/// Goes back from the newest segment to the first that holds anything that no checkpoint covers.
StoreResult<void> RecordLog::find_first(std::span<const Covered> covered) {
  for (;;) {
    RecordSegment& segment = segments_.front();
    auto start = read_start(segment.number);
    if (!start) return tl::unexpected(start.error());
    segment.created_at = start->header.created_at;
    const auto missing = std::find_if(start->next.begin(), start->next.end(), [&](const auto& next) {
      return next.second > covered_through(covered, next.first) + 1;
    });
    if (missing == start->next.end()) return {};
    const OpeningNote& opening = start->opening;
    if (opening.previous_segment >= segment.number) {
      return corrupt(segment_name(SegmentKind::records, segment.number), 0,
                     "the segment says that it follows segment " + std::to_string(opening.previous_segment));
    }
    const std::string previous = segment_name(SegmentKind::records, opening.previous_segment);
    if (opening.previous_segment == 0 || !files_.size(previous)) {
      return corrupt(
          opening.previous_segment == 0 ? segment_name(SegmentKind::records, segment.number) : previous, 0,
          "the segment is missing, and records of stream " + missing->first.name + " up to number " +
              std::to_string(missing->second - 1) + " with it");
    }
    segments_.push_front({.number = opening.previous_segment,
                          .end = opening.previous_end,
                          .created_at = {},
                          .next_at_start = {}});
  }
}

StoreResult<void> RecordLog::read_segment(RecordSegment& segment, std::span<const Covered> covered) {
  const std::string name = segment_name(SegmentKind::records, segment.number);
  Bytes bytes;
  auto read = read_bytes(files_, name, 0, segment.end, bytes);
  if (!read) return read;
  const SegmentScan scan = scan_commits(bytes, segment.end);
  if (scan.end != segment.end) {
    return corrupt(name, scan.end, scan.damage.empty() ? "the segment ends too early" : scan.damage);
  }
  for (const LogStream& stream : streams_) segment.next_at_start.push_back(stream.durable + 1);
  std::vector<std::uint32_t> local;  // our number by the segment's
  StoreResult<void> taken;
  visit_frames(bytes, segment.end, [&](const Frame& frame, std::uint64_t offset) {
    taken = take_frame(segment, frame, offset, local, covered);
    return taken.has_value();
  });
  position_ += segment.end;
  declared_.assign(streams_.size(), false);
  must_begin_ = false;
  for (std::uint32_t i = 0; i < local.size(); ++i) {
    if (local[i] == no_stream) continue;
    declared_[local[i]] = true;
    // Appending goes on with the numbers of this opening: if they are others, it needs a segment of its own.
    if (local[i] + 1 != i) must_begin_ = true;
  }
  return taken;
}

StoreResult<void> RecordLog::take_frame(const RecordSegment& segment, const Frame& frame,
                                        std::uint64_t offset, std::vector<std::uint32_t>& local,
                                        std::span<const Covered> covered) {
  const std::string name = segment_name(SegmentKind::records, segment.number);
  latest_time_ = std::max(latest_time_, frame.head.time);
  if (frame.head.kind == FrameKind::stream) {
    const auto declaration = decode_declaration(frame);
    if (!declaration) return corrupt(name, offset, declaration.error().message);
    const StreamKey key = key_of(*declaration);
    const bool is_new = !find(key);
    const std::uint32_t number = stream(key);
    LogStream& known = streams_[number];
    // The first segment that is read tells how far its streams were before it.
    if (is_new && &segment == &segments_.front()) known.durable = frame.head.first_sequence - 1;
    known.chain = frame.chain;
    if (local.size() <= frame.head.stream) local.resize(frame.head.stream + 1, no_stream);
    local[frame.head.stream] = number;
    if (frame.head.first_sequence == known.durable + 1) return {};
  } else if (frame.head.kind == FrameKind::records) {
    const bool is_declared = frame.head.stream < local.size() && local[frame.head.stream] != no_stream;
    if (!is_declared) return corrupt(name, offset, "the frame's stream is not declared in this segment");
    LogStream& known = streams_[local[frame.head.stream]];
    if (frame.head.first_sequence == known.durable + 1) {
      const std::uint64_t through = covered_through(covered, known.key);
      const std::uint64_t last = known.durable + frame.head.count;
      if (known.durable <= through && last > through) known.covered_position = position_ + offset;
      known.durable = last;
      known.chain = frame.chain;
      return {};
    }
  } else {
    return {};
  }
  return corrupt(name, offset, "the records do not follow those before them");
}

/// Older segments, which only the audit trail needs. Each ends where the one behind it says.
void RecordLog::know_history(std::span<const std::uint64_t> numbers) {
  const std::uint64_t first = segments_.front().number;
  Bytes start;
  (void)read_bytes(files_, segment_name(SegmentKind::records, first), 0, opening_reach, start);
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    if (*number >= first) continue;
    const std::string name = segment_name(SegmentKind::records, *number);
    const auto behind = opening_in(start);
    const auto size = files_.size(name);
    if (!size || !read_bytes(files_, name, 0, opening_reach, start)) continue;
    const auto header = segment_header(start, SegmentKind::records, *number);
    const bool follows = behind && behind->previous_segment == *number;
    segments_.push_front({.number = *number,
                          .end = follows ? std::min(*size, behind->previous_end) : *size,
                          .created_at = header ? header->created_at : WallTime{0},
                          .is_history = true,
                          .next_at_start = {}});
  }
}

StoreResult<void> RecordLog::remove_leftovers(std::span<const std::string> names) {
  for (const std::uint64_t number : segment_numbers(SegmentKind::records, names)) {
    const auto known = std::find_if(segments_.begin(), segments_.end(),
                                    [&](const RecordSegment& segment) { return segment.number == number; });
    if (known != segments_.end()) continue;
    auto removed = files_.remove(segment_name(SegmentKind::records, number));
    if (!removed) return store_failure(removed.error());
  }
  if (segments_.empty()) return {};
  auto cut = files_.truncate(file_.name, file_.end);
  if (!cut) return store_failure(cut.error());
  return {};
}

}  // namespace parking_lot
