#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit_log.h"
#include "parking_lot/scheduler.h"

/// One page of events out of several trails: those of stores, and what a scheduler remembers of pools that
/// have none.
namespace parking_lot {

/// Events of the scheduler's memory, of the pools that are `wanted`: after the position in the order of the
/// query, at least one more than its limit if there are so many. `query.after` is not looked at.
std::vector<StoredEvent> remembered_events(const Scheduler& scheduler, AuditQuery query,
                                           const std::optional<AuditPosition>& after,
                                           const std::function<bool(PoolId)>& wanted);

/// What several trails have answered to the same query.
class AuditMerge {
 public:
  struct Page {
    std::vector<StoredEvent> events;  ///< with `event.pool`, if the scheduler has it
    std::string next;                 ///< cursor of the next page; empty: this was the last one
  };

  /// Takes note of the names of its pools and needs it no more.
  explicit AuditMerge(const Scheduler& scheduler);

  void add(std::vector<StoredEvent> events);
  void add(StoredEvents page);
  /// The first of all that was added. Once.
  Page page(const AuditQuery& query) &&;

 private:
  std::map<std::string, PoolId> pools_;
  std::vector<StoredEvent> events_;
  bool has_more_ = false;
};

/// The name of the pool whose event this is.
std::string pool_of(const StoredEvent& stored);

}  // namespace parking_lot
