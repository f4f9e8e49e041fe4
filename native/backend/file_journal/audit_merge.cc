#include "audit_merge.h"

#include <algorithm>
#include <utility>

namespace parking_lot {

namespace {

constexpr std::uint32_t limit_max = 10000;

bool comes_before(const AuditQuery& query, const AuditPosition& a, const AuditPosition& b) {
  return query.order == AuditQuery::Order::oldest_first ? is_before(a, b) : is_before(b, a);
}

}  // namespace

std::vector<StoredEvent> remembered_events(const Scheduler& scheduler, AuditQuery query,
                                           const std::optional<AuditPosition>& after,
                                           const std::function<bool(PoolId)>& wanted) {
  const std::uint32_t limit = query.limit;
  if (after && query.order == AuditQuery::Order::oldest_first) query.from = std::max(query.from, after->at);
  if (after && query.order == AuditQuery::Order::newest_first)
    query.until = std::min(query.until, WallTime{after->at.ms + 1});
  query.limit = 1000;
  std::vector<StoredEvent> events;
  for (std::string cursor;;) {
    query.after = cursor;
    AuditPage page = scheduler.audit(query);
    for (AuditEvent& event : page.events) {
      if (!wanted(event.pool)) continue;
      StoredEvent stored{std::move(event), std::string(scheduler.pool_name(event.pool))};
      if (after && !comes_before(query, *after, stored.position())) continue;
      // Only events of the same time may come in another order than the pages have.
      if (events.size() > limit && stored.event.at != events.back().event.at) return events;
      events.push_back(std::move(stored));
    }
    if (page.next.empty()) return events;
    cursor = std::move(page.next);
  }
}

AuditMerge::AuditMerge(const Scheduler& scheduler) {
  for (std::uint32_t i = 0; i < scheduler.pool_count(); ++i)
    pools_[std::string(scheduler.pool_name({i}))] = {i};
}

void AuditMerge::add(std::vector<StoredEvent> events) {
  for (StoredEvent& event : events) events_.push_back(std::move(event));
}

void AuditMerge::add(StoredEvents page) {
  has_more_ = has_more_ || page.has_more;
  add(std::move(page.events));
}

AuditMerge::Page AuditMerge::page(const AuditQuery& query) && {
  std::sort(events_.begin(), events_.end(), [&](const StoredEvent& a, const StoredEvent& b) {
    return comes_before(query, a.position(), b.position());
  });
  const std::size_t limit = std::clamp<std::uint32_t>(query.limit, 1, limit_max);
  Page page;
  if (events_.size() > limit || has_more_) {
    events_.resize(std::min(events_.size(), limit));
    page.next = to_cursor(events_.back().position());
  }
  for (StoredEvent& stored : events_) {
    if (const auto pool = pools_.find(pool_of(stored)); pool != pools_.end())
      stored.event.pool = pool->second;
  }
  page.events = std::move(events_);
  return page;
}

std::string pool_of(const StoredEvent& stored) {
  for (const AuditSubject& subject : stored.event.subjects) {
    if (subject.kind == SubjectKind::pool) return subject.id;
  }
  return stored.source;
}

}  // namespace parking_lot
