#pragma once

#include <cstdint>

#include "parking_lot/types.h"
#include "timer_heap.h"

namespace parking_lot {

/// Where a task is in its life. `arriving` lasts within one `handle`: in the queue provisionally, neither
/// started nor parked yet. `admitted` lasts at replay from the admission to the next record. `stale` lasts
/// from a failed write until the stream is recovered.
enum class Phase : std::uint8_t {
  free,
  arriving,
  admitted,
  waiting,
  parked,
  backing_off,
  running,
  ended,
  stale
};

inline constexpr std::uint32_t no_slot = 0xffffffff;

/// A run that is still expected to end after that long is expected to end never.
inline constexpr Duration longest_expectation{100LL * 365 * 86400 * 1000};

/// A host that looks later than this after it should have was frozen, as far as leases with this heartbeat
/// go.
constexpr Duration tolerated_lateness(Duration heartbeat) { return {heartbeat.ms / 8}; }

/// Retry policy in 16 bytes. `Submit` is refused if its policy does not fit.
struct CompactRetry {
  std::uint32_t initial_ms = 1000;
  std::uint32_t max_ms = 60000;
  std::uint16_t max_attempts = 1;
  std::uint16_t factor_percent = 200;
  std::uint16_t jitter_percent = 0;

  /// `policy` must fit, as `Submit` has checked.
  static CompactRetry of(const RetryPolicy& policy) {
    return {static_cast<std::uint32_t>(policy.initial.ms), static_cast<std::uint32_t>(policy.max.ms),
            static_cast<std::uint16_t>(policy.max_attempts),
            static_cast<std::uint16_t>(policy.factor_percent),
            static_cast<std::uint16_t>(policy.jitter_percent)};
  }
  RetryPolicy policy() const {
    return {max_attempts, factor_percent, jitter_percent, Duration{initial_ms}, Duration{max_ms}};
  }
};

/// One task, parked, running or remembered. What only runs or outcomes need lives in Run and Outcome, so that
/// a million parked tasks stay small.
struct Task {
  std::uint64_t admission = 0;
  std::uint64_t digest = 0;
  std::uint64_t basis = 0;  ///< sequence of the last record about this task: what a read of it rests on
  Units units = 0;
  WallTime deadline = never_wall;
  WallTime ready_at{0};  ///< start_after, then the due time of a retry
  WallTime submitted_at{0};
  Duration timeout{0};
  Duration estimate{0};
  PayloadRef payload;
  CompactRetry retry;
  NameId task_id;
  NameId tenant;
  NameId mailbox;
  std::uint32_t generation = 0;
  std::uint32_t incarnation = 0;  ///< index into the pool's incarnations: under which it was admitted
  std::uint32_t run = no_slot;
  std::uint32_t outcome = no_slot;
  std::uint32_t timer =
      no_timer;  ///< place in the wall heap (waiting, parked) or the backoff heap (backing_off)
  std::uint32_t guard_used_ms = 0;
  std::uint32_t client = 0;
  RealmId realm = 0;
  std::uint32_t attempt = 0;   ///< runs begun
  std::uint16_t failures = 0;  ///< attempts that failed by themselves
  std::uint16_t lost = 0;
  std::uint16_t max_lost = 0;
  std::uint16_t pool = 0;
  Phase phase = Phase::free;
  Status status = Status::submitted;
  Reason reason = Reason::none;
  Priority priority = Priority::normal;
  Priority leaves_as = Priority::normal;  ///< in the queue: its priority, raised by ageing
  ResourceKind kind = ResourceKind::mixed;
  OnDisconnect on_disconnect = OnDisconnect::keep;
  bool was_retried = false;  ///< a fresh task goes on in place of this failed one, and keeps its payload
};

/// One run of a task, from its start until its units are free. A run may outlive its task's interest in it:
/// then it is stopping (a confirmation is awaited) or quarantined.
struct Run {
  enum class Stage : std::uint8_t { free, started, running, stopping, quarantined, unknown };
  Lease lease;
  Units units = 0;                         ///< in use now
  SteadyTime due = never_steady;           ///< of the timeout, then of the kill grace, then of the quarantine
  SteadyTime lease_due = never_steady;     ///< when it counts as lost without a heartbeat
  SteadyTime expected_end = never_steady;  ///< among the pool's `ends`, unless never
  Duration expected{0};                    ///< from the start until then; doubled each time it is outlived
  SteadyTime presumed_end = never_steady;  ///< when what its tenant was charged for it is used up
  Duration presumed{0};                    ///< from the start until then; doubled each time it is outlived
  std::uint64_t charged = 0;  ///< unit-milliseconds, to the account of the tenant and class below
  std::uint32_t tenant = 0;   ///< among the pool's; 0: not told apart
  std::uint8_t level = 0;     ///< 0: critical
  WallTime started_at;
  std::uint64_t start_sequence = 0;
  std::uint32_t task = no_slot;  ///< slot; still valid when the task has gone on without this run
  std::uint32_t generation = 0;  ///< of that slot
  std::uint64_t admission = 0;
  ExecutorId executor = 0;
  std::uint32_t timer = no_timer;
  std::uint16_t pool = 0;
  Stage stage = Stage::free;
  bool is_current = false;     ///< the task waits for this run's result
  bool was_yielded = false;    ///< the host has seen the start
  bool was_forgiven = false;   ///< its lease was prolonged since the last sign of life: the host was late
  bool is_known_here = false;  ///< started in this process: not merely read from a journal
};

/// How a task ended.
struct Outcome {
  PayloadRef result;
  WallTime started_at{0};
  WallTime finished_at{0};
  std::uint64_t incarnation = 0;  ///< of the pool's stream, under which the outcome was recorded
  std::uint64_t sequence = 0;
  bool is_delivered = false;
};

}  // namespace parking_lot
