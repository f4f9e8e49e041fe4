#include <algorithm>

#include "machine.h"

namespace parking_lot {
namespace {

constexpr Duration century{100LL * 365 * 86400 * 1000};

bool is_valid_key(std::string_view text) {
  const MailboxKey key = decode_mailbox_key(text);
  return is_valid_name(key.tenant) && (key.user.empty() || is_valid_name(key.user)) &&
         (key.session.empty() || is_valid_name(key.session));
}

bool fits_compact(const RetryPolicy& retry) {
  return retry.max_attempts >= 1 && retry.max_attempts <= 0xffff && retry.factor_percent >= 100 &&
         retry.factor_percent <= 10000 && retry.jitter_percent <= 100 && retry.initial.ms >= 0 &&
         retry.max.ms >= 0 && retry.initial.ms <= 0xffffffffLL && retry.max.ms <= 0xffffffffLL;
}

void mix_in(std::uint64_t& digest, std::uint64_t value) {
  digest = (digest ^ value) * 0x9e3779b97f4a7c15ULL;
  digest ^= digest >> 29;
}

void mix_in(std::uint64_t& digest, std::string_view text) {
  for (const char c : text) digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  mix_in(digest, text.size());
}

}  // namespace

void Scheduler::Machine::take(const Submit& input) {
  Pool* pool = pool_at(input.pool);
  if (pool == nullptr) {
    refuse(input.request, Refusal::unknown_pool, "pool");
    return;
  }
  if (pool->is_read_only) {
    refuse(input.request, Refusal::storage_unavailable);
    return;
  }
  if (pool->stream.state() != StreamState::open) {
    refuse_submission(*pool, input.request, input.spec, Refusal::storage_unavailable);
    return;
  }
  if (refuse_by_spec(*pool, input.request, input.spec)) return;
  const std::uint64_t digest = input.spec.task_id.empty() ? 0 : digest_of(*pool, input.spec);
  std::optional<Room> replaced;
  if (!input.spec.task_id.empty() && answered_as_duplicate(*pool, input, digest, replaced)) return;
  // Who has replaced a task has passed this already, and is not refused any more.
  if (!replaced && refuse_by_pool(*pool, input.request, input.spec)) return;
  arrive(*pool, input, digest, replaced.value_or(Room::sought));
}

/// What is malformed in the specification itself. True if it was refused.
bool Scheduler::Machine::refuse_by_spec(Pool& pool, RequestId request, const TaskSpec& spec) {
  std::string_view field;
  if (!spec.task_id.empty() && !is_valid_name(spec.task_id)) field = "task_id";
  if (spec.tenant && !is_valid_name(names.text(spec.tenant))) field = "tenant";
  if (spec.mailbox && spec.mailbox != memo_mailbox_ && !is_valid_key(names.text(spec.mailbox)))
    field = "mailbox_key";
  if (spec.units > units_max) field = "units";
  if (spec.resources.size() != pool.config.resources.size()) field = "units";
  for (const Units units : spec.resources) {
    if (units > units_max) field = "units";
  }
  if (spec.timeout.ms < 0 || spec.timeout > century) field = "timeout";
  if (spec.estimate.ms < 0 || spec.estimate > century) field = "estimate";
  if (spec.start_after > now_.wall + century) field = "start_after";
  if (spec.payload.bytes > pool.config.max_payload_bytes) field = "payload";
  if (!fits_compact(spec.retry)) field = "retry";
  if (spec.max_lost > 0xffff) field = "max_lost";
  if (spec.priority > Priority::critical) field = "priority";
  if (field.empty()) return false;
  refuse_submission(pool, request, spec, Refusal::invalid_task, field);
  return true;
}

/// What the pool cannot take, now or ever. True if it was refused.
bool Scheduler::Machine::refuse_by_pool(Pool& pool, RequestId request, const TaskSpec& spec) {
  const auto refuse_it = [&](Refusal code, std::string_view field) {
    refuse_submission(pool, request, spec, code, field);
    return true;
  };
  if (pool.stream.unpersisted() > unpersisted_max) return refuse_it(Refusal::busy, {});
  if (!pool.takes_tasks()) return refuse_it(Refusal::pool_disabled, "pool");
  if (exceeds_capacity(pool, spec)) return refuse_it(Refusal::cost_exceeds_capacity, "units");
  if (spec.deadline == never_wall) return false;
  if (spec.deadline.ms < 0 || spec.deadline > now_.wall + century)
    return refuse_it(Refusal::invalid_deadline, "deadline");
  if (spec.deadline <= now_.wall) return refuse_it(Refusal::deadline_passed, "deadline");
  return false;
}

/// Whether the task could never run: for the pool, or for what its tenant may use at once.
bool Scheduler::Machine::exceeds_capacity(Pool& pool, const TaskSpec& spec) {
  Amounts cost(spec.units);
  if (pool.has_resources()) {
    cost = {};
    std::copy(spec.resources.begin(), spec.resources.end(), cost.of.begin());
  }
  if (!cost.fits(pool.capacity_amounts())) return true;
  if (pool.config.tenants.empty()) return false;
  const auto tenant = pool.config.tenants.find(std::string(tenant_of(spec)));
  if (tenant == pool.config.tenants.end()) return false;
  const TenantConfig& limits = tenant->second;
  if (!pool.has_resources()) return limits.max_units && spec.units > *limits.max_units;
  std::size_t i = 0;
  for (const auto& [resource, units] : pool.config.resources) {
    const auto limit = limits.resources.find(resource);
    if (limit != limits.resources.end() && cost.of[i] > limit->second) return true;
    ++i;
  }
  return false;
}

/// Whether the queue, or the part of it that the tenant may fill, has no place for one more.
bool Scheduler::Machine::is_full(const Pool& pool, const Task& task) const {
  if (task.ready_at > now_.wall) return pool.waiting >= pool.config.max_queue_depth;
  if (pool.parked >= pool.config.max_queue_depth) return true;
  if (!pool.tracks_tenants()) return false;
  const Tenant& tenant = pool.tenants[pool.tenants.find(task.tenant)];
  return tenant.parked >= tenant.max_queued;
}

/// A parked task leaves its place to the successor, if that parks for the same tenant; so does a waiting one.
Room Scheduler::Machine::room_for(const Pool& pool, const TaskSpec& spec, const Task& replaced) const {
  if (spec.start_after > now_.wall) return replaced.phase == Phase::waiting ? Room::kept : Room::sought;
  const bool is_of_tenant = !pool.tracks_tenants() || names.text(replaced.tenant) == tenant_of(spec);
  return replaced.phase == Phase::parked && is_of_tenant ? Room::kept : Room::sought;
}

/// A refusal has no side effect, so a task is replaced only if its successor is sure of a place. True if it
/// was refused.
bool Scheduler::Machine::refuse_by_room(Pool& pool, const Submit& input, Phase replaced) {
  const bool waits = input.spec.start_after > now_.wall;
  const std::uint64_t taken = waits ? pool.waiting : pool.parked - (replaced == Phase::parked ? 1 : 0);
  bool is_full = taken >= pool.config.max_queue_depth;
  const auto limits = pool.config.tenants.find(std::string(tenant_of(input.spec)));
  if (!waits && limits != pool.config.tenants.end() && limits->second.max_queued) {
    const std::uint32_t tenant = pool.tenants.find(names.find(limits->first));
    is_full |= (tenant == no_tenant ? 0 : pool.tenants[tenant].parked) >= *limits->second.max_queued;
  }
  if (!is_full) return false;
  audit_refusal(pool, Refusal::queue_full, input.spec.task_id, tenant_of(input.spec));
  refuse(input.request, Refusal::queue_full, {}, pool.retry_after());
  return true;
}

/// The rules of `dedup`. True if the submission was answered; false if it may go on (also after replacing a
/// parked task, whose place it may keep).
bool Scheduler::Machine::answered_as_duplicate(Pool& pool, const Submit& input, std::uint64_t digest,
                                               std::optional<Room>& replaced) {
  const std::uint32_t* known = pool.by_name.find(names.find(input.spec.task_id).index);
  if (known == nullptr || is_outdated(*known)) return false;
  const bool is_arriving = tasks_[*known].phase == Phase::arriving;
  if (is_arriving || (input.spec.dedup == Dedup::replace && !pool.arrivals.empty())) {
    settle(pool);  // what became of earlier submissions decides about this one
    return answered_as_duplicate(pool, input, digest, replaced);
  }
  const std::uint32_t slot = *known;
  const Task& task = tasks_[slot];
  const bool is_parked =
      task.phase == Phase::parked || task.phase == Phase::waiting || task.phase == Phase::backing_off;
  if (input.spec.dedup == Dedup::replace && is_parked) {
    const Room room = room_for(pool, input.spec, task);
    if (refuse_by_pool(pool, input.request, input.spec)) return true;
    if (room == Room::sought && refuse_by_room(pool, input, task.phase)) return true;
    drop(pool, slot, Reason::replaced);
    replaced = room;
    return false;
  }
  const bool is_same = task.digest == digest && task.mailbox == input.spec.mailbox;
  if (input.spec.dedup == Dedup::reject || !is_same) {
    audit_refusal(pool, Refusal::duplicate_task, input.spec.task_id, tenant_of(input.spec));
    reply_after(pool, task.basis, input.request, Refused{Refusal::duplicate_task, "task_id", {}});
    return true;
  }
  Submitted answer{handle_of(slot), task.status, task.reason, Submitted::How::joined, 0, {}};
  if (task.phase == Phase::parked) answer.position = pool.ahead_of(parked_task(pool, slot)).tasks + 1;
  if (task.outcome != no_slot) answer.result = outcomes_[task.outcome].result;
  reply_after(pool, task.basis, input.request, answer);
  return true;
}

std::string_view Scheduler::Machine::tenant_of(const TaskSpec& spec) const {
  if (spec.tenant) return names.text(spec.tenant);
  if (spec.mailbox) return decode_mailbox_key(names.text(spec.mailbox)).tenant;
  return names.text(default_tenant_);
}

/// Equal digests mean the same body: what the task is and costs, not when it should run. Whose it is, is
/// compared beside it: a digest in a record would let guesses at an erased name be tried.
std::uint64_t Scheduler::Machine::digest_of(const Pool& pool, const TaskSpec& spec) const {
  std::uint64_t digest = 0xcbf29ce484222325ULL;
  mix_in(digest, spec.payload.digest);
  mix_in(digest, spec.payload.bytes);
  mix_in(digest, spec.units);
  // By name: a config that counts more resources makes no other task of it.
  std::size_t i = 0;
  for (const auto& [name, most] : pool.config.resources) {
    const Units units = i < spec.resources.size() ? spec.resources[i] : 0;
    ++i;
    if (units == 0) continue;
    mix_in(digest, name);
    mix_in(digest, units);
  }
  mix_in(digest, static_cast<std::uint64_t>(spec.kind));
  mix_in(digest, tenant_of(spec));
  return digest;
}

/// Enters the queue provisionally: the allocation pass at the end of `handle` starts, parks or refuses it.
void Scheduler::Machine::arrive(Pool& pool, const Submit& input, std::uint64_t digest, Room room) {
  const TaskSpec& spec = input.spec;
  const std::uint32_t slot = allocate_task(pool);
  Task& task = tasks_[slot];
  task.phase = Phase::arriving;
  task.admission = pool.next_admission++;
  task.digest = digest;
  task.units = spec.units;
  if (pool.has_resources()) {
    std::copy(spec.resources.begin(), spec.resources.end(), pool.costs[slot].of.begin());
    task.units = pool.share_of(pool.costs[slot]);
  }
  task.deadline = spec.deadline;
  task.ready_at = spec.start_after;
  task.timeout = spec.timeout.ms > 0 ? spec.timeout : pool.config.default_timeout;
  task.estimate = spec.estimate;
  task.payload = spec.payload;
  task.retry = CompactRetry::of(spec.retry);
  task.task_id = names.intern(spec.task_id);
  if (!spec.tenant && spec.mailbox && spec.mailbox == memo_mailbox_) {
    task.tenant = memo_tenant_;
    names.hold(memo_tenant_);
  } else {
    task.tenant = names.intern(tenant_of(spec));
    if (!spec.tenant && spec.mailbox) remember_tenant(spec.mailbox, task.tenant);
  }
  names.hold(task.mailbox = spec.mailbox);
  task.incarnation = static_cast<std::uint32_t>(pool.incarnations.size() - 1);
  task.client = input.client;
  task.realm = spec.realm;
  task.max_lost = static_cast<std::uint16_t>(spec.max_lost);
  task.priority = task.leaves_as = spec.priority;
  task.kind = spec.kind;
  task.on_disconnect = spec.on_disconnect;

  Arrival arrival{slot, no_slot, no_slot, input.request, input.receipt, room};
  if (task.task_id) {
    const auto [place, is_new] = pool.by_name.try_emplace(task.task_id.index, slot);
    if (!is_new) {
      arrival.shadowed = place;
      place = slot;
    }
  }
  if (task.ready_at <= now_.wall) queue_task(pool, slot);
  pool.arrivals.push_back(arrival);
  mark_dirty(pool);
}

void Scheduler::Machine::remember_tenant(NameId mailbox, NameId tenant) {
  names.hold(mailbox);
  names.hold(tenant);
  names.release(memo_mailbox_);
  names.release(memo_tenant_);
  memo_mailbox_ = mailbox;
  memo_tenant_ = tenant;
}

/// Answers what arrived: started, parked or refused. True if a refusal may let others start.
bool Scheduler::Machine::settle_arrivals(Pool& pool) {
  bool has_refused = false;
  std::vector<Arrival> arrivals;
  arrivals.swap(pool.arrivals);
  for (const Arrival& arrival : arrivals) {
    Task& task = tasks_[arrival.slot];
    if (task.phase != Phase::arriving) {
      reply_after(
          pool, task.basis, arrival.request,
          Submitted{handle_of(arrival.slot), task.status, task.reason, Submitted::How::admitted, 0, {}});
      continue;
    }
    if (arrival.room == Room::kept || !is_full(pool, task)) {
      park_arrival(pool, arrival);
      continue;
    }
    audit_refusal(pool, Refusal::queue_full, names.text(task.task_id), names.text(task.tenant));
    refuse(arrival.request, Refusal::queue_full, {}, pool.retry_after());
    withdraw_arrival(pool, arrival);
    has_refused = true;
  }
  arrivals.clear();
  if (pool.arrivals.empty()) pool.arrivals.swap(arrivals);  // keeps the memory
  return has_refused;
}

void Scheduler::Machine::park_arrival(Pool& pool, const Arrival& arrival) {
  Task& task = tasks_[arrival.slot];
  record_admission(pool, arrival.slot);
  const WallTime ready_at = task.ready_at > now_.wall ? task.ready_at : WallTime{0};
  const std::uint64_t sequence = emit(pool, arrival.slot, TaskParked{task.admission, ready_at});
  arm_task_timer(arrival.slot);
  notify(pool, arrival.slot, Notify::Event::parked, sequence);
  if (arrival.request == 0) return;
  Submitted answer{handle_of(arrival.slot), Status::queued, Reason::none, Submitted::How::admitted, 0, {}};
  if (task.phase == Phase::parked && arrival.receipt == Submit::Receipt::full) {
    answer.position = pool.ahead_of(parked_task(pool, arrival.slot)).tasks + 1;
  }
  reply_after(pool, sequence, arrival.request, answer);
}

void Scheduler::Machine::record_admission(Pool& pool, std::uint32_t slot) {
  const Task& task = tasks_[slot];
  TaskAdmitted fact;
  fact.admission = task.admission;
  fact.units = task.units;
  if (pool.stream.is_durable()) describe(pool, fact, slot);
  emit(pool, slot, fact);
  ++pool.totals.admitted;
  if (task.client != 0 && task.on_disconnect == OnDisconnect::cancel) remember_client(slot);
}

/// Ended tasks leave the client's list before it grows, so that it stays in proportion to the live ones.
void Scheduler::Machine::remember_client(std::uint32_t slot) {
  std::vector<TaskHandle>& theirs = clients_[tasks_[slot].client];
  if (theirs.size() == theirs.capacity()) {
    std::erase_if(theirs, [this](TaskHandle handle) {
      const Task* task = task_at(handle);
      return task == nullptr || task->phase == Phase::ended;
    });
    theirs.reserve(std::max<std::size_t>(16, theirs.size() * 2));
  }
  theirs.push_back(handle_of(slot));
}

/// A refused submission leaves no trace.
void Scheduler::Machine::withdraw_arrival(Pool& pool, const Arrival& arrival) {
  Task& task = tasks_[arrival.slot];
  if (task.ready_at <= now_.wall) unqueue_task(pool, arrival.slot);
  if (pool.has_resources()) pool.costs.erase(arrival.slot);
  if (arrival.shadowed != no_slot) {
    pool.by_name[task.task_id.index] = arrival.shadowed;
  } else if (task.task_id) {
    pool.by_name.erase(task.task_id.index);
  }
  if (arrival.retried != no_slot) {
    tasks_[arrival.retried].payload = task.payload;
    tasks_[arrival.retried].was_retried = false;
  }
  forget_names(task);
  task.phase = Phase::free;
  tasks_.free(arrival.slot);
}

void Scheduler::Machine::refuse(RequestId request, Refusal code, std::string_view field,
                                Duration retry_after) {
  if (request != 0) outbox_.push(Reply{request, Refused{code, field, retry_after}});
}

void Scheduler::Machine::refuse_submission(Pool& pool, RequestId request, const TaskSpec& spec, Refusal code,
                                           std::string_view field) {
  refuse(request, code, field);
  audit_refusal(pool, code, spec.task_id, tenant_of(spec));
}

/// One event per refusal, but no more than a hundred a second per code: the rest is counted into one event. A
/// pool that cannot write only counts.
void Scheduler::Machine::audit_refusal(Pool& pool, Refusal code, std::string_view task_id,
                                       std::string_view tenant) {
  ++pool.totals.rejected;
  if (pool.stream.state() != StreamState::open || code == Refusal::busy) return;
  RefusalCount& count = pool.refusals[static_cast<std::size_t>(code)];
  const std::int64_t second = now_.steady.ms / 1000;
  if (count.second != second) {
    if (count.seen > refusal_events_per_second)
      emit(pool, no_slot, RejectionsCounted{code, count.seen - refusal_events_per_second});
    count = {second, 0};
  }
  if (++count.seen <= refusal_events_per_second) {
    emit(pool, no_slot, TaskRejected{code, is_valid_name(task_id) ? task_id : std::string_view(), tenant});
  } else {
    arm_pool_timer(pool, PoolTimer::refusals, SteadyTime{(second + 1) * 1000});
  }
}

}  // namespace parking_lot
