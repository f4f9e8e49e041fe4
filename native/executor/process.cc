#include "executor/process.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "executor/command_payload.h"
#include "executor/process_result.h"
#include "executor/run_reports.h"
#include "executor/spawn.h"

namespace parking_lot {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Stream = asio::posix::stream_descriptor;

// All runs of a thread read through one buffer: what is read is taken at once.
std::array<char, 64 * 1024>& read_buffer() {
  thread_local std::array<char, 64 * 1024> buffer;
  return buffer;
}

enum class Drained { empty, closed };

// Reads what is there, at most `rounds` buffers of it: a process that left the group may write for ever.
template <class Take>
Drained drain(Stream& stream, int rounds, const Take& take) {
  for (int round = 0; round < rounds; ++round) {
    const ssize_t size = ::read(stream.native_handle(), read_buffer().data(), read_buffer().size());
    if (size > 0) {
      take(std::string_view(read_buffer().data(), static_cast<std::size_t>(size)));
    } else if (size == 0) {
      return Drained::closed;
    } else if (errno != EINTR) {
      return errno == EAGAIN ? Drained::empty : Drained::closed;
    }
  }
  return Drained::empty;
}

constexpr int rounds_while_running = 1;
constexpr int rounds_at_end = 64;

}  // namespace

/// One process and what it says. Kept alive by its executor and by the waits it has under way.
class ProcessExecutor::Run : public std::enable_shared_from_this<Run> {
 public:
  Run(ProcessExecutor& executor, RunName name, const Child& child)
      : executor_(&executor),
        name_(name),
        group_(child.group),
        ended_(executor.io_, child.ended),
        output_(executor.io_, child.output),
        errors_(executor.io_, child.errors),
        reports_(executor.io_, child.reports),
        captured_(executor.limits_.output_bytes_max),
        lines_(name, executor.observer_) {}

  void watch() {
    read(output_, [this](std::string_view bytes) { captured_.add_output(bytes); });
    read(errors_, [this](std::string_view bytes) { captured_.add_errors(bytes); });
    read(reports_, [this](std::string_view bytes) { lines_.add(bytes); });
    ended_.async_wait(Stream::wait_read, [self = shared_from_this()](error_code error) {
      if (!error && self->executor_ != nullptr) self->finish();
    });
  }

  void stop() {
    if (grace_) return;
    kill(-group_, SIGTERM);
    grace_.emplace(executor_->io_, std::chrono::milliseconds(executor_->limits_.kill_grace.ms));
    grace_->async_wait([self = shared_from_this()](error_code error) {
      if (!error && self->executor_ != nullptr) self->kill_group();
    });
  }

  // The leader may have ended already, but it has not been reaped: its number is still its own.
  void kill_group() const { kill(-group_, SIGKILL); }

  /// Waits for the end of the killed process, without a report.
  void abandon() {
    siginfo_t how{};
    while (waitid(P_PID, static_cast<id_t>(group_), &how, WEXITED | WNOWAIT) == -1 && errno == EINTR) {
    }
    reap();
    close();
  }

 private:
  template <class Take>
  void read(Stream& stream, Take take) {
    stream.async_wait(Stream::wait_read, [self = shared_from_this(), &stream, take](error_code error) {
      if (error || self->executor_ == nullptr) return;
      if (drain(stream, rounds_while_running, take) == Drained::closed) {
        error_code ignored;
        stream.close(ignored);
      } else {
        self->read(stream, take);
      }
    });
  }

  void finish() {
    kill_group();
    if (output_.is_open())
      drain(output_, rounds_at_end, [this](std::string_view b) { captured_.add_output(b); });
    if (errors_.is_open())
      drain(errors_, rounds_at_end, [this](std::string_view b) { captured_.add_errors(b); });
    if (reports_.is_open()) drain(reports_, rounds_at_end, [this](std::string_view b) { lines_.add(b); });
    const RunEnd end = judge(reap());
    ProcessExecutor& executor = *executor_;
    close();
    executor.ended(name_, end);
  }

  std::optional<siginfo_t> reap() {
    executor_->guardian_.forget(group_);
    siginfo_t how{};
    while (waitid(P_PID, static_cast<id_t>(group_), &how, WEXITED) == -1) {
      if (errno != EINTR) return std::nullopt;
    }
    return how;
  }

  RunEnd judge(const std::optional<siginfo_t>& how) const {
    if (!how) {
      return {Reason::executor_failed, failure_result("The exit status was taken by somebody else in this "
                                                      "process; let no SIGCHLD handler wait for all.")};
    }
    const bool exited = how->si_code == CLD_EXITED;
    const int signal = exited ? 0 : how->si_status;
    return {exited && how->si_status == 0 ? Reason::none : Reason::task_failed,
            captured_.result(exited ? how->si_status : 0, signal)};
  }

  void close() {
    executor_ = nullptr;
    grace_.reset();
    error_code ignored;
    for (Stream* stream : {&ended_, &output_, &errors_, &reports_}) stream->close(ignored);
  }

  ProcessExecutor* executor_;  // null once the run has ended
  RunName name_;
  pid_t group_;
  Stream ended_;
  Stream output_;
  Stream errors_;
  Stream reports_;
  std::optional<asio::steady_timer> grace_;
  CapturedOutput captured_;
  RunReports lines_;
};

ProcessExecutor::ProcessExecutor(asio::io_context& io, RunObserver& observer, const Guardian& guardian,
                                 ProcessLimits limits)
    : io_(io), observer_(observer), guardian_(guardian), limits_(std::move(limits)) {}

ProcessExecutor::~ProcessExecutor() {
  kill_all();
  for (auto& [name, run] : runs_) run->abandon();
}

std::uint32_t ProcessExecutor::credits() const { return limits_.runs_max; }

void ProcessExecutor::start(RunOrder order) {
  auto command = parse_command(*order.payload, limits_.commands);
  if (!command) return observer_.ended(order.name, {Reason::task_failed, failure_result(command.error())});
  // First, since the first of two entries with one name counts.
  command->env.insert(command->env.begin(), {"PARKING_LOT_TASK_ID=" + order.task_id,
                                             "PARKING_LOT_UNITS=" + std::to_string(order.units),
                                             "PARKING_LOT_ATTEMPT=" + std::to_string(order.attempt)});

  const auto child = spawn(*command, guardian_);
  if (!child) {
    const bool is_own_fault = child.error().blame == SpawnError::Blame::command;
    return observer_.ended(order.name, {is_own_fault ? Reason::task_failed : Reason::executor_failed,
                                        failure_result(child.error().message)});
  }
  const auto run = std::make_shared<Run>(*this, order.name, *child);
  runs_.emplace(order.name, run);
  observer_.running(order.name);
  run->watch();
}

void ProcessExecutor::stop(RunName run) {
  const auto found = runs_.find(run);
  if (found != runs_.end()) found->second->stop();
}

void ProcessExecutor::kill_all() {
  for (const auto& [name, run] : runs_) run->kill_group();
}

void ProcessExecutor::ended(RunName run, RunEnd end) {
  runs_.erase(run);
  observer_.ended(run, std::move(end));
}

}  // namespace parking_lot
