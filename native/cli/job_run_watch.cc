#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <utility>

#include "cli/job_run.h"

/// The other half of a run: signals, the end, and progress.
namespace parking_lot::cli {
namespace {

// How often a held job is tried although no event said that there is room, and how often progress is shown.
constexpr std::chrono::milliseconds tick_period{100};
constexpr std::chrono::seconds line_period{5};

/// Why a task waits though nothing runs; empty: it will not last.
std::string stuck_text(const Explanation& why) {
  switch (why.waits_for) {
    case Wait::capacity_shrunk:
      return "costs more than the pool has now; it waits for a larger max_units (SIGHUP).";
    case Wait::tenant_limit:
      return "costs more than its tenant " + why.task.tenant +
             " may use now; it waits for a larger max_units of that tenant (SIGHUP).";
    case Wait::no_executor:
      return "waits for an executor that takes it.";
    default:
      return "";
  }
}

}  // namespace

void JobRun::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error || phase_ == Phase::over) return;
    on_signal(signal);
    wait_for_signal();
  });
}

void JobRun::on_signal(int signal) {
  if (signal == SIGHUP) {
    known_as_stuck_.clear();  // what it says of them may be otherwise afterwards
    return options_.on_hangup([this](const std::string& line) { say(line); });
  }
  if (phase_ == Phase::over) return close();
  if (summary_.ending == Summary::Ending::finished) {
    phase_ = Phase::stopping;
    summary_.ending = Summary::Ending::interrupted;
    say("Interrupted: waiting for what runs; interrupt again to kill it.");
    return stop_starting();
  }
  summary_.ending = Summary::Ending::killed;
  end();
}

void JobRun::stop_starting() {
  host_.stop_starting([this] {
    has_stopped_starting_ = true;
    end_after_this_turn();
  });
}

// Outcomes of durable pools would be delivered by the next run; those of volatile ones would be lost.
bool JobRun::owes_deliveries() const {
  return std::any_of(config_.pools.begin(), config_.pools.end(),
                     [this](const PoolConfig& pool) { return host_.stats(pool.name)->undelivered != 0; });
}

/// By the gauges, which a start moves before anybody hears of it, and by the events, which tell of an end
/// when it is durable.
std::uint64_t JobRun::running() const {
  std::uint64_t count = 0;
  for (const PoolConfig& pool : config_.pools) count += host_.stats(pool.name)->running;
  return std::max<std::uint64_t>(count, running_.size());
}

void JobRun::end_if_done() {
  const bool is_all_read = source_.is_at_end() && pools_to_adopt_ == 0;
  if (phase_ == Phase::running && is_all_read && in_flight_ == 0) {
    if (owes_deliveries()) return;
    if (running() == 0) return end();
    // Tasks that the store held for others: what has begun is not killed.
    phase_ = Phase::stopping;
    say("All jobs have ended; what else has begun in the pools is waited for: " + std::to_string(running()) +
        " running (interrupt twice to kill).");
    return stop_starting();
  }
  if (phase_ == Phase::stopping && running() == 0 && has_stopped_starting_) end();
}

// Gauges are ahead of callbacks: of two runs that ended together, the first outcome finds nothing running any
// more.
void JobRun::end_after_this_turn() {
  boost::asio::post(io_, [this] { end_if_done(); });
}

void JobRun::end() {
  if (phase_ == Phase::over) return;
  phase_ = Phase::over;
  summary_.tally.killed = std::min<std::uint64_t>(in_flight_, running_.size());
  summary_.tally.not_started = in_flight_ - summary_.tally.killed;
  if (has_progress_line_) std::fputs("\r\x1b[K", stderr);
  if (left_out_ != 0) {
    say(std::to_string(left_out_) +
        " ended in an earlier run; this place for outcomes is new, so they are not written again. Without "
        "--resume they are.");
  }
  if (error_ || summary_.ending == Summary::Ending::killed) return close();
  host_.settle([this] { close(); });
}

void JobRun::close() {
  host_.close();
  signals_.cancel();
  tick_.cancel();
  io_.stop();
}

void JobRun::fail(Error error) {
  error_ = std::move(error);
  end();
}

void JobRun::arm_tick() {
  tick_.expires_after(tick_period);
  tick_.async_wait([this](boost::system::error_code error) {
    if (error || phase_ == Phase::over) return;
    on_tick();
    arm_tick();
  });
}

void JobRun::on_tick() {
  for (auto& [name, queue] : queues_) {
    try_too_large(name, queue);
    resubmit(queue);
  }
  end_if_done();
  if (phase_ != Phase::over) check_storage();
  if (phase_ == Phase::running) tell_of_pauses();
  if (phase_ == Phase::running) tell_of_stuck();
  if (phase_ != Phase::over) report_progress();
}

