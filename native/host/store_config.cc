#include "host/store_config.h"

#include <string.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include "backend/file_journal/posix_private.h"
#include "backend/file_journal/presence.h"
#include "backend/file_journal/stored_config.h"

namespace parking_lot {
namespace {

std::string file_in(const std::string& directory) { return directory + "/config.json"; }

std::optional<std::string> text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator file(directory, error), end; !error && file != end;
       file.increment(error)) {
    names.push_back(file->path().filename().string());
  }
  return names;
}

}  // namespace

bool has_store(const std::string& directory) {
  std::error_code error;
  return std::filesystem::exists(file_in(directory), error) || has_records(files_in(directory));
}

bool has_lost_records(const std::string& directory) { return has_lost_records(files_in(directory)); }

Result<void> write_store_config(const std::string& directory, const Config& config) {
  const auto before = text_of(file_in(directory));
  const std::string text = stored_config(config, directory, before.value_or(""));
  const std::string path = file_in(directory);
  if (before == text) return {};
  if (const int error = replace_privately(path, text); error != 0)
    return Failure({path, std::string("cannot be written: ") + strerror(error) + "."});
  return {};
}

Result<Config> read_store_config(const std::string& directory) {
  const std::string path = file_in(directory);
  const auto text = text_of(path);
  std::error_code unreadable;
  const std::filesystem::directory_iterator folder(directory, unreadable);
  if (!text && unreadable == std::errc::permission_denied)
    return Failure({directory, "cannot be read: " + unreadable.message() + "."});
  if (!text && has_records(files_in(directory))) {
    return Failure({directory, "has no copy of its config; name the config with --config."});
  }
  if (!text) {
    return Failure({directory,
                    "is no store, or none that was opened yet; name a store's directory, or the config with "
                    "--config."});
  }
  std::error_code ignored;
  const std::string now = std::filesystem::weakly_canonical(directory, ignored).string();
  auto stored = config_stored_in(now, *text);
  if (!stored) {
    const Error& why = stored.error();
    return Failure({path + (why.where.empty() ? "" : ": " + why.where),
                    why.message + " This is the store's copy of its config: name the config with --config; a "
                                  "run with it writes the copy anew."});
  }
  return stored;
}

}  // namespace parking_lot
