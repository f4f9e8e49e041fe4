#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit_frames.h"
#include "audit_trail.h"

namespace parking_lot {

/// Events of one stream within one part that a query may want, in the order of their numbers, and with them
/// of their times.
class AuditRun {
 public:
  /// `part` is a position in the trail.
  AuditRun(AuditTrail& trail, std::size_t part, std::uint32_t stream)
      : trail_(&trail), part_(part), stream_(stream) {}

  /// All events of the stream. O(frames of the part).
  StoreResult<void> take_all();
  /// Events of a list of the part.
  StoreResult<void> take_list(std::uint32_t list);

  std::size_t part() const { return part_; }
  std::uint32_t stream() const { return stream_; }
  const std::string& name() const { return trail_->parts()[part_].image.streams()[stream_].name; }

  std::uint64_t size() const { return all_ ? total_ : chosen_.size(); }
  /// The record at this position, from 0; it lives until the next read.
  StoreResult<Record> read(std::uint64_t at);

 private:
  struct Block {
    AuditFrame frame;
    std::uint64_t events_before = 0;
  };

  AuditTrail* trail_;
  std::size_t part_;
  std::uint32_t stream_;
  bool all_ = false;
  std::uint64_t total_ = 0;
  std::vector<Block> blocks_;
  std::vector<std::uint32_t> chosen_;
  AuditFrameReader frames_;
};

}  // namespace parking_lot
