#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "parking_lot/types.h"

/// Facts. Handlers decide and emit them; applying them alone changes durable state, live and at replay. They
/// are journal, recovery log and audit trail in one. All fields have fixed width. Tasks are named by
/// admission number, which is unique within the pool's stream. Strings are views.
namespace parking_lot {

/// A new incarnation of the stream: leases and generated ids of this opening carry it.
struct PoolOpened {
  std::uint64_t incarnation = 0;
  Entropy entropy;
};

struct PoolStateChanged {
  PoolState state = PoolState::active;
};

/// What may change while the pool is open: from now on this holds. Recorded by the opening whose config says
/// something else than the journal, also by the first one, and by each change while the pool is open.
struct PoolConfigured {
  std::string_view settings;  ///< JSON, as `pool_settings_json` writes it
};

struct TaskAdmitted {
  std::uint64_t admission = 0;
  std::uint64_t incarnation = 0;  ///< that named the task, if it has no id of its own
  std::string_view task_id;
  std::string_view tenant;
  std::string_view mailbox;  ///< encoded key, see `encode_mailbox_key`
  Priority priority = Priority::normal;
  ResourceKind kind = ResourceKind::mixed;
  Units units = 0;
  WallTime deadline = never_wall;
  WallTime start_after{0};
  Duration timeout{0};
  Duration estimate{0};
  PayloadRef payload;
  RetryPolicy retry;
  std::uint32_t max_lost = 0;
  OnDisconnect on_disconnect = OnDisconnect::keep;
  RealmId realm = 0;
  std::uint64_t digest = 0;  ///< of the body, for `dedup`
  /// Where the pool counts several resources: the cost in each, in the order of their names. `units` is the
  /// share of the pool then, see `TaskView`.
  std::span<const Units> resources;
};

/// The task did not start with its submission: it waits in the queue, or for `start_after`.
struct TaskParked {
  std::uint64_t admission = 0;
  WallTime ready_at{0};  ///< of a task that waits for `start_after`; 0: it is ready
};

struct TaskStarted {
  std::uint64_t admission = 0;
  Lease lease;
  ExecutorId executor = 0;
  std::uint32_t attempt = 0;
  bool woken = false;  ///< it had been parked
};

/// The attempt ended without an outcome; the task is queued again, not before `ready_at`, at its old
/// admission number.
struct TaskRequeued {
  std::uint64_t admission = 0;
  Reason reason = Reason::retry;  ///< retry, lost, or none for a start that was withdrawn
  WallTime ready_at{0};           ///< when it may leave; 0: at once
  bool units_held = false;        ///< until `UnitsReleased`: the run may still use them
};

struct PriorityChanged {
  std::uint64_t admission = 0;
  Priority priority = Priority::normal;
};

struct UsageRecorded {
  std::uint64_t admission = 0;
  Units units = 0;
};

/// The outcome. Units go with it unless the run may still hold them (`units_held`).
struct TaskFinished {
  std::uint64_t admission = 0;
  Status status = Status::completed;
  Reason reason = Reason::none;
  PayloadRef result;
  bool units_held = false;
};

/// A run is known to have ended after its outcome or its requeueing was recorded.
struct UnitsReleased {
  std::uint64_t admission = 0;
  Lease lease;
};

/// The mailbox holds the outcome; the obligation is over.
struct TaskDelivered {
  std::uint64_t admission = 0;
};

/// `delivery_attempts_max` was reached; the outcome is kept and delivered when the store returns.
struct DeliveryOverdue {
  std::uint64_t admission = 0;
  std::uint32_t attempts = 0;
};

/// A refused submission (an audit event only).
struct TaskRejected {
  Refusal code = Refusal::invalid_task;
  std::string_view task_id;
  std::string_view tenant;
};

/// More refusals of one kind than are worth an event each.
struct RejectionsCounted {
  Refusal code = Refusal::invalid_task;
  std::uint32_t count = 0;
};

// --- state: what a checkpoint consists of, instead of all records that led there ---
// These are never written to a stream and take no number of their own: their `sequence` is that of the last
// record that the state contains. See `Scheduler::checkpoint`.

/// First of a checkpoint: forgets everything before.
struct PoolRestored {
  std::span<const std::uint64_t> incarnations;  ///< of all openings, oldest first
  std::uint64_t next_admission = 1;
  std::uint64_t next_lease = 1;
  PoolState state = PoolState::active;
  std::uint64_t state_basis = 0;  ///< sequence of the record that set it
  std::string_view settings;      ///< as in `PoolConfigured`; empty: written before settings were recorded
};

/// One task as it is, live or remembered. Replaces what earlier records said of it.
struct TaskRestored {
  enum class Stage : std::uint8_t { waiting, parked, backing_off, running, ended };
  TaskAdmitted admitted;  ///< with its present priority, and without the payload once that is gone
  std::uint64_t basis = 0;
  WallTime submitted_at{0};
  Stage stage = Stage::parked;
  Status status = Status::queued;
  Reason reason = Reason::none;
  WallTime ready_at{0};
  std::uint32_t attempt = 0;
  std::uint32_t failures = 0;
  std::uint32_t lost = 0;
  // Of a task that runs.
  Lease lease;
  ExecutorId executor = 0;
  Units units_used = 0;
  // Of one that runs or has ended.
  WallTime started_at{0};
  // Of one that has ended.
  WallTime finished_at{0};
  PayloadRef result;
  std::uint64_t outcome_incarnation = 0;
  std::uint64_t outcome_sequence = 0;
  bool is_delivered = false;
};

/// What a pool remembers of a tenant: last of its checkpoint. Replaces what earlier records led to.
struct TenantRestored {
  std::string_view tenant;
  /// For each class, critical first, the service had, in unit-milliseconds by weight; then for each kind of
  /// resource its last two run times in milliseconds.
  std::span<const std::uint64_t> figures;
};

/// Units of a run that its task goes on without.
struct UnitsRestored {
  std::uint64_t admission = 0;
  Lease lease;
  ExecutorId executor = 0;
  Units units = 0;
  WallTime started_at{0};
  std::span<const Units> resources;  ///< as in `TaskAdmitted`
};

using Fact = std::variant<PoolOpened, PoolStateChanged, PoolConfigured, TaskAdmitted, TaskParked, TaskStarted,
                          TaskRequeued, PriorityChanged, UsageRecorded, TaskFinished, UnitsReleased,
                          TaskDelivered, DeliveryOverdue, TaskRejected, RejectionsCounted, PoolRestored,
                          TaskRestored, TenantRestored, UnitsRestored>;

/// A fact with its place in its stream. `sequence` is dense from 1; `at` never goes back within a stream.
struct Record {
  std::uint64_t sequence = 0;
  WallTime at;
  Fact fact;
};

}  // namespace parking_lot
