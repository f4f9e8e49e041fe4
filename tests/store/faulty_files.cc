#include "faulty_files.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace parking_lot::test {

namespace {

constexpr std::size_t sector = 512;

tl::unexpected<FileError> failure(FileFault fault, std::string_view file, std::string message) {
  return tl::unexpected(FileError{fault, std::string(file), std::move(message)});
}

tl::unexpected<FileError> dead(std::string_view file) {
  return failure(FileFault::io, file, "the power is off");
}

}  // namespace

std::uint64_t FaultyDisk::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, file] : files_) sum += file.is_removed ? 0 : file.now.size();
  return sum;
}

std::uint64_t FaultyDisk::syncs_of(std::string_view start) const {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : syncs_by_file_) sum += name.starts_with(start) ? count : 0;
  return sum;
}

std::vector<std::string> FaultyDisk::names() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : files_) {
    if (!file.is_removed) names.push_back(name);
  }
  return names;
}

/// False: the power is off, or goes off with this operation.
bool FaultyDisk::step() {
  if (crash_at && operations_ == *crash_at) is_dead_ = true;
  ++operations_;
  return !is_dead_;
}

/// The durable bytes, with any choice of the sectors that were changed since.
std::string FaultyDisk::survivor(const File& file) {
  std::string bytes = file.durable.value_or("");
  if (bytes == file.now) return bytes;
  const std::size_t shorter = std::min(bytes.size(), file.now.size());
  const std::size_t longer = std::max(bytes.size(), file.now.size());
  const std::uint64_t mood = random(4);  // mostly there, mostly lost, half, cut anywhere
  bytes.resize(shorter + random(longer - shorter + 1), '\0');
  if (mood == 0) bytes.resize(longer == bytes.size() ? longer : file.now.size(), '\0');
  const std::size_t stop = mood == 3 ? random(bytes.size() + 1) : bytes.size();
  for (std::size_t at = 0; at < bytes.size() && at < file.now.size(); at += sector) {
    const bool arrives = mood == 3 ? at < stop : random(8) < (mood == 0 ? 7u : mood == 1 ? 1u : 4u);
    if (!arrives) continue;
    std::size_t count = std::min({sector, bytes.size() - at, file.now.size() - at});
    if (mood == 3) count = std::min(count, stop - at);
    bytes.replace(at, count, file.now, at, count);
  }
  return bytes;
}

/// A sync that succeeds writes what was changed since the last one, successful or not.
void FaultyDisk::settle(File& file) {
  if (!file.clean) {
    file.durable = file.now;
    return;
  }
  std::string bytes = file.durable.value_or("");
  bytes.resize(file.now.size(), '\0');
  for (std::size_t at = 0; at < bytes.size(); at += sector) {
    const std::string_view sector_now = std::string_view(file.now).substr(at, sector);
    const bool is_clean =
        at < file.clean->size() && sector_now == std::string_view(*file.clean).substr(at, sector);
    if (!is_clean) bytes.replace(at, sector_now.size(), sector_now);
  }
  file.durable = bytes;
  file.clean = file.now;
}

void FaultyDisk::restart() {
  for (auto file = files_.begin(); file != files_.end();) {
    const bool returns = !file->second.is_removed || (file->second.durable && random(2) == 0);
    const bool exists = returns && (file->second.durable || random(2) == 0);
    if (!exists) {
      file = files_.erase(file);
      continue;
    }
    file->second.now = survivor(file->second);
    file->second.durable = file->second.now;
    file->second.clean.reset();
    file->second.is_removed = false;
    ++file;
  }
  crash_at.reset();
  fail_sync_at.reset();
  space.reset();
  is_dead_ = false;
  is_locked_ = false;
}

FaultyFiles::~FaultyFiles() {
  if (is_owner_) disk_.is_locked_ = false;
}

FileResult<FaultyDisk::File*> FaultyFiles::find(std::string_view file) {
  if (disk_.is_dead_) return dead(file);
  const auto found = disk_.files_.find(file);
  if (found == disk_.files_.end() || found->second.is_removed) {
    return failure(FileFault::not_found, file, "there is no such file");
  }
  return &found->second;
}

FileResult<void> FaultyFiles::lock() {
  if (disk_.is_locked_) return failure(FileFault::locked, "lock", "in use by another test");
  disk_.is_locked_ = true;
  is_owner_ = true;
  return {};
}

FileResult<std::vector<std::string>> FaultyFiles::list() {
  if (disk_.is_dead_) return dead("");
  return disk_.names();
}

