#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

/// The seam between the file journal and whatever keeps bytes: a directory, an IDBFS mount, OPFS handles,
/// Node's `fs`, a faulty memory in tests.
namespace parking_lot {

enum class FileFault : std::uint8_t {
  io,         ///< the platform failed; the message has its words
  no_space,   ///< disk full, quota used up
  not_found,  ///< no such file
  exists,     ///< `create` of a file that is there
  locked,     ///< another owner holds the lock; the message names it
  denied,     ///< no right to read or write here
  fenced,     ///< somebody else has taken the files over; nothing may be written any more
};

struct FileError {
  FileFault fault = FileFault::io;
  std::string file;     ///< its name, empty if the error concerns all
  std::string message;  ///< one sentence
};

template <class T>
using FileResult = tl::expected<T, FileError>;

/// What a sync promises. `strict`: it survives loss of power. `relaxed`: it survives the death of the
/// process, and loss of power may take the last seconds.
enum class SyncMode : std::uint8_t { strict, relaxed };

/// A flat set of files, known by short names (`[a-z0-9-]{1,40}`). There is no rename: what a file is for
/// stands in its header.
///
/// Everything but `sync` is synchronous. The journal promises its `Files`: one sync at a time, and **nothing
/// is created, written, truncated or removed while a sync is under way** (reads, sizes and lists may happen).
/// So an implementation may copy whole files during a sync.
///
/// Belongs to one thread. Errors are values; an implementation neither throws nor aborts for what the
/// platform does. Bytes that were written are read back at once, synced or not.
class Files {
 public:
  using SyncDone = std::function<void(FileResult<void>)>;

  virtual ~Files() = default;

  /// Makes this the only owner until destruction: creates the place if it is missing, and fails with
  /// `locked`, naming the holder, when another one has it. A holder that died, however, holds nothing. All
  /// but the reading operations are refused before. Readers alone need no lock.
  virtual FileResult<void> lock() = 0;

  /// Names of all files, in any order.
  virtual FileResult<std::vector<std::string>> list() = 0;
  /// An empty file. It may vanish with the power until the next sync that names it.
  virtual FileResult<void> create(std::string_view file) = 0;
  virtual FileResult<std::uint64_t> size(std::string_view file) = 0;
  /// Fills `out` from `offset` and returns how many bytes there were: fewer only at the end of the file.
  virtual FileResult<std::size_t> read_at(std::string_view file, std::uint64_t offset,
                                          std::span<char> out) = 0;
  /// Writes all bytes; a gap before `offset` becomes zeros. After an error any part of them may be there.
  virtual FileResult<void> write_at(std::string_view file, std::uint64_t offset, std::string_view bytes) = 0;
  /// Shortens the file, or extends it with zeros.
  virtual FileResult<void> truncate(std::string_view file, std::uint64_t bytes) = 0;
  /// A file that does not exist is no error. Needs no sync: after loss of power the file may be back.
  virtual FileResult<void> remove(std::string_view file) = 0;

  /// Makes the present contents and existence of these files durable. `done` is called exactly once, on the
  /// owner's thread, within this call or later, and not after destruction. An error means: of what was
  /// written since the last successful sync of these files, anything may be lost, now or later; the caller
  /// must not count on a second try.
  virtual void sync(std::span<const std::string> files, SyncMode mode, SyncDone done) = 0;

  /// Fills `out` with random bytes fit for keys. False: there are none here; then names of people stay plain.
  virtual bool random(std::span<char> out) {
    (void)out;
    return false;
  }

  /// A hint that up to `bytes` will soon be written to the file: an implementation which syncs an overwritten
  /// file faster than a growing one extends it with zeros, and returns the file's size. Others return 0.
  virtual FileResult<std::uint64_t> reserve(std::string_view file, std::uint64_t bytes) {
    (void)file;
    (void)bytes;
    return 0;
  }
};

}  // namespace parking_lot
