#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "allocator.h"
#include "audit_ring.h"
#include "number_index.h"
#include "outbox.h"
#include "parking_lot/audit_event.h"
#include "parking_lot/check.h"
#include "parking_lot/generated_id.h"
#include "parking_lot/scheduler.h"
#include "pool.h"
#include "slab.h"
#include "task.h"
#include "timer_heap.h"

namespace parking_lot {

/// Number and time of a record as it is applied.
struct Stamp {
  std::uint64_t sequence = 0;
  WallTime at;
};

/// What lies behind `Scheduler`. One dispatcher (scheduler.cc) and one file per matter:
/// admission.cc, commands.cc, runs.cc, estimates.cc, timers.cc, delivery.cc, recovery.cc, checkpoint.cc,
/// apply.cc, views.cc, explain.cc, queueing.cc, fairness.cc, reconfigure.cc, audit_view.cc.
///
/// Handlers decide and call `emit`, which numbers a fact, applies it, audits it and keeps it for the journal.
/// Only `apply` changes durable state; replay calls it too.
class Scheduler::Machine {
 public:
  Machine(const Config& config, Now now, Entropy entropy);

  // scheduler.cc
  void handle(Now now, std::span<const Input> inputs);
  const Effect* poll();
  std::optional<SteadyTime> next_deadline() const;

  // views.cc
  PoolStats stats(const Pool& pool) const;
  std::string spell_id(std::uint64_t incarnation, std::uint64_t admission, NameId name) const;
  std::string spell_id(const Task& task) const;
  std::optional<std::string> forget_user(const MailboxKey& user);
  TaskHandle find(const Pool& pool, std::string_view task_id) const;
  const Task* task_at(TaskHandle handle) const;
  std::size_t memory_bytes() const;

  // checkpoint.cc
  CheckpointPlace checkpoint(const Pool& pool, CheckpointPlace from, std::uint32_t limit,
                             std::vector<Record>& records) const;
  void visit_payloads(const Pool& pool, Remembered remembered,
                      const std::function<void(PayloadRef)>& visit) const;

  // audit_view.cc
  AuditPage audit(const AuditQuery& query) const;

  std::deque<Pool> pools;  // pools stay where they are
  Names names;
  Listening listening = Listening::everything;
  NumberIndex results;  // ids of outcomes that go to mailboxes too

 private:
  enum class PoolTimer : std::uint8_t { guard, delivery, refusals, estimate, ageing };
  struct TaskTimerPlace {
    Slab<Task>* tasks;
    std::uint32_t& operator()(std::uint32_t slot) const { return (*tasks)[slot].timer; }
  };
  struct RunTimerPlace {
    Slab<Run>* runs;
    std::uint32_t& operator()(std::uint32_t run) const { return (*runs)[run].timer; }
  };
  /// Where a named task is, or why the command cannot have it.
  struct Found {
    Pool* pool = nullptr;
    std::uint32_t slot = no_slot;
    Refusal refusal = Refusal::unknown_task;
  };

  // scheduler.cc
  void take(const Tick& input);
  void observe(Now now);
  void settle(Pool& pool);
  void flush(Pool& pool);
  void mark_dirty(Pool& pool);
  Pool* pool_at(PoolId id) { return id.index < pools.size() ? &pools[id.index] : nullptr; }

  // admission.cc
  void take(const Submit& input);
  bool refuse_by_pool(Pool& pool, RequestId request, const TaskSpec& spec);
  bool refuse_by_spec(Pool& pool, RequestId request, const TaskSpec& spec);
  Room room_for(const Pool& pool, const TaskSpec& spec, const Task& replaced) const;
  bool refuse_by_room(Pool& pool, const Submit& input, Phase replaced);
  bool exceeds_capacity(Pool& pool, const TaskSpec& spec);
  bool is_full(const Pool& pool, const Task& task) const;
  bool answered_as_duplicate(Pool& pool, const Submit& input, std::uint64_t digest,
                             std::optional<Room>& replaced);
  void arrive(Pool& pool, const Submit& input, std::uint64_t digest, Room room);
  void remember_tenant(NameId mailbox, NameId tenant);
  bool settle_arrivals(Pool& pool);
  void park_arrival(Pool& pool, const Arrival& arrival);
  void record_admission(Pool& pool, std::uint32_t slot);
  void remember_client(std::uint32_t slot);
  void withdraw_arrival(Pool& pool, const Arrival& arrival);
  void refuse(RequestId request, Refusal code, std::string_view field = {}, Duration retry_after = {});
  void refuse_submission(Pool& pool, RequestId request, const TaskSpec& spec, Refusal code,
                         std::string_view field = {});
  void audit_refusal(Pool& pool, Refusal code, std::string_view task_id, std::string_view tenant);
  std::string_view tenant_of(const TaskSpec& spec) const;
  std::uint64_t digest_of(const Pool& pool, const TaskSpec& spec) const;

