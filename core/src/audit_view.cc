#include <algorithm>
#include <charconv>

#include "machine.h"

namespace parking_lot {

void Scheduler::Machine::fill_event(AuditRing::Event& event, const Pool& pool, std::uint32_t slot,
                                    Stamp stamp) const {
  event.sequence = stamp.sequence;
  event.at = stamp.at;
  event.pool = static_cast<std::uint16_t>(pool.id.index);
  if (slot == no_slot) return;
  const Task& task = tasks_[slot];
  event.admission = task.admission;
  event.incarnation = task.incarnation;
  event.task_id = task.task_id;
  event.tenant = task.tenant;
  event.mailbox = task.mailbox;
  event.status = task.status;
  event.attempt = task.attempt;
  audit_.hold(event);
}

AuditEvent Scheduler::Machine::view_of(const AuditRing::Event& event) const {
  const Pool& pool = pools[event.pool];
  AuditEvent view;
  view.pool = pool.id;
  view.sequence = event.sequence;
  view.at = event.at;
  view.action = event.action;
  view.status = event.status;
  view.reason = event.reason;
  view.refusal = event.refusal;
  view.number = event.number;
  view.attempt = event.attempt;
  view.woken = event.woken;
  if (event.admission != 0 || event.task_id) {
    const std::uint64_t incarnation =
        event.incarnation < pool.incarnations.size() ? pool.incarnations[event.incarnation] : 0;
    view.subjects.push_back({SubjectKind::task, spell_id(incarnation, event.admission, event.task_id)});
  }
  if (event.tenant) view.subjects.push_back({SubjectKind::tenant, std::string(names.text(event.tenant))});
  view.subjects.push_back({SubjectKind::pool, pool.config.name});
  if (event.mailbox) view.subjects.push_back({SubjectKind::mailbox, std::string(names.text(event.mailbox))});
  return view;
}

bool Scheduler::Machine::is_of_subject(const AuditRing::Event& event, const AuditQuery& query, NameId name,
                                       const std::optional<GeneratedId>& spelled) const {
  if (query.any_subject) return true;
  switch (query.kind) {
    case SubjectKind::task:
      if (name && event.task_id == name) return true;
      return spelled && !event.task_id && event.admission == spelled->number && event.admission != 0 &&
             event.incarnation < pools[event.pool].incarnations.size() &&
             pools[event.pool].incarnations[event.incarnation] == spelled->incarnation;
    case SubjectKind::tenant:
      return name && event.tenant == name;
    case SubjectKind::mailbox:
      return name && event.mailbox == name;
    case SubjectKind::pool:
      return pools[event.pool].config.name == query.id;
  }
  return false;
}

/// Scans the ring, which is bounded: O(events kept).
AuditPage Scheduler::Machine::audit(const AuditQuery& query) const {
  AuditPage page;
  const NameId name = names.find(query.id);
  const auto spelled = parse_generated_id(query.id);
  const bool is_rising = query.order == AuditQuery::Order::oldest_first;
  std::uint64_t from = is_rising ? audit_.first() : audit_.end();
  std::uint64_t after = 0;
  const char* end = query.after.data() + query.after.size();
  if (!query.after.empty() && std::from_chars(query.after.data(), end, after).ec == std::errc()) {
    from = is_rising ? std::max(from, after + 1) : std::min(from, after);
  }
  const std::uint32_t limit = std::clamp<std::uint32_t>(query.limit, 1, 10000);
  std::uint64_t last = 0;
  for (std::uint64_t i = from; is_rising ? i < audit_.end() : i > audit_.first();) {
    const std::uint64_t number = is_rising ? i++ : --i;
    const AuditRing::Event& event = audit_[number];
    if (event.is_hidden || event.sequence > pools[event.pool].stream.durable_through()) continue;
    if (event.at < query.from || event.at >= query.until || !is_of_subject(event, query, name, spelled))
      continue;
    if (page.events.size() == limit) {
      page.next = std::to_string(last);
      return page;
    }
    last = number;
    page.events.push_back(view_of(event));
  }
  return page;
}

}  // namespace parking_lot
