#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "parking_lot/garage/record.h"
#include "parking_lot/mailbox.h"
#include "parking_lot/record.h"
#include "parking_lot/result.h"

/// Records as bytes, format version 1. docs/journal-format.md specifies them byte by byte.
///
/// Encoded records follow one another without a gap and hold no sequence: it follows from their place in a
/// frame (see frame.h). Their time is told relative to the frame's. Encoding allocates only for `out` to
/// grow.
namespace parking_lot {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Appends the records to `out`. Calls compose: records of several writes may follow one another.
void encode_records(std::span<const Record> records, WallTime frame_time, Bytes& out);
void encode_records(std::span<const mailbox::Record> records, WallTime frame_time, Bytes& out);
void encode_records(std::span<const garage::Record> records, WallTime frame_time, Bytes& out);

/// How the records of a frame are numbered.
enum class Numbering : std::uint8_t {
  dense,  ///< events of a stream: the first has the frame's sequence, each further one the next
  same,   ///< state of a checkpoint: all have the frame's
};

/// What a frame says of its records.
struct RecordsFrame {
  std::uint64_t first_sequence = 0;
  Numbering numbering = Numbering::dense;
  WallTime time;
  std::uint32_t count = 0;
};

/// Lists that decoded records view.
struct RecordLists {
  std::vector<std::unique_ptr<std::uint64_t[]>> numbers;
  std::vector<std::unique_ptr<garage::ZoneOffset[]>> offsets;
};

/// Decoded records of a stream, in a buffer that can be used again. Their texts are views of the bytes they
/// were decoded from; their lists live here until `clear`.
template <class R>
struct DecodedRecords {
  std::vector<R> records;
  RecordLists lists;

  void clear() {
    records.clear();
    lists.numbers.clear();
    lists.offsets.clear();
  }
};
using PoolRecords = DecodedRecords<Record>;
using GarageRecords = DecodedRecords<garage::Record>;

/// Appends the records in `bytes` to `out`; on an error `out` holds those before it. Any bytes are safe.
/// `bytes` must hold exactly `frame.count` records, which are state if and only if the numbering is `same`.
/// Refused with a message that says so: records or fields which a newer version wrote, and sealed texts.
/// `Error::where` is the offset within `bytes`, as "byte 12".
///
/// Records are well formed, but not more: that they fit together is for who applies them to judge.
Result<void> decode_records(ByteView bytes, const RecordsFrame& frame, PoolRecords& out);
Result<void> decode_records(ByteView bytes, const RecordsFrame& frame, GarageRecords& out);
Result<void> decode_records(ByteView bytes, const RecordsFrame& frame, std::vector<mailbox::Record>& out);

}  // namespace parking_lot
