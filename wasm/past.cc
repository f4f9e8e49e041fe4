#include <emscripten/bind.h>

#include <string>

#include "json_text.h"
#include "parking_lot/json.h"
#include "session.h"
#include "storage.h"

#ifndef PARKING_LOT_WITHOUT_JOURNALS
#include "backend/file_journal/past_pool.h"
#endif

/// The past of durable pools.
namespace parking_lot::wasm {
namespace {

/// `{"stats", "tasks"}` of a durable pool as it was at that time, or `{"where", "failure"}`. Tasks have no
/// results: those may be gone.
std::string past_of_pool([[maybe_unused]] std::uint32_t pool, [[maybe_unused]] double wall_ms) {
#ifdef PARKING_LOT_WITHOUT_JOURNALS
  return {};
#else
  const WallTime time{static_cast<std::int64_t>(wall_ms)};
  auto past = session()->storage()->past({pool}, time);
  if (!past) return failure_text(past.error());
  const PoolId here{0};
  const std::string_view name = past->pool_name(here);
  std::string tasks;
  visit_tasks(*past, time, [&](const TaskView& task) {
    tasks += (tasks.empty() ? "" : ",") + task_view_json(task, name, {});
  });
  return "{\"stats\":" + pool_stats_json(past->stats(here), name) + ",\"tasks\":[" + tasks + "]}";
#endif
}

}  // namespace

EMSCRIPTEN_BINDINGS(parking_lot_past) { emscripten::function("pastOfPool", &past_of_pool); }

}  // namespace parking_lot::wasm
