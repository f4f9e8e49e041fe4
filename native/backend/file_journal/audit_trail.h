#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audit_builder.h"
#include "audit_frames.h"
#include "audit_image.h"
#include "files.h"
#include "key_files.h"
#include "store.h"

namespace parking_lot {

/// An indexed part of the record log.
struct AuditPart {
  AuditExtent extent;
  AuditImage image;
  WallTime first_time;
  WallTime last_time;
  bool is_written = false;  ///< the index is a file beside the segment
  bool is_sealed = false;   ///< the part is a whole segment, which never grows again
};

/// The record segments of a store and their indexes, oldest first.
///
/// Each sealed segment has one index, in a file beside it. One that is missing, damaged, or of other bytes is
/// made again from the segment and kept in memory until it is written. What the segment that grows has so far
/// is indexed in memory, in several parts. Indexes in files cost memory for a few pages only.
class AuditTrail {
 public:
  explicit AuditTrail(Files& files) : files_(files), keys_(files) {}

  /// Takes note of what was written and removed since. `end`: up to where the log is durable, as its owner
  /// says; without it, up to its last whole commit. Reads new bytes, O(their number).
  StoreResult<void> refresh(std::optional<LogEnd> end);

  std::deque<AuditPart>& parts() { return parts_; }
  Files& files() { return files_; }
  NameKeys& keys() { return keys_; }

  /// Who a task is: from the record of its admission, or from the index of a later part, or from the
  /// newest checkpoint. `before`: the first part that cannot tell.
  StoreResult<std::optional<AuditNames>> find_names(const std::string& stream, std::uint64_t admission,
                                                    std::size_t before);
  /// Who the task at this position of a part is.
  StoreResult<std::optional<AuditNames>> names_of(AuditPart& part, const AuditTask& task);

  /// An index that is wrong after all is made again.
  StoreResult<void> rebuild(std::uint64_t segment);
  /// The index of this segment was written to its file: it need not be kept in memory.
  void written(std::uint64_t segment);
  /// Forgets everything: the files are others now.
  void clear();

 private:
  struct Sealed {
    std::uint64_t number = 0;
    std::uint64_t end = 0;
  };
  /// The segment that grows.
  struct Open {
    std::uint64_t number = 0;
    std::uint64_t through = 0;  ///< bytes that were read
    std::size_t parts = 0;      ///< the last so many are of it
    std::optional<AuditBuilder> builder;
    bool has_rest = false;  ///< the last of the parts is what the builder has; it is made anew
  };

  /// Of the newest segment with a commit among those before this one.
  StoreResult<LogEnd> find_end(std::uint64_t before);
  StoreResult<std::optional<AuditNames>> names_in(std::size_t part, const std::string& stream,
                                                  std::uint64_t admission);
  StoreResult<std::vector<Sealed>> find_segments(const LogEnd& end);
  StoreResult<void> read_store(std::uint64_t segment);
  StoreResult<void> add_sealed(const AuditExtent& extent);
  StoreResult<AuditImage> build_sealed(const AuditExtent& extent, std::size_t before);
  std::optional<AuditImage> open_index(const AuditExtent& extent);
  StoreResult<void> read_open(std::uint64_t until);
  StoreResult<void> add_open_part();
  void add_part(AuditImage image, const AuditExtent& extent);
  StoreResult<Bytes> build(AuditBuilder& builder, std::size_t before);
  StoreResult<std::optional<AuditNames>> from_checkpoint(const std::string& stream, std::uint64_t admission);
  void drop_open();

  Files& files_;
  KeyFiles keys_;
  AuditPageCache cache_;
  std::optional<std::array<std::uint8_t, 16>> store_;
  std::deque<AuditPart> parts_;
  Open open_;
  AuditFrameReader frames_;
  std::size_t home_ = 0;  ///< the part that told the last names
  /// Of tasks whose admission no part tells, by stream, as far as a checkpoint knows them.
  std::map<std::string, std::map<std::uint64_t, AuditNames>> restored_;
};

}  // namespace parking_lot