  // commands.cc
  void take(const Cancel& input);
  void take(const CancelTenant& input);
  void take(const SetPriority& input);
  void take(const Retry& input);
  void take(const SetPoolState& input);
  void take(const Reconfigure& input);
  void take(const ClientGone& input);
  void drop(Pool& pool, std::uint32_t slot, Reason reason);
  void describe(const Pool& pool, Task& task, const TaskAdmitted& fact);
  void describe(const Pool& pool, TaskAdmitted& fact, std::uint32_t slot) const;
  TaskSpec spec_again(std::uint32_t slot) const;
  std::span<const Units> resources_of(const Pool& pool, std::uint32_t slot) const;
  Found find_for_command(const TaskName& name, RequestId request);
  bool refused_by_storage(Pool& pool, RequestId request);
  bool refused_as_busy(const Pool& pool, RequestId request);

  // runs.cc
  void take(const ExecutorReady& input);
  void take(const ExecutorGone& input);
  void take(const Running& input);
  void take(const Heartbeat& input);
  void take(const UsageReported& input);
  void take(const Finished& input);
  void take(const Failed& input);
  void abandon_realm(Pool& pool, RealmId realm);
  void start(Pool& pool, const Candidate& candidate);
  void end_run(Pool& pool, std::uint32_t run, const Failed& how);
  enum class Holding : std::uint8_t { freed, held };
  void finish(Pool& pool, std::uint32_t slot, Status status, Reason reason, PayloadRef result,
              Holding holding);
  void release_unused(Pool& pool, std::uint32_t run, PayloadRef result);
  void keep_until_durable(Pool& pool, const Input& report);
  std::uint64_t& outcome_count(Pool& pool, Status status);
  void requeue(Pool& pool, std::uint32_t slot, Reason reason, Holding holding);
  void stop_run(Pool& pool, std::uint32_t run, Reason reason);
  void quarantine(Pool& pool, std::uint32_t run);
  void release_units(Pool& pool, std::uint32_t run);
  bool withdraw_start(Pool& pool, std::uint32_t run);
  std::uint32_t find_run(TaskHandle task, Lease lease);
  Duration backoff_of(const Task& task);
  void arm_run(const Pool& pool, std::uint32_t run);
  void renew_lease(const Pool& pool, std::uint32_t run);

  // timers.cc
  void run_timers();
  bool is_overdue(std::uint32_t slot) const;
  void on_task_timer(std::uint32_t slot);
  void on_backoff_over(std::uint32_t slot);
  void on_run_timer(std::uint32_t run);
  void on_pool_timer(Pool& pool, PoolTimer kind);
  void arm_pool_timer(const Pool& pool, PoolTimer kind, SteadyTime due);
  void arm_task_timer(std::uint32_t slot);
  void become_ready(Pool& pool, std::uint32_t slot);
  void update_guard(Pool& pool);
  void stop_guard(Pool& pool);
  void forgive_gap(Duration late, Duration suspended);
  bool is_forgettable(const Pool& pool, std::uint32_t slot, std::size_t ended) const;
  void forget_old(Pool& pool, std::size_t most);

  // estimates.cc
  void expect_end(Pool& pool, std::uint32_t run);
  void forget_end(Pool& pool, std::uint32_t run);
  void correct_estimates(Pool& pool);
  void watch_estimates(Pool& pool);

  // queueing.cc
  ParkedTask parked_task(const Pool& pool, std::uint32_t slot) const;
  void queue_task(Pool& pool, std::uint32_t slot);
  void unqueue_task(Pool& pool, std::uint32_t slot);
  void lay_out(Pool& pool);
  void run_clock(Pool& pool);
  void age(Pool& pool);
  std::int64_t raise(Pool& pool, std::uint32_t slot);

