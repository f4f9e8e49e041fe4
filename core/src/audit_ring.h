#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "parking_lot/audit.h"
#include "parking_lot/names.h"
#include "parking_lot/types.h"

namespace parking_lot {

/// The latest audit events in compact form, at most `capacity` of them; older ones are overwritten. Grows as
/// it is used. Each event holds its names, so that they can be spelled after the task is forgotten. `next`
/// O(1).
class AuditRing {
 public:
  struct Event {
    std::uint64_t sequence = 0;
    WallTime at;
    std::uint64_t admission = 0;  ///< 0: no task
    std::uint64_t number = 0;
    NameId task_id;
    NameId tenant;
    NameId mailbox;
    std::uint32_t incarnation = 0;  ///< index into the pool's incarnations
    std::uint32_t attempt = 0;
    std::uint16_t pool = 0;
    Action action = Action::submit;
    Status status = Status::submitted;
    Reason reason = Reason::none;
    Refusal refusal = Refusal::invalid_task;
    bool woken = false;
    bool is_hidden = false;  ///< its record was never made durable
  };

  AuditRing(std::size_t capacity, Names& names) : capacity_(capacity), names_(&names) {}

  /// The place of the next event, empty; who fills it takes a hold on each name. Null if the ring keeps
  /// nothing.
  Event* next();
  void hold(const Event& event) const {
    names_->hold(event.task_id);
    names_->hold(event.tenant);
    names_->hold(event.mailbox);
  }
  /// Hides events of records after `through`, whose write failed. O(events kept).
  void hide(PoolId pool, std::uint64_t through);

  /// Gives events whose mailbox `is_meant` another name for it. O(events kept).
  template <class IsMeant>
  void rename(const IsMeant& is_meant, NameId name) {
    for (std::uint64_t number = first(); number < end_; ++number) {
      Event& event = place_of(number);
      if (!is_meant(event.mailbox)) continue;
      names_->hold(name);
      names_->release(std::exchange(event.mailbox, name));
    }
  }

  /// Number of the oldest event kept, and one past the newest; numbers rise by one per event and never
  /// return.
  std::uint64_t first() const { return end_ < capacity_ ? 0 : end_ - capacity_; }
  std::uint64_t end() const { return end_; }
  const Event& operator[](std::uint64_t number) const { return place_of(number); }

 private:
  std::size_t capacity_;
  Names* names_;
  // In chunks: growing copies nothing.
  static constexpr std::size_t chunk_size = 1024;
  Event& place_of(std::uint64_t number) const {
    const auto place = static_cast<std::size_t>(number % capacity_);
    return chunks_[place / chunk_size][place % chunk_size];
  }
  std::vector<std::unique_ptr<Event[]>> chunks_;
  std::uint64_t end_ = 0;
};

}  // namespace parking_lot
