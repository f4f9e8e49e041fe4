#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/types.h"

/// The audit trail: one event per record, seen from its subjects. See docs/architecture.md.
namespace parking_lot {

struct AuditSubject {
  SubjectKind kind = SubjectKind::task;
  std::string id;
};

struct AuditEvent {
  PoolId pool;
  std::uint64_t sequence = 0;  ///< of the record in the pool's stream
  WallTime at;
  Action action = Action::submit;
  std::vector<AuditSubject> subjects;
  Status status = Status::submitted;  ///< of the task after the event, where there is one
  Reason reason = Reason::none;
  Refusal refusal = Refusal::invalid_task;  ///< of `reject` events
  std::uint64_t number = 0;  ///< start: lease number; usage: units; submit: units; reject: how many
  std::uint32_t attempt = 0;
  bool woken = false;  ///< of `start`: the task had been parked
};

struct AuditQuery {
  enum class Order : std::uint8_t { oldest_first, newest_first };
  bool any_subject = true;
  SubjectKind kind = SubjectKind::task;
  std::string_view id;
  WallTime from{0};
  WallTime until = never_wall;
  Order order = Order::oldest_first;
  std::string_view after;  ///< cursor of the last page
  std::uint32_t limit = 100;
};

struct AuditPage {
  std::vector<AuditEvent> events;
  std::string next;  ///< opaque cursor; empty: this was the last page
};

}  // namespace parking_lot
