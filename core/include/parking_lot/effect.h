#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "parking_lot/record.h"
#include "parking_lot/types.h"

/// What comes out of the scheduler: orders for the host. An effect is yielded only after everything that it
/// rests on is durable. Views and pointers in effects are valid until the next `handle`.
namespace parking_lot {

/// Make these records of one pool durable, atomically and in order; then report `Persisted` or
/// `PersistFailed`.
struct Write {
  PoolId pool;
  std::span<const Record> records;
};

/// Run this task on that executor under this lease.
struct Start {
  PoolId pool;
  TaskHandle task;
  Lease lease;
  ExecutorId executor = 0;
  std::uint32_t attempt = 0;
  Units units = 0;
  PayloadRef payload;
};

/// End this run: its outcome is fixed already, or it is no longer wanted. Report `Finished` or `Failed` when
/// it has ended.
struct Stop {
  PoolId pool;
  TaskHandle task;
  Lease lease;
  ExecutorId executor = 0;
  Reason reason = Reason::none;
};

// --- answers ---

struct Submitted {
  TaskHandle task;
  Status status = Status::queued;
  Reason reason = Reason::none;  ///< of a joined task that has ended
  enum class How : std::uint8_t { admitted, joined } how = How::admitted;
  std::uint64_t position = 0;  ///< parked tasks that leave before it, plus one; 0 when it is not parked
  PayloadRef result;           ///< of a joined task that has ended
};

struct Refused {
  Refusal code = Refusal::invalid_task;
  std::string_view field;   ///< of the specification, where one is to blame (static text)
  Duration retry_after{0};  ///< with `queue_full`, from the drain rate; 0: unknown
};

/// The command was carried out; `count` tasks were concerned.
struct Done {
  std::uint64_t count = 0;
};

/// Units of each resource of a pool that counts several, by name; empty: it simply counts units.
using ResourceUnits = std::vector<std::pair<std::string, Units>>;

/// What is known of one task.
struct TaskView {
  TaskHandle task;
  PoolId pool;
  std::string task_id;
  std::string tenant;
  std::string mailbox;  ///< encoded key; empty: none
  std::uint64_t admission = 0;
  Status status = Status::queued;
  Reason reason = Reason::none;
  Priority priority = Priority::normal;
  ResourceKind kind = ResourceKind::mixed;
  /// In pools that count several resources: the largest part of one of them that the task takes, in
  /// millionths of what the pool had when the task was admitted; `resources` has the cost.
  Units units = 0;
  ResourceUnits resources;
  Units units_used = 0;       ///< as reported by the run; equals `units` without a report
  std::uint32_t attempt = 0;  ///< of the current or last run, from 1; 0: never started
  std::uint32_t lost = 0;
  WallTime submitted_at{0};
  WallTime started_at{0};  ///< of the current run, or of the last one of an ended task; else 0
  WallTime finished_at{0};
  WallTime deadline = never_wall;
  WallTime ready_at{0};  ///< of a task that waits for start_after or a retry
  PayloadRef payload;
  PayloadRef result;
};

struct Explanation {
  TaskView task;
  Wait waits_for = Wait::nothing;
  TaskHandle behind;  ///< the task that holds it up, where one does
  std::string behind_id;
  std::uint64_t position = 0;  ///< as in `Submitted`
  Units units_ahead = 0;       ///< asked for by the parked tasks that leave before it
  Units units_free = 0;
  ResourceUnits resources_ahead;  ///< the same of each resource; the two above are in millionths then
  ResourceUnits resources_free;
  /// When it is expected to start, if runs end as estimated and nobody comes who leaves before it; 0: nobody
  /// can tell.
  WallTime expected_at{0};
  WallTime expires_at = never_wall;  ///< when it expires if it has not started
};

struct TaskPage {
  std::vector<TaskView> tasks;
  std::uint64_t next = 0;  ///< pass as `after` for the next page; 0: this was the last one
};

using Answer = std::variant<Submitted, Refused, Done, const TaskView*, const Explanation*, const TaskPage*>;

struct Reply {
  RequestId request = 0;
  Answer answer;
};

/// Store this outcome in the pool's mailbox store; then report `Delivered` or `DeliveryFailed`. The pair
/// (incarnation, sequence) is the same on every attempt.
struct Deliver {
  PoolId pool;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;
  NameId mailbox;
  NameId task_id;  ///< none: the id is spelled from the two numbers below
  std::uint64_t task_incarnation = 0;
  std::uint64_t admission = 0;
  Status status = Status::completed;
  Reason reason = Reason::none;
  PayloadRef result;
};

/// Something that a subscriber may want to see.
struct Notify {
  enum class Event : std::uint8_t { parked, started, requeued, ended, pool_changed, storage_changed };
  PoolId pool;
  TaskHandle task;
  Event event = Event::ended;
  Status status = Status::queued;
  Reason reason = Reason::none;
  std::uint32_t attempt = 0;
  WallTime at;
  PayloadRef result;
};

/// Nothing in the scheduler refers to these bytes any more (a mailbox may: a `Lot` waits for both).
struct Release {
  PoolId pool;
  PayloadRef payload;
  /// all: nobody needs the bytes. A lot whose pool keeps queue and mailbox in different places also says when
  /// one of the two copies may go while the other is needed.
  enum class Copies : std::uint8_t { all, of_queue, of_mailbox } copies = Copies::all;
};

using Effect = std::variant<Write, Start, Stop, Reply, Deliver, Notify, Release>;

}  // namespace parking_lot
