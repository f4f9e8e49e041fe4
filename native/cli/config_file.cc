#include "cli/config_file.h"

#include <errno.h>
#include <string.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "cli/yaml.h"
#include "host/file_url.h"

namespace parking_lot::cli {
namespace {

bool is_yaml(std::string_view path) { return path.ends_with(".yaml") || path.ends_with(".yml"); }

}  // namespace

std::optional<std::string> read_environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

Result<std::string> read_file(const std::string& path) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "re"), close);
  if (file == nullptr) return Failure({path, std::string("cannot be opened: ") + strerror(errno) + "."});
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, file.get())) text.append(buffer, size);
  if (std::ferror(file.get()) != 0)
    return Failure({path, std::string("cannot be read: ") + strerror(errno) + "."});
  return text;
}

Result<std::string> read_config_json(const std::string& path) {
  Result<std::string> text = read_file(path);
  if (!text || !is_yaml(path)) return text;
  Result<std::string> json = yaml_to_json(*text);
  if (!json) return Failure({path + ":" + json.error().where, json.error().message});
  return json;
}

Result<ParsedConfig> load_config(const std::string& path) {
  const Result<std::string> json = read_config_json(path);
  if (!json) return Failure(json.error());
  ParsedConfig parsed = parse_config(*json, read_environment);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  for (PoolConfig& pool : parsed.config.pools) {
    const auto place = [&](StorageConfig& storage, const char* key) {
      if (storage.kind != StorageKind::file) return;
      const auto named = folder_named(storage.path);
      if (named) storage.path = (folder / *named).lexically_normal();
      if (!named)
        parsed.issues.push_back({ConfigIssue::Severity::error, "pools." + pool.name + key,
                                 named.error().where + " " + named.error().message});
    };
    place(pool.queue, ".queue.path");
    place(pool.mailbox.storage, ".mailbox.storage.path");
  }
  return parsed;
}

}  // namespace parking_lot::cli
