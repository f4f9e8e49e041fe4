#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/config.h"
#include "parking_lot/mailbox.h"
#include "parking_lot/native/answers.h"
#include "parking_lot/native/task_function.h"
#include "parking_lot/result.h"
#include "parking_lot/scheduler.h"

/// The native host: runs the machines of one config on a caller's io_context.
///
///     boost::asio::io_context io;
///     auto host = Host::open(config, io).value();
///     host->run_function("thumbnails", make_thumbnail, 4);
///     auto ticket = host->submit({.pool = "thumbnails", .units = 2, .payload = R"({"file": "a.png"})"});
///     std::jthread loop([&] { io.run(); });
///     Outcome outcome = ticket.outcome.get();
namespace parking_lot {

/// The kinds of storage that this host has besides `in_memory`.
inline constexpr StorageKind host_storage[] = {StorageKind::file};

struct HostOptions {
  /// Fixed in tests; else taken from the kernel.
  std::optional<Entropy> entropy;
  /// Whether results of volatile pools stay in memory for later readers (mailbox, a second submission) as
  /// long as the pool remembers the task, or only until the callbacks of the outcome have run.
  enum class Results : std::uint8_t { kept, until_outcome } results = Results::kept;
  /// reading: a look at stores that another process may own. They are not locked and not changed; whatever
  /// would change something is refused with `storage_unavailable`; nothing is run.
  enum class Access : std::uint8_t { owning, reading } access = Access::owning;
  /// What to do with a pool that a store has and the config has not: refuse to open, or keep it untouched.
  enum class Orphans : std::uint8_t { refused, kept } orphans = Orphans::refused;
};

class Host {
 public:
  /// Opens all pools. `io` outlives the host and is run by one thread at a time, its *loop thread*. Fails if
  /// the config asks for what this build does not have, and names it. `config` must have been parsed without
  /// errors.
  static Result<std::unique_ptr<Host>> open(const Config& config, boost::asio::io_context& io,
                                            HostOptions options = {});

  /// Closes, as `close` does: on the loop thread, or when `io` no longer runs.
  ~Host();

  // --- executors: on the loop thread, or before it runs ---------------------------------------------------
  // A pool without one parks what is submitted (explain says `no_executor`).

  /// The pool's tasks run as processes: payload {argv, stdin?, env?, cwd?}. The first call forks the guardian
  /// that kills them when this process dies; call it before the process grows large.
  Result<void> run_processes(std::string_view pool);

  /// The pool's tasks are calls of `function` on `threads` threads (at least 1).
  Result<void> run_function(std::string_view pool, TaskFunction function, unsigned threads);

  // --- commands: from any thread; callbacks run on the loop thread, each exactly once ---------------------
  // A host that closes before the answer answers `unconfirmed`.

  /// Submits. `on_receipt` says whether the task was taken; `on_outcome` follows once the task has ended, and
  /// says `rejected` if it was not taken, `dropped: shut_down` if the host closed before or storage failed
  /// before it was certain (`Outcome::refusal` is `unconfirmed` then). Either may be empty.
  void submit(ParsedTask task, ReceiptCallback on_receipt, OutcomeCallback on_outcome);

  /// The same with futures. Do not wait for them on the loop thread.
  Ticket submit(ParsedTask task);

  /// The same for one client of many: once `disconnect` says that it is gone, its live tasks with
  /// `on_disconnect: cancel` are dropped. `client` comes from `connect`.
  void submit(ClientId client, ParsedTask task, ReceiptCallback on_receipt, OutcomeCallback on_outcome);

  /// A number for a client, never used before by this host.
  ClientId connect();
  /// The client's connection has ended. What it submitted before is known by then.
  void disconnect(ClientId client);

