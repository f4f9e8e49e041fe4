#include <algorithm>
#include <utility>

#include "little_endian.h"
#include "parking_lot/crc32c.h"
#include "payload_segments.h"

namespace parking_lot {

namespace {

/// Reads forward through a file by windows, so that small entries do not cost a call each.
class Window {
 public:
  Window(Files& files, std::string file) : files_(files), file_(std::move(file)) {}

  /// Bytes at `offset`, as many as there are up to `bytes`.
  StoreResult<ByteView> at(std::uint64_t offset, std::size_t bytes) {
    if (offset < start_ || offset + bytes > start_ + held_.size()) {
      auto read = read_bytes(files_, file_, offset, std::max(bytes, window_bytes), held_);
      if (!read) return tl::unexpected(read.error());
      start_ = offset;
    }
    const ByteView view = ByteView(held_).subspan(static_cast<std::size_t>(offset - start_));
    return view.first(std::min(view.size(), bytes));
  }

 private:
  static constexpr std::size_t window_bytes = std::size_t{256} << 10;

  Files& files_;
  std::string file_;
  Bytes held_;
  std::uint64_t start_ = 0;
};

}  // namespace

StoreResult<std::optional<std::vector<PayloadListing>>> PayloadSegments::sealed_list(std::uint32_t number) {
  const std::string file = segment_name(SegmentKind::payloads, number);
  const auto size = files_.size(file);
  if (!size) return store_failure(size.error());
  if (*size < segment_header_bytes + payload_trailer_bytes) return std::nullopt;
  Bytes bytes;
  auto read = read_bytes(files_, file, *size - payload_trailer_bytes, payload_trailer_bytes, bytes);
  if (!read) return tl::unexpected(read.error());
  const auto trailer = parse_payload_trailer(bytes);
  if (!trailer) return std::nullopt;
  if (trailer->list_offset + trailer->list_bytes() + payload_trailer_bytes != *size) return std::nullopt;
  read = read_bytes(files_, file, trailer->list_offset, trailer->list_bytes(), bytes);
  if (!read) return tl::unexpected(read.error());
  auto list = parse_payload_list(*trailer, bytes);
  if (!list) return corrupt(file, trailer->list_offset, "the list of the segment's payloads is damaged");
  return list;
}

/// The entries of a segment that has no list, up to `limit` or the first place where none begins (`end`).
StoreResult<std::vector<PayloadListing>> PayloadSegments::scan(std::uint32_t number, std::uint64_t limit,
                                                               std::uint64_t& end) {
  Window window(files_, segment_name(SegmentKind::payloads, number));
  std::vector<PayloadListing> list;
  const auto size = files_.size(segment_name(SegmentKind::payloads, number));
  if (!size) return store_failure(size.error());
  const std::uint64_t stop = std::min(limit, *size);
  for (end = segment_header_bytes; end + payload_head_bytes <= stop;) {
    const auto bytes = window.at(end, payload_head_bytes);
    if (!bytes) return tl::unexpected(bytes.error());
    const auto head = parse_payload_head(*bytes);
    if (!head || end + entry_bytes(head->bytes) > stop) break;
    list.push_back({.id = head->id, .offset = static_cast<std::uint32_t>(end), .bytes = head->bytes});
    end += entry_bytes(head->bytes);
  }
  return list;
}

StoreResult<bool> PayloadSegments::is_whole(const PayloadExtent& extent, Commit commit) {
  std::uint64_t offset = extent.begin.offset;
  std::uint32_t left = extent.count;
  for (std::uint64_t number = extent.begin.segment; left > 0 && number <= extent.end.segment; ++number) {
    const std::string file = segment_name(SegmentKind::payloads, number);
    if (const auto size = files_.size(file); !size) {
      if (size.error().fault == FileFault::not_found) return commit == Commit::earlier;
      return store_failure(size.error());
    }
    Window window(files_, file);
    for (; left > 0; --left) {
      const auto start = window.at(offset, payload_head_bytes);
      if (!start) return tl::unexpected(start.error());
      const auto head = parse_payload_head(*start);
      if (!head) break;
      const auto body = window.at(offset + payload_head_bytes, head->bytes);
      if (!body) return tl::unexpected(body.error());
      const bool is_bridged = head->id == 0;  // a repair put it over damaged bytes
      if (body->size() != head->bytes || (!is_bridged && crc32c(*body) != head->checksum)) return false;
      offset += entry_bytes(head->bytes);
    }
    if (number == extent.end.segment && offset != extent.end.offset) return false;
    offset = segment_header_bytes;
  }
  return left == 0;
}

void PayloadSegments::know(std::uint32_t number, std::span<const PayloadListing> list) {
  for (const PayloadListing& entry : list) {
    if (entry.id == 0) continue;  // what a repair put over damaged bytes
    const PayloadPlace place{.segment = number, .offset = entry.offset, .bytes = entry.bytes};
    if (const auto before = index_.find(entry.id)) account(*before, -1);
    index_.set(entry.id, place);
    account(place, +1);
    largest_id_ = std::max(largest_id_, entry.id);
  }
}

/// `limit` is given for the segment that grew last: everything before it is durable, nothing after it counts.
StoreResult<void> PayloadSegments::open_segment(std::uint32_t number, std::optional<std::uint64_t> limit) {
  const std::string file = segment_name(SegmentKind::payloads, number);
  Bytes start;
  auto read = read_bytes(files_, file, 0, segment_header_bytes, start);
  if (!read) return read;
  const auto header = segment_header(start, SegmentKind::payloads, number);
  if (!header) return tl::unexpected(header.error());
  if (header->store != stamp_.store) return corrupt(file, 0, "the segment belongs to another store");
  if (!limit) {
    auto sealed = sealed_list(number);
    if (!sealed) return tl::unexpected(sealed.error());
    if (*sealed) {
      const auto size = files_.size(file);
      if (!size) return store_failure(size.error());
      segments_[number].end = *size;
      know(number, **sealed);
      return {};
    }
  }
  std::uint64_t end = 0;
  auto list = scan(number, limit.value_or(~std::uint64_t{0}), end);
  if (!list) return tl::unexpected(list.error());
  if (limit && end != *limit) return corrupt(file, end, "a payload should begin here");
  segments_[number].end = end;
  know(number, *list);
  if (limit) {
    listed_ = std::move(*list);
    current_ = number;
    file_ = AppendFile{.name = file, .end = end, .physical = end};
    durable_ = {.segment = number, .end = end, .listed = listed_.size()};
  }
  return {};
}

StoreResult<void> PayloadSegments::open(const PayloadExtent& last, std::span<const std::string> names,
                                        Leftovers leftovers) {
  const PayloadEnd end = last.end;
  if (last.count > 0) vouched_from_ = last.begin.segment;
  next_number_ = static_cast<std::uint32_t>(end.segment) + 1;
  for (const std::uint64_t number : segment_numbers(SegmentKind::payloads, names)) {
    const auto small = static_cast<std::uint32_t>(number);
    if (number > end.segment) {
      if (leftovers == Leftovers::ignore) continue;
      auto removed = files_.remove(segment_name(SegmentKind::payloads, number));
      if (!removed) return store_failure(removed.error());
      continue;
    }
    const bool is_last = number == end.segment;
    auto opened = open_segment(small, is_last ? std::optional(end.offset) : std::nullopt);
    if (!opened) return opened;
    if (is_last && leftovers == Leftovers::remove) {
      auto cut = files_.truncate(segment_name(SegmentKind::payloads, number), end.offset);
      if (!cut) return store_failure(cut.error());
    }
  }
  return {};
}

}  // namespace parking_lot
