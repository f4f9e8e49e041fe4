#include "cli/job_run.h"

#include <signal.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <utility>

namespace parking_lot::cli {
namespace {

constexpr std::uint64_t read_ahead_max = 64;
constexpr std::size_t malformed_kept_max = 100;
// How often a held job is tried although no event said that there is room, and how often progress is shown.
constexpr std::chrono::milliseconds tick_period{100};
constexpr std::chrono::seconds line_period{5};

Now now() {
  using namespace std::chrono;
  return {.wall = {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()},
          .steady = {duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count()}};
}

bool must_wait(Refusal code) { return code == Refusal::queue_full || code == Refusal::busy; }

}  // namespace

JobRun::JobRun(boost::asio::io_context& io, Host& host, const Config& config, JobSource& source,
               OutcomeFile& outcomes, JobRunOptions options)
    : io_(io),
      host_(host),
      config_(config),
      source_(source),
      outcomes_(outcomes),
      options_(std::move(options)),
      signals_(io, SIGINT, SIGTERM),
      tick_(io) {
  for (const PoolConfig& pool : config.pools) {
    queues_.try_emplace(pool.name);
    summary_.peaks.push_back({.pool = pool.name, .units_max = pool.max_units});
  }
}

Result<Summary> JobRun::run() {
  host_.on_event([this](const TaskEvent& event) { on_event(event); });
  wait_for_signal();
  arm_tick();
  boost::asio::post(io_, [this] { read_jobs(); });
  io_.run();
  if (error_) return Failure(std::move(*error_));
  summary_.elapsed = elapsed();
  return summary_;
}

bool JobRun::may_read() const {
  if (phase_ != Phase::running) return false;
  std::uint64_t ahead = 0;
  for (const auto& [name, queue] : queues_) ahead += queue.held.size() + queue.unanswered;
  return ahead < read_ahead_max;
}

void JobRun::read_jobs() {
  while (may_read()) {
    const auto line = source_.next();
    if (line) {
      take_line(*line);
      continue;
    }
    if (source_.error()) return fail(*source_.error());
    if (!source_.is_at_end() && !is_waiting_for_input_) {
      is_waiting_for_input_ = true;
      source_.wait([this] {
        is_waiting_for_input_ = false;
        read_jobs();
      });
    }
    break;
  }
  end_if_done();
}

Result<ParsedTask> JobRun::parse(const JobLine& line) const {
  const bool has_one_pool = config_.pools.size() == 1;
  const PoolConfig* pool = has_one_pool ? &config_.pools.front() : nullptr;
  auto task = parse_task(line.text, pool, now());
  if (!task) return Failure(task.error());
  if (task->pool.empty()) {
    if (!has_one_pool)
      return Failure({"pool", "pool is missing; the config has several, so name one of them."});
    task->pool = pool->name;
  }
  const auto named = std::find_if(config_.pools.begin(), config_.pools.end(),
                                  [&](const PoolConfig& config) { return config.name == task->pool; });
  if (named == config_.pools.end()) {
    return Failure({"pool", "pool '" + task->pool + "' is not in the config; name one that is."});
  }
  if (has_one_pool) return std::move(*task);
  // Only now is it known whose defaults and limits apply.
  task = parse_task(line.text, &*named, now());
  if (!task) return Failure(task.error());
  return std::move(*task);
}

void JobRun::take_line(const JobLine& line) {
  if (line.length == JobLine::Length::too_long) {
    return reject_line(line.number,
                       "the line is longer than any payload may be; raise max_payload_bytes or shorten it.");
  }
  auto task = parse(line);
  if (!task) return reject_line(line.number, task.error().message);
  const auto job = std::make_shared<Job>(Job{.task = std::move(*task), .line = line.number});
  if (job->task.task_id.empty()) job->task.task_id = source_.name_of(line);
  if (outcomes_.contains(job->task.pool, job->task.task_id)) {
    ++summary_.tally.skipped;
    return;
  }
  ++in_flight_;
  ++summary_.tally.submitted;
  PoolQueue& queue = queues_[job->task.pool];
  if (queue.held.empty()) return submit(job);
  queue.held.push_back(job);
}

void JobRun::reject_line(std::uint64_t line, const std::string& message) {
  ++summary_.tally.malformed;
  if (summary_.malformed.size() < malformed_kept_max) summary_.malformed.push_back({line, message});
  say(options_.jobs_name + ":" + std::to_string(line) + ": " + message);
}

void JobRun::submit(const JobPtr& job) {
  ++queues_[job->task.pool].unanswered;
  host_.submit(
      job->task, [this, job](const Receipt& receipt) { on_receipt(job, receipt); },
      [this, job](const Outcome& outcome) { on_outcome(job, outcome); });
}

void JobRun::on_receipt(const JobPtr& job, const Receipt& receipt) {
  PoolQueue& queue = queues_[job->task.pool];
  --queue.unanswered;
  if (receipt) {
    job->is_joined = receipt->how == Submitted::How::joined;
    resubmit(queue);  // where one has found a place, there may be another
  } else if (must_wait(receipt.error().code)) {
    // Refusals of one turn come in order; so each goes behind those that were refused before it.
    const auto later = std::find_if(queue.held.begin(), queue.held.end(),
                                    [&](const JobPtr& other) { return other->line > job->line; });
    queue.held.insert(later, job);
    return;
  } else if (phase_ != Phase::over) {
    const RefusedCommand& refused = receipt.error();
    std::string text =
        options_.jobs_name + ":" + std::to_string(job->line) + ": " + std::string(to_string(refused.code));
    if (!refused.field.empty()) text += " (" + refused.field + ")";
    say(text + ": " + std::string(sentence(refused.code)));
  }
  boost::asio::post(io_, [this] { read_jobs(); });
}

void JobRun::on_outcome(const JobPtr& job, const Outcome& outcome) {
  if (phase_ == Phase::over) return;
  if (outcome.refusal && must_wait(*outcome.refusal)) return;  // held
  --in_flight_;
  if (job->is_joined) {
    ++summary_.tally.joined;
  } else {
    summary_.tally.count(outcome);
    if (auto written = outcomes_.write(outcome); !written) return fail(std::move(written.error()));
  }
  end_after_this_turn();
}

void JobRun::resubmit(PoolQueue& queue) {
  if (queue.held.empty() || queue.unanswered > 0 || phase_ != Phase::running) return;
  const JobPtr job = queue.held.front();
  queue.held.pop_front();
  submit(job);
}

void JobRun::on_event(const TaskEvent& event) {
  if (phase_ == Phase::over) return;
  if (event.kind == TaskEvent::Kind::started) {
    for (PoolPeak& peak : summary_.peaks) {
      if (peak.pool == event.pool)
        peak.units_peak = std::max(peak.units_peak, host_.stats(event.pool)->units_in_use);
    }
  }
  if (event.kind == TaskEvent::Kind::started || event.kind == TaskEvent::Kind::ended) {
    resubmit(queues_[std::string(event.pool)]);
  }
}

void JobRun::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code error, int) {
    if (error || phase_ == Phase::over) return;
    on_signal();
    wait_for_signal();
  });
}

