#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "parking_lot/config.h"
#include "parking_lot/record.h"
#include "parking_lot/types.h"

/// What goes into the scheduler: commands (imperative, from clients) and reports (past tense, from executors,
/// backends and the clock). Inputs are views; they need to live until `handle` returns.
namespace parking_lot {

// --- commands ---

/// A task as its submitter describes it.
struct TaskSpec {
  std::string_view task_id;  ///< 1-128 bytes without control characters; empty: the system names it
  NameId tenant;             ///< none: the mailbox key's tenant, else `default`
  NameId mailbox;            ///< from `Scheduler::mailbox_key`; none: the outcome is not delivered
  Priority priority = Priority::normal;
  ResourceKind kind = ResourceKind::mixed;
  Units units = 1;
  /// Instead of `units` in pools that count several resources: the cost in each, in the order of their names.
  std::span<const Units> resources;
  WallTime deadline = never_wall;  ///< the first start must come before it
  WallTime start_after{0};
  Duration timeout{0};   ///< longest run of one attempt; 0: the pool's default
  Duration estimate{0};  ///< 0: unknown
  PayloadRef payload;
  RetryPolicy retry;
  std::uint32_t max_lost = 3;
  OnDisconnect on_disconnect = OnDisconnect::keep;
  Dedup dedup = Dedup::join;
  RealmId realm = 0;
};

struct Submit {
  RequestId request = 0;
  PoolId pool;
  ClientId client = 0;
  enum class Receipt : std::uint8_t { full, brief } receipt = Receipt::full;  ///< brief: without the position
  TaskSpec spec;
};

/// Names a task: by handle when it is known, else by id in a pool.
struct TaskName {
  PoolId pool;
  TaskHandle handle;
  std::string_view task_id;
};

/// Ends a task that has not ended: `dropped`, reason `cancelled`. Cancelling an ended task answers
/// `wrong_state`.
struct Cancel {
  RequestId request = 0;
  TaskName task;
};

/// Cancels every live task of a tenant in a pool. Answers with how many.
struct CancelTenant {
  RequestId request = 0;
  PoolId pool;
  NameId tenant;
};

/// Moves a parked (or waiting) task to another class, at its old admission number.
struct SetPriority {
  RequestId request = 0;
  TaskName task;
  Priority priority = Priority::normal;
};

/// Submits a failed task again as a fresh one under the same id: attempts start anew. Others answer
/// `wrong_state`.
struct Retry {
  RequestId request = 0;
  TaskName task;
};

/// Status of a task, live or remembered. Answered once what it rests on is durable.
struct Inspect {
  RequestId request = 0;
  TaskName task;
};

/// Why a task waits. Answered like `Inspect`.
struct Explain {
  RequestId request = 0;
  TaskName task;
};

/// Tasks of a pool with one status, in admission order. `after`: admission number of the last one seen.
struct ListTasks {
  RequestId request = 0;
  PoolId pool;
  Status status = Status::queued;
  bool any_status = true;
  std::uint64_t after = 0;
  std::uint32_t limit = 50;
};

/// Pause parks but starts nothing; resume and enable undo; drain refuses new tasks and runs what is parked;
/// disable refuses new tasks and starts nothing. Running tasks go on in every state.
struct SetPoolState {
  RequestId request = 0;
  PoolId pool;
  PoolState state = PoolState::active;
};

/// Gives an open pool the settings of this config that may change while it is open (see
/// `parse_pool_settings`); the others are not looked at. Nothing that runs is ended: what is above a smaller
/// capacity runs on, and parked tasks that cost more wait, blocking nobody.
struct Reconfigure {
  RequestId request = 0;
  PoolId pool;
  const PoolConfig* config = nullptr;
};

/// The client's connection ended: its live tasks with `on_disconnect: cancel` are dropped, reason
/// `client_gone`.
struct ClientGone {
  ClientId client = 0;
};

// --- reports of executors ---

/// An executor connected, or has more or fewer free places: `credits` replaces the number of starts it will
/// take.
struct ExecutorReady {
  PoolId pool;
  ExecutorId executor = 0;
  RealmId realm = 0;          ///< not 0: it takes only tasks pinned to this realm
  std::uint32_t credits = 0;  ///< `endless_credits`: no limit of its own
  /// certain: the host knows at any time whether its runs live, so they need no heartbeats and hold no timed
  /// lease.
  enum class Liveness : std::uint8_t { certain, heartbeats } liveness = Liveness::certain;
};
inline constexpr std::uint32_t endless_credits = 0xffffffff;

/// The executor is gone; its runs are lost. Known dead: their units are free at once, else quarantined.
struct ExecutorGone {
  PoolId pool;
  ExecutorId executor = 0;
  enum class Death : std::uint8_t { known, unknown } death = Death::unknown;
};

/// The run has begun: its timeout starts now.
struct Running {
  TaskHandle task;
  Lease lease;
};

/// The executor still has the run. Prolongs the lease.
struct Heartbeat {
  TaskHandle task;
  Lease lease;
};

/// What the run really uses, in units.
struct UsageReported {
  TaskHandle task;
  Lease lease;
  Units units = 0;
};

/// The run ended and returned a result.
struct Finished {
  TaskHandle task;
  Lease lease;
  PayloadRef result;
  std::uint32_t credits = 1;  ///< places that became free again at its executor by this end
};

/// The run ended without a result. `reason`: task_failed counts an attempt; lost and executor_failed repeat
/// up to max_lost; payload_unreadable is final. `result` may hold a description for the client.
struct Failed {
  TaskHandle task;
  Lease lease;
  Reason reason = Reason::task_failed;
  PayloadRef result;
  std::uint32_t credits = 1;
  enum class Units : std::uint8_t { freed, unknown } units = Units::freed;  ///< unknown: they are quarantined
};

// --- reports of backends ---

struct Recovered {
  PoolId pool;
  std::span<const Record>
      records;  ///< in sequence order, from the first one of the stream or of its checkpoint
};

/// The stream is loaded (and empty, if no `Recovered` came before). The pool opens under a new incarnation.
struct RecoveryDone {
  PoolId pool;
  /// reading: for a look at a stream that somebody else may own. Nothing is written, starts, expires or is
  /// delivered, whatever would change something is refused with `storage_unavailable`, and interrupted runs
  /// are shown as running.
  enum class Purpose : std::uint8_t { working, reading } purpose = Purpose::working;
};

/// All records up to and including `through` are durable.
struct Persisted {
  PoolId pool;
  std::uint64_t through = 0;
};

/// A write failed for good. The host reloads the stream: `Recovered`…, `RecoveryDone`.
struct PersistFailed {
  PoolId pool;
};

/// The mailbox store holds the message durably.
struct Delivered {
  PoolId pool;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;
};

/// The store cannot take messages now (held and retried), or refuses this one for good (replaced by one
/// without payload).
struct DeliveryFailed {
  PoolId pool;
  enum class Kind : std::uint8_t { unavailable, refused } kind = Kind::unavailable;
};

/// Time passed. Every other input does the same work too.
struct Tick {};

using Input = std::variant<Tick, Submit, Cancel, CancelTenant, SetPriority, Retry, Inspect, Explain,
                           ListTasks, SetPoolState, Reconfigure, ClientGone, ExecutorReady, ExecutorGone,
                           Running, Heartbeat, UsageReported, Finished, Failed, Recovered, RecoveryDone,
                           Persisted, PersistFailed, Delivered, DeliveryFailed>;

}  // namespace parking_lot
