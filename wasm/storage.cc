#include "storage.h"

#include <algorithm>

namespace parking_lot::wasm {
namespace {

const std::string& location_of(const StorageConfig& storage) {
  if (storage.kind == StorageKind::idbfs) return storage.database;
  return storage.kind == StorageKind::opfs ? storage.directory : storage.path;
}

}  // namespace

std::vector<StorePlace> store_places(const Config& config) {
  std::vector<StorePlace> places;
  const auto at = [&](const StorageConfig& storage, const PoolConfig& pool) -> StorePlace& {
    const std::string& location = location_of(storage);
    const auto found = std::find_if(places.begin(), places.end(), [&](const StorePlace& place) {
      return place.kind == storage.kind && place.location == location;
    });
    StorePlace& place = found == places.end() ? places.emplace_back() : *found;
    place.kind = storage.kind;
    place.location = location;
    if (pool.durability == Durability::strict) place.durability = Durability::strict;
    return place;
  };
  for (std::uint32_t i = 0; i < config.pools.size(); ++i) {
    const PoolConfig& pool = config.pools[i];
    if (!pool.queue.is_volatile()) at(pool.queue, pool).queues.push_back({i});
    if (!pool.mailbox.storage.is_volatile()) at(pool.mailbox.storage, pool).mailboxes.push_back({i});
  }
  return places;
}

}  // namespace parking_lot::wasm
