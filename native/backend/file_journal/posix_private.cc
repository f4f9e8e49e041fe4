#include "posix_private.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace parking_lot {
namespace {

int write_whole(const std::string& path, const std::string& text) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor == -1) return errno;
  const ssize_t written = ::write(descriptor, text.data(), text.size());
  const bool is_short = written != -1 && written != static_cast<ssize_t>(text.size());
  int error = is_short ? ENOSPC : 0;
  if (error == 0 && (written == -1 || ::fsync(descriptor) != 0)) error = errno;
  ::close(descriptor);
  return error;
}

}  // namespace

int make_private_folders(const std::string& directory) {
  for (std::size_t end = directory.find('/', 1);; end = directory.find('/', end + 1)) {
    const std::string part = directory.substr(0, end);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return errno;
    if (end == std::string::npos) return 0;
  }
}

int replace_privately(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  if (const int error = write_whole(fresh, text); error != 0) return error;
  return std::rename(fresh.c_str(), path.c_str()) == 0 ? 0 : errno;
}

}  // namespace parking_lot
