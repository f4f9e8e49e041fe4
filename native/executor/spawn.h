#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "executor/guardian.h"
#include "parking_lot/result.h"

namespace parking_lot {

/// A program to start, as the payload of a task names it.
struct Command {
  std::vector<std::string> argv;  ///< never empty
  std::string input;              ///< its standard input
  std::vector<std::string> env;   ///< NAME=value, on top of this process's environment
  std::string cwd;                ///< empty: that of this process
};

/// A started process: the leader of a process group of its own. All descriptors are non-blocking,
/// close-on-exec, ours.
struct Child {
  pid_t group = -1;  ///< its process id
  int ended = -1;    ///< pidfd: readable once the process has ended
  int output = -1;   ///< reads its standard output
  int errors = -1;   ///< reads its standard error
  int reports = -1;  ///< reads what it writes to descriptor 3
};

struct SpawnError {
  enum class Blame { command, machine } blame = Blame::command;  ///< machine: another try may succeed
  std::string message;
};

/// Starts the command. The child registers its group with the guardian before its program begins.
/// Synchronous; returns once the program has been loaded or could not be.
tl::expected<Child, SpawnError> spawn(const Command& command, const Guardian& guardian);

}  // namespace parking_lot
