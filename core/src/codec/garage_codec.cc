#include "codec/record_coding.h"
#include "parking_lot/record_codec.h"

/// Records of garages as bytes.
namespace parking_lot {

void encode_records(std::span<const garage::Record> records, WallTime frame_time, Bytes& out) {
  record_coding::encode_all(records, frame_time, out);
}

Result<void> decode_records(ByteView bytes, const RecordsFrame& frame, GarageRecords& out) {
  return record_coding::decode_all(bytes, frame, out.records, out.lists);
}

}  // namespace parking_lot
