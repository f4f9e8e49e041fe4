#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "admission_index.h"
#include "number_index.h"
#include "parked_order.h"
#include "parking_lot/config.h"
#include "parking_lot/effect.h"
#include "parking_lot/input.h"
#include "parking_lot/scheduler.h"
#include "run_ends.h"
#include "stream.h"
#include "task.h"
#include "task_queue.h"
#include "tenants.h"

namespace parking_lot {

/// Something that takes starts. Credits are the starts that it will still take.
struct Executor {
  ExecutorId id = 0;
  RealmId realm = 0;
  std::uint32_t credits = 0;
  ExecutorReady::Liveness liveness = ExecutorReady::Liveness::certain;
};

/// Parked tasks that the same executors can take: those for any executor, or those pinned to one realm.
struct Lane {
  RealmId realm = 0;
  TaskQueue queue;                     ///< of a pool that counts units and treats all tenants alike
  std::unique_ptr<ParkedOrder> order;  ///< of any other; null otherwise
  std::uint32_t executors = 0;         ///< connected
  std::uint32_t ready = 0;             ///< of these, how many have credit
  bool is_abandoned = false;           ///< its realm went while the storage was gone
  bool was_used = false;               ///< a task has been parked in it
};

/// Whether a submission takes the place of the task that it replaced, or has to find one.
enum class Room : std::uint8_t { sought, kept };

/// A submission of the current batch whose fate the allocation pass decides.
struct Arrival {
  std::uint32_t slot = 0;
  std::uint32_t shadowed = no_slot;  ///< the ended task that had the same id
  std::uint32_t retried = no_slot;   ///< the failed task that is submitted again
  RequestId request = 0;
  Submit::Receipt receipt = Submit::Receipt::full;
  Room room = Room::sought;
};

/// What a pool had when something was recorded, by the settings before it.
struct RecordedCapacity {
  Units max_units = 0;                     ///< where it counted units only
  std::map<std::string, Units> resources;  ///< else
};

/// An obligation to deliver, in the order in which outcomes were recorded.
struct Delivery {
  std::uint32_t task = no_slot;
};

/// A parked task whose guard clock has run out.
struct GuardClaim {
  ParkedTask task;
  RealmId realm = 0;
  std::uint8_t bottleneck = 0;  ///< bit for bit, the resources that it has waited for since
};

/// How far the backfill of an allocation pass has come. What it has passed over in one pass it need not look
/// at again: until the pass ends, less and less is free.
struct Sweep {
  std::uint32_t head = no_slot;  ///< whose reservation it keeps
  QueueKey after;                ///< the last candidate looked at, of a pool without `order`
  std::uint64_t left = 0;        ///< how many candidates whose cost fits may still be looked at
  struct Lane {
    Walk walk;
    std::optional<FoundTask> next;
    bool is_over = false;
  };
  std::vector<Lane> lanes;  ///< of a pool with `order`
};

/// Shares of a pool with several resources are counted in these parts.
inline constexpr Units share_unit = 1'000'000;

/// A charge covers at most a month; a run that goes on is charged again.
inline constexpr Duration longest_charge = Duration::seconds(30LL * 86400);

/// Records on their way to the journal beyond which commands are answered `busy`.
inline constexpr std::uint64_t unpersisted_max = 16384;

/// More refusals of one code in a second are counted into one event.
inline constexpr std::uint32_t refusal_events_per_second = 100;

/// The end of a run, as it was reported, until what it led to is durable.
struct Unrecorded {
  std::uint64_t sequence = 0;
  Input report;
};

/// Refusals of one code within the current second.
struct RefusalCount {
  std::int64_t second = -1;
  std::uint32_t seen = 0;
};

/// One pool: its configuration, units, executors, lanes and lists. It keeps count; it decides nothing.
///
/// Invariant: in_use is the sum of the units of all its runs.
class Pool {
 public:
  Pool(PoolId id, const PoolConfig& pool_config);
  Pool(const Pool&) = delete;  // lanes refer to its tenants

