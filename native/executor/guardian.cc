#include "executor/guardian.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace parking_lot {
namespace {

struct Message {
  enum class Verb : int { add, remove } verb;
  pid_t group;
};

// The groups to kill. The guardian may be the fork of a process with threads, where malloc's lock may be held
// for ever; so its memory comes from the kernel alone.
class Groups {
 public:
  void add(pid_t group) {
    if (count_ == capacity_ && !grow()) {
      kill(-group, SIGKILL);  // without a place to remember it, it may not live
      return;
    }
    groups_[count_++] = group;
  }

  void remove(pid_t group) {
    for (std::size_t i = 0; i < count_; ++i) {
      if (groups_[i] != group) continue;
      groups_[i] = groups_[--count_];
      return;
    }
  }

  /// And waits until their leaders have ended, but not for long: a process may hang in the kernel.
  void kill_all() const {
    for (std::size_t i = 0; i < count_; ++i) kill(-groups_[i], SIGKILL);
    int patience_ms = 2000;
    for (std::size_t i = 0; i < count_ && patience_ms > 0; ++i) {
      const int leader = static_cast<int>(syscall(SYS_pidfd_open, groups_[i], 0));
      if (leader == -1) continue;  // it has ended, and somebody has seen it
      pollfd ended{.fd = leader, .events = POLLIN, .revents = 0};
      while (patience_ms > 0 && poll(&ended, 1, 5) == 0) patience_ms -= 5;
      close(leader);
    }
  }

 private:
  bool grow() {
    const std::size_t wanted = capacity_ == 0 ? 1024 : capacity_ * 2;
    void* memory = capacity_ == 0
                       ? mmap(nullptr, wanted * sizeof(pid_t), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                       : mremap(groups_, capacity_ * sizeof(pid_t), wanted * sizeof(pid_t), MREMAP_MAYMOVE);
    if (memory == MAP_FAILED) return false;
    groups_ = static_cast<pid_t*>(memory);
    capacity_ = wanted;
    return true;
  }

  pid_t* groups_ = nullptr;
  std::size_t count_ = 0;
  std::size_t capacity_ = 0;
};

constexpr std::size_t held_max = 64;

// Closes everything but these. No more than `held_max` + 1, and no memory is asked for.
void close_others(std::span<const int> held, int socket) {
  int kept[held_max + 1];
  std::size_t count = 0;
  for (const int fd : held) kept[count++] = fd;
  kept[count++] = socket;
  std::sort(kept, kept + count);
  unsigned next = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto fd = static_cast<unsigned>(kept[i]);
    if (fd > next) close_range(next, fd - 1, 0);
    next = fd + 1;
  }
  close_range(next, ~0U, 0);
}

[[noreturn]] void guard(int socket, std::span<const int> held) {
  setsid();  // Ctrl-C and the end of the terminal are for others
  prctl(PR_SET_NAME, "lot-guardian");
  if (chdir("/") != 0) _exit(1);
  close_others(held, socket);

  Groups groups;
  Message message;
  for (;;) {
    const ssize_t size = recv(socket, &message, sizeof message, 0);
    if (size == -1 && errno == EINTR) continue;
    if (size != sizeof message) break;
    message.verb == Message::Verb::add ? groups.add(message.group) : groups.remove(message.group);
  }
  groups.kill_all();
  _exit(0);
}

bool tell(int socket, Message message) {
  ssize_t size = 0;
  do {
    size = send(socket, &message, sizeof message, MSG_NOSIGNAL);
  } while (size == -1 && errno == EINTR);
  return size == sizeof message;
}

}  // namespace

Result<Guardian> Guardian::start(std::span<const int> held) {
  held = held.first(std::min(held.size(), held_max));
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return Failure({"", std::string("No socket for the guardian of child processes: ") + strerror(errno)});
  }
  // No handler of this process may run in the guardian, from its first instruction on.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t process = fork();
  if (process == 0) {
    close(ends[0]);
    guard(ends[1], held);
  }
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  close(ends[1]);
  if (process == -1) {
    close(ends[0]);
    return Failure({"", std::string("Cannot start the guardian of child processes: ") + strerror(error)});
  }
  return Guardian(ends[0], process);
}

Guardian::Guardian(Guardian&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), process_(std::exchange(other.process_, -1)) {}

Guardian::~Guardian() {
  if (socket_ == -1) return;
  close(socket_);
  while (waitpid(process_, nullptr, 0) == -1 && errno == EINTR) {
  }
}

bool Guardian::register_own_group(int socket, pid_t group) {
  return tell(socket, {Message::Verb::add, group});
}

void Guardian::forget(pid_t group) const { tell(socket_, {Message::Verb::remove, group}); }

}  // namespace parking_lot
