#include "posix_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

#include "posix_error.h"
#include "posix_owner.h"

namespace parking_lot {

namespace {

constexpr std::chrono::seconds path_interval{1};

}  // namespace

FileResult<std::unique_ptr<PosixLock>> PosixLock::take(const std::string& directory) {
  const std::string path = directory + "/" + std::string(file);
  const int number = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (number < 0) return posix_failure(file, "open it", errno);
  std::unique_ptr<PosixLock> taken(new PosixLock(directory, number));
  if (const auto locked = taken->lock(); !locked) return tl::unexpected(locked.error());
  return taken;
}

FileResult<void> PosixLock::lock() {
  auto now = now_ms();
  if (!now) return tl::unexpected(now.error());
  // An owner of Node may see the lock, and takes it for that of a follower.
  if (const auto owner = node_owner(directory_, *now)) return in_use_by(*owner);
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(descriptor_.number(), F_OFD_SETLK, &whole) != 0) {
    if (errno == EAGAIN || errno == EACCES) return in_use_by(holder());
    return posix_failure(file, "lock it", errno);
  }
  now = now_ms();
  if (!now) return tl::unexpected(now.error());
  if (const auto owner = take_from_node(directory_, *now)) return in_use_by(*owner);
  sign();
  return confirm();
}

FileResult<void> PosixLock::confirm() {
  if (!is_fenced_) is_fenced_ = is_deleted() || is_replaced();
  if (!is_fenced_) return {};
  return tl::unexpected(FileError{FileFault::fenced, std::string(file),
                                  "was deleted or replaced, so that another process may own the store too; "
                                  "this one writes nothing more to it"});
}

bool PosixLock::is_deleted() const {
  struct stat held = {};
  return ::fstat(descriptor_.number(), &held) == 0 && held.st_nlink == 0;
}

/// Seldom, since a path costs the system more than a descriptor. A file that is only gone was moved with its
/// folder.
bool PosixLock::is_replaced() {
  const auto now = std::chrono::steady_clock::now();
  if (looked_at_ && now - *looked_at_ < path_interval) return false;
  looked_at_ = now;
  struct stat held = {};
  struct stat named = {};
  if (::fstat(descriptor_.number(), &held) != 0 || ::stat(path_.c_str(), &named) != 0) return false;
  return named.st_ino != held.st_ino || named.st_dev != held.st_dev;
}

/// By the clock that gives the files of the folder their times. The time of the lock's file means nothing.
FileResult<std::int64_t> PosixLock::now_ms() const {
  struct timespec times[2] = {};
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_nsec = UTIME_NOW;
  struct stat changed = {};
  if (::futimens(descriptor_.number(), times) != 0 || ::fstat(descriptor_.number(), &changed) != 0)
    return posix_failure(file, "ask when it was changed", errno);
  return changed_ms(changed);
}

/// Who holds the lock, for those who meet it. That it could not be written is no reason not to hold it.
void PosixLock::sign() const {
  char host[128] = "";
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  char text[192];
  const int length =
      std::snprintf(text, sizeof text, "process %ld on %s\n", static_cast<long>(::getpid()), host);
  const int number = descriptor_.number();
  if (::ftruncate(number, 0) != 0 || ::pwrite(number, text, static_cast<std::size_t>(length), 0) < 0) return;
}

std::string PosixLock::holder() const {
  char text[256];
  const ssize_t got = ::pread(descriptor_.number(), text, sizeof text, 0);
  std::string holder(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!holder.empty() && holder.back() == '\n') holder.pop_back();
  return holder.empty() ? "another process" : holder;
}

tl::unexpected<FileError> PosixLock::in_use_by(const std::string& holder) const {
  return tl::unexpected(FileError{
      FileFault::locked, std::string(file),
      directory_ + " is in use by " + holder + "; stop that process, or open the store for reading only"});
}

}  // namespace parking_lot
