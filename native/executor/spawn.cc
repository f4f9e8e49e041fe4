#include "executor/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace parking_lot {
namespace {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ != -1) close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  bool is_open() const { return fd_ != -1; }

 private:
  int fd_ = -1;
};

// The child moves its ends to 0-3, one after the other; an end that stands there already would be
// overwritten.
Descriptor above_standard(int fd) {
  if (fd == -1 || fd > 3) return Descriptor(fd);
  const int moved = fcntl(fd, F_DUPFD_CLOEXEC, 4);
  close(fd);
  return Descriptor(moved);
}

struct Pipe {
  Descriptor read;
  Descriptor write;
  bool is_open() const { return read.is_open() && write.is_open(); }
};

Pipe open_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  Pipe pipe{above_standard(ends[0]), above_standard(ends[1])};
  if (pipe.is_open()) fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);  // our end alone: the child's writes block
  return pipe;
}

// A file in memory needs no writer beside the child, and nobody gets SIGPIPE when it does not read.
Descriptor open_input(const std::string& input) {
  if (input.empty()) return above_standard(open("/dev/null", O_RDONLY | O_CLOEXEC));
  Descriptor file = above_standard(memfd_create("stdin", MFD_CLOEXEC));
  std::string_view rest = input;
  while (file.is_open() && !rest.empty()) {
    const ssize_t written = write(file.get(), rest.data(), rest.size());
    if (written == -1 && errno == EINTR) continue;
    if (written <= 0) return Descriptor();
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (file.is_open()) lseek(file.get(), 0, SEEK_SET);
  return file;
}

std::string_view name_of(std::string_view entry) { return entry.substr(0, entry.find('=')); }

std::vector<char*> environment_of(const Command& command) {
  std::vector<char*> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const bool overridden =
        std::any_of(command.env.begin(), command.env.end(),
                    [name = name_of(*entry)](const std::string& own) { return name_of(own) == name; });
    if (!overridden) entries.push_back(*entry);
  }
  for (const std::string& own : command.env) entries.push_back(const_cast<char*>(own.c_str()));
  entries.push_back(nullptr);
  return entries;
}

std::string_view search_path(const std::vector<char*>& env) {
  for (const char* entry : env) {
    if (entry != nullptr && name_of(entry) == "PATH") return std::string_view(entry).substr(5);
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

// The search of execvp (POSIX, "environment variables"), done here so that the child only has to call execve.
tl::expected<std::string, int> find_program(const std::string& name, std::string_view path) {
  if (name.find('/') != std::string::npos) return name;
  int error = ENOENT;
  while (true) {
    const std::string_view folder = path.substr(0, path.find(':'));
    std::string candidate = folder.empty() ? "./" + name : std::string(folder) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    if (errno == EACCES) error = EACCES;
    if (folder.size() == path.size()) return tl::unexpected(error);
    path.remove_prefix(folder.size() + 1);
  }
}

struct ChildPlan {
  const char* program;
  char* const* argv;
  char* const* envp;
  const char* cwd;
  int ends[4];  // to become descriptors 0-3
  int guardian;
};

struct ChildFailure {
  enum Step { none, guardian, descriptors, cwd, program } step = none;
  int error = 0;
};

// Runs in the parent's memory (vfork) with all signals blocked: system calls only, nothing that allocates or
// locks.
[[noreturn]] void become(const ChildPlan& plan, ChildFailure& failure) {
  const auto give_up = [&](ChildFailure::Step step) {
    failure = {step, errno};
    _exit(127);
  };
  setpgid(0, 0);
  if (!Guardian::register_own_group(plan.guardian, getpid())) give_up(ChildFailure::guardian);
  for (int target = 0; target < 4; ++target) {
    if (dup2(plan.ends[target], target) == -1) give_up(ChildFailure::descriptors);
  }
  close_range(4, ~0U, CLOSE_RANGE_CLOEXEC);  // also what the rest of the process opened carelessly
  if (plan.cwd != nullptr && chdir(plan.cwd) != 0) give_up(ChildFailure::cwd);
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2}) {
    signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(plan.program, plan.argv, plan.envp);
  failure = {ChildFailure::program, errno};
  _exit(127);
}

// The parent waits in vfork until the program is loaded, so no page is copied and failures come back through
// memory.
__attribute__((noinline)) pid_t fork_and_become(const ChildPlan& plan, ChildFailure& failure) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child =
      vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork): the child only calls become()
  if (child == 0) become(plan, failure);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return child;
}

tl::unexpected<SpawnError> failed(SpawnError::Blame blame, std::string what, int error) {
  return tl::unexpected(SpawnError{blame, std::move(what) + ": " + strerror(error) + "."});
}

tl::unexpected<SpawnError> explain(const ChildFailure& failure, const Command& command) {
  switch (failure.step) {
    case ChildFailure::guardian:
      return failed(SpawnError::Blame::machine, "The guardian of child processes is gone", failure.error);
    case ChildFailure::cwd:
      return failed(SpawnError::Blame::command, "Cannot enter payload.cwd '" + command.cwd + "'",
                    failure.error);
    case ChildFailure::program: {
      const bool may_pass = failure.error == ENOMEM || failure.error == EMFILE || failure.error == ENFILE ||
                            failure.error == ETXTBSY || failure.error == EAGAIN;
      return failed(may_pass ? SpawnError::Blame::machine : SpawnError::Blame::command,
                    "Cannot start '" + command.argv[0] + "'", failure.error);
    }
    default:
      return failed(SpawnError::Blame::machine, "Cannot prepare the process", failure.error);
  }
}

void reap(pid_t child, const Guardian& guardian) {
  guardian.forget(child);
  while (waitpid(child, nullptr, 0) == -1 && errno == EINTR) {
  }
}

}  // namespace

tl::expected<Child, SpawnError> spawn(const Command& command, const Guardian& guardian) {
  const std::vector<char*> env = environment_of(command);
  const auto program = find_program(command.argv[0], search_path(env));
  if (!program) {
    return failed(SpawnError::Blame::command, "Cannot start '" + command.argv[0] + "'", program.error());
  }
  std::vector<char*> argv;
  for (const std::string& argument : command.argv) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  const Descriptor input = open_input(command.input);
  Pipe output = open_pipe();
  Pipe errors = open_pipe();
  Pipe reports = open_pipe();
  if (!input.is_open() || !output.is_open() || !errors.is_open() || !reports.is_open()) {
    return failed(SpawnError::Blame::machine, "No descriptors for the process", errno);
  }

  const ChildPlan plan{.program = program->c_str(),
                       .argv = argv.data(),
                       .envp = env.data(),
                       .cwd = command.cwd.empty() ? nullptr : command.cwd.c_str(),
                       .ends = {input.get(), output.write.get(), errors.write.get(), reports.write.get()},
                       .guardian = guardian.socket()};
  ChildFailure failure;
  const pid_t child = fork_and_become(plan, failure);
  if (child == -1) return failed(SpawnError::Blame::machine, "Cannot start another process", errno);
  if (failure.step != ChildFailure::none) {
    reap(child, guardian);
    return explain(failure, command);
  }
  Descriptor ended(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  if (!ended.is_open()) {
    const int error = errno;
    kill(-child, SIGKILL);
    reap(child, guardian);
    return failed(SpawnError::Blame::machine, "Cannot watch the process (pidfd_open, Linux 5.3)", error);
  }
  return Child{.group = child,
               .ended = ended.release(),
               .output = output.read.release(),
               .errors = errors.read.release(),
               .reports = reports.read.release()};
}

}  // namespace parking_lot
