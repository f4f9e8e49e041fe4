#include "parking_lot/record_codec.h"

#include "codec/record_coding.h"

namespace parking_lot {

void encode_records(std::span<const Record> records, WallTime frame_time, Bytes& out, NameKeys* keys) {
  record_coding::encode_all(records, frame_time, keys, out);
}

void encode_records(std::span<const mailbox::Record> records, WallTime frame_time, Bytes& out,
                    NameKeys* keys) {
  record_coding::encode_all(records, frame_time, keys, out);
}

Result<void> decode_records(ByteView bytes, const RecordsFrame& frame, PoolRecords& out, NameKeys* keys) {
  return record_coding::decode_all(bytes, frame, keys, out);
}

Result<void> decode_records(ByteView bytes, const RecordsFrame& frame, MailboxRecords& out, NameKeys* keys) {
  return record_coding::decode_all(bytes, frame, keys, out);
}

}  // namespace parking_lot