  void cancel(std::string_view pool, std::string_view task_id, DoneCallback on_done = {});
  /// Cancels every live task of the tenant in this pool; answers how many.
  void cancel_tenant(std::string_view pool, std::string_view tenant, DoneCallback on_done = {});
  /// Submits a failed task again as a fresh one under the same id; others answer `wrong_state`.
  void retry(std::string_view pool, std::string_view task_id, ReceiptCallback on_receipt = {});
  void set_priority(std::string_view pool, std::string_view task_id, Priority priority,
                    DoneCallback on_done = {});
  /// Pause, resume (`active`), drain, disable.
  void set_pool_state(std::string_view pool, PoolState state, DoneCallback on_done = {});
  /// Changes settings of an open pool: a JSON object with those that change, as `parse_pool_settings` reads
  /// it. Nothing that runs is ended. Settings that are wrong are refused as `invalid_task` with the first
  /// field, and a message that tells all of it.
  void reconfigure(std::string_view pool, std::string_view settings, DoneCallback on_done = {});
  void inspect(std::string_view pool, std::string_view task_id, InspectCallback on_view);
  void explain(std::string_view pool, std::string_view task_id, ExplainCallback on_explanation);
  /// The outcome of a task that was submitted before, once it has one; `rejected` if no such task is known.
  void outcome(std::string_view pool, std::string_view task_id, OutcomeCallback on_outcome);
  void list(std::string_view pool, const TaskListing& listing, ListCallback on_page);

  /// Audit events of all pools. What the query views is copied.
  void audit(const AuditQuery& query, AuditCallback on_page);

  /// Messages of one exact key, oldest first, after the one with the cursor `after` (empty: from the first).
  void fetch(const MailboxAddress& address, std::string_view after, std::uint32_t limit,
             FetchCallback on_messages);
  /// Drops the messages up to and including `cursor`; answers how many.
  void acknowledge(const MailboxAddress& address, std::string_view cursor, DoneCallback on_done = {});
  /// Erases a user: the messages of all sessions are dropped, and no file of a store, event of the audit or
  /// remembered task tells tenant and user together any more; `erased:` and a number stands there. Chains of
  /// hashes hold. Refused with `wrong_state`, and the id of a task as the field, while a task of theirs has
  /// not ended or been delivered. What tasks carry (ids, payloads) is not looked into. O(bytes of the
  /// records).
  void erase_user(const MailboxAddress& user, ErasureCallback on_done);
  /// `on_arrival` is called whenever a message for this exact key can be fetched that could not before, and
  /// perhaps more often; until `unsubscribe` or the end of the host. Returns a number above 0.
  SubscriptionId subscribe(const MailboxAddress& address, ArrivalCallback on_arrival);
  /// A call that is on its way may still come. Unknown numbers change nothing.
  void unsubscribe(SubscriptionId subscription);

  /// Lets what runs go on and starts nothing more, for the rest of this host's life; then calls. Nothing of
  /// it is recorded, unlike a pause.
  void stop_starting(std::function<void()> on_stopped);

  /// Makes durable what has happened so far, and beyond that confirms the stores: an opening after it need
  /// not take damage to the last records for records that were still being written, and cut them off. Then
  /// calls, also if a store fails; never, if the host closes before. For an orderly end, before `close`: one
  /// small commit, two where a store is `relaxed`. A host that has been idle for seconds has done it already.
  void settle(std::function<void()> on_settled);

  /// Takes no more tasks, runs what is there, then calls; never, if the host closes before. Tasks that nobody
  /// can run keep it from ending. A durable pool remembers that it drains.
  void drain(std::function<void()> on_empty);

  // --- on the loop thread ---------------------------------------------------------------------------------

  /// Calls for every event of every task until the host closes.
  void on_event(EventCallback callback);

  std::optional<PoolStats> stats(std::string_view pool) const;
  /// The pool's config as it is now.
  std::optional<PoolConfig> settings(std::string_view pool) const;
  Health health() const;
  /// What tasks and messages name and no store holds, by pool or mailbox store; nothing as long as a store is
  /// failing. O(tasks + messages).
  std::vector<MissingPayloads> missing_payloads() const;

  /// Kills all processes, asks all functions to stop and waits for those, answers what is still asked. A host
  /// that is closed does nothing more; a second call changes nothing. May be called from a callback.
  void close();

 private:
  class Loop;
  explicit Host(std::shared_ptr<Loop> loop);

  std::shared_ptr<Loop> loop_;
};

}  // namespace parking_lot
