#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "audit_image.h"
#include "files.h"
#include "parking_lot/record.h"

namespace parking_lot {

/// Single records out of frames; the last frame is kept.
class AuditFrameReader {
 public:
  /// The record at `index` of the frame, valid until the next call. The frame's checksums are verified.
  StoreResult<Record> read(Files& files, NameKeys& keys, std::uint64_t segment, const AuditFrame& frame,
                           std::uint32_t index);

 private:
  StoreResult<void> load(Files& files, std::uint64_t segment, const AuditFrame& frame);

  std::uint64_t segment_ = 0;
  std::uint32_t offset_ = 0;
  Bytes bytes_;
  ByteView body_;
  WallTime time_;
  std::vector<std::uint32_t> starts_;  ///< of the records within the body, and its end
  PoolRecords decoded_;
};

}  // namespace parking_lot
