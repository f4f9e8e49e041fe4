#include "cli/job_run.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <utility>

#include "cli/error_text.h"

namespace parking_lot::cli {
namespace {

constexpr std::uint64_t read_ahead_max = 64;
constexpr std::size_t malformed_kept_max = 100;
constexpr std::uint32_t page_tasks = 500;

Now now() {
  using namespace std::chrono;
  return {.wall = {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()},
          .steady = {duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count()}};
}

/// Whether the pool could ever run the task with these settings.
bool can_run(const ParsedTask& task, const PoolConfig& pool) {
  const auto tenant = pool.tenants.find(task.tenant);
  const bool has_tenant = tenant != pool.tenants.end();
  if (pool.resources.empty()) {
    const Units most = has_tenant ? tenant->second.max_units.value_or(units_max) : units_max;
    return pool.max_units > 0 && task.units <= std::min(pool.max_units, most);
  }
  return std::all_of(task.resources.begin(), task.resources.end(), [&](const auto& cost) {
    const auto& [name, units] = cost;
    const bool is_limited = has_tenant && tenant->second.resources.contains(name);
    const Units most = is_limited ? tenant->second.resources.at(name) : units_max;
    return units <= std::min(pool.resources.at(name), most);
  });
}

}  // namespace

JobRun::JobRun(boost::asio::io_context& io, Host& host, const Config& config, JobSource& source,
               OutcomeFile& outcomes, JobRunOptions options)
    : io_(io),
      host_(host),
      config_(config),
      source_(source),
      outcomes_(outcomes),
      options_(std::move(options)),
      signals_(io, SIGINT, SIGTERM, SIGHUP),
      tick_(io) {
  for (const PoolConfig& pool : config.pools) {
    queues_.try_emplace(pool.name);
    summary_.peaks.emplace_back(pool);
  }
}

Result<Summary> JobRun::run() {
  host_.on_event([this](const TaskEvent& event) { on_event(event); });
  wait_for_signal();
  arm_tick();
  begun_at_ = now().wall;
  boost::asio::post(io_, [this] { adopt_stored(); });
  io_.run();
  if (error_) return Failure(std::move(*error_));
  summary_.elapsed = elapsed();
  return summary_;
}

void JobRun::adopt_stored() {
  if (options_.adopting == JobRunOptions::Adopting::nothing) return begin_reading();
  pools_to_adopt_ = config_.pools.size();
  for (const PoolConfig& pool : config_.pools) {
    host_.list(pool.name, {.status = {}, .limit = page_tasks}, [this, name = pool.name](const auto& page) {
      if (page) return adopt_page(name, *page);
      if (phase_ == Phase::running) fail({name, std::string(sentence(page.error().code))});
    });
  }
}

void JobRun::adopt_page(const std::string& pool, const TaskPage& page) {
  for (const TaskView& task : page.tasks) {
    const bool is_old = is_terminal(task.status) && task.finished_at < begun_at_ &&
                        options_.writing == JobRunOptions::Writing::recorded_from_now_on;
    const auto present = outcomes_.present(pool, task.task_id);
    if (is_old || present != OutcomeFile::Present::no) {
      if (is_old) ++left_out_;
      summary_.tally.skip(is_old ? task.status == Status::completed
                                 : present == OutcomeFile::Present::completed);
      continue;
    }
    ++in_flight_;
    ++summary_.tally.submitted;
    host_.outcome(pool, task.task_id, [this](const Outcome& outcome) { take_outcome(outcome); });
  }
  if (page.next == 0) {
    if (--pools_to_adopt_ == 0) begin_reading();
    return;
  }
  host_.list(pool, {.status = {}, .after = page.next, .limit = page_tasks}, [this, pool](const auto& next) {
    if (next) return adopt_page(pool, *next);
    if (phase_ == Phase::running) fail({pool, std::string(sentence(next.error().code))});
  });
}

void JobRun::begin_reading() {
  boost::asio::post(io_, [this] { read_jobs(); });
}

bool JobRun::may_read() const {
  if (phase_ != Phase::running || pools_to_adopt_ != 0) return false;
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

/// As it was when the run began.
const PoolConfig* JobRun::config_of(const std::string& pool) const {
  const auto named = std::find_if(config_.pools.begin(), config_.pools.end(),
                                  [&](const PoolConfig& config) { return config.name == pool; });
  return named == config_.pools.end() ? nullptr : &*named;
}

Result<ParsedTask> JobRun::parse(const JobLine& line) const {
  const bool has_one_pool = config_.pools.size() == 1;
  const PoolConfig* pool = has_one_pool ? &config_.pools.front() : nullptr;
  auto task = parse_task(line.text, pool, now());
  if (!task) return Failure(task.error());
  if (task->pool.empty()) {
    if (!has_one_pool) return Failure({"pool", "is missing; the config has several, so name one of them."});
    task->pool = pool->name;
  }
  const PoolConfig* named = config_of(task->pool);
  if (named == nullptr) {
    return Failure({"pool", "'" + task->pool + "' is not in the config; name one that is."});
  }
  if (has_one_pool) return std::move(*task);
  // Only now is it known whose defaults and limits apply.
  task = parse_task(line.text, named, now());
  if (!task) return Failure(task.error());
  return std::move(*task);
}

void JobRun::take_line(const JobLine& line) {
  if (line.length == JobLine::Length::too_long) {
    return reject_line(line.number,
                       "the line is longer than any payload may be; raise max_payload_bytes or shorten it.");
  }
  auto task = parse(line);
  if (!task) return reject_line(line.number, text_of(task.error()));
  const auto job = std::make_shared<Job>(Job{.task = std::move(*task), .line = line.number});
  if (job->task.task_id.empty()) {
    job->task.task_id = source_.name_of(line);
  } else {
    job->is_repeated = !ids_.insert(job->task.pool + '\n' + job->task.task_id).second;
  }
  const auto present = outcomes_.present(job->task.pool, job->task.task_id);
  if (present != OutcomeFile::Present::no)
    return summary_.tally.skip(present == OutcomeFile::Present::completed);
  job->could_run =
      can_run(job->task, *config_of(job->task.pool)) || can_run(job->task, *host_.settings(job->task.pool));
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
    resubmit(queue);  // where one has found a place, there may be another
  } else if (must_wait(*job, receipt.error().code)) {
    const Refusal code = receipt.error().code;
    const bool is_too_large = code == Refusal::cost_exceeds_capacity || code == Refusal::pool_disabled;
    if (is_too_large) return put_aside(queue, job);
    hold(queue.held, job);
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
  if (outcome.refusal && must_wait(*job, *outcome.refusal)) return;  // held
  if (!job->is_repeated || outcome.refusal) return take_outcome(outcome);
  --in_flight_;
  ++summary_.tally.joined;
  end_after_this_turn();
}

void JobRun::take_outcome(const Outcome& outcome) {
  if (phase_ == Phase::over) return;
  --in_flight_;
  const bool is_old = options_.writing == JobRunOptions::Writing::recorded_from_now_on && !outcome.refusal &&
                      outcome.finished_at < begun_at_;
  if (is_old) {
    ++left_out_;
    summary_.tally.skip(outcome.status == Status::completed);
  } else {
    summary_.tally.count(outcome, elapsed());
    if (auto written = outcomes_.write(outcome); !written) return fail(std::move(written.error()));
  }
  end_after_this_turn();
}

/// What it was refused for may pass: also a capacity that was larger before.
bool JobRun::must_wait(const Job& job, Refusal code) const {
  switch (code) {
    case Refusal::queue_full:
    case Refusal::busy:
    case Refusal::storage_unavailable:
    case Refusal::unconfirmed:
      return true;
    case Refusal::pool_disabled:
      return job.could_run && host_.stats(job.task.pool)->units_max == 0;
    case Refusal::cost_exceeds_capacity:
      return job.could_run;
    default:
      return false;
  }
}

void JobRun::hold(std::deque<JobPtr>& jobs, const JobPtr& job) {
  // Refusals of one turn come in order; so each goes behind those that were refused before it.
  const auto later =
      std::find_if(jobs.begin(), jobs.end(), [&](const JobPtr& other) { return other->line > job->line; });
  jobs.insert(later, job);
}

void JobRun::put_aside(PoolQueue& queue, const JobPtr& job) {
  const std::string& pool = job->task.pool;
  if (queue.too_large.empty()) {
    queue.too_small = pool_settings_json(*host_.settings(pool));
    say("pool " + pool + ": " + job->task.task_id +
        " costs more than the pool can run now; such jobs wait for a larger capacity (SIGHUP).");
  }
  hold(queue.too_large, job);
  resubmit(queue);
  boost::asio::post(io_, [this] { read_jobs(); });
}

void JobRun::try_too_large(const std::string& pool, PoolQueue& queue) {
  if (queue.too_large.empty() || pool_settings_json(*host_.settings(pool)) == queue.too_small) return;
  for (const JobPtr& job : std::exchange(queue.too_large, {})) hold(queue.held, job);
}

void JobRun::resubmit(PoolQueue& queue) {
  if (queue.held.empty() || queue.unanswered > 0 || phase_ != Phase::running) return;
  const JobPtr job = queue.held.front();
  queue.held.pop_front();
  submit(job);
}

void JobRun::on_event(const TaskEvent& event) {
  if (phase_ == Phase::over) return;
  if (event.kind == TaskEvent::Kind::progressed) return;
  const std::string name = std::string(event.pool) + '\n' + std::string(event.task_id);
  running_.erase(name);
  if (event.kind == TaskEvent::Kind::started) {
    running_.insert(name);
    for (PoolPeak& peak : summary_.peaks) {
      if (peak.pool == event.pool) peak.observe(*host_.stats(event.pool));
    }
  }
  if (event.kind == TaskEvent::Kind::started || event.kind == TaskEvent::Kind::ended) {
    resubmit(queues_[std::string(event.pool)]);
  }
}

}  // namespace parking_lot::cli