  // fairness.cc
  std::uint32_t add_tenant(Pool& pool, NameId name);
  void note_activity(Pool& pool, std::uint32_t tenant);
  void enter_line(Pool& pool, std::uint32_t slot);
  void leave_line(Pool& pool, std::uint32_t slot);
  void begin_account(Pool& pool, std::uint32_t run);
  void end_account(Pool& pool, std::uint32_t run);
  void wake(Pool& pool, std::uint32_t tenant, std::uint8_t level);
  unsigned competing(const Pool& pool, std::uint32_t tenant) const;
  std::vector<unsigned> competing(const Pool& pool) const;
  void wake_others(Pool& pool, const std::vector<unsigned>& before);
  void wake_since(Pool& pool, std::uint32_t tenant, unsigned before);
  Duration first_charge(const Pool& pool, const Task& task) const;
  void watch_charge(Pool& pool, std::uint32_t run);
  void charge(Pool& pool, std::uint32_t run, Duration length);
  void correct_charges(Pool& pool);
  std::uint64_t presumed_charge(const Pool& pool, const Task& task) const;
  void remember_run_time(Pool& pool, const Task& task, Duration length);
  void refresh_lines(Pool& pool, std::uint32_t tenant);

  // delivery.cc
  void take(const Delivered& input);
  void take(const DeliveryFailed& input);
  void list_for_delivery(Pool& pool);
  const Effect* next_delivery();

  // reconfigure.cc
  void adopt(Pool& pool, const PoolConfig& config);
  void settle_config(Pool& pool);
  void restore_settings(Pool& pool, std::string_view settings);

  // recovery.cc
  void take(const Recovered& input);
  void take(const RecoveryDone& input);
  void take(const Persisted& input);
  void take(const PersistFailed& input);
  void replay(Pool& pool, const Record& record);
  bool is_plausible(const Pool& pool, const Record& record) const;
  std::uint32_t find_recovered(const Pool& pool, std::uint64_t admission) const;
  void open_pool(Pool& pool);
  void make_stale(Pool& pool, std::uint32_t slot);
  void fail_held(Pool& pool);
  void reset(Pool& pool);
  std::uint32_t restore_slot(Pool& pool, const TaskAdmitted& fact);
  void announce_ends(Pool& pool);
  void drop_stale(Pool& pool);
  void resume_run(Pool& pool, std::uint32_t run);
  void end_waits(Pool& pool);
  void resume_task(Pool& pool, std::uint32_t slot);
  std::uint32_t find_stale_run(const Pool& pool, Lease lease) const;

  // checkpoint.cc
  TaskRestored state_of(const Pool& pool, std::uint32_t slot) const;
  void take_tenants(const Pool& pool, std::vector<Record>& records) const;
  void restore_outcome(Pool& pool, std::uint32_t slot, const TaskRestored& fact);
  void order_outcomes(Pool& pool);
  void settle_payloads(Pool& pool);

  // apply.cc (state: checkpoint.cc): record → state, live and at replay
  void apply(Pool& pool, std::uint32_t slot, const PoolOpened& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const PoolStateChanged& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const TaskAdmitted& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const TaskParked& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const TaskStarted& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const TaskRequeued& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const PriorityChanged& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const UsageRecorded& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const TaskFinished& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const UnitsReleased& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const TaskDelivered& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const DeliveryOverdue& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const TaskRejected& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const RejectionsCounted& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const PoolConfigured& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const PoolRestored& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const TenantRestored& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const TaskRestored& fact, Stamp stamp);
  void apply(Pool& pool, std::uint32_t slot, const UnitsRestored& fact, Stamp stamp);
  void enqueue(Pool& pool, std::uint32_t slot);
  void dequeue(Pool& pool, std::uint32_t slot);
  void count_parked(Pool& pool, std::uint32_t slot);
  void leave_phase(Pool& pool, std::uint32_t slot);
  void free_run_units(Pool& pool, std::uint32_t run);
  std::uint32_t new_run(Pool& pool, std::uint32_t slot, const TaskStarted& fact, Stamp stamp);
  std::uint32_t allocate_task(Pool& pool);
  void end_current_run(Pool& pool, std::uint32_t slot, Holding holding);
  void forget_names(const Task& task);
  void forget(Pool& pool, std::uint32_t slot);

  /// Numbers a fact about a task (`no_slot`: about the pool), applies, audits and keeps it.
  template <class F>
  std::uint64_t emit(Pool& pool, std::uint32_t slot, const F& fact) {
    PARKING_LOT_CHECK(pool.stream.state() == StreamState::open);
    const WallTime at = pool.stream.advance(now_.wall);
    const Stamp stamp{pool.stream.sequence(), at};
    apply(pool, slot, fact, stamp);
    audit_fact(pool, slot, fact, stamp);
    if (pool.stream.is_durable()) {
      if (pool.stream.batch().empty()) written_.push_back(pool.id.index);
      pool.stream.append(Record{stamp.sequence, at, keep(pool, fact)});
    }
    return stamp.sequence;
  }
  template <class F>
  F keep(Pool&, const F& fact) {
    return fact;
  }
  TaskAdmitted keep(Pool& pool, const TaskAdmitted& fact);
  PoolConfigured keep(Pool& pool, const PoolConfigured& fact);
  TaskRejected keep(Pool& pool, const TaskRejected& fact);

