#pragma once

#include <cstdint>
#include <string>

#include "log_format.h"
#include "parking_lot/name_keys.h"
#include "segment_files.h"

/// Frames are decoded only for the names in them, which are opened with `NameKeys`; the records are nobody's.
namespace parking_lot {

/// Reads frames of records or of state, whatever kind of stream they are of.
class NameReader {
 public:
  explicit NameReader(NameKeys& keys) : keys_(keys) {}

  Result<void> read(StreamKind kind, const Frame& frame);

 private:
  NameKeys& keys_;
  PoolRecords pool_;
  MailboxRecords mailbox_;
  GarageRecords garage_;
};

/// All names in `bytes`, which are a segment of records or of a checkpoint. `corrupt`, with the place in
/// `file`, if a frame before `end` cannot be read. Behind `end`, and in what may never have been finished
/// (`end` 0), it reads up to where something else begins.
StoreResult<void> walk_names(const std::string& file, ByteView bytes, std::uint64_t end, NameKeys& keys);

}  // namespace parking_lot
