#pragma once

#include <cstdint>

#include "parking_lot/mailbox.h"
#include "parking_lot/record.h"

/// Format version 1 of every fact: its type number and its fields in their order. One list serves for reading
/// and for writing. docs/journal-format.md says the same in words; golden journals hold it for ever.
///
/// Adding is possible, changing is not: a new fact takes a new number, a new field is appended as `optional`.
/// Defaults are written here and not taken from the structs, since they are part of the format.
namespace parking_lot {

/// Type numbers: 1-23 events of a pool, 24-31 its state, 32-47 and 64-71 events of a garage, 72-79 its state,
/// 48-55 events of a mailbox store, 56-63 its state. From 128 on a number takes two bytes.
template <class Fact>
struct RecordFormat;

// The first bits of a record's presence; those of its optional fields follow.
inline constexpr std::uint64_t has_own_time = 1;
inline constexpr std::uint64_t has_link = 2;
inline constexpr int first_field_bit = 2;

constexpr bool is_state(std::uint64_t type) {
  return (type >= 24 && type <= 31) || (type >= 56 && type <= 63) || (type >= 72 && type <= 79);
}

template <>
struct RecordFormat<PoolOpened> {
  static constexpr std::uint32_t type = 1;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.incarnation);
    archive.required(fact.entropy);
  }
};

template <>
struct RecordFormat<PoolStateChanged> {
  static constexpr std::uint32_t type = 2;
  static void fields(auto& archive, auto& fact) { archive.required(fact.state); }
};

template <>
struct RecordFormat<TaskAdmitted> {
  static constexpr std::uint32_t type = 3;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.admission);
    archive.required(fact.incarnation);
    archive.text(fact.task_id);
    archive.text(fact.tenant);
    archive.person(fact.mailbox);
    archive.cost(fact.units);
    archive.optional(fact.payload, PayloadRef{0, 0, 0});
    archive.digest(fact.digest);
    archive.optional(fact.kind, ResourceKind::mixed);
    archive.optional(fact.priority, Priority::normal);
    archive.optional(fact.deadline, never_wall);
    archive.optional(fact.timeout, Duration{0});
    archive.optional(fact.max_lost, 0U);
    archive.optional(fact.estimate, Duration{0});
    archive.optional(fact.start_after, WallTime{0});
    archive.optional(fact.retry, RetryPolicy{1, 200, 0, {1000}, {60000}});
    archive.optional(fact.on_disconnect, OnDisconnect::keep);
    archive.optional(fact.realm, 0U);
    archive.numbers(fact.resources);
  }
};

template <>
struct RecordFormat<TaskParked> {
  static constexpr std::uint32_t type = 4;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.admission);
    archive.optional(fact.ready_at, WallTime{0});
  }
};

template <>
struct RecordFormat<TaskStarted> {
  static constexpr std::uint32_t type = 5;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.admission);
    archive.required(fact.lease);
    archive.optional(fact.executor, 0U);
    archive.optional(fact.attempt, 1U);
    archive.flag(fact.woken);
  }
};

template <>
struct RecordFormat<TaskRequeued> {
  static constexpr std::uint32_t type = 6;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.admission);
    archive.optional(fact.reason, Reason::retry);
    archive.optional(fact.ready_at, WallTime{0});
    archive.flag(fact.units_held);
  }
};

template <>
struct RecordFormat<PriorityChanged> {
  static constexpr std::uint32_t type = 7;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.admission);
    archive.required(fact.priority);
  }
};

template <>
struct RecordFormat<UsageRecorded> {
  static constexpr std::uint32_t type = 8;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.admission);
    archive.cost(fact.units);
  }
};

template <>
struct RecordFormat<TaskFinished> {
  static constexpr std::uint32_t type = 9;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.admission);
    archive.optional(fact.status, Status::completed);
    archive.optional(fact.reason, Reason::none);
    archive.optional(fact.result, PayloadRef{0, 0, 0});
    archive.flag(fact.units_held);
  }
};

template <>
struct RecordFormat<UnitsReleased> {
  static constexpr std::uint32_t type = 10;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.admission);
    archive.required(fact.lease);
  }
};

template <>
struct RecordFormat<TaskDelivered> {
  static constexpr std::uint32_t type = 11;
  static void fields(auto& archive, auto& fact) { archive.required(fact.admission); }
};

template <>
struct RecordFormat<DeliveryOverdue> {
  static constexpr std::uint32_t type = 12;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.admission);
    archive.required(fact.attempts);
  }
};

