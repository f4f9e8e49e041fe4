#include <algorithm>

#include "host/loop.h"

namespace parking_lot {

bool Health::is_degraded() const {
  const auto fails = [](const auto& part) { return part.storage != StreamState::open; };
  const auto is_held = [](const OfPool& pool) { return pool.delivery_held; };
  return std::any_of(pools.begin(), pools.end(), fails) || std::any_of(pools.begin(), pools.end(), is_held) ||
         std::any_of(stores.begin(), stores.end(), fails);
}

std::string Health::trouble() const {
  for (const OfStore& store : stores) {
    if (!store.trouble.empty()) return store.trouble;
  }
  for (const OfPool& pool : pools) {
    if (!pool.trouble.empty()) return pool.trouble;
  }
  return {};
}

Health Host::Loop::health() const {
  Health health;
  const Scheduler& scheduler = lot_.scheduler();
  for (std::uint32_t i = 0; i < scheduler.pool_count(); ++i) {
    const PoolStats stats = scheduler.stats({i});
    health.pools.push_back({.pool = std::string(scheduler.pool_name({i})),
                            .is_durable = !scheduler.config({i}).queue.is_volatile(),
                            .storage = stats.storage,
                            .delivery_held = stats.delivery_held,
                            .undelivered = stats.undelivered,
                            .trouble = closed_ ? "" : storage_->trouble_of(PoolId{i})});
  }
  const Mailbox& mailbox = lot_.mailbox();
  for (std::uint32_t i = 0; i < mailbox.store_count(); ++i) {
    const StoreStats stats = mailbox.stats({i});
    health.stores.push_back({.store = std::string(mailbox.store_name({i})),
                             .is_durable = mailbox.is_durable({i}),
                             .storage = stats.storage,
                             .messages = stats.messages,
                             .trouble = closed_ ? "" : storage_->trouble_of(StoreId{i})});
  }
  return health;
}

}  // namespace parking_lot
