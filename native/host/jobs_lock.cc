#include "host/jobs_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace parking_lot {
namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::milliseconds pause{2};

}  // namespace

Result<JobsLock> JobsLock::take(const std::string& directory) {
  const std::string path = directory + "/.jobs";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd == -1) return Failure({path, std::string("cannot be opened: ") + strerror(errno) + "."});
  JobsLock lock(fd);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return Failure({path, std::string("cannot be locked: ") + strerror(errno) + "."});
    if (std::chrono::steady_clock::now() > deadline)
      return Failure({directory, "has jobs of a former owner that do not end; end them and try again."});
    std::this_thread::sleep_for(pause);
  }
  return lock;
}

JobsLock& JobsLock::operator=(JobsLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

JobsLock::~JobsLock() {
  if (descriptor_ != -1) ::close(descriptor_);
}

}  // namespace parking_lot
