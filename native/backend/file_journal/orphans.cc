#include "orphans.h"

#include <unordered_set>
#include <variant>

namespace parking_lot {
namespace {

/// Tasks of a stream that have not ended.
StoreResult<std::size_t> live_tasks(FileStore& store, StreamNumber number) {
  auto reader = store.load_pool(number);
  if (!reader) return tl::unexpected(reader.error());
  std::unordered_set<std::uint64_t> live;
  for (;;) {
    const auto records = reader->next();
    if (!records) return tl::unexpected(records.error());
    if (records->empty()) return live.size();
    for (const Record& record : *records) {
      if (std::holds_alternative<PoolRestored>(record.fact)) live.clear();
      if (const auto* admitted = std::get_if<TaskAdmitted>(&record.fact)) live.insert(admitted->admission);
      if (const auto* finished = std::get_if<TaskFinished>(&record.fact)) live.erase(finished->admission);
      if (const auto* restored = std::get_if<TaskRestored>(&record.fact)) {
        if (restored->stage != TaskRestored::Stage::ended) live.insert(restored->admitted.admission);
      }
    }
  }
}

std::optional<StreamNumber> first_orphan(const FileStore& store, const IsMapped& is_mapped,
                                         std::optional<StreamKind> kind) {
  const auto streams = store.streams();
  for (std::uint32_t i = 0; i < streams.size(); ++i) {
    const StreamNumber number{i};
    const bool is_wanted = !kind || streams[i].kind == *kind;
    if (is_wanted && store.durable(number) != 0 && !is_mapped(number)) return number;
  }
  return std::nullopt;
}

}  // namespace

bool has_orphan(const FileStore& store, const IsMapped& is_mapped) {
  return first_orphan(store, is_mapped, std::nullopt).has_value();
}

StoreResult<std::optional<std::string>> orphan_pool(FileStore& store, const IsMapped& is_mapped) {
  const auto orphan = first_orphan(store, is_mapped, StreamKind::pool);
  if (!orphan) return std::optional<std::string>();
  const auto tasks = live_tasks(store, *orphan);
  if (!tasks) return tl::unexpected(tasks.error());
  const std::string what =
      *tasks == 0 ? "' with ended tasks" : "' with " + std::to_string(*tasks) + " tasks that have not ended";
  return std::optional<std::string>("holds the pool '" + store.streams()[orphan->index].name + what +
                                    ", which the config does not name; add the pool, or");
}

}  // namespace parking_lot
