#include "host_files.h"

#include <utility>

// In `library_files.js`. Numbers below 0, and those of the functions that answer nothing else, are faults:
// the place in FileFault, from 1.
extern "C" {
std::int32_t pl_files_lock(std::uint32_t disk);
void pl_files_unlock(std::uint32_t disk);
void pl_files_kept_config(std::uint32_t disk);
void pl_files_keep_config(std::uint32_t disk, const char* text, std::size_t length);
double pl_files_list(std::uint32_t disk);
std::int32_t pl_files_create(std::uint32_t disk, const char* file, std::size_t length);
double pl_files_size(std::uint32_t disk, const char* file, std::size_t length);
double pl_files_read(std::uint32_t disk, const char* file, std::size_t length, double offset, char* out,
                     std::size_t size);
std::int32_t pl_files_write(std::uint32_t disk, const char* file, std::size_t length, double offset,
                            const char* bytes, std::size_t size);
std::int32_t pl_files_truncate(std::uint32_t disk, const char* file, std::size_t length, double bytes);
std::int32_t pl_files_remove(std::uint32_t disk, const char* file, std::size_t length);
std::int32_t pl_files_random(std::uint32_t disk, char* out, std::size_t size);
void pl_files_sync(std::uint32_t disk, const char* files, std::size_t length, std::int32_t is_strict);
/// Writes the text that the last call has ready: the names after `pl_files_list`, a line each, or the words
/// of a fault, or the config. Answers its length; writes only what fits.
double pl_files_text(char* out, std::size_t capacity);
}

namespace parking_lot::wasm {
namespace {

std::string words() {
  std::string text(static_cast<std::size_t>(pl_files_text(nullptr, 0)), '\0');
  pl_files_text(text.data(), text.size());
  return text;
}

tl::unexpected<FileError> failure(std::string_view file, double fault) {
  const int number = static_cast<int>(fault < 0 ? -fault : fault);
  return tl::unexpected(FileError{static_cast<FileFault>(number - 1), std::string(file), words()});
}

FileResult<void> result(std::string_view file, std::int32_t fault) {
  if (fault != 0) return failure(file, fault);
  return {};
}

}  // namespace

FileResult<void> HostFiles::lock() { return result("", pl_files_lock(disk_)); }

void HostFiles::unlock() { pl_files_unlock(disk_); }

std::string HostFiles::kept_config() {
  pl_files_kept_config(disk_);
  return words();
}

void HostFiles::keep_config(std::string_view text) { pl_files_keep_config(disk_, text.data(), text.size()); }

FileResult<std::vector<std::string>> HostFiles::list() {
  const double count = pl_files_list(disk_);
  if (count < 0) return failure("", count);
  const std::string text = words();
  std::vector<std::string> names;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    names.push_back(text.substr(start, end - start));
    start = end == std::string::npos ? text.size() : end + 1;
  }
  return names;
}

FileResult<void> HostFiles::create(std::string_view file) {
  return result(file, pl_files_create(disk_, file.data(), file.size()));
}

FileResult<std::uint64_t> HostFiles::size(std::string_view file) {
  const double bytes = pl_files_size(disk_, file.data(), file.size());
  if (bytes < 0) return failure(file, bytes);
  return static_cast<std::uint64_t>(bytes);
}

FileResult<std::size_t> HostFiles::read_at(std::string_view file, std::uint64_t offset, std::span<char> out) {
  const double count =
      pl_files_read(disk_, file.data(), file.size(), static_cast<double>(offset), out.data(), out.size());
  if (count < 0) return failure(file, count);
  return static_cast<std::size_t>(count);
}

FileResult<void> HostFiles::write_at(std::string_view file, std::uint64_t offset, std::string_view bytes) {
  return result(file, pl_files_write(disk_, file.data(), file.size(), static_cast<double>(offset),
                                     bytes.data(), bytes.size()));
}

FileResult<void> HostFiles::truncate(std::string_view file, std::uint64_t bytes) {
  return result(file, pl_files_truncate(disk_, file.data(), file.size(), static_cast<double>(bytes)));
}

FileResult<void> HostFiles::remove(std::string_view file) {
  return result(file, pl_files_remove(disk_, file.data(), file.size()));
}

bool HostFiles::random(std::span<char> out) { return pl_files_random(disk_, out.data(), out.size()) == 0; }

void HostFiles::sync(std::span<const std::string> files, SyncMode mode, SyncDone done) {
  std::string names;
  for (const std::string& file : files) names.append(names.empty() ? "" : "\n").append(file);
  sync_done_ = std::move(done);
  pl_files_sync(disk_, names.data(), names.size(), mode == SyncMode::strict ? 1 : 0);
}

void HostFiles::synced(std::int32_t fault) {
  // It may begin the next one.
  if (const SyncDone done = std::exchange(sync_done_, nullptr)) done(result("", fault));
}

}  // namespace parking_lot::wasm