template <>
struct RecordFormat<TaskRejected> {
  static constexpr std::uint32_t type = 13;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.code);
    archive.text(fact.task_id);
    archive.text(fact.tenant);
  }
};

template <>
struct RecordFormat<RejectionsCounted> {
  static constexpr std::uint32_t type = 14;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.code);
    archive.required(fact.count);
  }
};

template <>
struct RecordFormat<PoolConfigured> {
  static constexpr std::uint32_t type = 15;
  static void fields(auto& archive, auto& fact) { archive.name(fact.settings); }
};

template <>
struct RecordFormat<PoolRestored> {
  static constexpr std::uint32_t type = 24;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.next_admission);
    archive.required(fact.next_lease);
    archive.numbers(fact.incarnations);
    archive.optional(fact.state, PoolState::active);
    archive.optional(fact.state_basis, std::uint64_t{0});
    archive.name(fact.settings);
  }
};

template <>
struct RecordFormat<TaskRestored> {
  static constexpr std::uint32_t type = 25;
  static void fields(auto& archive, auto& fact) {
    archive.nested(fact.admitted);
    archive.required(fact.stage);
    archive.required(fact.basis);
    archive.required(fact.submitted_at);
    archive.optional(fact.status, Status::queued);
    archive.optional(fact.reason, Reason::none);
    archive.optional(fact.ready_at, WallTime{0});
    archive.optional(fact.attempt, 0U);
    archive.optional(fact.failures, 0U);
    archive.optional(fact.lost, 0U);
    archive.optional(fact.lease, Lease{0, 0});
    archive.optional(fact.executor, 0U);
    archive.cost(fact.units_used);
    archive.optional(fact.started_at, WallTime{0});
    archive.optional(fact.finished_at, WallTime{0});
    archive.optional(fact.result, PayloadRef{0, 0, 0});
    archive.optional(fact.outcome_incarnation, std::uint64_t{0});
    archive.optional(fact.outcome_sequence, std::uint64_t{0});
    archive.flag(fact.is_delivered);
  }
};

template <>
struct RecordFormat<TenantRestored> {
  static constexpr std::uint32_t type = 27;
  static void fields(auto& archive, auto& fact) {
    archive.text(fact.tenant);
    archive.numbers(fact.figures);
  }
};

template <>
struct RecordFormat<UnitsRestored> {
  static constexpr std::uint32_t type = 26;
  static void fields(auto& archive, auto& fact) {
    archive.required(fact.admission);
    archive.required(fact.lease);
    archive.optional(fact.executor, 0U);
    archive.cost(fact.units);
    archive.optional(fact.started_at, WallTime{0});
    archive.numbers(fact.resources);
  }
};

template <>
struct RecordFormat<mailbox::StoreOpened> {
  static constexpr std::uint32_t type = 48;
  static void fields(auto& archive, auto& fact) { archive.required(fact.incarnation); }
};

template <>
struct RecordFormat<mailbox::MessageStored> {
  static constexpr std::uint32_t type = 49;
  static void fields(auto& archive, auto& fact) {
    archive.person(fact.key);
    archive.name(fact.pool);
    archive.text(fact.task_id);
    archive.required(fact.pool_incarnation);
    archive.required(fact.pool_sequence);
    archive.optional(fact.status, Status::completed);
    archive.optional(fact.reason, Reason::none);
    archive.optional(fact.payload, PayloadRef{0, 0, 0});
  }
};

template <>
struct RecordFormat<mailbox::MessagesDropped> {
  static constexpr std::uint32_t type = 50;
  static void fields(auto& archive, auto& fact) {
    archive.person(fact.key);
    archive.required(fact.through);
  }
};

template <>
struct RecordFormat<mailbox::StoreRestored> {
  static constexpr std::uint32_t type = 56;
  static void fields(auto& archive, auto& fact) { archive.required(fact.incarnation); }
};

template <>
struct RecordFormat<mailbox::WatermarkRestored> {
  static constexpr std::uint32_t type = 57;
  static void fields(auto& archive, auto& fact) {
    archive.name(fact.pool);
    archive.required(fact.pool_incarnation);
    archive.required(fact.through);
  }
};

template <>
struct RecordFormat<mailbox::MessageRestored> {
  static constexpr std::uint32_t type = 58;
  static void fields(auto& archive, auto& fact) {
    archive.nested(fact.message);
    archive.required(fact.counter);
    archive.required(fact.created_at);
  }
};

}  // namespace parking_lot
