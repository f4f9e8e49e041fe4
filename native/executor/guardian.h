#pragma once

#include <sys/types.h>

#include <span>

#include "parking_lot/result.h"

namespace parking_lot {

/// A small process which kills every registered process group once this process is gone, however it went.
///
/// It is a fork of this process that holds one end of a socket and nothing else: no files, no terminal, no
/// signals. The kernel closes our end when we die, even by SIGKILL; the guardian then sends SIGKILL to each
/// group that is still registered, and exits. PR_SET_PDEATHSIG would not do: it fires when the *thread* that
/// forked ends, and grandchildren do not inherit it.
///
/// Children register themselves between fork and exec, by one atomic message. A child holds a copy of the
/// socket until its exec, so the guardian cannot see the end of the stream before it has seen that
/// registration. The guardian keeps descriptors that it is given until what it killed has ended: a lock on
/// one of them tells the next host when the machine is free again. A group whose members call setsid or
/// setpgid loses those members: they are no longer guarded.
class Guardian {
 public:
  /// Keeps `held`, at most 64 descriptors, as long as it lives.
  static Result<Guardian> start(std::span<const int> held = {});

  Guardian(Guardian&& other) noexcept;
  Guardian& operator=(Guardian&&) = delete;
  ~Guardian();

  /// For the child, after setpgid: registers its own group. Safe between vfork and exec. False: the guardian
  /// is gone.
  static bool register_own_group(int socket, pid_t group);

  /// The group has ended. Call it while the leader is still a zombie, so that its number cannot belong to
  /// another.
  void forget(pid_t group) const;

  int socket() const { return socket_; }

 private:
  Guardian(int socket, pid_t process) : socket_(socket), process_(process) {}

  int socket_;
  pid_t process_;
};

}  // namespace parking_lot
