#include <algorithm>

#include "machine.h"

namespace parking_lot {
namespace {

constexpr Duration retry_first{1000};
constexpr Duration retry_last{30000};

}  // namespace

void Scheduler::Machine::list_for_delivery(Pool& pool) {
  if (pool.is_delivering) return;
  pool.is_delivering = true;
  delivering_.push_back(pool.id.index);
}

/// The next outcome that may go to a mailbox store: recorded durably, in the order of recording, while the
/// store takes any.
const Effect* Scheduler::Machine::next_delivery() {
  while (!delivering_.empty()) {
    Pool& pool = pools[delivering_.back()];
    const bool has_more = !pool.delivery_held && pool.stream.state() == StreamState::open &&
                          pool.deliveries_sent < pool.deliveries.size();
    if (has_more) {
      const std::uint32_t slot = pool.deliveries[pool.deliveries_sent].task;
      const Task& task = tasks_[slot];
      const Outcome& outcome = outcomes_[task.outcome];
      const bool is_durable = outcome.incarnation != pool.stream.incarnation() ||
                              outcome.sequence <= pool.stream.durable_through();
      if (is_durable) {
        const bool strips = pool.strip_next_delivery && pool.deliveries_sent == 0;
        ++pool.deliveries_sent;
        delivery_ = Deliver{pool.id,
                            outcome.incarnation,
                            outcome.sequence,
                            task.mailbox,
                            task.task_id,
                            pool.incarnations[task.incarnation],
                            task.admission,
                            task.status,
                            strips ? Reason::payload_dropped : task.reason,
                            strips ? PayloadRef{} : outcome.result};
        return &delivery_;
      }
    }
    pool.is_delivering = false;
    delivering_.pop_back();
  }
  return nullptr;
}

void Scheduler::Machine::take(const Delivered& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr || pool->stream.state() != StreamState::open || pool->deliveries.empty()) return;
  const std::uint32_t slot = pool->deliveries.front().task;
  const Outcome& outcome = outcomes_[tasks_[slot].outcome];
  if (outcome.incarnation != input.incarnation || outcome.sequence != input.sequence) return;
  pool->delivery_failures = 0;
  pool->strip_next_delivery = false;
  emit(*pool, slot, TaskDelivered{tasks_[slot].admission});
}

void Scheduler::Machine::take(const DeliveryFailed& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr || pool->deliveries.empty()) return;
  pool->deliveries_sent = 0;
  if (input.kind == DeliveryFailed::Kind::refused) {
    pool->strip_next_delivery = true;
    list_for_delivery(*pool);
    return;
  }
  if (pool->delivery_held) return;  // messages that were on their way together are one attempt
  pool->delivery_held = true;
  ++pool->delivery_failures;
  const std::uint32_t slot = pool->deliveries.front().task;
  if (pool->delivery_failures == pool->config.mailbox.delivery_attempts_max &&
      pool->stream.state() == StreamState::open) {
    emit(*pool, slot, DeliveryOverdue{tasks_[slot].admission, pool->delivery_failures});
  }
  const unsigned doublings = std::min(pool->delivery_failures - 1, 5U);
  arm_pool_timer(*pool, PoolTimer::delivery,
                 now_.steady + Duration{std::min(retry_first.ms << doublings, retry_last.ms)});
}

}  // namespace parking_lot
