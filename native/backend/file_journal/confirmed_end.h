#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "segment_files.h"
#include "store.h"

/// Up to where the log of records was confirmed last (`FileStore::is_confirmed`), in a file of its own: so a
/// log that was cut off, or whose newest segment was emptied or deleted, is not taken for one that ended
/// there.
namespace parking_lot {

inline constexpr std::string_view confirmed_end_name = "confirmed";

struct ConfirmedEnd {
  std::array<std::uint8_t, 16> store{};  ///< as in the headers of its segments
  LogEnd end;
};

FileResult<void> write_confirmed_end(CommitWrites& writes, const ConfirmedEnd& confirmed);

/// `nullopt`: there is none, or none that can be read.
std::optional<ConfirmedEnd> read_confirmed_end(Files& files);

}  // namespace parking_lot
