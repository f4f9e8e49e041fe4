#include "audit_trail.h"

#include <algorithm>
#include <iterator>

#include "log_format.h"
#include "segment_files.h"

namespace parking_lot {

namespace {

/// Events of the growing segment in one part: making the index of the rest anew stays cheap.
constexpr std::size_t open_part_events = 32768;

/// Feeds the frames of `bytes`, which begin at `offset` of the segment. Gives the offset behind them.
template <class Take>
StoreResult<std::uint64_t> read_frames(const AuditExtent& extent, ByteView bytes, std::uint64_t offset,
                                       Take take) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const Frame frame = parse_frame(bytes, at);
    if (frame.status != Frame::Status::ok) {
      return corrupt(segment_name(SegmentKind::records, extent.segment), offset + at, why_unreadable(frame));
    }
    auto taken = take(frame, offset + at);
    if (!taken) return tl::unexpected(taken.error());
    at = frame.next;
  }
  return offset + at;
}

}  // namespace

void AuditTrail::clear() {
  parts_.clear();
  open_ = {};
  restored_.clear();
  home_ = 0;
  keys_.forget();
}

// --- what is there ---

StoreResult<LogEnd> AuditTrail::find_end(std::uint64_t before) {
  const auto names = files_.list();
  if (!names) return store_failure(names.error());
  const std::vector<std::uint64_t> numbers = segment_numbers(SegmentKind::records, *names);
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    if (*number >= before) continue;
    Bytes bytes;
    auto read = read_all(files_, segment_name(SegmentKind::records, *number), bytes);
    if (!read) return tl::unexpected(read.error());
    const SegmentScan scan = scan_commits(bytes);
    if (!scan.commits.empty()) return LogEnd{*number, scan.end};
    if (scan.tail == SegmentScan::Tail::damaged)
      return corrupt(segment_name(SegmentKind::records, *number), scan.damage_offset, scan.damage);
  }
  return LogEnd{};
}

/// From the newest back, as each segment's opening says. Where a segment is missing or ends too early the
/// trail has a gap, and goes on before it with all that the segment there has.
StoreResult<std::vector<AuditTrail::Sealed>> AuditTrail::find_segments(const LogEnd& end) {
  std::vector<Sealed> found;
  for (LogEnd at = end; at.segment != 0;) {
    const std::string name = segment_name(SegmentKind::records, at.segment);
    Bytes bytes;
    auto read = read_bytes(files_, name, 0, segment_header_bytes + frame_header_bytes + 64, bytes);
    if (!read && read.error().fault == StoreFault::not_found && at.segment != end.segment) {
      auto before = find_end(at.segment);
      if (!before) return tl::unexpected(before.error());
      at = *before;
      continue;
    }
    if (!read) return tl::unexpected(read.error());
    const auto header = segment_header(bytes, SegmentKind::records, at.segment);
    if (!header) return tl::unexpected(header.error());
    store_ = header->store;
    const Frame frame = parse_frame(bytes, segment_header_bytes);
    const auto opening = frame.status == Frame::Status::ok ? parse_opening(frame) : std::nullopt;
    if (!opening) return corrupt(name, segment_header_bytes, "the segment's opening is damaged");
    if (at.segment != end.segment) {
      const auto size = files_.size(name);
      if (size && *size < at.offset) {
        const auto kept = find_end(at.segment + 1);
        if (!kept) return tl::unexpected(kept.error());
        if (kept->segment == at.segment) at.offset = kept->offset;
      }
      found.push_back({at.segment, at.offset});
    }
    at = {opening->previous_segment, opening->previous_end};
  }
  std::reverse(found.begin(), found.end());
  return found;
}

StoreResult<void> AuditTrail::refresh(std::optional<LogEnd> end) {
  if (!end) {
    auto found = find_end(~std::uint64_t{0});
    if (!found) return tl::unexpected(found.error());
    end = *found;
  }
  if (end->segment == 0) {
    clear();
    return {};
  }
  if (open_.number == end->segment && open_.through <= end->offset) return read_open(end->offset);
  drop_open();
  const auto segments = find_segments(*end);
  if (!segments) return tl::unexpected(segments.error());
  std::deque<AuditPart> known = std::exchange(parts_, {});
  restored_.clear();
  for (const Sealed& segment : *segments) {
    const AuditExtent extent{*store_, segment.number, segment_header_bytes, segment.end};
    const auto same = std::find_if(known.begin(), known.end(),
                                   [&](const AuditPart& part) { return part.extent == extent; });
    if (same != known.end()) {
      parts_.push_back(std::move(*same));
      continue;
    }
    auto added = add_sealed(extent);
    if (!added) return added;
  }
  open_.number = end->segment;
  open_.through = segment_header_bytes;
  return read_open(end->offset);
}

// --- parts ---

