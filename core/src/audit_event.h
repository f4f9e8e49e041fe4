#pragma once

#include "audit_ring.h"
#include "parking_lot/record.h"

/// How each fact looks as an audit event: its action, and the detail that the fact alone knows.
namespace parking_lot {

inline void describe_event(AuditRing::Event& event, const PoolOpened& fact) {
  event.action = Action::open;
  event.number = fact.incarnation;
}
inline void describe_event(AuditRing::Event& event, const PoolStateChanged& fact) {
  event.action = Action::configure;
  event.number = static_cast<std::uint64_t>(fact.state);
}
inline void describe_event(AuditRing::Event& event, const TaskAdmitted& fact) {
  event.action = Action::submit;
  event.number = fact.units;
}
inline void describe_event(AuditRing::Event& event, const TaskParked&) { event.action = Action::enqueue; }
inline void describe_event(AuditRing::Event& event, const TaskStarted& fact) {
  event.action = Action::start;
  event.number = fact.lease.number;
  event.attempt = fact.attempt;
  event.woken = fact.woken;
}
inline void describe_event(AuditRing::Event& event, const TaskRequeued& fact) {
  event.action = fact.reason == Reason::lost ? Action::lost : Action::retry;
  event.reason = fact.reason;
}
inline void describe_event(AuditRing::Event& event, const PriorityChanged& fact) {
  event.action = Action::prioritize;
  event.number = static_cast<std::uint64_t>(fact.priority);
}
inline void describe_event(AuditRing::Event& event, const UsageRecorded& fact) {
  event.action = Action::usage;
  event.number = fact.units;
}
inline void describe_event(AuditRing::Event& event, const TaskFinished& fact) {
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
inline void describe_event(AuditRing::Event& event, const UnitsReleased& fact) {
  event.action = Action::release;
  event.number = fact.lease.number;
}
inline void describe_event(AuditRing::Event& event, const TaskDelivered&) { event.action = Action::deliver; }
inline void describe_event(AuditRing::Event& event, const DeliveryOverdue& fact) {
  event.action = Action::deliver;
  event.attempt = fact.attempts;
}
inline void describe_event(AuditRing::Event& event, const TaskRejected& fact) {
  event.action = Action::reject;
  event.status = Status::rejected;
  event.refusal = fact.code;
  event.number = 1;
}
inline void describe_event(AuditRing::Event& event, const RejectionsCounted& fact) {
  event.action = Action::reject;
  event.status = Status::rejected;
  event.refusal = fact.code;
  event.number = fact.count;
}

}  // namespace parking_lot
