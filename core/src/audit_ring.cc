#include "audit_ring.h"

namespace parking_lot {

AuditRing::Event* AuditRing::next() {
  if (capacity_ == 0) return nullptr;
  if (end_ < capacity_) {
    if (end_ % chunk_size == 0) chunks_.push_back(std::make_unique<Event[]>(chunk_size));
    return &place_of(end_++);
  }
  Event& oldest = place_of(end_++);
  names_->release(oldest.task_id);
  names_->release(oldest.tenant);
  names_->release(oldest.mailbox);
  oldest = Event{};
  return &oldest;
}

void AuditRing::hide(PoolId pool, std::uint64_t through) {
  for (std::uint64_t number = first(); number < end_; ++number) {
    Event& event = place_of(number);
    if (event.pool == pool.index && event.sequence > through) event.is_hidden = true;
  }
}

}  // namespace parking_lot
