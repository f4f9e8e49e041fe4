#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parking_lot/record_codec.h"
#include "parking_lot/sha256.h"

/// The frames of a journal, format version 1: what segments consist of after their header. Nothing here does
/// input or output. docs/journal-format.md specifies the bytes.
///
/// Law: a frame is applied as a whole or not at all. Every byte of it is covered by one of two checksums, the
/// header's own first, so that a length can be trusted before the body has been read. The frames of one
/// stream form a chain of hashes.
namespace parking_lot {

inline constexpr std::uint16_t journal_format_version = 1;
inline constexpr std::size_t segment_header_bytes = 64;
inline constexpr std::size_t frame_header_bytes = 80;
/// No frame is longer.
inline constexpr std::uint64_t frame_bytes_max = 0xffff'ffff;

/// What a segment holds. Numbers are stored: append, never renumber.
enum class SegmentKind : std::uint8_t { records = 1, payloads = 2, checkpoint = 3 };

/// The first bytes of every segment. Segments are known by it, never by their file's name.
struct SegmentHeader {
  SegmentKind kind = SegmentKind::records;
  std::array<std::uint8_t, 16> store{};  ///< random, given to a store once, the same in all its segments
  std::uint64_t number = 0;              ///< rising within the store and kind
  std::uint64_t epoch = 0;               ///< of the opening or owner that wrote it
  WallTime created_at;
};

void append_segment_header(const SegmentHeader& header, Bytes& out);
/// Reads the header at the start of `bytes`. Errors: too short, no segment, damaged, written by a newer
/// version.
Result<SegmentHeader> parse_segment_header(ByteView bytes);

/// What a frame's body is. Numbers are stored: append, never renumber. Bodies of all but the first three are
/// the store's own matter.
enum class FrameKind : std::uint8_t {
  stream = 1,            ///< a `StreamDeclaration`: gives a stream its number within the segment
  records = 2,           ///< events, `Numbering::dense`
  state = 3,             ///< of a checkpoint, `Numbering::same`
  checkpoint_begin = 4,  ///< what a checkpoint covers
  checkpoint_end = 5,    ///< without it a checkpoint is incomplete
  commit = 6,            ///< last of a physical commit, which counts only with it: what it rests on
  opening = 7,           ///< first of a record segment: where in which segment the log goes on from
  audit = 8,             ///< what the audit trail needs beside the records: where retention cut it, its index
};

using ChainHash = Sha256Digest;

/// The fields of a frame beside its body and checksums.
struct FrameHead {
  FrameKind kind = FrameKind::records;
  std::uint32_t stream = 0;          ///< number of the stream within the segment; 0: of none
  std::uint32_t count = 0;           ///< of records, or what the kind counts
  std::uint32_t commit = 0;          ///< number of the physical commit within the segment, from 1
  std::uint32_t commit_offset = 0;   ///< of this frame from the start of its commit's bytes in the segment
  bool ends_commit = false;          ///< the last frame of its commit
  std::uint64_t first_sequence = 0;  ///< of its records; of a payload its id
  WallTime time;                     ///< the records' times are told relative to it
};

/// Appends one frame to `out`. `chain` is the hash of the stream's previous frame (zeros before the first)
/// and becomes this one's. A frame that belongs to no chain takes a fresh `ChainHash`. The whole frame must
/// not be longer than `frame_bytes_max`.
void append_frame(const FrameHead& head, ByteView body, ChainHash& chain, Bytes& out);
/// The same for records, which must not be empty: count, first sequence and time are taken from them, so only
/// the other fields of `head` matter. With kind `records` their sequences must be dense, with `state` all the
/// same.
void append_frame(FrameHead head, std::span<const Record> records, ChainHash& chain, Bytes& out,
                  NameKeys* keys = nullptr);
void append_frame(FrameHead head, std::span<const mailbox::Record> records, ChainHash& chain, Bytes& out,
                  NameKeys* keys = nullptr);
void append_frame(FrameHead head, std::span<const garage::Record> records, ChainHash& chain, Bytes& out,
                  NameKeys* keys = nullptr);

/// What stands at an offset of a segment.
struct Frame {
  enum class Status : std::uint8_t {
    ok,
    blank,    ///< the end: no more bytes, or nothing but zeros where a header would be
    torn,     ///< the bytes end before the frame does: `length` bytes from its start would be needed to go on
    corrupt,  ///< `fault` says what is wrong
    newer,    ///< whole, but only a newer version of the program knows what it is; `fault` says so
  };

  Status status = Status::blank;
  FrameHead head;
  std::size_t length = 0;  ///< of the whole frame. Valid for `ok` and `newer`, and for `corrupt` if its body
                           ///< alone is damaged; see `torn`
  std::size_t next = 0;    ///< offset after it, valid as `length` is; 0 if it is not
  ByteView bytes;          ///< all of it
  ByteView body;
  ChainHash chain{};       ///< as the frame has it; `chain_after` tells whether it is right
  std::string_view fault;  ///< one sentence for `corrupt` and `newer`
};

/// Reads the frame at `offset` (at most bytes.size()). Any bytes are safe. O(length).
///
/// Torn or damaged? Of a commit that was never confirmed any part may be missing, not only its end. Let k be
/// the commit of the last whole frame before a place that is corrupt, torn or blank. One commit is in flight
/// at a time, so the place is no torn tail but damage to confirmed bytes, if `find_frame` finds a frame after
/// it with commit > k + 1, or with commit k + 1 that began after the place (its offset - commit_offset >
/// place).
Frame parse_frame(ByteView segment, std::size_t offset);

/// The header alone, of the first `frame_header_bytes` of a frame: body and `bytes` stay empty, and the
/// body's checksum is not looked at.
Frame parse_frame_header(ByteView bytes);

/// The first whole frame at `from` or later; `blank` if there is none. `next - length` is where it starts.
/// For telling a torn tail from damage, and for repair. O(bytes).
Frame find_frame(ByteView segment, std::size_t from);

/// The chain hash that the whole frame `frame` (`Frame::bytes`) should have after `previous`.
ChainHash chain_after(const ChainHash& previous, ByteView frame);

/// Decodes the records of a whole frame of kind `records` or `state`, as `decode_records` does of its body.
Result<void> decode_frame(const Frame& frame, PoolRecords& out, NameKeys* keys = nullptr);
Result<void> decode_frame(const Frame& frame, MailboxRecords& out, NameKeys* keys = nullptr);
Result<void> decode_frame(const Frame& frame, GarageRecords& out, NameKeys* keys = nullptr);

/// Which machine a stream belongs to. Numbers are stored: append, never renumber.
enum class StreamKind : std::uint8_t { pool = 1, garage = 2, mailbox = 3 };

/// First frame of a stream in each segment; its own `FrameHead::stream` is the number that it gives. It is
/// part of the chain and tells the hash before it, so that a segment can be verified without those before it.
struct StreamDeclaration {
  StreamKind kind = StreamKind::pool;
  std::string_view name;  ///< a view of the body after decoding
  ChainHash
      previous{};  ///< of the stream's frame before this one, in whatever segment; zeros: it is the first
};

/// Appends the frame. The head's `first_sequence` is that of the next record; `kind` and `count` are ignored.
/// `previous` is taken from `chain`.
void append_declaration(FrameHead head, StreamKind kind, std::string_view name, ChainHash& chain, Bytes& out);
Result<StreamDeclaration> decode_declaration(const Frame& frame);

}  // namespace parking_lot
