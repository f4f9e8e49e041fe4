#pragma once

#include <cstdint>
#include <string>

#include "segment_files.h"

namespace parking_lot {

/// A segment that grows at its end.
///
/// While commits are small it keeps zeros ahead of its end, since many platforms sync an overwritten file
/// faster than a growing one. So what follows the end is zeros or nothing.
struct AppendFile {
  std::string name;
  std::uint64_t end = 0;       ///< after the last byte that was appended
  std::uint64_t physical = 0;  ///< the file's size

  /// Appends, keeping zeros ahead up to `nominal` bytes when `sync` makes that worthwhile.
  FileResult<void> append(CommitWrites& writes, ByteView bytes, std::uint64_t nominal, SyncMode mode);
  /// Cuts the zeros off.
  FileResult<void> finish(CommitWrites& writes);
};

}  // namespace parking_lot
