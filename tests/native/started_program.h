#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "temporary_folder.h"

namespace parking_lot::test {

/// The built `parking-lot`, started with these arguments; its output goes to files in a folder of its own.
class StartedProgram {
 public:
  /// full: whatever it writes beyond some bytes of a file fails, but for its own output.
  enum class Disk { has_space, full };

  explicit StartedProgram(std::vector<std::string> arguments, const std::string& input = "",
                          Disk disk = Disk::has_space) {
    arguments.insert(arguments.begin(), PARKING_LOT_BINARY_DIR "/parking-lot");
    const std::string in = folder_.write("in", input);
    const std::string out = folder_.path("out");
    const std::string err = folder_.path("err");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    process_ = fork();
    if (process_ == 0) {
      dup2(open(in.c_str(), O_RDONLY), 0);
      dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
      dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
      const rlimit limit{.rlim_cur = full_disk_bytes, .rlim_max = full_disk_bytes};
      if (disk == Disk::full) setrlimit(RLIMIT_FSIZE, &limit);
      execv(argv[0], argv.data());
      _exit(126);
    }
  }
  ~StartedProgram() {
    if (process_ == -1) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  StartedProgram(const StartedProgram&) = delete;
  StartedProgram& operator=(const StartedProgram&) = delete;

  pid_t process() const { return process_; }
  void send(int signal) const { kill(process_, signal); }

  /// Its exit code; 128 + signal if one ended it. Kills it and throws if it takes too long.
  int wait(std::chrono::seconds longest = std::chrono::seconds(60)) {
    const auto deadline = std::chrono::steady_clock::now() + longest;
    int status = 0;
    while (waitpid(process_, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("parking-lot did not end");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::string output() const { return folder_.read("out"); }
  std::string errors() const { return folder_.read("err"); }
  std::vector<std::string> output_lines() const { return folder_.lines("out"); }

 private:
  static constexpr rlim_t full_disk_bytes = 300;
  TemporaryFolder folder_;
  pid_t process_ = -1;
};

}  // namespace parking_lot::test
