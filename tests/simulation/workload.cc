#include <algorithm>

#include "simulation/world.h"

/// Clients that want things, and executors that do them more or less.
namespace parking_lot::simulation {

namespace {

constexpr std::size_t recent_tasks_max = 60;
constexpr ExecutorId realm_one_executor = 1;

}  // namespace

RequestId World::ask(Question question) {
  model_.asked(++last_request_, std::move(question));
  return last_request_;
}

void World::submit(PoolId pool, std::vector<Input>& inputs) {
  bool is_again = !recent_tasks_.empty() && random_.chance(5);
  std::string id = "t" + std::to_string(++last_task_);
  if (is_again) {
    auto& [old_pool, old_id] = random_.pick(recent_tasks_);
    pool = old_pool;
    id = old_id;
  }
  // The same id always belongs to the same mailbox, whichever of its submissions is admitted.
  std::uint64_t recipient = Random(id.size() * 1000 + static_cast<unsigned char>(id.back())).below(6);
  std::string mailbox = recipient < 3 ? "tenant" + std::to_string(recipient) : "";
  TaskSpec spec;
  texts_.push_back(id);
  spec.task_id = texts_.back();
  if (!mailbox.empty()) {
    spec.mailbox = lot_->scheduler().mailbox_key({.tenant = mailbox, .user = {}, .session = {}});
    holds_.push_back(spec.mailbox);
  }
  spec.priority = static_cast<Priority>(random_.below(4));
  spec.units = random_.chance(5) ? 0 : random_.between(1, random_.chance(80) ? 4 : 14);
  if (random_.chance(20))
    spec.deadline = now_.wall + Duration{static_cast<std::int64_t>(random_.below(20000))};
  if (random_.chance(10))
    spec.start_after = now_.wall + Duration{static_cast<std::int64_t>(random_.below(5000))};
  if (random_.chance(20)) spec.timeout = Duration{static_cast<std::int64_t>(random_.between(1, 10000))};
  if (random_.chance(60)) spec.estimate = Duration{static_cast<std::int64_t>(random_.between(1, 8000))};
  if (random_.chance(50))
    spec.payload = PayloadRef{.id = ++last_payload_, .bytes = 10, .digest = last_payload_};
  spec.retry.max_attempts = static_cast<std::uint32_t>(random_.between(1, 3));
  spec.retry.initial = Duration{static_cast<std::int64_t>(random_.between(1, 3000))};
  spec.retry.jitter_percent = static_cast<std::uint32_t>(random_.below(50));
  spec.max_lost = static_cast<std::uint32_t>(random_.below(4));
  spec.realm = random_.chance(10) ? 1 : 0;
  ClientId client = static_cast<ClientId>(random_.below(4));
  if (client != 0 && random_.chance(20)) spec.on_disconnect = OnDisconnect::cancel;
  if (is_again && random_.chance(30)) {
    spec.dedup = Dedup::replace;
    model_.will_begin_again(pool, id);
  }
  model_.will_submit(pool, id, mailbox);
  recent_tasks_.push_back({pool, id});
  if (recent_tasks_.size() > recent_tasks_max) recent_tasks_.erase(recent_tasks_.begin());
  log("submit " + id + " to pool " + std::to_string(pool.index) + " for " + mailbox);
  RequestId request = ask({.kind = Question::Kind::submit, .pool = pool, .task_id = id, .mailbox = {}});
  inputs.push_back(Submit{.request = request, .pool = pool, .client = client, .spec = spec});
}

void World::client_step() {
  std::uint64_t kind = random_.below(100);
  if (kind < 55) {
    std::vector<Input> inputs;
    std::uint64_t count = random_.chance(80) ? 1 : random_.between(2, 8);
    for (std::uint64_t i = 0; i < count; ++i) {
      submit(PoolId{static_cast<std::uint32_t>(random_.below(config_.pools.size()))}, inputs);
    }
    feed(inputs);
  } else if (kind < 85) {
    command_on_task();
  } else if (kind < 90) {
    command_on_pool();
  } else {
    read_mailbox();
  }
}

void World::command_on_task() {
  if (recent_tasks_.empty()) return;
  auto [pool, id] = random_.pick(recent_tasks_);
  TaskName name{.pool = pool, .handle = {}, .task_id = id};
  auto ask_other = [&, pool = pool, id = id] {
    return ask({.kind = Question::Kind::other, .pool = pool, .task_id = id, .mailbox = {}});
  };
  switch (random_.below(8)) {
    case 0:
    case 1:
      return feed(Input(Cancel{.request = ask_other(), .task = name}));
    case 2:
      return feed(Input(SetPriority{
          .request = ask_other(), .task = name, .priority = static_cast<Priority>(random_.below(4))}));
    case 3:
      model_.will_begin_again(pool, id);
      return feed(Input(Retry{.request = ask_other(), .task = name}));
    case 4:
      return feed(Input(Explain{.request = ask_other(), .task = name}));
    default:
      return feed(Input(Inspect{
          .request = ask({.kind = Question::Kind::inspect, .pool = pool, .task_id = id, .mailbox = {}}),
          .task = name}));
  }
}

void World::command_on_pool() {
  PoolId pool{static_cast<std::uint32_t>(random_.below(config_.pools.size()))};
  RequestId request = ask({.kind = Question::Kind::other, .pool = pool, .task_id = {}, .mailbox = {}});
  switch (random_.below(4)) {
    case 0:
    case 1: {
      auto state = random_.chance(60) ? PoolState::active : static_cast<PoolState>(random_.below(4));
      return feed(Input(SetPoolState{.request = request, .pool = pool, .state = state}));
    }
    case 2: {
      NameId tenant = lot_->scheduler().names().intern("tenant0");
      holds_.push_back(tenant);
      return feed(Input(CancelTenant{.request = request, .pool = pool, .tenant = tenant}));
    }
    default: {
      const Input inputs[] = {ListTasks{.request = request, .pool = pool, .limit = 10},
                              ClientGone{.client = static_cast<ClientId>(random_.between(1, 3))}};
      return feed(inputs);
    }
  }
}

void World::read_mailbox() {
  if (model_.mailboxes().empty()) return;
  std::string mailbox = random_.pick(model_.mailboxes());
  NameId key = lot_->scheduler().mailbox_key({.tenant = mailbox, .user = {}, .session = {}});
  holds_.push_back(key);
  auto cursor = model_.unread_cursor(mailbox);
  if (cursor && random_.chance(30)) {
    RequestId request =
        ask({.kind = Question::Kind::acknowledge, .pool = {}, .task_id = {}, .mailbox = mailbox});
    log("acknowledge " + mailbox + " through " + *cursor);
    return feed(mailbox::Input(mailbox::Acknowledge{.request = request, .key = key, .cursor = *cursor}));
  }
  RequestId request = ask({.kind = Question::Kind::fetch, .pool = {}, .task_id = {}, .mailbox = mailbox});
  feed(mailbox::Input(mailbox::Fetch{.request = request, .key = key, .after = {}, .limit = 1000}));
}

void World::connect(PoolId pool) {
  bool is_realm = random_.chance(20);
  auto credits = static_cast<std::uint32_t>(random_.between(1, 6));
  auto connect_one = [&](ExecutorId id, RealmId realm, std::uint32_t free_places) {
    using Liveness = ExecutorReady::Liveness;
    executors_.push_back({.pool = pool, .id = id, .realm = realm});
    feed(Input(ExecutorReady{.pool = pool,
                             .executor = id,
                             .realm = realm,
                             .credits = free_places,
                             .liveness = id % 2 == 0 ? Liveness::heartbeats : Liveness::certain}));
  };
  if (has_faults_) return connect_one(++last_executor_ + realm_one_executor, is_realm ? 1 : 0, credits);
  connect_one(++last_executor_ + realm_one_executor, 0, endless_credits);
  connect_one(++last_executor_ + realm_one_executor, 1, endless_credits);
}

void World::lose_executor() {
  auto place = static_cast<std::size_t>(random_.below(executors_.size()));
  Executor executor = executors_[place];
  executors_.erase(executors_.begin() + static_cast<std::ptrdiff_t>(place));
  auto death = random_.chance(50) ? ExecutorGone::Death::known : ExecutorGone::Death::unknown;
  log("executor " + std::to_string(executor.id) + " is gone");
  model_.executor_gone(executor.pool, executor.id, death, now_.steady);
  feed(Input(ExecutorGone{.pool = executor.pool, .executor = executor.id, .death = death}));
}

void World::executor_step() {
  std::uint64_t kind = random_.below(100);
  if (kind < 10 && executors_.size() < 12) {
    return connect(PoolId{static_cast<std::uint32_t>(random_.below(config_.pools.size()))});
  }
  if (kind < 13 && !executors_.empty()) return lose_executor();
  if (model_.runs().empty()) return;
  // Mostly the latest runs; sometimes one that ended long ago, whose lease is worth nothing any more.
  std::size_t count = model_.runs().size();
  std::size_t back =
      static_cast<std::size_t>(random_.below(std::min<std::size_t>(count, random_.chance(10) ? count : 20)));
  report_on(model_.runs()[count - 1 - back]);
}

void World::report_on(OutsideRun& run) {
  std::uint64_t kind = random_.below(100);
  if (kind < 25) return feed(Input(Running{.task = run.task, .lease = run.lease}));
  if (kind < 45) {
    if (!run.has_ended) model_.heartbeat(run, now_.steady);
    log("heartbeat of " + run.task_id + " lease " + std::to_string(run.lease.number));
    return feed(Input(Heartbeat{.task = run.task, .lease = run.lease}));
  }
  if (kind < 52) {
    Units units = random_.between(0, 8);
    if (!run.has_ended) model_.usage(run, units);
    log("run of " + run.task_id + " uses " + std::to_string(units));
    return feed(Input(UsageReported{.task = run.task, .lease = run.lease, .units = units}));
  }
  end(run);
}

void World::end(OutsideRun& run) {
  PayloadRef result;
  if (random_.chance(50)) result = PayloadRef{.id = ++last_payload_, .bytes = 10, .digest = last_payload_};
  log("run of " + run.task_id + " lease " + std::to_string(run.lease.number) + " ends");
  if (random_.chance(70) || !has_faults_) {
    model_.run_ended(run, now_.steady);
    return feed(Input(Finished{.task = run.task, .lease = run.lease, .result = result, .credits = 1}));
  }
  constexpr Reason reasons[] = {Reason::task_failed, Reason::lost, Reason::executor_failed,
                                Reason::payload_unreadable};
  Failed failed;
  failed.task = run.task;
  failed.lease = run.lease;
  failed.reason = random_.pick(reasons);
  failed.result = result;
  failed.units = random_.chance(80) ? Failed::Units::freed : Failed::Units::unknown;
  bool is_freed = failed.units == Failed::Units::freed;
  Duration held = is_freed ? Duration{0} : config_.pools[run.pool.index].quarantine;
  model_.run_ended(run, now_.steady + held);
  feed(Input(failed));
}

}  // namespace parking_lot::simulation
