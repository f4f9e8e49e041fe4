#include <utility>

#include "host/loop.h"

namespace parking_lot {

RequestId Host::Loop::expect(std::function<void(const Answer*)> answer) {
  requests_.emplace(++last_request_, std::move(answer));
  return last_request_;
}

RequestId Host::Loop::expect_messages(FetchCallback on_messages) {
  mailbox_requests_.emplace(++last_request_, MailboxRequest{std::move(on_messages), {}});
  return last_request_;
}

RequestId Host::Loop::expect_acknowledgement(DoneCallback on_done) {
  mailbox_requests_.emplace(++last_request_, MailboxRequest{{}, std::move(on_done)});
  return last_request_;
}

void Host::Loop::subscribe(SubscriptionId subscription, const MailboxAddress& address,
                           ArrivalCallback on_arrival) {
  const NameId key = scheduler().mailbox_key({address.tenant, address.user, address.session});
  subscriptions_.emplace(subscription, Subscription{key, std::move(on_arrival)});
  add(mailbox::Subscribe{key});
}

void Host::Loop::unsubscribe(SubscriptionId subscription) {
  const auto found = subscriptions_.extract(subscription);
  if (found.empty() || closed_) return;
  add(mailbox::Unsubscribe{found.mapped().key});
  release_later(found.mapped().key);
}

void Host::Loop::await(PoolId pool, TaskHandle task, std::string task_id, OutcomeCallback on_outcome) {
  AwaitedTask& awaited = awaited_[task];
  awaited.pool = pool;
  awaited.task_id = std::move(task_id);
  awaited.callbacks.push_back(std::move(on_outcome));
}

void Host::Loop::resolve_from_memory(PoolId pool, TaskHandle task, OutcomeCallback on_outcome) {
  const auto respond = [this, pool, on_outcome = std::move(on_outcome)](const Answer* answer) {
    Outcome outcome{
        .pool = std::string(scheduler().pool_name(pool)), .task_id = {}, .refusal = {}, .result = {}};
    const auto* view = answer == nullptr ? nullptr : std::get_if<const TaskView*>(answer);
    if (view == nullptr) {  // forgotten in between, or the loop closes
      outcome.status = Status::dropped;
      outcome.reason = Reason::shut_down;
      return on_outcome(outcome);
    }
    const TaskView& task_view = **view;
    outcome.task_id = task_view.task_id;
    outcome.status = task_view.status;
    outcome.reason = task_view.reason;
    outcome.attempt = task_view.attempt;
    outcome.started_at = task_view.started_at;
    outcome.finished_at = task_view.finished_at;
    outcome.result = storage_->get(task_view.result);
    on_outcome(outcome);
  };
  add(Inspect{.request = expect(respond), .task = {.pool = pool, .handle = task, .task_id = {}}});
  ask_for_turn();
}

void Host::Loop::settle(const Notify& ended) {
  const auto started = started_.extract(ended.task);
  auto awaited = awaited_.extract(ended.task);
  if (awaited.empty()) return;
  const Outcome outcome{.pool = std::string(scheduler().pool_name(ended.pool)),
                        .task_id = std::move(awaited.mapped().task_id),
                        .status = ended.status,
                        .reason = ended.reason,
                        .refusal = {},
                        .attempt = ended.attempt,
                        .started_at = started.empty() ? WallTime{0} : started.mapped(),
                        .finished_at = ended.at,
                        .result = storage_->get(ended.result)};
  const bool is_kept =
      storage_->is_durable(ended.pool) || storage_->is_durable(lot_.mailbox().store_of(ended.pool));
  if (!is_kept && options_.results == HostOptions::Results::until_outcome) storage_->release(ended.result);
  for (const OutcomeCallback& callback : awaited.mapped().callbacks) callback(outcome);
}

void Host::Loop::answer_all_closed() {
  // Callbacks may ask for more, which is refused at once; so each table is taken whole.
  for (const auto& [id, answer] : std::exchange(requests_, {})) answer(nullptr);
  const auto unconfirmed = tl::unexpected(RefusedCommand{.code = Refusal::unconfirmed, .field = {}});
  for (const auto& [id, request] : std::exchange(mailbox_requests_, {})) {
    if (request.on_messages) request.on_messages(unconfirmed);
    if (request.on_done) request.on_done(unconfirmed);
  }
  for (const auto& [task, awaited] : std::exchange(awaited_, {})) {
    const Outcome outcome{.pool = std::string(scheduler().pool_name(awaited.pool)),
                          .task_id = awaited.task_id,
                          .status = Status::dropped,
                          .reason = Reason::shut_down,
                          .refusal = {},
                          .finished_at = clock_.now().wall,
                          .result = {}};
    for (const OutcomeCallback& callback : awaited.callbacks) callback(outcome);
  }
}

}  // namespace parking_lot
