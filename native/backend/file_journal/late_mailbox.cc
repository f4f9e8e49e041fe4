#include "late_mailbox.h"

namespace parking_lot {

bool can_wait_for_mailbox(const Config& config, const PoolConfig& pool, std::uint64_t recorded) {
  if (pool.queue.is_volatile() || pool.mailbox.storage.is_volatile() || recorded == 0) return false;
  const std::string place = pool.mailbox.storage.place();
  return std::none_of(config.pools.begin(), config.pools.end(),
                      [&](const PoolConfig& each) { return each.queue.place() == place; });
}

bool had_this_mailbox(const PoolConfig& pool, const Config& before) {
  const std::string place = pool.mailbox.storage.place();
  return std::any_of(before.pools.begin(), before.pools.end(), [&](const PoolConfig& known) {
    return known.name == pool.name && known.mailbox.storage.place() == place;
  });
}

std::string store_has_vanished(const PoolConfig& pool) {
  return "holds no store any more: bring back what was there (is its disk mounted?), or name another place "
         "for "
         "the mailboxes of pool '" +
         pool.name + "'.";
}

}  // namespace parking_lot