void AuditTrail::add_part(AuditImage image, const AuditExtent& extent) {
  AuditPart part{.extent = extent, .image = std::move(image), .first_time = never_wall, .last_time = {-1}};
  for (const AuditStream& stream : part.image.streams()) {
    part.first_time = std::min(part.first_time, stream.first_time);
    part.last_time = std::max(part.last_time, stream.last_time);
  }
  parts_.push_back(std::move(part));
}

std::optional<AuditImage> AuditTrail::open_index(const AuditExtent& extent) {
  auto image = AuditImage::open(AuditPages(files_, cache_, audit_index_name(extent.segment)), extent);
  if (!image) return std::nullopt;
  return std::move(*image);
}

StoreResult<void> AuditTrail::add_sealed(const AuditExtent& extent) {
  auto image = open_index(extent);
  const bool is_written = image.has_value();
  if (!image) {
    auto built = build_sealed(extent, parts_.size());
    if (!built) return tl::unexpected(built.error());
    image = std::move(*built);
  }
  add_part(std::move(*image), extent);
  parts_.back().is_sealed = true;
  parts_.back().is_written = is_written;
  return {};
}

StoreResult<Bytes> AuditTrail::build(AuditBuilder& builder, std::size_t before) {
  return builder.build([&](const std::string& stream, std::uint64_t admission) {
    return find_names(stream, admission, before);
  });
}

StoreResult<AuditImage> AuditTrail::build_sealed(const AuditExtent& extent, std::size_t before) {
  Bytes bytes;
  auto read = read_bytes(files_, segment_name(SegmentKind::records, extent.segment), extent.begin,
                         extent.end - extent.begin, bytes);
  if (!read) return tl::unexpected(read.error());
  AuditBuilder builder({extent.store, extent.segment, extent.begin, extent.begin}, {}, keys_);
  builder.expect(bytes.size());
  const auto fed = read_frames(extent, bytes, extent.begin, [&](const Frame& frame, std::uint64_t offset) {
    return builder.add(frame, offset);
  });
  if (!fed) return tl::unexpected(fed.error());
  if (*fed != extent.end)
    return corrupt(segment_name(SegmentKind::records, extent.segment), *fed, "the segment ends too early");
  auto image = build(builder, before);
  if (!image) return tl::unexpected(image.error());
  return AuditImage::open(AuditPages(std::move(*image)), extent);
}

StoreResult<void> AuditTrail::rebuild(std::uint64_t segment) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    AuditPart& part = parts_[i];
    if (part.extent.segment != segment || !part.is_written) continue;
    auto built = build_sealed(part.extent, i);
    if (!built) return tl::unexpected(built.error());
    part.image = std::move(*built);
    part.is_written = false;
  }
  return {};
}

void AuditTrail::written(std::uint64_t segment) {
  for (AuditPart& part : parts_) {
    if (part.extent.segment != segment || !part.is_sealed || part.is_written) continue;
    auto image = open_index(part.extent);
    if (!image) continue;
    part.image = std::move(*image);
    part.is_written = true;
  }
}

// --- the segment that grows ---

void AuditTrail::drop_open() {
  parts_.erase(parts_.end() - static_cast<std::ptrdiff_t>(open_.parts), parts_.end());
  open_ = {};
}

StoreResult<void> AuditTrail::add_open_part() {
  auto bytes = build(*open_.builder, parts_.size());
  if (!bytes) return tl::unexpected(bytes.error());
  auto image = AuditImage::open(AuditPages(std::move(*bytes)), open_.builder->extent());
  if (!image) return tl::unexpected(image.error());
  add_part(std::move(*image), open_.builder->extent());
  ++open_.parts;
  return {};
}

StoreResult<void> AuditTrail::read_open(std::uint64_t until) {
  if (open_.through == until) return {};
  Bytes bytes;
  auto read = read_bytes(files_, segment_name(SegmentKind::records, open_.number), open_.through,
                         until - open_.through, bytes);
  if (!read) return read;
  if (open_.has_rest) {
    parts_.pop_back();
    --open_.parts;
    open_.has_rest = false;
  }
  AuditExtent extent{*store_, open_.number, open_.through, open_.through};
  if (!open_.builder) open_.builder.emplace(extent, AuditBuilder::Declared(), keys_);
  const auto fed = read_frames(extent, bytes, open_.through, [&](const Frame& frame, std::uint64_t offset) {
    auto added = open_.builder->add(frame, offset);
    if (!added || open_.builder->events() < open_part_events) return added;
    added = add_open_part();
    extent.begin = extent.end = offset + frame.length;
    AuditBuilder::Declared declared = open_.builder->declared();
    open_.builder.emplace(extent, std::move(declared), keys_);
    return added;
  });
  if (!fed) {
    drop_open();
    return tl::unexpected(fed.error());
  }
  open_.through = *fed;
  if (open_.builder->extent().end == open_.builder->extent().begin) return {};
  auto added = add_open_part();
  open_.has_rest = added.has_value();
  if (!added) drop_open();
  return added;
}

}  // namespace parking_lot
