#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "cli/commands.h"

namespace {

using parking_lot::cli::Chosen;
using parking_lot::cli::ExitCode;

int run(int argc, char** argv) {
  CLI::App app("Runs tasks under limits of units: what does not fit is parked and leaves by priority.",
               "parking-lot");
  app.set_version_flag("--version", "parking-lot " PARKING_LOT_VERSION);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return "parking-lot: " + std::string(error.what()) + "; see --help.\n";
  });
  app.require_subcommand(0, 1);
  app.footer(
      "Exit codes: 0 fine, 1 storage or anything unexpected, 2 usage or config, 3 work failed, 130 "
      "interrupted.");

  Chosen chosen;
  parking_lot::cli::add_run(app, chosen);
  parking_lot::cli::add_check(app, chosen);
  parking_lot::cli::add_task(app, chosen);
  parking_lot::cli::add_mailbox(app, chosen);
  parking_lot::cli::add_pool(app, chosen);
  parking_lot::cli::add_audit(app, chosen);
  parking_lot::cli::add_store(app, chosen);
  parking_lot::cli::add_replay(app, chosen);
  parking_lot::cli::add_garage(app, chosen);
  parking_lot::cli::add_simulate(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  if (!chosen) {
    std::fprintf(stderr, "parking-lot: A subcommand is required, as run or check; see --help.\n");
    return static_cast<int>(ExitCode::usage);
  }
  return static_cast<int>(chosen());
}

/// Else the next file or timer that is opened would be taken for one of them. The wrong way round: who reads
/// or writes there is told so.
void occupy_closed_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) == -1) (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

/// What was printed and did not arrive must not look like an answer.
int with_output_written(int code) {
  const bool is_flushed = std::fflush(stdout) == 0;
  const int why = errno;
  if (is_flushed && std::ferror(stdout) == 0) return code;
  pollfd reader{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  const bool is_reader_gone = poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR) != 0;
  if (!is_reader_gone)
    std::fprintf(stderr, "standard output: cannot be written%s%s.\n", is_flushed ? "" : ": ",
                 is_flushed ? "" : strerror(why));
  return static_cast<int>(ExitCode::unexpected);
}

}  // namespace

int main(int argc, char** argv) {
  occupy_closed_standard_streams();
  signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error of write, and so is a limit of file sizes
  signal(SIGXFSZ, SIG_IGN);
  try {
    return with_output_written(run(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "parking-lot: %s\n", error.what());
    return static_cast<int>(ExitCode::unexpected);
  }
}
