#include "posix_owner.h"

#include <dirent.h>
#include <signal.h>
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace parking_lot {
namespace {

constexpr std::string_view owner_prefix = ".owner.";

std::string text_of(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "r"), &std::fclose);
  char text[1024];
  return file ? std::string(text, std::fread(text, 1, sizeof text, file.get())) : std::string();
}

/// The rest of the line that begins with `name` and a space; empty if there is none.
std::string_view field(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.size() > name.size() && line.substr(0, name.size()) == name && line[name.size()] == ' ')
      return line.substr(name.size() + 1);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {};
}

/// When the process started, in clock ticks: the 22nd field, where the second is a name in parentheses.
std::string start_of(long pid) {
  const std::string stat = text_of("/proc/" + std::to_string(pid) + "/stat");
  std::size_t at = stat.rfind(')');
  for (int skipped = 2; skipped < 22 && at != std::string::npos; ++skipped) at = stat.find(' ', at + 1);
  return at == std::string::npos ? std::string() : stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

bool is_alive(const std::string& owner, long pid) {
  std::string boot = text_of("/proc/sys/kernel/random/boot_id");
  boot.erase(std::find(boot.begin(), boot.end(), '\n'), boot.end());
  const std::string_view its_boot = field(owner, "boot");
  if (!boot.empty() && !its_boot.empty() && its_boot != boot) return false;
  const std::string start = start_of(pid);
  const std::string_view its_start = field(owner, "start");
  if (!start.empty() && !its_start.empty()) return its_start == start;
  return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM;
}

}  // namespace

std::optional<std::string> node_owner_of(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(directory.c_str()), &::closedir);
  if (!folder) return std::nullopt;
  std::uint64_t highest = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name.substr(0, owner_prefix.size()) != owner_prefix) continue;
    highest = std::max<std::uint64_t>(highest, std::strtoull(name.data() + owner_prefix.size(), nullptr, 10));
  }
  if (highest == 0) return std::nullopt;
  const std::string owner = text_of(directory + "/" + std::string(owner_prefix) + std::to_string(highest));
  const std::string pid(field(owner, "pid"));
  const long number = std::strtol(pid.c_str(), nullptr, 10);
  if (number <= 0 || !is_alive(owner, number)) return std::nullopt;
  return "process " + pid + " (Node)";
}

}  // namespace parking_lot
