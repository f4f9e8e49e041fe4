#pragma once

#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "parking_lot/mailbox.h"
#include "parking_lot/scheduler.h"

namespace parking_lot {

/// The machines of one config, joined: outcomes travel from pools to mailbox stores and the confirmations
/// back, inside `handle`, so that every host need not do it again. Same loop as the scheduler's.
///
/// `Deliver`, `Delivered` and `DeliveryFailed` never leave or enter a lot. `Release` of all copies is yielded
/// once for a result, when neither the pool nor a mailbox refers to it. Views in an effect are valid until
/// the next `poll` or `handle`.
class Lot {
 public:
  using Effect = std::variant<Write, Start, Stop, Reply, Notify, Release, mailbox::Write, mailbox::Page,
                              mailbox::Acknowledged, mailbox::Arrived, mailbox::Refused>;

  static Result<Lot> open(const Config& config, Now now, Entropy entropy);

  void handle(Now now, std::span<const Input> inputs);
  void handle(Now now, const Input& input) { handle(now, std::span<const Input>(&input, 1)); }
  void handle(Now now, std::span<const mailbox::Input> inputs);
  void handle(Now now, const mailbox::Input& input) {
    handle(now, std::span<const mailbox::Input>(&input, 1));
  }

  /// Until empty, after every `handle`. May pass confirmations between the machines on the way.
  const Effect* poll();
  std::optional<SteadyTime> next_deadline() const;

  Scheduler& scheduler() { return *scheduler_; }
  const Scheduler& scheduler() const { return *scheduler_; }
  Mailbox& mailbox() { return *mailbox_; }
  const Mailbox& mailbox() const { return *mailbox_; }

 private:
  Lot(Scheduler scheduler, const Config& config, Now now, Entropy entropy);
  enum class Passed : std::uint8_t { to_host, within };
  Passed pass_on(const parking_lot::Effect& effect);
  Passed pass_on(const mailbox::Effect& effect);

  bool keeps_apart(PoolId pool) const { return pool.index < keeps_apart_.size() && keeps_apart_[pool.index]; }

  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<Mailbox> mailbox_;
  Now now_;
  Effect current_;
  std::vector<bool> keeps_apart_;  // by pool: queue and mailbox are in different places
  std::vector<Input> confirmations_;
  std::vector<Input> passing_;
};

}  // namespace parking_lot
