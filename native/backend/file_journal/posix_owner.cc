#include "posix_owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace parking_lot {
namespace {

constexpr std::string_view owner_prefix = ".owner.";
/// `silenceMs` of the Node side.
constexpr std::int64_t silence_ms = 10'000;

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

Folder folder_of(const std::string& path) { return Folder(::opendir(path.c_str()), &::closedir); }

std::string text_of(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "r"), &std::fclose);
  char text[1024];
  return file ? std::string(text, std::fread(text, 1, sizeof text, file.get())) : std::string();
}

std::string link_of(const char* path) {
  char text[256];
  const ssize_t length = ::readlink(path, text, sizeof text);
  return std::string(text, length > 0 ? static_cast<std::size_t>(length) : 0);
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

/// Whether /proc shows the processes by the ids that they have here.
bool shows_processes() { return link_of("/proc/self") == std::to_string(::getpid()); }

bool runs(std::string_view owner, long pid) {
  const std::string start = shows_processes() ? start_of(pid) : std::string();
  const std::string_view its_start = field(owner, "start");
  if (!start.empty() && !its_start.empty()) return its_start == start;
  return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM;
}

/// Whether the process has the file open, or does not let this one see.
bool may_hold(long pid, const std::string& path) {
  if (!shows_processes()) return true;
  const std::string open = "/proc/" + std::to_string(pid) + "/fd";
  const Folder folder = folder_of(open);
  if (!folder) return true;
  struct stat file = {};
  if (::stat(path.c_str(), &file) != 0) return false;
  while (const dirent* entry = ::readdir(folder.get())) {
    struct stat each = {};
    if (::stat((open + "/" + entry->d_name).c_str(), &each) != 0) continue;
    if (each.st_dev == file.st_dev && each.st_ino == file.st_ino) return true;
  }
  return false;
}

/// How long the file has not been changed; nullopt if it is gone. It is opened for that: what a path alone
/// tells may be old on volumes of a network. Of a change that seems to come the clock was set back.
std::optional<std::int64_t> silent_ms(const std::string& path, std::int64_t now_ms) {
  const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (number < 0) return std::nullopt;
  struct stat file = {};
  const bool is_known = ::fstat(number, &file) == 0;
  ::close(number);
  if (!is_known) return std::nullopt;
  return std::abs(now_ms - changed_ms(file));
}

/// In words; nullopt if it is gone. The rules are those of `liveOwner` in web/src/storage/node-owner.ts.
std::optional<std::string> live_owner(const std::string& path, std::int64_t now_ms) {
  const std::string owner = text_of(path);
  const std::string pid(field(owner, "pid"));
  const long number = std::strtol(pid.c_str(), nullptr, 10);
  if (number <= 0) return std::nullopt;
  std::string boot = text_of("/proc/sys/kernel/random/boot_id");
  boot.erase(std::find(boot.begin(), boot.end(), '\n'), boot.end());
  const std::string_view its_boot = field(owner, "boot");
  const std::string_view its_space = field(owner, "ns");
  // Owners without a namespace were written by earlier versions, which did not show themselves.
  if (its_space.empty() && !boot.empty() && !its_boot.empty() && its_boot != boot) return std::nullopt;
  if (!its_space.empty() && (its_space != link_of("/proc/self/ns/pid") || its_boot != boot)) {
    const std::optional<std::int64_t> silent = silent_ms(path, now_ms);
    if (!silent || *silent >= silence_ms) return std::nullopt;
    char seconds[16];
    std::snprintf(seconds, sizeof seconds, "%.1f", static_cast<double>(*silent) / 1000);
    return "process " + pid + " (Node) in another container or on another machine, last seen " + seconds +
           " s ago (" + std::to_string(silence_ms / 1000) + " s after it was last seen it counts as gone)";
  }
  if (!runs(owner, number) || !may_hold(number, path)) return std::nullopt;
  return "process " + pid + " (Node)";
}

/// The one that counts; nullopt if there is none.
std::optional<std::string> last_owner_file(const std::string& directory) {
  const Folder folder = folder_of(directory);
  if (!folder) return std::nullopt;
  std::uint64_t highest = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    const char* const begin = name.data() + std::min(name.size(), owner_prefix.size());
    std::uint64_t number = 0;
    // Other names that begin so are copies and drafts.
    const auto [end, error] = std::from_chars(begin, name.data() + name.size(), number);
    if (error == std::errc() && name == std::string(owner_prefix) + std::to_string(number))
      highest = std::max(highest, number);
  }
  if (highest == 0) return std::nullopt;
  return directory + "/" + std::string(owner_prefix) + std::to_string(highest);
}

}  // namespace

std::int64_t changed_ms(const struct stat& file) {
  return static_cast<std::int64_t>(file.st_mtim.tv_sec) * 1000 + file.st_mtim.tv_nsec / 1'000'000;
}

std::optional<std::string> node_owner(const std::string& directory, std::int64_t now_ms) {
  const auto path = last_owner_file(directory);
  return path ? live_owner(*path, now_ms) : std::nullopt;
}

std::optional<std::string> take_from_node(const std::string& directory, std::int64_t now_ms) {
  for (;;) {
    const auto path = last_owner_file(directory);
    if (!path) return std::nullopt;
    if (auto owner = live_owner(*path, now_ms)) return owner;
    // An owner that only stood still sees by it that it is none any more. That it cannot be written is no
    // reason not to be one; but a claim that was withdrawn leaves the owner that it met.
    if (::truncate(path->c_str(), 0) == 0 || errno != ENOENT) return std::nullopt;
  }
}

}  // namespace parking_lot
