#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cli/job_source.h"
#include "cli/outcome_file.h"
#include "cli/progress.h"
#include "cli/reload.h"
#include "parking_lot/native/host.h"

namespace parking_lot::cli {

struct JobRunOptions {
  std::string jobs_name;  ///< for messages about its lines
  enum class Reporting : std::uint8_t { terminal, lines, silent } reporting = Reporting::lines;
  /// Which outcomes of its tasks are written: also those that were recorded before, or from now on only.
  enum class Writing : std::uint8_t { all, recorded_from_now_on } writing = Writing::all;
  /// Whether the tasks that the pools hold at the start belong to the run like jobs of its source.
  enum class Adopting : std::uint8_t { nothing, stored_tasks } adopting = Adopting::nothing;
  /// Storage that fails for longer ends the run.
  Duration storage_patience = Duration::seconds(60);
  std::function<void(const Say&)> on_hangup;  ///< SIGHUP came
};

/// Runs the jobs of a source to the end under the pools' limits.
///
/// It reads ahead no further than the queues have room: a job that is refused with `queue_full` or `busy` is
/// *held*, with all later ones of its pool behind it, and submitted again when a place may have become free;
/// reading stops while too many are held. The same goes for storage that loads or fails, until the patience
/// is over. The first interrupt starts nothing more and waits for what runs; the second kills.
///
/// A job whose task exists already joins it: it gets that task's outcome, which is written once.
class JobRun {
 public:
  /// All outlive the run. The host's pools have their executors.
  JobRun(boost::asio::io_context& io, Host& host, const Config& config, JobSource& source,
         OutcomeFile& outcomes, JobRunOptions options);

  /// Runs `io` until all is done. The error is about the source or the outcome file; what is recorded by then
  /// stays.
  Result<Summary> run();

 private:
  struct Job {
    ParsedTask task;
    std::uint64_t line = 0;
    bool is_repeated = false;  // an earlier line of this run has the same task
    bool could_run = false;    // when the run began or the line was read
  };
  using JobPtr = std::shared_ptr<Job>;
  struct PoolQueue {
    std::deque<JobPtr> held;       // in the order of the source
    std::deque<JobPtr> too_large;  // for a capacity that has shrunk; they stand in nobody's way
    std::string too_small;         // the settings, as JSON, for which they are
    std::uint64_t unanswered = 0;
  };
  enum class Phase : std::uint8_t { running, stopping, over };

  void adopt_stored();
  void adopt_page(const std::string& pool, const TaskPage& page);
  void begin_reading();
  void read_jobs();
  bool may_read() const;
  void take_line(const JobLine& line);
  const PoolConfig* config_of(const std::string& pool) const;
  Result<ParsedTask> parse(const JobLine& line) const;
  void reject_line(std::uint64_t line, const std::string& message);
  void submit(const JobPtr& job);
  void on_receipt(const JobPtr& job, const Receipt& receipt);
  void on_outcome(const JobPtr& job, const Outcome& outcome);
  void take_outcome(const Outcome& outcome);
  static void hold(std::deque<JobPtr>& jobs, const JobPtr& job);
  bool must_wait(const Job& job, Refusal code) const;
  void put_aside(PoolQueue& queue, const JobPtr& job);
  void try_too_large(const std::string& pool, PoolQueue& queue);
  void resubmit(PoolQueue& queue);
  void on_event(const TaskEvent& event);
  void wait_for_signal();
  void on_signal(int signal);
  void stop_starting();
  void arm_tick();
  void on_tick();
  void check_storage();
  void tell_of_pauses();
  void tell_of_stuck();
  void explain_first(const std::string& pool, const TaskPage& page);
  void report_progress();
  void say(const std::string& line);
  bool owes_deliveries() const;
  std::uint64_t running() const;
  void end_if_done();
  void end_after_this_turn();
  void end();
  void close();
  void fail(Error error);
  Duration elapsed() const;

  boost::asio::io_context& io_;
  Host& host_;
  const Config& config_;
  JobSource& source_;
  OutcomeFile& outcomes_;
  JobRunOptions options_;

  Phase phase_ = Phase::running;
  std::unordered_map<std::string, PoolQueue> queues_;
  std::unordered_set<std::string> ids_;  // that lines brought with them, each with its pool
  std::uint64_t in_flight_ = 0;          // submitted, without an outcome
  std::uint64_t pools_to_adopt_ = 0;
  std::uint64_t left_out_ = 0;                       // recorded before, and not written therefore
  std::unordered_set<std::string> known_as_paused_;  // pools
  std::unordered_set<std::string> known_as_stuck_;   // pools in which nothing runs although tasks are parked
  WallTime begun_at_;
  std::optional<std::chrono::steady_clock::time_point> storage_fails_since_;
  std::unordered_set<std::string> running_;  // by the events: behind the gauges until the end is durable
  bool is_waiting_for_input_ = false;
  bool has_stopped_starting_ = false;
  bool has_progress_line_ = false;
  Summary summary_;
  std::optional<Error> error_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer tick_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point reported_ = begun_;
};

}  // namespace parking_lot::cli
