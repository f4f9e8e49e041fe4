#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "backend/file_journal/files.h"

namespace parking_lot::test {

/// A disk in memory that behaves as badly as a real one may.
///
/// What was written since a file's last sync may be lost at a crash: any 512-byte sector of it, in any
/// combination; so may a file that was created, and a removed one may return.
class FaultyDisk {
 public:
  explicit FaultyDisk(std::uint64_t seed) : random_(seed) {}

  // What is to go wrong. Operations are those that change something: create, write, truncate, remove, and a
  // sync's beginning and end.
  std::optional<std::uint64_t> crash_at;      ///< at the operation with this number (from 0) the power goes
  std::optional<std::uint64_t> fail_sync_at;  ///< the sync with this number (from 0) fails
  std::optional<std::uint64_t> space;         ///< bytes that all files together may have
  bool has_random = true;                     ///< bytes for keys
  bool holds_syncs = false;                   ///< a sync ends only at `finish_sync`

  std::uint64_t operations() const { return operations_; }
  std::uint64_t syncs() const { return syncs_; }
  /// How often a file has been synced whose name begins so.
  std::uint64_t syncs_of(std::string_view start) const;
  bool is_dead() const { return is_dead_; }
  std::uint64_t bytes() const;
  std::vector<std::string> names() const;
  /// The present bytes, for looking and for damaging them.
  std::string& contents(const std::string& file) { return files_.at(file).now; }

  /// Power comes back: what was not synced is there, torn or lost. Faults are forgotten.
  void restart();

 private:
  friend class FaultyFiles;
  struct File {
    std::string now;
    std::optional<std::string> durable;  ///< as of the last sync; none: it never was synced
    std::optional<std::string> clean;    ///< what the platform believes to be on the disk since a sync failed
    bool is_removed = false;
  };
  static void settle(File& file);

  bool step();
  std::uint64_t random(std::uint64_t below) { return random_() % below; }
  std::string survivor(const File& file);

  std::map<std::string, File, std::less<>> files_;
  std::mt19937_64 random_;
  std::uint64_t operations_ = 0;
  std::uint64_t syncs_ = 0;
  std::map<std::string, std::uint64_t> syncs_by_file_;
  bool is_dead_ = false;
  bool is_locked_ = false;
};

/// One owner's view of a faulty disk.
class FaultyFiles final : public Files {
 public:
  explicit FaultyFiles(FaultyDisk& disk) : disk_(disk) {}
  ~FaultyFiles() override;

  /// Ends the sync that is under way, if there is one.
  bool finish_sync();

  FileResult<void> lock() override;
  FileResult<std::vector<std::string>> list() override;
  FileResult<void> create(std::string_view file) override;
  FileResult<std::uint64_t> size(std::string_view file) override;
  FileResult<std::size_t> read_at(std::string_view file, std::uint64_t offset, std::span<char> out) override;
  FileResult<void> write_at(std::string_view file, std::uint64_t offset, std::string_view bytes) override;
  FileResult<void> truncate(std::string_view file, std::uint64_t bytes) override;
  FileResult<void> remove(std::string_view file) override;
  void sync(std::span<const std::string> files, SyncMode mode, SyncDone done) override;
  bool random(std::span<char> out) override;
  FileResult<std::uint64_t> reserve(std::string_view file, std::uint64_t bytes) override;

 private:
  struct Sync {
    std::vector<std::string> files;
    SyncDone done;
  };
  FileResult<FaultyDisk::File*> find(std::string_view file);

  FaultyDisk& disk_;
  bool is_owner_ = false;
  std::optional<Sync> sync_;
};

}  // namespace parking_lot::test