FileResult<void> FaultyFiles::create(std::string_view file) {
  REQUIRE((is_owner_ && !sync_));
  if (!disk_.step()) {
    if (disk_.random(2) == 0) disk_.files_.try_emplace(std::string(file));
    return dead(file);
  }
  if (find(file)) return failure(FileFault::exists, file, "it exists");
  if (disk_.space && disk_.bytes() >= *disk_.space) return failure(FileFault::no_space, file, "disk full");
  disk_.files_[std::string(file)] = {};
  return {};
}

FileResult<std::uint64_t> FaultyFiles::size(std::string_view file) {
  return find(file).map([](FaultyDisk::File* found) { return std::uint64_t{found->now.size()}; });
}

FileResult<std::size_t> FaultyFiles::read_at(std::string_view file, std::uint64_t offset,
                                             std::span<char> out) {
  const auto found = find(file);
  if (!found) return tl::unexpected(found.error());
  const std::string& bytes = (*found)->now;
  if (offset >= bytes.size()) return 0;
  return bytes.copy(out.data(), out.size(), offset);
}

FileResult<void> FaultyFiles::write_at(std::string_view file, std::uint64_t offset, std::string_view bytes) {
  REQUIRE((is_owner_ && !sync_));
  const auto found = find(file);
  if (!found) return tl::unexpected(found.error());
  std::string& now = (*found)->now;
  std::size_t count = bytes.size();
  const bool is_alive = disk_.step();
  if (!is_alive) count = disk_.random(count + 1);
  const std::uint64_t growth = offset + count > now.size() ? offset + count - now.size() : 0;
  bool is_full = false;
  if (disk_.space && growth > 0 && disk_.bytes() + growth > *disk_.space) {
    is_full = true;
    const std::uint64_t lacking = disk_.bytes() + growth - *disk_.space;
    count -= std::min<std::uint64_t>(count, lacking);
  }
  if (count > 0) {
    if (now.size() < offset + count) now.resize(offset + count, '\0');
    now.replace(offset, count, bytes.substr(0, count));
  }
  if (!is_alive) return dead(file);
  if (is_full) return failure(FileFault::no_space, file, "disk full");
  return {};
}

FileResult<void> FaultyFiles::truncate(std::string_view file, std::uint64_t bytes) {
  REQUIRE((is_owner_ && !sync_));
  const auto found = find(file);
  if (!found) return tl::unexpected(found.error());
  if (!disk_.step()) return dead(file);
  (*found)->now.resize(bytes, '\0');
  return {};
}

FileResult<void> FaultyFiles::remove(std::string_view file) {
  REQUIRE((is_owner_ && !sync_));
  const auto found = find(file);
  if (!disk_.step()) return dead(file);
  if (found) (*found)->is_removed = true;
  return {};
}

bool FaultyFiles::random(std::span<char> out) {
  if (!disk_.has_random) return false;
  for (char& byte : out) byte = static_cast<char>(disk_.random_());
  return true;
}

FileResult<std::uint64_t> FaultyFiles::reserve(std::string_view file, std::uint64_t bytes) {
  const auto now = size(file);
  if (!now || *now >= bytes) return now;
  const std::string zeros(bytes - *now, '\0');
  auto written = write_at(file, *now, zeros);
  if (!written) return tl::unexpected(written.error());
  return bytes;
}

void FaultyFiles::sync(std::span<const std::string> files, SyncMode mode, SyncDone done) {
  REQUIRE((is_owner_ && !sync_));
  const bool is_alive = disk_.step();
  if (mode == SyncMode::relaxed) {
    if (is_alive) done({});
    return;
  }
  sync_ = Sync{{files.begin(), files.end()}, std::move(done)};
  if (!disk_.holds_syncs) finish_sync();
}

bool FaultyFiles::finish_sync() {
  if (!sync_) return false;
  Sync sync = std::move(*sync_);
  sync_.reset();
  if (!disk_.step()) return false;
  const bool fails = disk_.fail_sync_at && disk_.syncs_ == *disk_.fail_sync_at;
  ++disk_.syncs_;
  for (const std::string& name : sync.files) {
    FaultyDisk::File& file = disk_.files_.at(name);
    ++disk_.syncs_by_file_[name];
    // As on Linux: after a failed sync the pages count as clean, whatever of them arrived, and no later sync
    // writes them.
    if (fails) {
      const std::string arrived = disk_.survivor(file);
      if (disk_.random(2) == 0 || file.durable) file.durable = arrived;
      file.clean = file.now;
    } else {
      FaultyDisk::settle(file);
    }
  }
  fails ? sync.done(failure(FileFault::io, sync.files.front(), "the disk lost it")) : sync.done({});
  return true;
}

}  // namespace parking_lot::test
