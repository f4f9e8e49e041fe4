#include "codec/record_coding.h"
#include "parking_lot/record_codec.h"

/// Records of garages as bytes.
namespace parking_lot {

void encode_records(std::span<const garage::Record> records, WallTime frame_time, Bytes& out,
                    NameKeys* keys) {
  record_coding::encode_all(records, frame_time, keys, out);
}

Result<void> decode_records(ByteView bytes, const RecordsFrame& frame, GarageRecords& out, NameKeys* keys) {
  return record_coding::decode_all(bytes, frame, keys, out);
}

}  // namespace parking_lot