  // audit_view.cc
  void fill_event(AuditRing::Event& event, const Pool& pool, std::uint32_t slot, Stamp stamp) const;
  template <class F>
  void audit_fact(Pool& pool, std::uint32_t slot, const F& fact, Stamp stamp) {
    if (AuditRing::Event* const event = audit_.next()) {
      fill_event(*event, pool, slot, stamp);
      describe_event(*event, fact);
      if constexpr (std::is_same_v<F, TaskRejected>) {
        event->task_id = names.intern(fact.task_id);
        event->tenant = names.intern(fact.tenant);
      }
    }
    pool.audited_through = stamp.sequence;
  }
  bool is_of_subject(const AuditRing::Event& event, const AuditQuery& query, NameId name,
                     const std::optional<GeneratedId>& spelled) const;
  AuditEvent view_of(const AuditRing::Event& event) const;

  // views.cc
  void take(const Inspect& input);
  void take(const Explain& input);
  void take(const ListTasks& input);
  TaskView view_of(std::uint32_t slot) const;
  void measure_fairness(const Pool& pool, PoolStats& stats) const;
  std::uint64_t fairness_lag_bound(const Pool& pool) const;
  void inherit_lag(Pool& pool) const;
  bool is_outdated(std::uint32_t slot) const;

  // explain.cc
  Wait wait_of(Pool& pool, std::uint32_t slot, TaskHandle& behind);
  Amounts amounts_ahead(Pool& pool, std::uint32_t slot);
  std::vector<std::uint32_t> upcoming(Pool& pool) const;
  SteadyTime foreseen_end(const Pool& pool, const Run& run) const;
  bool waits_for_its_tenant(const Pool& pool, std::uint32_t slot) const;
  std::optional<SteadyTime> start_by_tenant(const Pool& pool, std::uint32_t slot,
                                            std::span<const std::uint32_t> ahead) const;
  std::optional<SteadyTime> expected_start(Pool& pool, std::uint32_t slot);

  void yield_after(const Pool& pool, std::uint64_t sequence, const Effect& effect,
                   Outbox<Effect>::Body body = nullptr);
  void reply_after(const Pool& pool, std::uint64_t sequence, RequestId request, const Answer& answer);
  void notify(const Pool& pool, std::uint32_t slot, Notify::Event event, std::uint64_t sequence);
  void release_payload(const Pool& pool, std::uint64_t sequence, PayloadRef payload);
  TaskHandle handle_of(std::uint32_t slot) const { return {slot, tasks_[slot].generation}; }
  QueueKey key_of(const Task& task) const { return QueueKey::of(task.leaves_as, task.admission); }
  std::uint64_t random();

  Entropy entropy_;
  std::uint64_t random_state_;
  Now now_;
  Duration least_heartbeat_;
  bool has_timers_left_ = false;

  Slab<Task> tasks_;
  Slab<Run> runs_;
  Slab<Outcome> outcomes_;
  std::vector<std::uint32_t> detached_;  // runs that hold units although their task goes on without them
  TimerHeap<TaskTimerPlace> wall_timers_{TaskTimerPlace{&tasks_}};
  TimerHeap<TaskTimerPlace> backoff_timers_{TaskTimerPlace{&tasks_}};
  TimerHeap<RunTimerPlace> run_timers_{RunTimerPlace{&runs_}};
  std::set<std::pair<std::int64_t, std::pair<std::uint32_t, PoolTimer>>> pool_timers_;
  NumberMap<std::int64_t> pool_timer_due_;      // by pool and kind
  NumberMap<std::vector<TaskHandle>> clients_;  // tasks with on_disconnect cancel
  std::vector<std::uint32_t> dirty_;
  std::vector<std::uint32_t> written_;
  std::vector<std::uint32_t> delivering_;
  Effect delivery_;
  NameId memo_mailbox_;  // the last mailbox of a submission and its tenant, both held: most are like the one
                         // before
  NameId memo_tenant_;
  NameId default_tenant_;
  AuditRing audit_;
  Outbox<Effect> outbox_;
};

}  // namespace parking_lot
