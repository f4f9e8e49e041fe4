#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "amounts.h"
#include "task_queue.h"

namespace parking_lot {

/// Where a parked task stands in leaving order. Smaller leaves first: class, then the service that the
/// tenant has had (0 without fairness), then the line's oldest task, then the admission number. With fairness
/// it holds until something starts or ends: tenants take turns.
struct Place {
  std::uint8_t level = 0;  ///< 0: critical
  std::int64_t service = 0;
  std::uint64_t head = 0;
  std::uint64_t admission = 0;
  friend auto operator<=>(const Place&, const Place&) = default;

  static Place of(QueueKey key) {
    const std::uint64_t admission = key.value & ((std::uint64_t{1} << 62) - 1);
    return {static_cast<std::uint8_t>(key.value >> 62), 0, admission, admission};
  }
};

/// A parked task with what decides when it leaves.
struct ParkedTask {
  QueueKey key;
  std::uint32_t tenant = 0;  ///< among the pool's tenants
  std::uint32_t slot = 0;
  Units units = 0;
  Amounts cost;
};

struct FoundTask {
  TaskQueue::Entry entry;
  Place place;
};

/// How far a walk through the parked tasks has come: see `ParkedOrder::next_candidate`.
struct Walk {
  std::uint64_t number = 0;  ///< of the walk: tells what others have passed over apart
  Place after;               ///< of a line: places of tasks in it are compared by the walk itself
  std::uint32_t lines = 0;   ///< gone through
};

/// Parked tasks of one lane of a pool that counts several resources, or treats tenants apart. A pool that
/// does neither has a `TaskQueue` per lane instead, which is faster and smaller.
class ParkedOrder {
 public:
  virtual ~ParkedOrder() = default;
  virtual void insert(const ParkedTask& task) = 0;
  virtual void erase(const ParkedTask& task) = 0;

  /// The first task in leaving order that costs at most `free` and what its tenant may still use. With one
  /// resource this is exact and O(log tasks + log tenants). With several, only the first 1,024 in leaving
  /// order are candidates; where tenants take turns, of the first 32 tenants of a class as many each as its
  /// part of 1,024 is when all that wait in the class share it, at least 8.
  virtual std::optional<FoundTask> first_that_fits(const Amounts& free) const = 0;

  /// The next task of the walk that fits. It does not come back to what it has passed over. Where tenants
  /// take turns it goes through as many as `first_that_fits` does with several resources.
  virtual std::optional<FoundTask> next_candidate(Walk& walk, const Amounts& free) = 0;

  virtual Place place_of(const ParkedTask& task) const = 0;
  /// Tasks that leave before this one, as things stand.
  virtual TaskQueue::Ahead ahead_of(const ParkedTask& task) const = 0;

  /// The least service of the tenants that have a task in this class which costs at most `capacity` and what
  /// its tenant may still use.
  virtual std::optional<std::int64_t> least_service(std::uint8_t level, const Amounts& capacity) const = 0;
  /// Whether this tenant has one.
  virtual bool can_run(std::uint8_t level, std::uint32_t tenant, const Amounts& capacity) const = 0;
  /// Of the first 32 tenants of a class that have one and have had less than this service: the first whose
  /// first such task costs more than `free`.
  virtual std::optional<FoundTask> first_blocked(std::uint8_t level, std::int64_t service,
                                                 const Amounts& capacity, const Amounts& free) const = 0;

  /// The first tasks in the order in which they will leave if nobody comes and each is charged
  /// `charge(context, slot)` as it starts: tenants in turn. At most `limit`. O(limit log lines + lines).
  using Charge = std::uint64_t (*)(const void* context, std::uint32_t slot);
  virtual std::vector<std::uint32_t> upcoming(std::size_t limit, Charge charge,
                                              const void* context) const = 0;

  /// The tenant's service or room has changed.
  virtual void refresh(std::uint32_t tenant) = 0;

  /// Calls `visit(slot)` with the first task of each line.
  virtual void visit_heads(void (*visit)(void* context, std::uint32_t slot), void* context) const = 0;

  virtual std::uint64_t size() const = 0;
  virtual std::size_t memory_bytes() const = 0;
};

}  // namespace parking_lot