  // Units.
  Units capacity() const { return has_resources() ? share_capacity() : config.max_units; }
  bool has_resources() const { return !config.resources.empty(); }
  Amounts capacity_amounts() const;
  /// What new starts may take of each resource; `nullopt` while real use is above capacity.
  std::optional<Amounts> free_amounts() const;
  /// The largest part of a resource that the amounts take, in millionths of the pool, rounded up.
  Units share_of(const Amounts& amounts) const;
  Amounts cost_of(const Task& task, std::uint32_t slot) const {
    return has_resources() ? costs.at(slot) : Amounts(task.units);
  }
  Amounts used_by(const Run& run, std::uint32_t run_slot) const {
    return has_resources() ? run_costs.at(run_slot) : Amounts(run.units);
  }
  /// What new starts may take; `nullopt` while real use is above capacity.
  std::optional<Units> free_units() const;
  /// Whether it matters when runs are expected to end.
  bool expects_ends() const { return config.policy == Policy::backfill; }

  // Executors.
  Executor* find_executor(ExecutorId id);
  void connect(const ExecutorReady& ready);
  void disconnect(ExecutorId id);
  void set_credits(Executor& executor, std::uint32_t credits);
  void give_back_credits(ExecutorId id, std::uint32_t credits);
  /// The executor of a lane with the most credits; among equals the one connected first. `lane.ready` must
  /// not be 0.
  Executor& pick_executor(const Lane& lane);
  Lane& lane(RealmId realm);
  const Lane* find_lane(RealmId realm) const;

  /// Tasks in all lanes that leave before this one.
  TaskQueue::Ahead ahead_of(const ParkedTask& task) const;

  /// Whether tenants are told apart at all, and whether they take turns.
  bool tracks_tenants() const {
    return config.fairness == Fairness::tenant || !config.tenants.empty() ||
           config.estimates == Estimates::learned;
  }
  bool is_fair() const { return config.fairness == Fairness::tenant; }
  /// Units are charged in parts so large that the pool has about a million of them: service then fits into 64
  /// bits for centuries.
  Units charged_units(Units units) const;
  /// The least service in this class of tenants that have a task waiting which could run, if there are any.
  std::optional<std::int64_t> least_service(std::uint8_t level) const;
  /// Whether the tenant has a task waiting in this class which could run: its cost is within the capacity and
  /// what the tenant may still use, and if tasks need different executors, one for it is there.
  bool competes(std::uint8_t level, std::uint32_t tenant) const;
  /// By how much service a tenant may be ahead of one that waits for what it needs and still start before it;
  /// `nullopt`: by any, since nothing protects who waits. See docs/architecture.md, "Fairness".
  std::optional<std::int64_t> leeway() const;
  /// How the lanes keep their tasks. Whoever sets it puts the tasks back.
  enum class Layout : std::uint8_t { plain, lines, vector_lines };
  Layout layout_for(const PoolConfig& settings) const;
  void set_layout(Layout layout);
  std::uint64_t queued() const;

  bool takes_tasks() const {
    return capacity() > 0 && (state == PoolState::active || state == PoolState::paused);
  }
  bool starts_tasks() const {
    return stream.state() == StreamState::open && capacity() > 0 &&
           (state == PoolState::active || state == PoolState::draining);
  }

  /// Notes that a parked task left the queue; feeds the drain rate.
  void note_departure(SteadyTime now);
  Duration retry_after() const { return Duration{departure_interval_ms_}; }

  /// By name, where the pool counts several resources; else nothing.
  ResourceUnits by_resource(const Amounts& amounts) const;

  std::size_t memory_bytes() const;

  PoolId id;
  PoolConfig config;
  Stream<Record> stream;
  PoolState state = PoolState::active;
  std::uint64_t state_basis = 0;  ///< sequence of the record that set it

  std::deque<Lane> lanes;  // stable addresses; the first one is for any executor
  std::vector<Executor> executors;

