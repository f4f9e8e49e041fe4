#include "parking_lot/scheduler.h"

#include <algorithm>
#include <utility>

#include "machine.h"

namespace parking_lot {
namespace {

/// Wall clocks are set, so a pending wall deadline is looked at again at least this often.
constexpr Duration wall_deadline_check{30000};

std::uint64_t mix(std::uint64_t x) {  // splitmix64 (Steele, Lea, Flood, OOPSLA 2014)
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

Scheduler::Machine::Machine(const Config& config, Now now, Entropy entropy)
    : entropy_(entropy),
      random_state_(config.seed),
      now_(now),
      audit_(config.audit.memory_events, names),
      outbox_(config.pools.size()) {
  default_tenant_ = names.intern("default");
  for (std::size_t i = 0; i < config.pools.size(); ++i) {
    pools.emplace_back(PoolId{static_cast<std::uint32_t>(i)}, config.pools[i]);
    least_heartbeat_ =
        i == 0 ? config.pools[i].heartbeat : std::min(least_heartbeat_, config.pools[i].heartbeat);
    if (!pools.back().stream.is_durable()) open_pool(pools.back());
  }
}

std::uint64_t Scheduler::Machine::random() { return mix(random_state_++); }

void Scheduler::Machine::handle(Now now, std::span<const Input> inputs) {
  outbox_.begin();
  for (const std::uint32_t index : written_) pools[index].stream.clear_batch();
  written_.clear();

  observe(now);
  for (const Input& input : inputs) {
    std::visit([this](const auto& each) { take(each); }, input);
  }
  run_timers();
  for (std::size_t i = 0; i < dirty_.size(); ++i) settle(pools[dirty_[i]]);
  dirty_.clear();
  for (const std::uint32_t index : written_) flush(pools[index]);
}

/// Takes over the time, and forgives leases if nobody could have kept them meanwhile.
void Scheduler::Machine::observe(Now now) {
  now.steady = std::max(now.steady, now_.steady);
  const Duration wall_passed = now.wall - now_.wall;
  const Duration steady_passed = now.steady - now_.steady;
  const SteadyTime armed = steady_passed > tolerated_lateness(least_heartbeat_)
                               ? next_deadline().value_or(never_steady)
                               : never_steady;
  now_ = now;
  const Duration late = armed == never_steady ? Duration{0} : now.steady - armed;
  const Duration suspended{wall_passed.ms - steady_passed.ms};
  if (late > tolerated_lateness(least_heartbeat_) || suspended > least_heartbeat_)
    forgive_gap(late, suspended);
}

void Scheduler::Machine::take(const Tick&) {}

void Scheduler::Machine::mark_dirty(Pool& pool) {
  if (pool.is_dirty || pool.is_read_only) return;
  pool.is_dirty = true;
  dirty_.push_back(pool.id.index);
}

constexpr std::size_t forgotten_per_pass_max = 1000;

/// The allocation pass: starts what may start, then parks or refuses what arrived and did not start.
void Scheduler::Machine::settle(Pool& pool) {
  pool.is_dirty = false;
  correct_estimates(pool);
  correct_charges(pool);
  do {
    pool.sweep = {};
    while (const auto candidate = next_to_start({pool, tasks_, now_.steady})) {
      const std::uint32_t slot = candidate->entry.slot;
      if (is_overdue(slot)) {  // its timer is due as well, but a tick runs only so many
        finish(pool, slot, Status::expired, Reason::deadline, {}, Holding::freed);
      } else {
        start(pool, *candidate);
      }
    }
  } while (settle_arrivals(pool));
  if (pool.parked == 0) pool.inherited_lag = 0;
  update_guard(pool);
  watch_estimates(pool);
  forget_old(pool, forgotten_per_pass_max);
}

void Scheduler::Machine::flush(Pool& pool) {
  if (!pool.stream.batch().empty()) outbox_.push(Write{pool.id, pool.stream.batch()});
}

const Effect* Scheduler::Machine::poll() {
  const Effect* effect = outbox_.pop();
  if (effect == nullptr) return next_delivery();
  if (const auto* started = std::get_if<Start>(effect)) {
    const std::uint32_t run = find_run(started->task, started->lease);
    if (run != no_slot) {
      runs_[run].was_yielded = true;
      renew_lease(pools[started->pool.index], run);  // nobody could keep the lease before
    }
  }
  return effect;
}

std::optional<SteadyTime> Scheduler::Machine::next_deadline() const {
  if (has_timers_left_) return now_.steady;
  SteadyTime next = never_steady;
  if (!run_timers_.empty()) next = std::min(next, SteadyTime{run_timers_.top().due_ms});
  if (!backoff_timers_.empty()) next = std::min(next, SteadyTime{backoff_timers_.top().due_ms});
  if (!pool_timers_.empty()) next = std::min(next, SteadyTime{pool_timers_.begin()->first});
  if (!wall_timers_.empty()) {
    const Duration left =
        std::clamp(WallTime{wall_timers_.top().due_ms} - now_.wall, Duration{0}, wall_deadline_check);
    next = std::min(next, now_.steady + left);
  }
  if (next == never_steady) return std::nullopt;
  return std::max(next, now_.steady);
}

void Scheduler::Machine::yield_after(const Pool& pool, std::uint64_t sequence, const Effect& effect,
                                     Outbox<Effect>::Body body) {
  if (pool.stream.has_settled(sequence)) {
    body ? outbox_.push(effect, std::move(body)) : outbox_.push(effect);
  } else {
    outbox_.push_after(pool.id.index, sequence, effect, std::move(body));
  }
}

void Scheduler::Machine::reply_after(const Pool& pool, std::uint64_t sequence, RequestId request,
                                     const Answer& answer) {
  if (request != 0) yield_after(pool, sequence, Reply{request, answer});
}

void Scheduler::Machine::notify(const Pool& pool, std::uint32_t slot, Notify::Event event,
                                std::uint64_t sequence) {
  const bool is_step =
      event == Notify::Event::parked || event == Notify::Event::started || event == Notify::Event::requeued;
  if (is_step && listening == Listening::outcomes) return;
  Notify effect{pool.id, {}, event, Status::queued, Reason::none, 0, now_.wall, {}};
  if (slot != no_slot) {
    const Task& task = tasks_[slot];
    effect.task = handle_of(slot);
    effect.status = task.status;
    effect.reason = task.reason;
    effect.attempt = task.attempt;
    if (task.outcome != no_slot) effect.result = outcomes_[task.outcome].result;
  }
  yield_after(pool, sequence, effect);
}

void Scheduler::Machine::release_payload(const Pool& pool, std::uint64_t sequence, PayloadRef payload) {
  if (payload.id != 0) yield_after(pool, sequence, Release{pool.id, payload});
}

// --- the public class ---

Scheduler::Scheduler(std::unique_ptr<Machine> machine) : machine_(std::move(machine)) {}
Scheduler::Scheduler(Scheduler&&) noexcept = default;
Scheduler& Scheduler::operator=(Scheduler&&) noexcept = default;
Scheduler::~Scheduler() = default;

Result<Scheduler> Scheduler::open(const Config& config, Now now, Entropy entropy) {
  if (config.pools.empty()) return Failure(Error{"pools", "A lot needs at least one pool."});
  if (config.pools.size() > 0xffff) return Failure(Error{"pools", "A lot has at most 65,535 pools."});
  return Scheduler(std::make_unique<Machine>(config, now, entropy));
}

void Scheduler::handle(Now now, std::span<const Input> inputs) { machine_->handle(now, inputs); }
const Effect* Scheduler::poll() { return machine_->poll(); }
std::optional<SteadyTime> Scheduler::next_deadline() const { return machine_->next_deadline(); }

std::optional<PoolId> Scheduler::pool(std::string_view name) const {
  for (const Pool& pool : machine_->pools) {
    if (pool.config.name == name) return pool.id;
  }
  return std::nullopt;
}

std::string_view Scheduler::pool_name(PoolId pool) const { return config(pool).name; }
std::uint32_t Scheduler::pool_count() const { return static_cast<std::uint32_t>(machine_->pools.size()); }
const PoolConfig& Scheduler::config(PoolId pool) const { return machine_->pools.at(pool.index).config; }
Names& Scheduler::names() { return machine_->names; }
NameId Scheduler::mailbox_key(MailboxKey key) { return machine_->names.intern(encode_mailbox_key(key)); }
void Scheduler::listen(Listening listening) { machine_->listening = listening; }
PoolStats Scheduler::stats(PoolId pool) const { return machine_->stats(machine_->pools.at(pool.index)); }
std::string Scheduler::task_id(TaskHandle handle) const {
  const Task* task = machine_->task_at(handle);
  return task == nullptr ? std::string() : machine_->spell_id(*task);
}
TaskHandle Scheduler::find(PoolId pool, std::string_view task_id) const {
  return machine_->find(machine_->pools.at(pool.index), task_id);
}
bool Scheduler::refers_to(PayloadRef result) const { return machine_->results.contains(result.id); }
void Scheduler::visit_payloads(PoolId pool, Remembered remembered,
                               const std::function<void(PayloadRef)>& visit) const {
  machine_->visit_payloads(machine_->pools.at(pool.index), remembered, visit);
}
CheckpointPlace Scheduler::checkpoint(PoolId pool, CheckpointPlace from, std::uint32_t limit,
                                      std::vector<Record>& records) const {
  return machine_->checkpoint(machine_->pools.at(pool.index), from, limit, records);
}
AuditPage Scheduler::audit(const AuditQuery& query) const { return machine_->audit(query); }
std::size_t Scheduler::memory_bytes() const { return machine_->memory_bytes(); }

}  // namespace parking_lot
