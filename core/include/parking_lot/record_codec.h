#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "parking_lot/garage/record.h"
#include "parking_lot/mailbox.h"
#include "parking_lot/name_keys.h"
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

/// Appends the records to `out`. Calls compose: records of several writes may follow one another. With keys
/// the names of people are sealed.
void encode_records(std::span<const Record> records, WallTime frame_time, Bytes& out,
                    NameKeys* keys = nullptr);
void encode_records(std::span<const mailbox::Record> records, WallTime frame_time, Bytes& out,
                    NameKeys* keys = nullptr);
void encode_records(std::span<const garage::Record> records, WallTime frame_time, Bytes& out,
                    NameKeys* keys = nullptr);

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

/// Lists and unsealed names that decoded records view.
struct RecordLists {
  std::vector<std::unique_ptr<std::uint64_t[]>> numbers;
  std::vector<std::unique_ptr<garage::ZoneOffset[]>> offsets;
  std::vector<std::unique_ptr<std::string>> names;
};

/// Decoded records of a stream, in a buffer that can be used again. Their texts are views of the bytes they
/// were decoded from; their lists and unsealed names live here until `clear`.
template <class R>
struct DecodedRecords {
  std::vector<R> records;
  RecordLists lists;

  void clear() {
    records.clear();
    lists.numbers.clear();
    lists.offsets.clear();
    lists.names.clear();
  }
};
using PoolRecords = DecodedRecords<Record>;
using GarageRecords = DecodedRecords<garage::Record>;
using MailboxRecords = DecodedRecords<mailbox::Record>;

/// Appends the records in `bytes` to `out`; on an error `out` holds those before it. Any bytes are safe.
/// `bytes` must hold exactly `frame.count` records, which are state if and only if the numbering is `same`.
/// Refused with a message that says so: records or fields which a newer version wrote, and sealed
/// names, if there are no keys.
/// `Error::where` is the offset within `bytes`, as "byte 12".
///
/// Records are well formed, but not more: that they fit together is for who applies them to judge.
Result<void> decode_records(ByteView bytes, const RecordsFrame& frame, PoolRecords& out,
                            NameKeys* keys = nullptr);
Result<void> decode_records(ByteView bytes, const RecordsFrame& frame, GarageRecords& out,
                            NameKeys* keys = nullptr);
Result<void> decode_records(ByteView bytes, const RecordsFrame& frame, MailboxRecords& out,
                            NameKeys* keys = nullptr);

}  // namespace parking_lot
