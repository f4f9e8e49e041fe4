#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/audit.h"
#include "parking_lot/config.h"
#include "parking_lot/effect.h"
#include "parking_lot/input.h"
#include "parking_lot/names.h"
#include "parking_lot/result.h"
#include "parking_lot/time.h"
#include "parking_lot/types.h"

/// The model in one page.
///
/// A *pool* has a number of *units*. A *task* costs some. A submitted task *starts* if its cost fits what is
/// free and nobody waits whom it must not pass; else it is *parked* in the pool's *task queue* and leaves in
/// the order of priority, then admission. A start needs an *executor* with a *credit*. A run is numbered by a
/// *lease*; when it ends, its units are free and the next tasks start. Every outcome goes to a *mailbox*.
///
/// The scheduler is a state machine without clock, thread or file. The host feeds it and obeys it:
///
///     scheduler.handle(clock.now(), inputs);
///     while (auto effect = scheduler.poll()) perform(*effect);
///     arm(scheduler.next_deadline());
///
/// The same inputs at the same times give the same effects in every build.
namespace parking_lot {

/// Service of tenants is counted in units, in pools with more than these in so large parts that there are
/// about as many.
inline constexpr Units service_units_max = Units{1} << 20;
/// The service that a pool of this capacity gives in a millisecond when all of it is in use.
constexpr std::uint64_t service_per_ms(Units capacity) {
  Units whole = capacity == 0 ? 1 : capacity;
  while (whole > service_units_max) whole /= 2;
  return whole;
}

/// Bound on the lag between tenants where nothing bounds it.
inline constexpr std::uint64_t fairness_unbounded = ~std::uint64_t{0};

/// Figures of a pool, right now, durable or not.
struct PoolStats {
  Units units_max = 0;
  Units units_in_use = 0;       ///< clamped to `units_max`; includes runs that must still confirm their end
  Units units_quarantined = 0;  ///< part of `units_in_use`
  std::uint64_t parked = 0;
  std::uint64_t waiting = 0;      ///< for start_after
  std::uint64_t backing_off = 0;  ///< before a retry
  std::uint64_t running = 0;
  std::uint64_t undelivered = 0;  ///< outcomes that the mailbox store does not hold yet
  std::uint64_t admitted = 0;     ///< since open; likewise the next ones
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t expired = 0;
  std::uint64_t dropped = 0;
  std::uint64_t rejected = 0;
  PoolState state = PoolState::active;
  StreamState storage = StreamState::open;
  bool delivery_held = false;  ///< the mailbox store is failing
  /// With `fairness: tenant`, in unit-milliseconds for a weight of 1: by how much service two tenants that
  /// both have tasks waiting in one class differ at most, and by how much they may differ. Divided by
  /// `service_per_ms`: milliseconds of the whole pool. See docs/architecture.md.
  std::uint64_t fairness_lag = 0;
  std::uint64_t fairness_lag_bound = 0;
  /// Of a pool that counts several: each resource by name. `units_*` are in millionths of the pool then.
  struct Resource {
    std::string name;
    Units units_max = 0;
    Units units_in_use = 0;
    Units units_quarantined = 0;
  };
  std::vector<Resource> resources;
  std::uint64_t ignored_records = 0;  ///< of its journal, that cannot have followed the ones before; else 0
};

/// What `Notify` tells: every step of every task, or only how they end (and changes of pools).
enum class Listening : std::uint8_t { everything, outcomes };

/// All tasks that a pool remembers, or without those that are to be forgotten.
enum class Remembered : std::uint8_t { all, needed };

class Scheduler {
 public:
  /// Checks nothing that `parse_config` has not checked already. Pools whose queue is durable begin in
  /// `loading` and wait for `RecoveryDone`; volatile ones are open at once.
  static Result<Scheduler> open(const Config& config, Now now, Entropy entropy);

  Scheduler(Scheduler&&) noexcept;
  Scheduler& operator=(Scheduler&&) noexcept;
  ~Scheduler();

  /// Applies all inputs in order, runs timers that are due, then allocates once per pool. Pass together what
  /// arrived together. A clock that seems to go back is taken as standing still. All effects of the call
  /// before must have been polled.
  void handle(Now now, std::span<const Input> inputs);
  void handle(Now now, const Input& input) { handle(now, std::span<const Input>(&input, 1)); }

  /// The next effect, valid until the next `poll` or `handle`; null when there is none.
  const Effect* poll();

  /// When the scheduler wants a `Tick` at the latest; `nullopt`: not before the next input. At most 30 s away
  /// while a wall-clock deadline is pending, since wall clocks are set.
  std::optional<SteadyTime> next_deadline() const;

  // Names. They depend on nothing and are no inputs.
  std::optional<PoolId> pool(std::string_view name) const;
  std::string_view pool_name(PoolId pool) const;
  std::uint32_t pool_count() const;
  const PoolConfig& config(PoolId pool) const;
  Names& names();
  /// Interns the key; the caller holds it (see Names).
  NameId mailbox_key(MailboxKey key);

  /// From now on. Decisions do not depend on it.
  void listen(Listening listening);

  // Gauges: they answer always, and promise nothing.
  PoolStats stats(PoolId pool) const;
  /// The task's id, chosen or spelled; empty for a stale handle. O(length).
  std::string task_id(TaskHandle task) const;
  /// The live or remembered task with this id in this pool, or the zero handle.
  TaskHandle find(PoolId pool, std::string_view task_id) const;

  /// Whether the outcome of a remembered task with a mailbox is these bytes.
  bool refers_to(PayloadRef result) const;
  /// Calls for the payload and the result of every task of the pool, where there is one; with `needed` not of
  /// ended tasks that are to be forgotten, whose bytes may be gone already. O(tasks).
  void visit_payloads(PoolId pool, Remembered remembered, const std::function<void(PayloadRef)>& visit) const;

  /// Before the name of a user (all sessions) is erased from stores: takes it out of remembered tasks and out
  /// of the audit in memory, where `erased_user` stands then. The id of a task of this user that has not
  /// ended, or whose outcome is not delivered yet: nothing was changed. No record is written: what is on disk
  /// is for the store to erase. O(tasks + events in memory).
  std::optional<std::string> forget_user(const MailboxKey& user);

  /// One step of a checkpoint of an open durable pool: appends records of state to `records`, about at most
  /// `limit` tasks, and returns where the next step begins (`end_of_checkpoint`: it was the last one;
  /// `no_checkpoint`: the stream is not open). The first step begins at 0. Steps may lie far apart: what
  /// happens between them is in the stream. Whoever recovers gives the checkpoint's records and those of the
  /// stream after its first number, each of them once, in the order of their numbers, state after the record
  /// of the same number. A checkpoint counts only if the stream is durable up to the number of its last
  /// record. Views are valid until the next `handle`. O(limit) but for free slots in between.
  CheckpointPlace checkpoint(PoolId pool, CheckpointPlace from, std::uint32_t limit,
                             std::vector<Record>& records) const;

  /// Audit events whose records are durable.
  AuditPage audit(const AuditQuery& query) const;

  /// Bytes of memory held for tasks, queues, indexes and names (not the audit ring).
  std::size_t memory_bytes() const;

 private:
  class Machine;
  explicit Scheduler(std::unique_ptr<Machine> machine);
  std::unique_ptr<Machine> machine_;
};

}  // namespace parking_lot
