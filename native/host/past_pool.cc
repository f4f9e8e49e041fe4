#include "parking_lot/native/past_pool.h"

#include <span>

#include "host/past.h"

namespace parking_lot {

Result<Scheduler> pool_as_of(const PoolConfig& pool, const std::string& directory, WallTime time) {
  Config config;
  config.pools.push_back(pool);
  config.pools.front().queue.kind = StorageKind::file;
  config.pools.front().queue.path = directory;
  const Now then{time, SteadyTime{0}};
  auto scheduler = Scheduler::open(config, then, Entropy{});
  if (!scheduler) return scheduler;
  const auto poll_all = [&] {
    while (scheduler->poll() != nullptr) {
    }
  };
  const PoolId here{0};
  const auto replayed =
      replay_until<Record>(directory, pool.name, time, [&](std::span<const Record> records) {
        scheduler->handle(then, Recovered{here, records});
        poll_all();
      });
  if (!replayed) return Failure(replayed.error());
  scheduler->handle(then, RecoveryDone{here, RecoveryDone::Purpose::reading});
  poll_all();
  return scheduler;
}

}  // namespace parking_lot
