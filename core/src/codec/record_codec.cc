#include "parking_lot/record_codec.h"

#include "codec/record_coding.h"

namespace parking_lot {

void encode_records(std::span<const Record> records, WallTime frame_time, Bytes& out) {
  record_coding::encode_all(records, frame_time, out);
}

void encode_records(std::span<const mailbox::Record> records, WallTime frame_time, Bytes& out) {
  record_coding::encode_all(records, frame_time, out);
}

Result<void> decode_records(ByteView bytes, const RecordsFrame& frame, PoolRecords& out) {
  return record_coding::decode_all(bytes, frame, out.records, out.lists);
}

Result<void> decode_records(ByteView bytes, const RecordsFrame& frame, std::vector<mailbox::Record>& out) {
  RecordLists none;
  return record_coding::decode_all(bytes, frame, out, none);
}

}  // namespace parking_lot
