#include <algorithm>
#include <utility>

#include "executor/process.h"
#include "executor/thread_pool.h"
#include "host/log.h"
#include "host/loop.h"

namespace parking_lot {

Result<PoolId> Host::Loop::pool_without_executor(std::string_view name) const {
  const std::string path = "pools." + std::string(name);
  const auto pool = lot_.scheduler().pool(name);
  if (!pool) return Failure({path, "No pool has this name; check the config."});
  if (closed_) return Failure({path, "The host is closed; open another one."});
  if (executors_[pool->index] != nullptr)
    return Failure({path, "The pool has an executor already; register one only."});
  return *pool;
}

Result<void> Host::Loop::run_processes(PoolId pool) {
  if (guardian_ == nullptr) {
    auto guardian = Guardian::start(storage_->jobs_locks());
    if (!guardian) return Failure(std::move(guardian.error()));
    guardian_ = std::make_unique<Guardian>(std::move(*guardian));
  }
  const PoolConfig& config = scheduler().config(pool);
  connect(pool,
          std::make_unique<ProcessExecutor>(
              io_, observer(), *guardian_,
              ProcessLimits{.runs_max = config.worker_count == 0 ? endless_credits : config.worker_count,
                            .output_bytes_max = config.max_output_bytes,
                            .kill_grace = config.kill_grace,
                            .commands = config.executor.commands}));
  return {};
}

void Host::Loop::run_function(PoolId pool, TaskFunction function, unsigned threads) {
  connect(pool, std::make_unique<ThreadPool>(io_, observer(), std::move(function), std::max(threads, 1U)));
}

void Host::Loop::stop_starting() {
  starts_nothing_ = true;
  for (std::uint32_t i = 0; i < executors_.size(); ++i) {
    if (executors_[i] != nullptr) add(ExecutorReady{.pool = {i}, .executor = 1, .realm = 0, .credits = 0});
  }
}

void Host::Loop::connect(PoolId pool, std::unique_ptr<Executor> executor) {
  // A local executor reports the end of each run, whatever happens to it: so leases need no heartbeats.
  add(ExecutorReady{.pool = pool,
                    .executor = 1,
                    .realm = 0,
                    .credits = executor->credits(),
                    .liveness = ExecutorReady::Liveness::certain});
  executors_[pool.index] = std::move(executor);
  ask_for_turn();
}

void Host::Loop::running(RunName run) {
  add(Running{.task = run.task, .lease = run.lease});
  ask_for_turn();
}

void Host::Loop::progressed(RunName run, std::string progress) {
  if (subscribers_.empty()) return;
  progress_.emplace_back(run, std::move(progress));
  ask_for_turn();
}

void Host::Loop::used(RunName run, Units units) {
  add(UsageReported{.task = run.task, .lease = run.lease, .units = units});
  ask_for_turn();
}

void Host::Loop::complained(RunName run, std::string_view sentence) {
  host_log()->warn("task {} {}", scheduler().task_id(run.task), sentence);
}

void Host::Loop::ended(RunName run, RunEnd end) {
  const auto found = runs_.extract(run);
  const bool is_stopped = found.empty() || found.mapped().is_stopped;
  const PayloadRef result =
      is_stopped || end.result.empty() ? PayloadRef{} : storage_->put(std::move(end.result));
  const std::uint32_t credits = starts_nothing_ ? 0 : 1;
  if (end.reason == Reason::none) {
    add(Finished{.task = run.task, .lease = run.lease, .result = result, .credits = credits});
  } else {
    add(Failed{
        .task = run.task, .lease = run.lease, .reason = end.reason, .result = result, .credits = credits});
  }
  ask_for_turn();
}

}  // namespace parking_lot
