#include "audit_ring.h"

namespace parking_lot {

void AuditRing::push(const Event& event) {
  if (capacity_ == 0) return;
  names_->hold(event.task_id);
  names_->hold(event.tenant);
  names_->hold(event.mailbox);
  if (events_.size() < capacity_) {
    events_.push_back(event);
  } else {
    Event& oldest = events_[static_cast<std::size_t>(end_ % capacity_)];
    names_->release(oldest.task_id);
    names_->release(oldest.tenant);
    names_->release(oldest.mailbox);
    oldest = event;
  }
  ++end_;
}

void AuditRing::hide(PoolId pool, std::uint64_t through) {
  for (Event& event : events_) {
    if (event.pool == pool.index && event.sequence > through) event.is_hidden = true;
  }
}

}  // namespace parking_lot
