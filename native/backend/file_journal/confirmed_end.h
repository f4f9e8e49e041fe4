#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "segment_files.h"
#include "store.h"

/// Up to where the log of records was confirmed last (`FileStore::is_confirmed`), in a file of its own: so a
/// log that was cut off, or whose newest segment was emptied or deleted, is not taken for one that ended
/// there.
namespace parking_lot {

inline constexpr std::string_view confirmed_end_name = "confirmed";

using StoreIdentity = std::array<std::uint8_t, 16>;

FileResult<void> write_confirmed_end(CommitWrites& writes, const StoreIdentity& store, const LogEnd& end);

/// `nullopt`: there is none, or none of this store that can be read.
struct ConfirmedEnd {
  StoreIdentity store{};
  LogEnd end;
};
std::optional<ConfirmedEnd> read_confirmed_end(Files& files, std::span<const std::string> names);

}  // namespace parking_lot
