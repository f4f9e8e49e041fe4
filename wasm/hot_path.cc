#include <emscripten/emscripten.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#include "session.h"

/// The calls that JavaScript makes per task, as plain exports: numbers in, entries in linear memory out. Text
/// goes through one buffer, the rare fields of a task through one array. The argument types are checked in
/// TypeScript; without an open lot every call does nothing and answers 0.
namespace {

using namespace parking_lot;        // NOLINT(google-build-using-namespace): this file has no other purpose
using namespace parking_lot::wasm;  // NOLINT(google-build-using-namespace)

constexpr std::size_t text_capacity = 65536;
char text_in[text_capacity];

/// Fields of `numbers_in` for `pl_submit`, in this order. The order is `web/src/wasm/raw.ts`'s too.
enum Field : std::size_t {
  field_request,
  field_answers,
  field_pool,
  field_priority,
  field_kind,
  field_units,
  field_tenant,
  field_mailbox,
  field_deadline,
  field_start_after,
  field_timeout,
  field_estimate,
  field_digest_high,
  field_digest_low,
  field_max_attempts,
  field_factor_percent,
  field_jitter_percent,
  field_initial,
  field_max,
  field_max_lost,
  field_on_disconnect,
  field_dedup,
  field_realm,
  field_client,
  field_id_length,
  field_payload,
  field_resource_count,
  field_resources,  ///< the cost in each, of a pool that counts several
  field_count = field_resources + resources_max
};
double numbers_in[field_count];

Now moment(double wall_ms, double steady_ms) {
  return {.wall = {static_cast<std::int64_t>(wall_ms)}, .steady = {static_cast<std::int64_t>(steady_ms)}};
}

std::string_view text(std::size_t offset, std::uint32_t length) { return {text_in + offset, length}; }

RequestId submission(std::uint32_t request, std::uint32_t answers) {
  return RequestId{answers & 1} << 32 | request;
}

std::uint32_t integer(Field field) { return static_cast<std::uint32_t>(numbers_in[field]); }
std::int64_t wide(Field field) { return static_cast<std::int64_t>(numbers_in[field]); }
/// A moment of the wall clock; infinity: none.
WallTime wall(Field field) {
  return numbers_in[field] > 9e15 ? never_wall : WallTime{static_cast<std::int64_t>(numbers_in[field])};
}

void set_retry(TaskSpec& spec, const PoolConfig& pool) {
  spec.retry = pool.retry;
  spec.max_lost = pool.max_lost;
  if (numbers_in[field_max_lost] >= 0) spec.max_lost = integer(field_max_lost);
  if (numbers_in[field_max_attempts] < 1) return;
  spec.retry = {.max_attempts = integer(field_max_attempts),
                .factor_percent = integer(field_factor_percent),
                .jitter_percent = integer(field_jitter_percent),
                .initial = {wide(field_initial)},
                .max = {wide(field_max)}};
}

}  // namespace