  Units in_use = 0;
  Units quarantined = 0;
  Amounts amounts_in_use;  // where the pool counts several resources
  Amounts amounts_quarantined;
  NumberMap<Amounts> costs;      // of its tasks, by slot
  NumberMap<Amounts> run_costs;  // of its runs
  std::vector<std::uint64_t> incarnations;
  std::uint64_t next_admission = 1;
  std::uint64_t next_lease = 1;

  AdmissionIndex by_admission;
  NumberIndex by_name;              // NameId → slot
  std::deque<std::uint32_t> ended;  // slots, oldest outcome first

  // The starvation guard: whose clock runs, since when, and whose has run out (by place in leaving order).
  std::uint32_t guarded = no_slot;
  SteadyTime guarded_since;
  std::map<QueueKey, GuardClaim> exhausted;

  // Backfill.
  RunEnds ends;
  Sweep sweep;
  std::uint64_t walks = 0;
  std::uint32_t reserved_for = no_slot;  ///< the head, and the resources that it has waited for since it is
  std::uint8_t reserved_bottleneck = 0;

  // Tenants.
  Tenants tenants;
  mutable std::deque<std::vector<std::uint64_t>> tenant_figures;  // that records of a checkpoint view
  std::array<std::int64_t, levels>
      service_now{};  // the most that a tenant had had when one of its tasks started
  std::set<std::pair<std::int64_t, std::uint32_t>> presumed_ends;  // of runs: when to charge more
  std::int64_t longest_charge_ms = 0;                              // since open, as the next one
  Units most_in_use = 0;
  std::int64_t inherited_lag = 0;  // that the journal brought, until nobody waits any more

  // Ageing, and the guard: a clock that stands still while nothing may start.
  Duration clock{0};
  SteadyTime clock_read_at;
  std::set<std::tuple<RealmId, std::uint32_t, std::uint8_t>> raised;  // lines whose head has been raised
  NumberMap<Duration> queued_at;                                      // by that clock, of tasks by slot

  // Reconfiguration.
  std::optional<PoolConfig> recorded;  // what the journal that is being read says last
  std::uint64_t recorded_by = 0;       // the incarnation that recorded it
  std::optional<RecordedCapacity>
      recorded_capacity;                // while such records are read: what they count, if not the same
  PoolConfig at_open;                   // what the file says
  std::uint64_t first_incarnation = 0;  // of this process; 0: the stream has not been open yet
  mutable std::string settings_kept;    // that records of a checkpoint view

  // Delivery to the mailbox store.
  std::deque<Delivery> deliveries;
  std::size_t deliveries_sent = 0;
  std::uint32_t delivery_failures = 0;
  bool delivery_held = false;
  bool strip_next_delivery = false;
  bool is_delivering = false;  ///< listed among the pools that may have something to deliver

  std::vector<Arrival> arrivals;
  std::vector<std::uint32_t> stale_runs;           // alive when the write failed; the reload finds them again
  std::vector<std::uint64_t> stale_incarnations;   // what stale tasks refer to
  std::deque<Unrecorded> unrecorded;               // only of a durable stream
  std::vector<Input> held_reports;                 // of executors, while the stream is not open
  std::vector<ClientId> gone_clients;              // meanwhile
  std::uint64_t told_through = ~std::uint64_t{0};  // subscribers have heard of outcomes up to here; all, but
                                                   // for a failed write

  std::array<RefusalCount, 16> refusals;
  std::uint64_t parked = 0;
  std::uint64_t waiting = 0;
  std::uint64_t backing_off = 0;
  std::uint64_t running = 0;
  PoolStats totals;                   // only its counters since open
  std::uint64_t audited_through = 0;  ///< durable records that the audit ring has seen
  bool is_dirty = false;
  bool is_read_only = false;  // see RecoveryDone

 private:
  Units share_capacity() const;
  std::unique_ptr<ParkedOrder> new_order() const;

  Layout layout_ = Layout::plain;
  std::int64_t departure_interval_ms_ = 0;
  SteadyTime last_departure_{-1};
};

/// How long the task is expected to run: what it says itself, or what was learned; 0: unknown.
Duration expected_length(const Pool& pool, const Task& task);

}  // namespace parking_lot
