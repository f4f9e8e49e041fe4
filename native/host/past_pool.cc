#include "parking_lot/native/past_pool.h"

#include "backend/file_journal/past_pool.h"
#include "backend/file_journal/stored_config.h"
#include "host/past.h"

namespace parking_lot {

Result<Scheduler> pool_as_of(const PoolConfig& pool, const std::string& directory, WallTime time) {
  PoolConfig there = pool;
  there.queue.kind = StorageKind::file;
  there.queue.path = directory;
  return past_scheduler(there, time, [&](const auto& apply) {
    return replay_until<Record>(directory, stream_of(pool), time, apply);
  });
}

}  // namespace parking_lot
