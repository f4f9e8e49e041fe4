#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/file_journal/files.h"

namespace parking_lot::wasm {

/// The files of a disk of JavaScript: a folder through Node's `fs`, OPFS handles, an IDBFS mount. A folder is
/// owned from `lock` on, the others as soon as they are there.
/// `web/src/wasm/disks.ts` is the other side.
class HostFiles final : public Files {
 public:
  explicit HostFiles(std::uint32_t disk) : disk_(disk) {}

  FileResult<void> lock() override;
  /// Lets go of a folder, and of its files as they were, until the next `lock`.
  void unlock();
  FileResult<std::vector<std::string>> list() override;
  FileResult<void> create(std::string_view file) override;
  FileResult<std::uint64_t> size(std::string_view file) override;
  FileResult<std::size_t> read_at(std::string_view file, std::uint64_t offset, std::span<char> out) override;
  FileResult<void> write_at(std::string_view file, std::uint64_t offset, std::string_view bytes) override;
  FileResult<void> truncate(std::string_view file, std::uint64_t bytes) override;
  FileResult<void> remove(std::string_view file) override;
  void sync(std::span<const std::string> files, SyncMode mode, SyncDone done) override;

  /// The part of the config that a folder keeps beside its files; empty: none, or no folder.
  std::string kept_config();
  /// That it cannot be written is no reason to stop.
  void keep_config(std::string_view text);

  /// From `crypto.getRandomValues`.
  bool random(std::span<char> out) override;

  /// Ends the sync that is under way; `fault` 0: it succeeded, else the number of a fault whose words
  /// JavaScript has ready.
  void synced(std::int32_t fault);

 private:
  std::uint32_t disk_;
  SyncDone sync_done_;
};

}  // namespace parking_lot::wasm