void JobRun::on_signal() {
  if (phase_ == Phase::running) {
    phase_ = Phase::stopping;
    summary_.ending = Summary::Ending::interrupted;
    say("Interrupted: waiting for what runs; interrupt again to kill it.");
    return stop_starting();
  }
  summary_.ending = Summary::Ending::killed;
  end();
}

void JobRun::stop_starting() {
  for (const PoolConfig& pool : config_.pools) {
    host_.set_pool_state(pool.name, PoolState::paused, [this](const auto&) {
      if (phase_ == Phase::stopping) end_after_this_turn();
    });
  }
}

void JobRun::end_if_done() {
  if (phase_ == Phase::running && source_.is_at_end() && in_flight_ == 0) return end();
  if (phase_ != Phase::stopping) return;
  const bool is_idle =
      std::all_of(config_.pools.begin(), config_.pools.end(), [this](const PoolConfig& pool) {
        const PoolStats stats = *host_.stats(pool.name);
        return stats.state == PoolState::paused && stats.running == 0;
      });
  if (is_idle) end();
}

// Gauges are ahead of callbacks: of two runs that ended together, the first outcome finds nothing running any
// more.
void JobRun::end_after_this_turn() {
  boost::asio::post(io_, [this] { end_if_done(); });
}

void JobRun::end() {
  if (phase_ == Phase::over) return;
  phase_ = Phase::over;
  summary_.tally.not_started = in_flight_;
  if (has_progress_line_) std::fputs("\r\x1b[K", stderr);
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
  for (auto& [name, queue] : queues_) resubmit(queue);
  end_if_done();
  if (phase_ != Phase::over) report_progress();
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
    std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
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
