#include "parking_lot/lot.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace parking_lot {

Result<Lot> Lot::open(const Config& config, Now now, Entropy entropy) {
  auto scheduler = Scheduler::open(config, now, entropy);
  if (!scheduler) return Failure(scheduler.error());
  return Lot(std::move(*scheduler), config, now, entropy);
}

Lot::Lot(Scheduler scheduler, const Config& config, Now now, Entropy entropy)
    : scheduler_(std::make_unique<Scheduler>(std::move(scheduler))),
      mailbox_(std::make_unique<Mailbox>(config, now, entropy, scheduler_->names())),
      now_(now) {
  for (const PoolConfig& pool : config.pools) {
    keeps_apart_.push_back(pool.queue.place() != pool.mailbox.storage.place());
  }
}

void Lot::handle(Now now, std::span<const Input> inputs) {
  now_ = now;
  scheduler_->handle(now, inputs);
  const auto due = mailbox_->next_deadline();
  if (due && *due <= now.steady) mailbox_->handle(now, {});
}

void Lot::handle(Now now, std::span<const mailbox::Input> inputs) {
  now_ = now;
  mailbox_->handle(now, inputs);
}

/// The scheduler's deliveries go to the mailbox at once; the confirmations go back when neither has anything
/// more.
const Lot::Effect* Lot::poll() {
  for (;;) {
    if (const auto* effect = mailbox_->poll()) {
      if (pass_on(*effect) == Passed::to_host) return &current_;
    } else if (const auto* next = scheduler_->poll()) {
      if (pass_on(*next) == Passed::to_host) return &current_;
    } else if (!confirmations_.empty()) {
      passing_.swap(confirmations_);
      scheduler_->handle(now_, passing_);
      passing_.clear();
    } else {
      return nullptr;
    }
  }
}

Lot::Passed Lot::pass_on(const parking_lot::Effect& effect) {
  if (const auto* delivery = std::get_if<Deliver>(&effect)) {
    const mailbox::Input append =
        mailbox::Append{mailbox_->store_of(delivery->pool), *delivery, scheduler_->pool_name(delivery->pool)};
    mailbox_->handle(now_, std::span(&append, 1));
    return Passed::within;
  }
  const auto* release = std::get_if<Release>(&effect);
  if (release != nullptr && mailbox_->refers_to(release->payload)) {
    if (!keeps_apart(release->pool)) return Passed::within;
    current_ = Release{release->pool, release->payload, Release::Copies::of_queue};
    return Passed::to_host;
  }
  std::visit(
      [this](const auto& each) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(each)>, Deliver>) current_ = each;
      },
      effect);
  return Passed::to_host;
}

Lot::Passed Lot::pass_on(const mailbox::Effect& effect) {
  return std::visit(
      [this](const auto& each) {
        using E = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<E, mailbox::Stored>) {
          confirmations_.push_back(Delivered{each.pool, each.incarnation, each.sequence});
          return Passed::within;
        } else if constexpr (std::is_same_v<E, mailbox::NotStored>) {
          // At once: the scheduler must not yield the pool's next delivery before it knows.
          scheduler_->handle(now_, DeliveryFailed{each.pool, DeliveryFailed::Kind::unavailable});
          return Passed::within;
        } else if constexpr (std::is_same_v<E, mailbox::Dropped>) {
          const bool is_needed = scheduler_->refers_to(each.payload);
          if (is_needed && !keeps_apart(each.pool)) return Passed::within;
          current_ = Release{each.pool, each.payload,
                             is_needed ? Release::Copies::of_mailbox : Release::Copies::all};
          return Passed::to_host;
        } else {
          current_ = each;
          return Passed::to_host;
        }
      },
      effect);
}

std::optional<SteadyTime> Lot::next_deadline() const {
  const auto a = scheduler_->next_deadline();
  const auto b = mailbox_->next_deadline();
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace parking_lot
