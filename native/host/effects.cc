#include <optional>
#include <utility>
#include <variant>

#include "host/loop.h"

namespace parking_lot {

void Host::Loop::perform_all() {
  // Effects are views into the machines: once a callback has closed the host, the rest is for nobody.
  while (auto effect = lot_.poll()) {
    if (closed_) continue;
    std::visit([this](const auto& order) { perform(order); }, *effect);
  }
}

void Host::Loop::perform(const Write& effect) { storage_->append(effect.pool, effect.records); }
void Host::Loop::perform(const mailbox::Write& effect) { storage_->append(effect.store, effect.records); }

void Host::Loop::perform(const Start& effect) {
  const RunName run{effect.task, effect.lease};
  auto payload = storage_->get(effect.payload);
  if (payload == nullptr && effect.payload.id != 0) {
    add(Failed{.task = run.task, .lease = run.lease, .reason = Reason::payload_unreadable, .result = {}});
    return ask_for_turn();
  }
  if (payload == nullptr) payload = std::make_shared<const std::string>();
  runs_.emplace(run, ActiveRun{.pool = effect.pool});
  executors_[effect.pool.index]->start({.name = run,
                                        .task_id = scheduler().task_id(effect.task),
                                        .attempt = effect.attempt,
                                        .units = effect.units,
                                        .payload = std::move(payload)});
}

void Host::Loop::perform(const Stop& effect) {
  const RunName run{effect.task, effect.lease};
  const auto found = runs_.find(run);
  if (found == runs_.end()) return;
  found->second.is_stopped = true;
  executors_[effect.pool.index]->stop(run);
}

void Host::Loop::perform(const Reply& effect) {
  const auto found = requests_.find(effect.request);
  if (found == requests_.end()) return;
  const auto answer = std::move(found->second);
  requests_.erase(found);
  answer(&effect.answer);
}

void Host::Loop::perform(const Notify& effect) {
  using Kind = TaskEvent::Kind;
  std::optional<Kind> kind;
  switch (effect.event) {
    case Notify::Event::parked:
      kind = Kind::parked;
      break;
    case Notify::Event::started:
      kind = Kind::started;
      break;
    case Notify::Event::requeued:
      kind = Kind::requeued;
      break;
    case Notify::Event::ended:
      kind = Kind::ended;
      break;
    case Notify::Event::pool_changed:
    case Notify::Event::storage_changed:
      break;
  }
  if (!kind) return;
  if (*kind == Kind::started) started_[effect.task] = effect.at;
  if (!subscribers_.empty()) {
    const std::string task_id = scheduler().task_id(effect.task);
    announce({.kind = *kind,
              .pool = scheduler().pool_name(effect.pool),
              .task_id = task_id,
              .status = effect.status,
              .reason = effect.reason,
              .attempt = effect.attempt,
              .at = effect.at,
              .progress = {}});
  }
  if (*kind == Kind::ended && !closed_) settle(effect);
}

void Host::Loop::perform(const Release& effect) { storage_->release(effect); }

void Host::Loop::perform(const mailbox::Dropped& effect) { storage_->release(effect.payload); }

void Host::Loop::perform(const mailbox::Page& effect) {
  const auto request = mailbox_requests_.extract(effect.request);
  if (request.empty() || !request.mapped().on_messages) return;
  std::vector<FetchedMessage> messages;
  for (const MailboxMessage& message : *effect.messages) {
    messages.push_back({message, storage_->get(message.payload)});
  }
  request.mapped().on_messages(std::move(messages));
}

void Host::Loop::perform(const mailbox::Acknowledged& effect) {
  const auto request = mailbox_requests_.extract(effect.request);
  if (!request.empty() && request.mapped().on_done) request.mapped().on_done(effect.count);
}

void Host::Loop::perform(const mailbox::Arrived& effect) {
  // A callback may close the host, or subscribe another one.
  std::vector<ArrivalCallback> callbacks;
  for (const auto& [id, subscription] : subscriptions_) {
    if (subscription.key == effect.key) callbacks.push_back(subscription.on_arrival);
  }
  for (const ArrivalCallback& callback : callbacks) {
    if (!closed_) callback();
  }
}

void Host::Loop::perform(const mailbox::Refused& effect) {
  const auto request = mailbox_requests_.extract(effect.request);
  if (request.empty()) return;
  const RefusedCommand refused{.code = effect.code, .field = std::string(effect.field)};
  if (request.mapped().on_messages) request.mapped().on_messages(tl::unexpected(refused));
  if (request.mapped().on_done) request.mapped().on_done(tl::unexpected(refused));
}

void Host::Loop::announce(const TaskEvent& event) {
  // A callback may subscribe another one.
  for (std::size_t i = 0; i < subscribers_.size() && !closed_; ++i) {
    const EventCallback callback = subscribers_[i];
    callback(event);
  }
}

}  // namespace parking_lot
