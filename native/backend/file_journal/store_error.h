#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "files.h"
#include "parking_lot/result.h"

namespace parking_lot {

/// Why the store could not do something.
enum class StoreFault : std::uint8_t {
  io,            ///< the platform failed
  no_space,      ///< disk full; works again when there is space
  locked,        ///< another process owns the store
  denied,        ///< no right to read or write there
  fenced,        ///< somebody else has taken the store over; this opening is over
  corrupt,       ///< bytes that were durable are not what they were; `file` and `offset` say where
  newer_format,  ///< written by a later version of this program
  not_found,     ///< no such payload, or no store where only reading was asked for
  out_of_order,  ///< records that do not follow the stream's last one
  too_large,     ///< a payload above 4 GiB - 1 KiB, a record above 64 MiB
  read_only,     ///< the store was opened for reading
  unsealed,      ///< names that are to be erased stand in plain text
  superseded,    ///< a reader's files are gone, since the owner went on: open again
};

/// The code's name, as in logs: `no_space`.
std::string_view to_string(StoreFault fault);

struct StoreError {
  StoreFault fault = StoreFault::io;
  std::string file;  ///< empty: none in particular
  std::uint64_t offset = 0;
  std::string message;  ///< one sentence: what is wrong and what to do
};

template <class T>
using StoreResult = tl::expected<T, StoreError>;

/// Names place, file and, of corrupted bytes, their offset. `place`: where the store is.
Error error_of(const std::string& place, const StoreError& error);

/// The same trouble, as the store tells it.
StoreError store_error(const FileError& error);
tl::unexpected<StoreError> store_failure(const FileError& error);
tl::unexpected<StoreError> store_failure(StoreFault fault, std::string message);
/// What is wrong, without its place and without what to do.
std::string bare_message(const StoreError& error);
/// Bytes that were durable are damaged. `message` completes "<file>, byte <offset>: ".
tl::unexpected<StoreError> corrupt(std::string_view file, std::uint64_t offset, std::string_view message);

}  // namespace parking_lot
