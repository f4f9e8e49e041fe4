#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "files.h"

namespace parking_lot {

/// Files as they would be after changes that only this object knows: what a repair would come to is looked at
/// before anything is touched. Changes are kept in memory, the files below are only read.
class DraftFiles final : public Files {
 public:
  explicit DraftFiles(Files& below) : below_(below) {}

  FileResult<void> lock() override { return {}; }
  FileResult<std::vector<std::string>> list() override;
  FileResult<void> create(std::string_view file) override;
  FileResult<std::uint64_t> size(std::string_view file) override;
  FileResult<std::size_t> read_at(std::string_view file, std::uint64_t offset, std::span<char> out) override;
  FileResult<void> write_at(std::string_view file, std::uint64_t offset, std::string_view bytes) override;
  FileResult<void> truncate(std::string_view file, std::uint64_t bytes) override;
  FileResult<void> remove(std::string_view file) override;
  void sync(std::span<const std::string> files, SyncMode mode, SyncDone done) override;

 private:
  struct Draft {
    bool is_gone = false;
    std::uint64_t size = 0;
    std::uint64_t kept = 0;  ///< so many bytes of the file below still count
    std::vector<std::pair<std::uint64_t, std::string>> writes;  ///< by offset, in the order of their writing
  };
  FileResult<Draft*> change(std::string_view file);
  const Draft* find(std::string_view file) const;

  Files& below_;
  std::map<std::string, Draft, std::less<>> drafts_;
};

}  // namespace parking_lot
