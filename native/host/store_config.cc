#include "host/store_config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

namespace parking_lot {
namespace {

constexpr std::string_view here = ".";

std::string file_in(const std::string& directory) { return directory + "/config.json"; }

template <class Visit>
void for_each_storage(Config& config, Visit visit) {
  for (PoolConfig& pool : config.pools) {
    if (pool.queue.kind == StorageKind::file) visit(pool.queue.path);
    if (pool.mailbox.storage.kind == StorageKind::file) visit(pool.mailbox.storage.path);
  }
}

std::optional<std::string> text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

Failure failure(const std::string& path, const char* what) {
  return Failure({path, std::string(what) + ": " + strerror(errno) + "."});
}

Result<void> write_whole(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd == -1) return failure(path, "cannot be written");
  const bool is_written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool is_whole = is_written && fsync(fd) == 0;
  if (!is_whole) {
    ::close(fd);
    return failure(path, "cannot be written");
  }
  ::close(fd);
  return {};
}

bool has_records(const std::string& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator file(directory, error), end; !error && file != end;
       file.increment(error)) {
    if (file->path().filename().string().rfind("records-", 0) == 0) return true;
  }
  return false;
}

}  // namespace

bool has_store(const std::string& directory) {
  std::error_code error;
  return std::filesystem::exists(file_in(directory), error) || has_records(directory);
}

Result<void> write_store_config(const std::string& directory, const Config& config) {
  Config stored = config;
  std::erase_if(stored.pools, [&](const PoolConfig& pool) {
    return pool.queue.path != directory && pool.mailbox.storage.path != directory;
  });
  // Pools that this config leaves out are kept with the store, and so is what they are.
  if (const auto before = read_store_config(directory)) {
    for (const PoolConfig& pool : before->pools) {
      const bool is_there = std::any_of(stored.pools.begin(), stored.pools.end(),
                                        [&](const PoolConfig& other) { return other.name == pool.name; });
      if (!is_there) stored.pools.push_back(pool);
    }
  }
  for_each_storage(stored, [&](std::string& path) {
    if (path == directory) path = here;
  });
  for (PoolConfig& pool : stored.pools) pool.mailbox.notifier.reset();
  const std::string text = effective_config_json(stored) + "\n";
  const std::string path = file_in(directory);
  if (text_of(path) == text) return {};
  const std::string fresh = path + ".new";
  if (auto written = write_whole(fresh, text); !written) return written;
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return failure(path, "cannot be written");
  return {};
}

Result<Config> read_store_config(const std::string& directory) {
  const std::string path = file_in(directory);
  const auto text = text_of(path);
  if (!text && has_records(directory)) {
    return Failure(
        {directory, "has no copy of its config, as a store that Node wrote; name the config with --config."});
  }
  if (!text) {
    return Failure({directory,
                    "is no store, or none that was opened yet; name a store's directory, or the config with "
                    "--config."});
  }
  ParsedConfig parsed = parse_config(*text, [](std::string_view) { return std::nullopt; });
  if (!parsed.ok()) {
    const auto error = std::find_if(parsed.issues.begin(), parsed.issues.end(), [](const ConfigIssue& issue) {
      return issue.severity == ConfigIssue::Severity::error;
    });
    return Failure({path + ": " + error->path, error->message});
  }
  std::error_code ignored;
  const std::string now = std::filesystem::weakly_canonical(directory, ignored).string();
  for_each_storage(parsed.config, [&](std::string& stored) {
    if (stored == here) stored = now;
  });
  return std::move(parsed.config);
}

}  // namespace parking_lot
