#include <emscripten/emscripten.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "session.h"

/// Commands about tasks, pools and mailboxes as plain exports. Each is queued like a submission and answered
/// by an entry with its `request`; request 0 wants no answer. Text arguments stand in the buffer of
/// `pl_text_in`.
namespace {

using namespace parking_lot;        // NOLINT(google-build-using-namespace): this file has no other purpose
using namespace parking_lot::wasm;  // NOLINT(google-build-using-namespace)

WallTime wall(double ms) { return {static_cast<std::int64_t>(ms)}; }

/// What `pl_task` asks. The numbers are `web/src/wasm/raw.ts`'s too.
enum class TaskCommand : std::uint32_t { cancel, set_priority, retry, inspect, explain };

}  // namespace

extern "C" {

char* pl_text_in();

/// A command about one task: by handle if `generation` is not 0, else by the id in the text buffer.
EMSCRIPTEN_KEEPALIVE void pl_task(std::uint32_t what, std::uint32_t request, std::uint32_t pool,
                                  std::uint32_t slot, std::uint32_t generation, std::uint32_t id_length,
                                  std::uint32_t priority) {
  if (!session()) return;
  const TaskName task{.pool = {pool},
                      .handle = {.slot = slot, .generation = generation},
                      .task_id = session()->keep({pl_text_in(), id_length})};
  const RequestId asked = command(request);
  switch (static_cast<TaskCommand>(what)) {
    case TaskCommand::cancel:
      return session()->queue(Cancel{.request = asked, .task = task});
    case TaskCommand::set_priority:
      return session()->queue(
          SetPriority{.request = asked, .task = task, .priority = static_cast<Priority>(priority)});
    case TaskCommand::retry:
      return session()->queue(Retry{.request = asked, .task = task});
    case TaskCommand::inspect:
      return session()->queue(Inspect{.request = asked, .task = task});
    case TaskCommand::explain:
      return session()->queue(Explain{.request = asked, .task = task});
  }
}

EMSCRIPTEN_KEEPALIVE void pl_cancel_tenant(std::uint32_t request, std::uint32_t pool, std::uint32_t tenant) {
  if (session())
    session()->queue(CancelTenant{.request = command(request), .pool = {pool}, .tenant = {tenant}});
}

EMSCRIPTEN_KEEPALIVE void pl_client_gone(std::uint32_t client) {
  if (session()) session()->queue(ClientGone{.client = client});
}

/// `status` below 0: any.
EMSCRIPTEN_KEEPALIVE void pl_list(std::uint32_t request, std::uint32_t pool, std::int32_t status,
                                  double after, std::uint32_t limit) {
  if (!session()) return;
  session()->queue(ListTasks{.request = command(request),
                             .pool = {pool},
                             .status = status < 0 ? Status::queued : static_cast<Status>(status),
                             .any_status = status < 0,
                             .after = static_cast<std::uint64_t>(after),
                             .limit = limit});
}

EMSCRIPTEN_KEEPALIVE void pl_set_pool_state(std::uint32_t request, std::uint32_t pool, std::uint32_t state) {
  if (!session()) return;
  session()->queue(
      SetPoolState{.request = command(request), .pool = {pool}, .state = static_cast<PoolState>(state)});
}

// --- mailboxes
// ------------------------------------------------------------------------------------------------------

EMSCRIPTEN_KEEPALIVE void pl_fetch(std::uint32_t request, std::uint32_t key, std::uint32_t after_length,
                                   double since, std::uint32_t limit) {
  if (!session()) return;
  session()->queue(mailbox::Fetch{.request = command(request),
                                  .key = {key},
                                  .after = session()->keep({pl_text_in(), after_length}),
                                  .since = wall(since),
                                  .limit = limit});
}
EMSCRIPTEN_KEEPALIVE void pl_acknowledge(std::uint32_t request, std::uint32_t key,
                                         std::uint32_t cursor_length) {
  if (!session()) return;
  session()->queue(mailbox::Acknowledge{
      .request = command(request), .key = {key}, .cursor = session()->keep({pl_text_in(), cursor_length})});
}
EMSCRIPTEN_KEEPALIVE void pl_subscribe(std::uint32_t key) {
  if (session()) session()->queue(mailbox::Subscribe{.key = {key}});
}
EMSCRIPTEN_KEEPALIVE void pl_unsubscribe(std::uint32_t key) {
  if (session()) session()->queue(mailbox::Unsubscribe{.key = {key}});
}

// --- gauges
// ---------------------------------------------------------------------------------------------------------

/// The figures in the order of `PoolStats`, the lags in milliseconds of the whole pool; then three of each
/// resource; valid until the next call. Null for an unknown pool.
EMSCRIPTEN_KEEPALIVE const double* pl_stats(std::uint32_t pool) {
  static double figures[19 + 3 * resources_max];
  if (!session() || pool >= session()->lot().scheduler().pool_count()) return nullptr;
  const PoolStats stats = session()->lot().scheduler().stats({pool});
  double* out = figures;
  const auto put = [&out](auto figure) { *out++ = static_cast<double>(figure); };
  put(stats.units_max);
  put(stats.units_in_use);
  put(stats.units_quarantined);
  put(stats.parked);
  put(stats.waiting);
  put(stats.backing_off);
  put(stats.running);
  put(stats.undelivered);
  put(stats.admitted);
  put(stats.completed);
  put(stats.failed);
  put(stats.expired);
  put(stats.dropped);
  put(stats.rejected);
  put(stats.state);
  put(stats.storage);
  put(stats.delivery_held);
  const auto per_ms = static_cast<double>(service_per_ms(stats.units_max));
  const bool is_bounded = stats.fairness_lag_bound != fairness_unbounded;
  put(static_cast<double>(stats.fairness_lag) / per_ms);
  put(is_bounded ? static_cast<double>(stats.fairness_lag_bound) / per_ms
                 : std::numeric_limits<double>::infinity());
  for (const PoolStats::Resource& resource : stats.resources) {
    put(resource.units_max);
    put(resource.units_in_use);
    put(resource.units_quarantined);
  }
  return figures;
}

/// Bytes that the core holds for tasks, queues, indexes, names and messages.
EMSCRIPTEN_KEEPALIVE double pl_memory_bytes() {
  if (!session()) return 0;
  const Lot& lot = session()->lot();
  return static_cast<double>(lot.scheduler().memory_bytes() + lot.mailbox().memory_bytes());
}

/// Spells the task's id into the text buffer; answers its length, 0 for a handle that is no longer known.
EMSCRIPTEN_KEEPALIVE std::uint32_t pl_task_id(std::uint32_t slot, std::uint32_t generation) {
  if (!session()) return 0;
  const std::string id = session()->lot().scheduler().task_id({.slot = slot, .generation = generation});
  std::memcpy(pl_text_in(), id.data(), id.size());
  return static_cast<std::uint32_t>(id.size());
}

}  // extern "C"
