#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "files.h"
#include "posix_sync.h"

namespace parking_lot {

/// Makes this process the only owner of a folder, among native ones and those of Node, as long as it lives.
///
/// A lock of the open file description (`F_OFD_SETLK`) on the file `lock`: the kernel frees it with its
/// process, however that ends. The file names process and host for the error message. Owners of Node look for
/// that lock; who is refused because of one has not taken it, unless that one came in between.
class PosixLock {
 public:
  static constexpr std::string_view file = "lock";

  /// `locked`, naming the holder, if there is one. The folder must be there.
  static FileResult<std::unique_ptr<PosixLock>> take(const std::string& directory);

  /// `fenced` once the file was deleted or replaced, for then the lock keeps nobody out. To be called before
  /// files are changed, and before anything is said to be durable: it costs one call of the system. That
  /// another file has its name it notices within a second.
  FileResult<void> confirm();

 private:
  PosixLock(const std::string& directory, int number)
      : directory_(directory), path_(directory + "/" + std::string(file)), descriptor_(number) {}
  FileResult<void> lock();
  bool is_deleted() const;
  bool is_replaced();
  FileResult<std::int64_t> now_ms() const;
  void sign() const;
  std::string holder() const;
  tl::unexpected<FileError> in_use_by(const std::string& holder) const;

  std::string directory_;
  std::string path_;
  Descriptor descriptor_;
  bool is_fenced_ = false;
  std::optional<std::chrono::steady_clock::time_point> looked_at_;  // at what the path names
};

}  // namespace parking_lot
