#include "audit_ring.h"

namespace parking_lot {

AuditRing::Event* AuditRing::next() {
  if (capacity_ == 0) return nullptr;
  if (events_.size() < capacity_) {
    ++end_;
    return &events_.emplace_back();
  }
  Event& oldest = events_[static_cast<std::size_t>(end_++ % capacity_)];
  names_->release(oldest.task_id);
  names_->release(oldest.tenant);
  names_->release(oldest.mailbox);
  oldest = Event{};
  return &oldest;
}

void AuditRing::hide(PoolId pool, std::uint64_t through) {
  for (Event& event : events_) {
    if (event.pool == pool.index && event.sequence > through) event.is_hidden = true;
  }
}

}  // namespace parking_lot
