#include <algorithm>
#include <map>
#include <utility>

#include "host/log.h"
#include "host/loop.h"
#include "host/storage.h"

/// Audit queries: durable pools answer from their records, volatile ones from the scheduler's memory.
namespace parking_lot {
namespace {

tl::unexpected<RefusedCommand> refused(Refusal code, std::string field) {
  return tl::unexpected(RefusedCommand{.code = code, .field = std::move(field)});
}

bool comes_before(const AuditQuery& query, const AuditPosition& a, const AuditPosition& b) {
  return query.order == AuditQuery::Order::oldest_first ? is_before(a, b) : is_before(b, a);
}

// Events of the pools that are kept in memory only, one more than the limit if there are so many.
std::vector<StoredEvent> volatile_events(const OwnedAuditQuery& owned, const Scheduler& scheduler,
                                         const Storage& storage) {
  AuditQuery query = owned.query;
  query.id = owned.id;
  if (owned.after && query.order == AuditQuery::Order::oldest_first)
    query.from = std::max(query.from, owned.after->at);
  if (owned.after && query.order == AuditQuery::Order::newest_first)
    query.until = std::min(query.until, WallTime{owned.after->at.ms + 1});
  query.limit = 1000;
  std::vector<StoredEvent> events;
  for (std::string cursor;;) {
    query.after = cursor;
    AuditPage page = scheduler.audit(query);
    for (AuditEvent& event : page.events) {
      if (storage.is_durable(event.pool)) continue;
      StoredEvent stored{std::move(event), std::string(scheduler.pool_name(event.pool))};
      if (owned.after && !comes_before(query, *owned.after, stored.position())) continue;
      // Only events of the same time may come in another order than the pages have.
      if (events.size() > owned.query.limit && stored.event.at != events.back().event.at) return events;
      events.push_back(std::move(stored));
    }
    if (page.next.empty()) return events;
    cursor = std::move(page.next);
  }
}

// Collects what the stores answer, and answers once all have.
class Gathering {
 public:
  Gathering(OwnedAuditQuery query, AuditCallback on_page)
      : owned_(std::move(query)), on_page_(std::move(on_page)) {}

  void know_pool(std::string name, PoolId id) { pools_[std::move(name)] = id; }
  void add(std::vector<StoredEvent> events) {
    for (StoredEvent& event : events) events_.push_back(std::move(event));
  }
  void expect(std::size_t answers) { expected_ += answers; }
  void take(StoreResult<StoredEvents> answer) {
    --expected_;
    if (answer) {
      has_more_ = has_more_ || answer->has_more;
      add(std::move(answer->events));
    } else {
      host_log()->error("the audit trail cannot be read: {} at byte {}: {}", answer.error().file,
                        answer.error().offset, answer.error().message);
      has_failed_ = true;
    }
    if (expected_ == 0) finish();
  }
  void finish() {
    if (has_failed_) return on_page_(refused(Refusal::storage_unavailable, {}));
    std::sort(events_.begin(), events_.end(), [&](const StoredEvent& a, const StoredEvent& b) {
      return comes_before(owned_.query, a.position(), b.position());
    });
    const std::size_t limit = std::clamp<std::size_t>(owned_.query.limit, 1, 10000);
    AuditAnswer answer;
    if (events_.size() > limit || has_more_) {
      events_.resize(std::min(events_.size(), limit));
      answer.next = to_cursor(events_.back().position());
    }
    for (StoredEvent& stored : events_) {
      const auto subject =
          std::find_if(stored.event.subjects.begin(), stored.event.subjects.end(),
                       [](const AuditSubject& one) { return one.kind == SubjectKind::pool; });
      const std::string pool = subject == stored.event.subjects.end() ? stored.source : subject->id;
      if (const auto known = pools_.find(pool); known != pools_.end()) stored.event.pool = known->second;
      answer.events.push_back({std::move(stored.event), pool});
    }
    on_page_(std::move(answer));
  }

 private:
  OwnedAuditQuery owned_;
  AuditCallback on_page_;
  std::map<std::string, PoolId> pools_;
  std::vector<StoredEvent> events_;
  std::size_t expected_ = 0;
  bool has_more_ = false;
  bool has_failed_ = false;
};

}  // namespace

void Host::audit(const AuditQuery& query, AuditCallback on_page) {
  OwnedAuditQuery owned{query, std::string(query.id), std::nullopt};
  if (!query.after.empty()) {
    owned.after = parse_cursor(query.after);
    if (!owned.after) return on_page(refused(Refusal::invalid_task, "after"));
  }
  owned.query.after = {};
  const bool taken = loop_->post([owned, on_page](Loop& loop) {
    if (loop.is_closed()) return on_page(refused(Refusal::unconfirmed, {}));
    const auto gathering = std::make_shared<Gathering>(owned, on_page);
    const Scheduler& scheduler = loop.scheduler();
    for (std::uint32_t i = 0; i < scheduler.pool_count(); ++i)
      gathering->know_pool(std::string(scheduler.pool_name({i})), {i});
    gathering->add(volatile_events(owned, scheduler, loop.storage()));
    const std::size_t stores = loop.storage().ask_audit(
        owned, [gathering](StoreResult<StoredEvents> answer) { gathering->take(std::move(answer)); });
    gathering->expect(stores);
    if (stores == 0) gathering->finish();
  });
  if (!taken) on_page(refused(Refusal::unconfirmed, {}));
}

}  // namespace parking_lot