// What another owner may have does not come back. Outcomes that a mailbox store does not take wait in the
// queue's: only when nothing else is left to do is that a reason to give up.
void JobRun::check_storage() {
  const Health health = host_.health();
  if (health.is_fenced)
    return fail(
        {"", health.trouble() + ". What is recorded stays; go on with --resume once nobody else does."});
  const bool is_queue_open = std::all_of(health.pools.begin(), health.pools.end(),
                                         [](const auto& pool) { return pool.storage == StreamState::open; });
  const bool goes_on = is_queue_open && phase_ == Phase::running && in_flight_ != 0;
  if (!health.is_degraded() || goes_on) return storage_fails_since_.reset();
  const auto at = std::chrono::steady_clock::now();
  if (!storage_fails_since_) storage_fails_since_ = at;
  if (at - *storage_fails_since_ < std::chrono::milliseconds(options_.storage_patience.ms)) return;
  std::string text = "Storage has failed for " + std::to_string(options_.storage_patience.ms / 1000) +
                     " s: " + health.trouble() + ". What is recorded stays; go on with --resume.";
  std::uint64_t held = 0;
  for (const auto& pool : health.pools) held += pool.undelivered;
  if (is_queue_open && held != 0)
    text += " " + std::to_string(held) + " outcomes wait in the queue until the mailboxes work.";
  fail({"", std::move(text)});
}

/// Only who owns the store can change that, and that is this run.
void JobRun::tell_of_pauses() {
  for (const PoolConfig& pool : config_.pools) {
    const PoolStats stats = *host_.stats(pool.name);
    if (stats.state != PoolState::paused || stats.parked == 0) continue;
    if (!known_as_paused_.insert(pool.name).second) continue;
    say("pool '" + pool.name +
        "' is paused: its tasks wait. Interrupt this run, then: parking-lot pool resume " + "--config FILE " +
        pool.name);
  }
}

/// Nothing that ends would start what waits then.
void JobRun::tell_of_stuck() {
  for (const PoolConfig& pool : config_.pools) {
    const PoolStats stats = *host_.stats(pool.name);
    const bool is_idle = stats.running == 0 && stats.units_quarantined == 0;
    if (!is_idle || stats.parked == 0 || stats.state == PoolState::paused) continue;
    if (stats.storage != StreamState::open || !known_as_stuck_.insert(pool.name).second) continue;
    host_.list(pool.name, {.status = Status::queued}, [this, name = pool.name](const auto& page) {
      if (page) explain_first(name, *page);
    });
  }
}

void JobRun::explain_first(const std::string& pool, const TaskPage& page) {
  const auto parked = std::find_if(page.tasks.begin(), page.tasks.end(),
                                   [](const TaskView& task) { return task.ready_at.ms == 0; });
  if (phase_ == Phase::over || parked == page.tasks.end()) return;
  host_.explain(pool, parked->task_id, [this, pool](const auto& why) {
    const std::string reason = why ? stuck_text(*why) : std::string();
    if (phase_ == Phase::over) return;
    if (reason.empty()) {
      known_as_stuck_.erase(pool);  // it was a moment between two runs
      return;
    }
    say("pool " + pool + ": nothing runs, and " + std::to_string(host_.stats(pool)->parked) +
        " wait: " + why->task.task_id + " " + reason);
  });
}

void JobRun::report_progress() {
  const auto at = std::chrono::steady_clock::now();
  if (options_.reporting == JobRunOptions::Reporting::silent) return;
  if (options_.reporting == JobRunOptions::Reporting::lines && at - reported_ < line_period) return;
  reported_ = at;
  std::uint64_t running = 0;
  std::uint64_t parked = 0;
  for (const PoolConfig& pool : config_.pools) {
    const PoolStats stats = *host_.stats(pool.name);
    running += stats.running;
    parked += stats.parked + stats.waiting + stats.backing_off;
  }
  const std::string text = progress_text(summary_.tally, running, parked, elapsed(), source_.line_count());
  if (options_.reporting == JobRunOptions::Reporting::terminal) {
    has_progress_line_ = true;
    winsize terminal{};  // a line that wraps could not be taken back
    const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &terminal) == 0 && terminal.ws_col > 1;
    const std::size_t width = is_known ? terminal.ws_col - 1U : text.size();
    std::fprintf(stderr, "\r\x1b[K%s", text.substr(0, width).c_str());
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

void JobRun::say(const std::string& line) {
  if (options_.reporting == JobRunOptions::Reporting::silent) return;
  std::fprintf(stderr, "%s%s\n", has_progress_line_ ? "\r\x1b[K" : "", line.c_str());
}

Duration JobRun::elapsed() const {
  const auto passed = std::chrono::steady_clock::now() - begun_;
  return {std::chrono::duration_cast<std::chrono::milliseconds>(passed).count()};
}

}  // namespace parking_lot::cli
