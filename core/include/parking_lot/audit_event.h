#pragma once

#include "parking_lot/audit.h"
#include "parking_lot/record.h"

/// How each fact looks as an audit event: its action, and the detail that the fact alone knows. `Event` is
/// `AuditEvent` or another form with the same fields.
namespace parking_lot {

template <class Event>
void describe_event(Event& event, const PoolOpened& fact) {
  event.action = Action::open;
  event.number = fact.incarnation;
}
template <class Event>
void describe_event(Event& event, const PoolStateChanged& fact) {
  event.action = Action::configure;
  event.number = static_cast<std::uint64_t>(fact.state);
}
template <class Event>
void describe_event(Event& event, const PoolConfigured&) {
  event.action = Action::configure;
}
template <class Event>
void describe_event(Event& event, const TaskAdmitted& fact) {
  event.action = Action::submit;
  event.number = fact.units;
}
template <class Event>
void describe_event(Event& event, const TaskParked&) {
  event.action = Action::enqueue;
}
template <class Event>
void describe_event(Event& event, const TaskStarted& fact) {
  event.action = Action::start;
  event.number = fact.lease.number;
  event.attempt = fact.attempt;
  event.woken = fact.woken;
}
template <class Event>
void describe_event(Event& event, const TaskRequeued& fact) {
  event.action = fact.reason == Reason::lost ? Action::lost : Action::retry;
  event.reason = fact.reason;
}
template <class Event>
void describe_event(Event& event, const PriorityChanged& fact) {
  event.action = Action::prioritize;
  event.number = static_cast<std::uint64_t>(fact.priority);
}
template <class Event>
void describe_event(Event& event, const UsageRecorded& fact) {
  event.action = Action::usage;
  event.number = fact.units;
}
template <class Event>
void describe_event(Event& event, const TaskFinished& fact) {
  switch (fact.status) {
    case Status::completed:
      event.action = Action::complete;
      break;
    case Status::failed:
      event.action = Action::fail;
      break;
    case Status::expired:
      event.action = Action::expire;
      break;
    default:
      event.action = Action::drop;
      break;
  }
  event.reason = fact.reason;
}
template <class Event>
void describe_event(Event& event, const UnitsReleased& fact) {
  event.action = Action::release;
  event.number = fact.lease.number;
}
template <class Event>
void describe_event(Event& event, const TaskDelivered&) {
  event.action = Action::deliver;
}
template <class Event>
void describe_event(Event& event, const DeliveryOverdue& fact) {
  event.action = Action::deliver;
  event.attempt = fact.attempts;
}
template <class Event>
void describe_event(Event& event, const TaskRejected& fact) {
  event.action = Action::reject;
  event.status = Status::rejected;
  event.refusal = fact.code;
  event.number = 1;
}
template <class Event>
void describe_event(Event& event, const RejectionsCounted& fact) {
  event.action = Action::reject;
  event.status = Status::rejected;
  event.refusal = fact.code;
  event.number = fact.count;
}

/// The status that a fact gives to its task; `submitted` if it gives none.
inline Status status_after(const Fact& fact) {
  if (std::holds_alternative<TaskParked>(fact) || std::holds_alternative<TaskRequeued>(fact))
    return Status::queued;
  if (std::holds_alternative<TaskStarted>(fact)) return Status::running;
  if (const auto* finished = std::get_if<TaskFinished>(&fact)) return finished->status;
  return Status::submitted;
}

/// The number of the task that a fact is about; 0: none.
inline std::uint64_t admission_of(const Fact& fact) {
  return std::visit(
      [](const auto& one) -> std::uint64_t {
        if constexpr (requires { one.admission; }) return one.admission;
        return 0;
      },
      fact);
}

/// The event of a record of a stream, without its subjects. State of a checkpoint is no event.
inline AuditEvent event_of(const Record& record) {
  AuditEvent event;
  event.sequence = record.sequence;
  event.at = record.at;
  event.status = status_after(record.fact);
  std::visit(
      [&](const auto& fact) {
        if constexpr (requires { describe_event(event, fact); }) describe_event(event, fact);
      },
      record.fact);
  return event;
}

}  // namespace parking_lot
