#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Every closed vocabulary of the system, declared here and nowhere else. The name in the first column is the
/// spelling in C++, JSON, TypeScript, SQL and docs. Numbers are stored in journals: append, never renumber.
namespace parking_lot {

// It would lay out lists in macros without regard to their lines.
// clang-format off
#define PARKING_LOT_PRIORITIES(X) X(low, 0) X(normal, 1) X(high, 2) X(critical, 3)

#define PARKING_LOT_RESOURCE_KINDS(X) X(cpu, 0) X(gpu_vram, 1) X(io, 2) X(mixed, 3)

/// `submitted` is momentary; the last five are terminal.
#define PARKING_LOT_STATUSES(X) \
  X(submitted, 0) \
  X(queued, 1) \
  X(running, 2) \
  X(completed, 3) \
  X(failed, 4) \
  X(expired, 5) \
  X(dropped, 6) \
  X(rejected, 7)

/// Refusals: an answer to the submitter, never an exception. The HTTP status follows the number.
#define PARKING_LOT_REFUSALS(X) \
  X(queue_full, 1, 409, "The queue is full; retry later or raise max_queue_depth.") \
  X(pool_disabled, 2, 409, "The pool takes no tasks: max_units is 0, or it is draining or disabled.") \
  X(cost_exceeds_capacity, 3, 400, \
    "The task costs more units than the pool has or its tenant may use; it could never run.") \
  X(deadline_passed, 4, 400, "The deadline has already passed; give a later one.") \
  X(invalid_deadline, 5, 400, "The deadline is not a time within 100 years of now.") \
  X(invalid_task, 6, 400, "The task is malformed; correct the named field.") \
  X(duplicate_task, 7, 409, "Another task has this id; choose another id or submit the same body.") \
  X(unknown_pool, 8, 404, "No pool has this name; check the config.") \
  X(unknown_task, 9, 404, "No task with this id is known here; it may have been forgotten.") \
  X(busy, 10, 503, "The journal is behind; retry in a moment.") \
  X(storage_unavailable, 11, 503, "The pool's storage is loading or failing; retry later.") \
  X(unconfirmed, 12, 503, "Storage failed before the answer was certain; retry with the same task id.") \
  X(wrong_state, 13, 409, "The task or pool is not in a state that allows this.") \
  X(invalid_cursor, 14, 400, \
    "The cursor is malformed, or of other mailbox stores than these; fetch again without one.")

/// Why an outcome is not simply `completed`, or why a task went back to the queue.
#define PARKING_LOT_REASONS(X) \
  X(none, 0) \
  X(cancelled, 1) \
  X(replaced, 2) \
  X(deadline, 3) \
  X(timed_out, 4) \
  X(lost, 5) \
  X(realm_gone, 6) \
  X(payload_unreadable, 7) \
  X(task_failed, 8) \
  X(executor_failed, 9) \
  X(client_gone, 10) \
  X(payload_dropped, 11) \
  X(output_too_large, 12) \
  X(shut_down, 13) \
  X(retry, 14)

#define PARKING_LOT_POOL_STATES(X) X(active, 0) X(paused, 1) X(draining, 2) X(disabled, 3)

/// Storage states of a pool's stream.
#define PARKING_LOT_STREAM_STATES(X) X(loading, 0) X(open, 1) X(failed, 2)

#define PARKING_LOT_ACTIONS(X) \
  X(submit, 0) \
  X(enqueue, 1) \
  X(start, 2) \
  X(complete, 3) \
  X(fail, 4) \
  X(expire, 5) \
  X(reject, 6) \
  X(drop, 7) \
  X(retry, 8) \
  X(lost, 9) \
  X(usage, 10) \
  X(deliver, 11) \
  X(configure, 12) \
  X(release, 13) \
  X(prioritize, 14) \
  X(open, 15)

#define PARKING_LOT_SUBJECT_KINDS(X) X(task, 0) X(tenant, 1) X(pool, 2) X(mailbox, 3)

#define PARKING_LOT_POLICIES(X) X(first_fit, 0) X(strict, 1) X(backfill, 2)

#define PARKING_LOT_DEDUPS(X) X(join, 0) X(reject, 1) X(replace, 2)

#define PARKING_LOT_ON_DISCONNECTS(X) X(keep, 0) X(cancel, 1)

/// What a parked task waits for (explain).
#define PARKING_LOT_WAITS(X) \
  X(nothing, 0) \
  X(capacity, 1) \
  X(no_executor, 2) \
  X(executor_busy, 3) \
  X(guard, 4) \
  X(head, 5) \
  X(paused, 6) \
  X(start_after, 7) \
  X(backoff, 8) \
  X(capacity_shrunk, 9) \
  X(over_use, 10) \
  X(storage, 11) \
  X(tenant_limit, 12)
// clang-format on

#define PARKING_LOT_ENUMERATOR(name, number, ...) name = number,
#define PARKING_LOT_DECLARE_ENUM(Type, LIST)                       \
  enum class Type : std::uint8_t { LIST(PARKING_LOT_ENUMERATOR) }; \
  std::string_view to_string(Type value);                          \
  std::optional<Type> parse_##Type(std::string_view name);

PARKING_LOT_DECLARE_ENUM(Priority, PARKING_LOT_PRIORITIES)
PARKING_LOT_DECLARE_ENUM(ResourceKind, PARKING_LOT_RESOURCE_KINDS)
PARKING_LOT_DECLARE_ENUM(Status, PARKING_LOT_STATUSES)
PARKING_LOT_DECLARE_ENUM(Refusal, PARKING_LOT_REFUSALS)
PARKING_LOT_DECLARE_ENUM(Reason, PARKING_LOT_REASONS)
PARKING_LOT_DECLARE_ENUM(PoolState, PARKING_LOT_POOL_STATES)
PARKING_LOT_DECLARE_ENUM(StreamState, PARKING_LOT_STREAM_STATES)
PARKING_LOT_DECLARE_ENUM(Action, PARKING_LOT_ACTIONS)
PARKING_LOT_DECLARE_ENUM(SubjectKind, PARKING_LOT_SUBJECT_KINDS)
PARKING_LOT_DECLARE_ENUM(Policy, PARKING_LOT_POLICIES)
PARKING_LOT_DECLARE_ENUM(Dedup, PARKING_LOT_DEDUPS)
PARKING_LOT_DECLARE_ENUM(OnDisconnect, PARKING_LOT_ON_DISCONNECTS)
PARKING_LOT_DECLARE_ENUM(Wait, PARKING_LOT_WAITS)

#undef PARKING_LOT_DECLARE_ENUM
#undef PARKING_LOT_ENUMERATOR

/// The HTTP status and the sentence that belong to a refusal.
int http_status(Refusal refusal);
std::string_view sentence(Refusal refusal);

constexpr bool is_terminal(Status status) { return status >= Status::completed; }

}  // namespace parking_lot
