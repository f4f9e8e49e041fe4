#pragma once

#include <functional>
#include <memory>
#include <string>

#include "files.h"

namespace parking_lot {

/// The files of one directory. Folders are created with mode 0700, files with 0600.
///
/// Syncs run on two threads of its own, so that two files are synced side by side; the folder itself is
/// synced when files were created. Everything that changes them asks the lock (PosixLock) whether this is the
/// owner still, and so does every sync before it ends: `fenced` if it is not.
class PosixFiles final : public Files {
 public:
  /// Runs a function on the owner's thread, later; is called from any thread. `asio::post` on its loop, for
  /// example.
  using Post = std::function<void(std::function<void()>)>;

  PosixFiles(std::string directory, Post post);
  PosixFiles(const PosixFiles&) = delete;
  PosixFiles& operator=(const PosixFiles&) = delete;
  /// Waits for a sync that runs, but calls no `done` any more.
  ~PosixFiles() override;

  FileResult<void> lock() override;
  FileResult<std::vector<std::string>> list() override;
  FileResult<void> create(std::string_view file) override;
  FileResult<std::uint64_t> size(std::string_view file) override;
  FileResult<std::size_t> read_at(std::string_view file, std::uint64_t offset, std::span<char> out) override;
  FileResult<void> write_at(std::string_view file, std::uint64_t offset, std::string_view bytes) override;
  FileResult<void> truncate(std::string_view file, std::uint64_t bytes) override;
  FileResult<void> remove(std::string_view file) override;
  void sync(std::span<const std::string> files, SyncMode mode, SyncDone done) override;
  /// From the kernel (getrandom).
  bool random(std::span<char> out) override;
  FileResult<std::uint64_t> reserve(std::string_view file, std::uint64_t bytes) override;

  const std::string& directory() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace parking_lot
