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
      now_(now) {}

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

/// Scheduler first; its deliveries go to the mailbox at once, whose confirmations go back when it has nothing more.
std::optional<Lot::Effect> Lot::poll() {
  for (;;) {
    if (auto effect = mailbox_->poll()) {
      if (auto mine = pass_on(*effect)) return mine;
      continue;
    }
    if (auto effect = scheduler_->poll()) {
      if (auto mine = pass_on(*effect)) return mine;
      continue;
    }
    if (confirmations_.empty()) return std::nullopt;
    const std::vector<Input> confirmations = std::exchange(confirmations_, {});
    scheduler_->handle(now_, confirmations);
  }
}

std::optional<Lot::Effect> Lot::pass_on(const parking_lot::Effect& effect) {
  return std::visit(
      [this](const auto& each) -> std::optional<Effect> {
        using E = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<E, Deliver>) {
          if (each.result.id != 0) shared_results_.insert(each.result.id);
          const mailbox::Input append = mailbox::Append{mailbox_->store_of(each.pool), each, scheduler_->pool_name(each.pool)};
          mailbox_->handle(now_, std::span(&append, 1));
          return std::nullopt;
        } else if constexpr (std::is_same_v<E, Release>) {
          if (shared_results_.erase(each.payload.id) > 0) return std::nullopt;  // the mailbox still has it
          return Effect(each);
        } else {
          return Effect(each);
        }
      },
      effect);
}

std::optional<Lot::Effect> Lot::pass_on(const mailbox::Effect& effect) {
  return std::visit(
      [this](const auto& each) -> std::optional<Effect> {
        using E = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<E, mailbox::Stored>) {
          confirmations_.push_back(Delivered{each.pool, each.incarnation, each.sequence});
          return std::nullopt;
        } else if constexpr (std::is_same_v<E, mailbox::NotStored>) {
          // At once: the scheduler must not yield the pool's next delivery before it knows.
          const Input failed = DeliveryFailed{each.pool, DeliveryFailed::Kind::unavailable};
          scheduler_->handle(now_, failed);
          return std::nullopt;
        } else if constexpr (std::is_same_v<E, mailbox::Dropped>) {
          if (shared_results_.erase(each.payload.id) > 0) return std::nullopt;  // the pool still remembers it
          return Effect(Release{PoolId{}, each.payload});
        } else {
          return Effect(each);
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