extern "C" {

/// Where JavaScript writes text as UTF-8, and how much fits.
EMSCRIPTEN_KEEPALIVE char* pl_text_in() { return text_in; }
EMSCRIPTEN_KEEPALIVE std::uint32_t pl_text_capacity() { return text_capacity; }
/// Where JavaScript writes the fields for `pl_submit`.
EMSCRIPTEN_KEEPALIVE double* pl_numbers_in() { return numbers_in; }

// --- the loop
// -------------------------------------------------------------------------------------------------------

/// Hands all queued inputs to the lot as one batch; with none it is a tick. Answers the next deadline on the
/// steady clock, infinity for none.
EMSCRIPTEN_KEEPALIVE double pl_flush(double wall_ms, double steady_ms) {
  if (!session()) return 0;
  session()->flush(moment(wall_ms, steady_ms));
  const auto deadline = session()->next_deadline();
  return deadline ? static_cast<double>(deadline->ms) : std::numeric_limits<double>::infinity();
}
EMSCRIPTEN_KEEPALIVE std::uint32_t pl_queued() {
  return session() ? static_cast<std::uint32_t>(session()->queued()) : 0;
}
/// How many entries there are to read at `pl_entries`, with their text at `pl_text_out`, until the next call.
EMSCRIPTEN_KEEPALIVE std::uint32_t pl_take() {
  return session() ? static_cast<std::uint32_t>(session()->take()) : 0;
}
EMSCRIPTEN_KEEPALIVE const wasm::Entry* pl_entries() { return session() ? session()->entries() : nullptr; }
EMSCRIPTEN_KEEPALIVE const char* pl_text_out() { return session() ? session()->text() : nullptr; }
EMSCRIPTEN_KEEPALIVE void pl_watch(std::uint32_t everything) {
  if (session()) session()->watch(everything ? Session::Watch::everything : Session::Watch::listeners);
}

// --- names
// ----------------------------------------------------------------------------------------------------------

/// Interns the text; the caller holds the name until `pl_release_name`.
EMSCRIPTEN_KEEPALIVE std::uint32_t pl_name(std::uint32_t length) {
  return session() ? session()->lot().scheduler().names().intern(text(0, length)).index : 0;
}
/// Interns a mailbox key whose three parts stand one after the other.
EMSCRIPTEN_KEEPALIVE std::uint32_t pl_mailbox_key(std::uint32_t tenant, std::uint32_t user,
                                                  std::uint32_t session_length) {
  if (!session()) return 0;
  const MailboxKey key{
      .tenant = text(0, tenant), .user = text(tenant, user), .session = text(tenant + user, session_length)};
  return session()->lot().scheduler().mailbox_key(key).index;
}
EMSCRIPTEN_KEEPALIVE void pl_release_name(std::uint32_t name) {
  if (session()) session()->release_after_flush({name});
}

// --- submissions
// ----------------------------------------------------------------------------------------------------

/// The common case: `request` is the task's place in JavaScript's table, `answers` as in `Answers`. For pools
/// that store nothing.
EMSCRIPTEN_KEEPALIVE void pl_submit_fast(std::uint32_t request, std::uint32_t answers, std::uint32_t pool,
                                         std::uint32_t priority, double units, std::uint32_t realm) {
  if (!session()) return;
  const PoolConfig& config = session()->pool_config({pool});
  Submit& submit = session()->queue_in_place<Submit>();
  submit.request = submission(request, answers);
  submit.receipt = (answers & 1) != 0 ? Submit::Receipt::brief : Submit::Receipt::full;
  submit.pool = {pool};
  submit.spec.priority = static_cast<Priority>(priority);
  submit.spec.units = static_cast<Units>(units);
  submit.spec.payload = payload_at(PayloadTable::tasks, request);
  submit.spec.realm = realm;
  submit.spec.retry = config.retry;
  submit.spec.max_lost = config.max_lost;
}

/// A task with any fields, from `pl_numbers_in`; its id, if it has one, in the text buffer.
EMSCRIPTEN_KEEPALIVE void pl_submit() {
  if (!session()) return;
  const PoolId pool{integer(field_pool)};
  Submit& submit = session()->queue_in_place<Submit>();
  submit.request = submission(integer(field_request), integer(field_answers));
  submit.pool = pool;
  submit.client = integer(field_client);
  TaskSpec& spec = submit.spec;
  spec.task_id = session()->keep(text(0, integer(field_id_length)));
  spec.tenant = {integer(field_tenant)};
  spec.mailbox = {integer(field_mailbox)};
  spec.priority = static_cast<Priority>(integer(field_priority));
  spec.kind = static_cast<ResourceKind>(integer(field_kind));
  spec.units = static_cast<Units>(numbers_in[field_units]);
  spec.resources =
      session()->keep(std::span<const double>(numbers_in + field_resources, integer(field_resource_count)));
  spec.deadline = wall(field_deadline);
  spec.start_after = wall(field_start_after);
  spec.timeout = {wide(field_timeout)};
  spec.estimate = {wide(field_estimate)};
  spec.payload = session()->payload_of_submission(pool, integer(field_request), numbers_in[field_payload]);
  session()->comes_with(integer(field_request), spec.payload);
  spec.payload.digest = std::uint64_t{integer(field_digest_high)} << 32 | integer(field_digest_low);
  spec.on_disconnect = static_cast<OnDisconnect>(integer(field_on_disconnect));
  spec.dedup = static_cast<Dedup>(integer(field_dedup));
  spec.realm = integer(field_realm);
  set_retry(spec, session()->pool_config(pool));
}

/// Cancels the task that a submission became. Nothing if it was not admitted, or has not been flushed.
EMSCRIPTEN_KEEPALIVE void pl_cancel_submission(std::uint32_t request) {
  if (!session()) return;
  const TaskHandle task = session()->admitted(request);
  if (task) session()->queue(Cancel{.task = {.handle = task}});
}

// --- reports of executors
// -------------------------------------------------------------------------------------------

/// `heartbeats`: 1 if its runs must be confirmed from time to time, 0 if JavaScript knows of itself when one
/// is lost.
EMSCRIPTEN_KEEPALIVE void pl_executor_ready(std::uint32_t pool, std::uint32_t executor, std::uint32_t realm,
                                            std::uint32_t credits, std::uint32_t heartbeats) {
  if (!session()) return;
  using Liveness = ExecutorReady::Liveness;
  session()->queue(ExecutorReady{.pool = {pool},
                                 .executor = executor,
                                 .realm = realm,
                                 .credits = credits,
                                 .liveness = heartbeats ? Liveness::heartbeats : Liveness::certain});
}
/// Its runs are lost; their numbers are free again. `dead`: 1 if their units can be given back at once.
EMSCRIPTEN_KEEPALIVE void pl_executor_gone(std::uint32_t pool, std::uint32_t executor, std::uint32_t dead) {
  if (!session()) return;
  session()->queue(ExecutorGone{.pool = {pool},
                                .executor = executor,
                                .death = dead ? ExecutorGone::Death::known : ExecutorGone::Death::unknown});
  session()->close_runs_of({pool}, executor);
}
EMSCRIPTEN_KEEPALIVE void pl_running(std::uint32_t run) {
  const auto* known = session() ? session()->run(run) : nullptr;
  if (known) session()->queue(Running{.task = known->task, .lease = known->lease});
}
EMSCRIPTEN_KEEPALIVE void pl_heartbeat(std::uint32_t run) {
  const auto* known = session() ? session()->run(run) : nullptr;
  if (known) session()->queue(Heartbeat{.task = known->task, .lease = known->lease});
}
EMSCRIPTEN_KEEPALIVE void pl_usage(std::uint32_t run, double units) {
  const auto* known = session() ? session()->run(run) : nullptr;
  if (known) {
    session()->queue(
        UsageReported{.task = known->task, .lease = known->lease, .units = static_cast<Units>(units)});
  }
}
/// Ends the run; its number is free again. `result`: place in JavaScript's table of results, or what `pl_put`
/// answered; 0: none.
EMSCRIPTEN_KEEPALIVE void pl_finished(std::uint32_t run, double result) {
  const auto* known = session() ? session()->run(run) : nullptr;
  if (!known) return;
  auto& finished = session()->queue_in_place<Finished>();
  finished.task = known->task;
  finished.lease = known->lease;
  finished.result = session()->result_by(result);
  session()->close_run(run);
}
EMSCRIPTEN_KEEPALIVE void pl_failed(std::uint32_t run, std::uint32_t reason, double result,
                                    std::uint32_t units_freed) {
  const auto* known = session() ? session()->run(run) : nullptr;
  if (!known) return;
  session()->queue(Failed{.task = known->task,
                          .lease = known->lease,
                          .reason = static_cast<Reason>(reason),
                          .result = session()->result_by(result),
                          .units = units_freed ? Failed::Units::freed : Failed::Units::unknown});
  session()->close_run(run);
}

}  // extern "C"
