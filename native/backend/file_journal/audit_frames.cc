#include "audit_frames.h"

#include <string>

#include "log_format.h"
#include "segment_files.h"

namespace parking_lot {

namespace {

constexpr std::size_t first_read = 16384;

/// A varint of checked bytes; stops at their end.
std::uint64_t take_varint(ByteView bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (int shift = 0; at < bytes.size() && shift < 64; shift += 7) {
    const std::uint8_t byte = bytes[at++];
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) break;
  }
  return value;
}

}  // namespace

StoreResult<void> AuditFrameReader::load(Files& files, std::uint64_t segment, const AuditFrame& frame) {
  if (segment_ == segment && offset_ == frame.offset) return {};
  segment_ = 0;
  const std::string name = segment_name(SegmentKind::records, segment);
  auto read = read_bytes(files, name, frame.offset, first_read, bytes_);
  if (!read) return read;
  Frame found = parse_frame(bytes_, 0);
  if (found.status == Frame::Status::torn && found.length > bytes_.size()) {
    read = read_bytes(files, name, frame.offset, found.length, bytes_);
    if (!read) return read;
    found = parse_frame(bytes_, 0);
  }
  if (found.status != Frame::Status::ok) return corrupt(name, frame.offset, why_unreadable(found));
  if (found.head.count != frame.count || found.head.first_sequence != frame.first_sequence)
    return corrupt(audit_index_name(segment), 0, "the index does not fit its segment");
  body_ = found.body;
  time_ = found.head.time;
  starts_.clear();
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < frame.count; ++i) {
    starts_.push_back(static_cast<std::uint32_t>(at));
    take_varint(body_, at);
    const std::uint64_t length = take_varint(body_, at);
    if (length > body_.size() - at) return corrupt(name, frame.offset, "a record's length is wrong");
    at += static_cast<std::size_t>(length);
  }
  starts_.push_back(static_cast<std::uint32_t>(at));
  segment_ = segment;
  offset_ = frame.offset;
  return {};
}

StoreResult<Record> AuditFrameReader::read(Files& files, NameKeys& keys, std::uint64_t segment,
                                           const AuditFrame& frame, std::uint32_t index) {
  auto loaded = load(files, segment, frame);
  if (!loaded) return tl::unexpected(loaded.error());
  if (index >= frame.count)
    return corrupt(audit_index_name(segment), 0, "the index does not fit its segment");
  decoded_.clear();
  const RecordsFrame alone{.first_sequence = frame.first_sequence + index, .time = time_, .count = 1};
  const ByteView bytes = body_.subspan(starts_[index], starts_[index + 1] - starts_[index]);
  const auto decoded = decode_records(bytes, alone, decoded_, &keys);
  if (!decoded)
    return corrupt(segment_name(SegmentKind::records, segment), frame.offset, decoded.error().message);
  return decoded_.records.front();
}

}  // namespace parking_lot
