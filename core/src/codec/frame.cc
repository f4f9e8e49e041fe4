#include "parking_lot/frame.h"

#include <algorithm>

#include "codec/frame_bytes.h"
#include "parking_lot/check.h"
#include "parking_lot/crc32c.h"

namespace parking_lot {
namespace {

// Offsets within a frame. The two bytes after the flags are zero.
constexpr std::size_t header_checksum_at = 0;
constexpr std::size_t length_at = 4;  // where the header's checksum begins, and what the chain covers
constexpr std::size_t body_checksum_at = 8;
constexpr std::size_t kind_at = 12;
constexpr std::size_t flags_at = 13;
constexpr std::size_t reserved_at = 14;
constexpr std::size_t stream_at = 16;
constexpr std::size_t count_at = 20;
constexpr std::size_t commit_at = 24;
constexpr std::size_t commit_offset_at = 28;
constexpr std::size_t sequence_at = 32;
constexpr std::size_t time_at = 40;
constexpr std::size_t chain_at = 48;

constexpr std::uint8_t ends_commit_flag = 1;

std::uint32_t header_checksum(const std::uint8_t* frame) {
  return crc32c({frame + length_at, frame_header_bytes - length_at});
}

bool is_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

Frame& with(Frame& frame, Frame::Status status, std::string_view fault) {
  frame.status = status;
  frame.fault = fault;
  return frame;
}

void read_head(const std::uint8_t* at, Frame& frame) {
  FrameHead& head = frame.head;
  head.kind = static_cast<FrameKind>(at[kind_at]);
  head.ends_commit = (at[flags_at] & ends_commit_flag) != 0;
  head.stream = little_endian<std::uint32_t>(at + stream_at);
  head.count = little_endian<std::uint32_t>(at + count_at);
  head.commit = little_endian<std::uint32_t>(at + commit_at);
  head.commit_offset = little_endian<std::uint32_t>(at + commit_offset_at);
  head.first_sequence = little_endian<std::uint64_t>(at + sequence_at);
  head.time.ms = little_endian<std::int64_t>(at + time_at);
  std::copy_n(at + chain_at, frame.chain.size(), frame.chain.begin());
  frame.length = little_endian<std::uint32_t>(at + length_at);
}

bool knows_kind(std::uint8_t kind) {
  return kind >= static_cast<std::uint8_t>(FrameKind::stream) &&
         kind <= static_cast<std::uint8_t>(FrameKind::audit);
}

/// Cheap, and rarely true of anything else: for the search.
bool looks_like_header(const std::uint8_t* at) {
  return knows_kind(at[kind_at]) && at[flags_at] <= ends_commit_flag && at[reserved_at] == 0 &&
         at[reserved_at + 1] == 0;
}

/// Writes the header of the frame that begins at `start` and has its body already.
void finish_frame(const FrameHead& head, std::size_t start, ChainHash& chain, Bytes& out) {
  const std::size_t length = out.size() - start;
  PARKING_LOT_CHECK(length <= frame_bytes_max);
  std::uint8_t* const at = out.data() + start;
  put_little_endian(at + length_at, static_cast<std::uint32_t>(length));
  put_little_endian(at + body_checksum_at, crc32c({at + frame_header_bytes, length - frame_header_bytes}));
  at[kind_at] = static_cast<std::uint8_t>(head.kind);
  at[flags_at] = head.ends_commit ? ends_commit_flag : 0;
  put_little_endian(at + stream_at, head.stream);
  put_little_endian(at + count_at, head.count);
  put_little_endian(at + commit_at, head.commit);
  put_little_endian(at + commit_offset_at, head.commit_offset);
  put_little_endian(at + sequence_at, head.first_sequence);
  put_little_endian(at + time_at, head.time.ms);
  chain = chain_after(chain, {at, length});
  std::copy(chain.begin(), chain.end(), at + chain_at);
  put_little_endian(at + header_checksum_at, header_checksum(at));
}

template <class AnyRecord>
void append_records(FrameHead& head, std::span<const AnyRecord> records, ChainHash& chain, Bytes& out,
                    NameKeys* keys) {
  PARKING_LOT_CHECK(!records.empty());
  PARKING_LOT_CHECK(head.kind == FrameKind::records || head.kind == FrameKind::state);
  head.count = static_cast<std::uint32_t>(records.size());
  head.first_sequence = records.front().sequence;
  head.time = records.front().at;
  const std::uint64_t distance = head.kind == FrameKind::records ? head.count - 1 : 0;
  PARKING_LOT_CHECK(records.back().sequence == head.first_sequence + distance);
  const std::size_t start = out.size();
  out.resize(start + frame_header_bytes);
  encode_records(records, head.time, out, keys);
  finish_frame(head, start, chain, out);
}

template <class Records>
Result<void> decode(const Frame& frame, Records& out, NameKeys* keys) {
  const FrameHead& head = frame.head;
  if (head.kind != FrameKind::records && head.kind != FrameKind::state)
    return Failure({"byte 12", "The frame holds no records."});
  const Numbering numbering = head.kind == FrameKind::records ? Numbering::dense : Numbering::same;
  return decode_records(frame.body, {head.first_sequence, numbering, head.time, head.count}, out, keys);
}

}  // namespace

void append_frame(const FrameHead& head, ByteView body, ChainHash& chain, Bytes& out) {
  const std::size_t start = out.size();
  out.resize(start + frame_header_bytes);
  out.insert(out.end(), body.begin(), body.end());
  finish_frame(head, start, chain, out);
}

void append_frame(FrameHead head, std::span<const Record> records, ChainHash& chain, Bytes& out,
                  NameKeys* keys) {
  append_records(head, records, chain, out, keys);
}

void append_frame(FrameHead head, std::span<const mailbox::Record> records, ChainHash& chain, Bytes& out,
                  NameKeys* keys) {
  append_records(head, records, chain, out, keys);
}

void append_frame(FrameHead head, std::span<const garage::Record> records, ChainHash& chain, Bytes& out,
                  NameKeys* keys) {
  append_records(head, records, chain, out, keys);
}

Frame parse_frame_header(ByteView bytes) {
  Frame frame;
  const ByteView header = bytes.first(std::min(bytes.size(), frame_header_bytes));
  if (is_zero(header)) return frame;
  if (header.size() < frame_header_bytes) {
    frame.length = frame_header_bytes;
    return with(frame, Frame::Status::torn, {});
  }
  const std::uint8_t* const at = header.data();
  if (little_endian<std::uint32_t>(at + header_checksum_at) != header_checksum(at))
    return with(frame, Frame::Status::corrupt, "the checksum of the frame's header does not fit");
  read_head(at, frame);
  if (frame.length < frame_header_bytes)
    return with(frame, Frame::Status::corrupt, "the frame is shorter than its header");
  frame.next = frame.length;
  if (!looks_like_header(at))
    return with(frame, Frame::Status::newer,
                "the frame is of a kind that only a newer version of the program knows: use that version");
  return with(frame, Frame::Status::ok, {});
}

Frame parse_frame(ByteView segment, std::size_t offset) {
  const ByteView rest = segment.subspan(offset);
  Frame frame = parse_frame_header(rest);
  if (frame.next == 0) return frame;
  frame.next = 0;
  if (rest.size() < frame.length) return with(frame, Frame::Status::torn, {});
  frame.next = offset + frame.length;
  frame.bytes = rest.first(frame.length);
  frame.body = frame.bytes.subspan(frame_header_bytes);
  if (little_endian<std::uint32_t>(rest.data() + body_checksum_at) != crc32c(frame.body))
    return with(frame, Frame::Status::corrupt, "the checksum of the frame's body does not fit");
  return frame;
}

Frame find_frame(ByteView segment, std::size_t from) {
  for (std::size_t at = from; at + frame_header_bytes <= segment.size(); ++at) {
    if (!looks_like_header(segment.data() + at)) continue;
    const Frame frame = parse_frame(segment, at);
    if (frame.status == Frame::Status::ok) return frame;
  }
  return {};
}

ChainHash chain_after(const ChainHash& previous, ByteView frame) {
  return Sha256()
      .add(previous)
      .add(frame.subspan(length_at, chain_at - length_at))
      .add(frame.subspan(frame_header_bytes))
      .finish();
}

Result<void> decode_frame(const Frame& frame, PoolRecords& out, NameKeys* keys) {
  return decode(frame, out, keys);
}

Result<void> decode_frame(const Frame& frame, GarageRecords& out, NameKeys* keys) {
  return decode(frame, out, keys);
}

Result<void> decode_frame(const Frame& frame, MailboxRecords& out, NameKeys* keys) {
  return decode(frame, out, keys);
}

}  // namespace parking_lot
