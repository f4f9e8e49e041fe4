#include <algorithm>

#include "machine.h"

/// When runs are expected to end. An expectation decides who starts beside a head; it never ends a run.
namespace parking_lot {

/// The average of the last two run times of the same tenant and kind, but no more than the task says itself
/// (Tsafrir, Etsion, Feitelson, "Backfilling using system-generated predictions rather than user runtime
/// estimates", IEEE TPDS 18(6), 2007, section 4).
Duration expected_length(const Pool& pool, const Task& task) {
  if (pool.config.estimates != Estimates::learned) return task.estimate;
  const std::uint32_t tenant = pool.tenants.find(task.tenant);
  if (tenant == no_tenant) return task.estimate;
  const RunHistory& history = pool.tenants[tenant].history[static_cast<std::size_t>(task.kind)];
  if (history.ms[0] == 0) return task.estimate;
  const std::int64_t average = history.ms[1] == 0 ? history.ms[0] : (history.ms[0] + history.ms[1] + 1) / 2;
  return Duration{task.estimate.ms > 0 ? std::min(task.estimate.ms, average) : average};
}

/// Expects the end of a run that is new, or whose end is expected for another reason now: a run that is told
/// to stop ends with its grace, units in quarantine come back with the quarantine.
void Scheduler::Machine::expect_end(Pool& pool, std::uint32_t run_slot) {
  forget_end(pool, run_slot);
  if (!pool.expects_ends()) return;
  Run& run = runs_[run_slot];
  if (run.stage == Run::Stage::stopping || run.stage == Run::Stage::quarantined) {
    run.expected_end = run.due;
  } else if (run.expected.ms > 0) {
    const std::int64_t elapsed =
        std::clamp<std::int64_t>((now_.wall - run.started_at).ms, 0, run.expected.ms);
    run.expected_end = now_.steady + Duration{run.expected.ms - elapsed};
  }
  if (run.expected_end != never_steady)
    pool.ends.insert(run.expected_end, run_slot, pool.used_by(run, run_slot));
}

void Scheduler::Machine::forget_end(Pool& pool, std::uint32_t run_slot) {
  Run& run = runs_[run_slot];
  if (run.expected_end == never_steady) return;
  pool.ends.erase(run.expected_end, run_slot);
  run.expected_end = never_steady;
}

/// An estimate that is outlived is doubled: a guess that was too short hurts more than one that is too long.
/// (One that ends now may still come true.)
void Scheduler::Machine::correct_estimates(Pool& pool) {
  while (const auto next = pool.ends.next()) {
    Run& run = runs_[next->run];
    const bool is_guess = run.stage != Run::Stage::stopping && run.stage != Run::Stage::quarantined;
    if (next->at >= now_.steady || !is_guess) return;
    pool.ends.erase(next->at, next->run);
    while (run.expected_end < now_.steady && run.expected <= longest_expectation) {
      run.expected_end = run.expected_end + run.expected;
      run.expected.ms *= 2;
    }
    if (run.expected_end < now_.steady) run.expected_end = never_steady;
    if (run.expected_end != never_steady)
      pool.ends.insert(run.expected_end, next->run, pool.used_by(run, next->run));
  }
}

/// Looks again when the first expected end has not come true: the reservation moves, others may pass, and
/// tenants are charged more.
void Scheduler::Machine::watch_estimates(Pool& pool) {
  if (pool.parked == 0) return;
  SteadyTime first = never_steady;
  if (const auto next = pool.ends.next()) first = next->at;
  if (!pool.presumed_ends.empty()) first = std::min(first, SteadyTime{pool.presumed_ends.begin()->first});
  if (first == never_steady) return;
  arm_pool_timer(pool, PoolTimer::estimate, std::max(first, now_.steady) + Duration{1});
}

}  // namespace parking_lot
