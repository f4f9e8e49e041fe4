#include <memory>
#include <utility>

#include "backend/file_journal/audit_merge.h"
#include "host/log.h"
#include "host/loop.h"
#include "host/storage.h"

/// Audit queries: durable pools answer from their records, volatile ones from the scheduler's memory.
namespace parking_lot {
namespace {

tl::unexpected<RefusedCommand> refused(Refusal code, std::string field) {
  return tl::unexpected(RefusedCommand{.code = code, .field = std::move(field)});
}

// Collects what the stores answer, and answers once all have, also when the host is gone.
class Gathering {
 public:
  Gathering(OwnedAuditQuery query, const Scheduler& scheduler, AuditCallback on_page)
      : owned_(std::move(query)), on_page_(std::move(on_page)), merge_(scheduler) {}

  void add(std::vector<StoredEvent> events) { merge_.add(std::move(events)); }
  void expect(std::size_t answers) { expected_ += answers; }
  void take(StoreResult<StoredEvents> answer) {
    --expected_;
    if (answer) {
      merge_.add(std::move(*answer));
    } else {
      host_log()->error("the audit trail cannot be read: {} at byte {}: {}", answer.error().file,
                        answer.error().offset, answer.error().message);
      has_failed_ = true;
    }
    if (expected_ == 0) finish();
  }
  void finish() {
    if (has_failed_) return on_page_(refused(Refusal::storage_unavailable, {}));
    AuditMerge::Page page = std::move(merge_).page(owned_.query);
    AuditAnswer answer;
    answer.next = std::move(page.next);
    for (StoredEvent& stored : page.events) {
      std::string pool = pool_of(stored);
      answer.events.push_back({std::move(stored.event), std::move(pool)});
    }
    on_page_(std::move(answer));
  }

 private:
  OwnedAuditQuery owned_;
  AuditCallback on_page_;
  AuditMerge merge_;
  std::size_t expected_ = 0;
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
    const Scheduler& scheduler = loop.scheduler();
    const auto gathering = std::make_shared<Gathering>(owned, scheduler, on_page);
    AuditQuery asked = owned.query;
    asked.id = owned.id;
    gathering->add(remembered_events(scheduler, asked, owned.after,
                                     [&](PoolId pool) { return !loop.storage().is_durable(pool); }));
    const std::size_t stores = loop.storage().ask_audit(
        owned, [gathering](StoreResult<StoredEvents> answer) { gathering->take(std::move(answer)); });
    gathering->expect(stores);
    if (stores == 0) gathering->finish();
  });
  if (!taken) on_page(refused(Refusal::unconfirmed, {}));
}

}  // namespace parking_lot
