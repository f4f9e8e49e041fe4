#include <algorithm>

#include "host/loop.h"

namespace parking_lot {

bool Health::is_degraded() const {
  const auto fails = [](const auto& part) { return part.storage != StreamState::open; };
  return std::any_of(pools.begin(), pools.end(), [](const OfPool& pool) { return pool.is_degraded(); }) ||
         std::any_of(stores.begin(), stores.end(), fails);
}

bool Health::OfPool::is_degraded() const {
  return storage != StreamState::open || delivery_held || !trouble.empty();
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

Health::OfPool Host::Loop::health(PoolId pool) const {
  const PoolStats stats = lot_.scheduler().stats(pool);
  const StoreId store = lot_.mailbox().store_of(pool);
  const bool is_store_open = lot_.mailbox().stats(store).storage == StreamState::open;
  Health::OfPool health{.pool = std::string(lot_.scheduler().pool_name(pool)),
                        .is_durable = !lot_.scheduler().config(pool).queue.is_volatile(),
                        .storage = stats.storage,
                        .delivery_held = stats.delivery_held || !is_store_open,
                        .undelivered = stats.undelivered,
                        .trouble = {}};
  if (closed_) return health;
  health.trouble = storage_->trouble_of(pool);
  if (health.trouble.empty() && health.delivery_held) health.trouble = storage_->trouble_of(store);
  if (health.trouble.empty()) health.trouble = storage_->told_trouble_of(pool);
  return health;
}

Health Host::Loop::health() const {
  Health health;
  for (std::uint32_t i = 0; i < lot_.scheduler().pool_count(); ++i) health.pools.push_back(this->health({i}));
  const Mailbox& mailbox = lot_.mailbox();
  for (std::uint32_t i = 0; i < mailbox.store_count(); ++i) {
    const StoreStats stats = mailbox.stats({i});
    health.stores.push_back({.store = std::string(mailbox.store_name({i})),
                             .is_durable = mailbox.is_durable({i}),
                             .storage = stats.storage,
                             .messages = stats.messages,
                             .trouble = closed_ ? "" : storage_->trouble_of(StoreId{i})});
  }
  health.is_fenced = !closed_ && storage_->is_fenced();
  return health;
}

}  // namespace parking_lot
