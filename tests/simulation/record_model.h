#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "parking_lot/config.h"
#include "parking_lot/record.h"

namespace parking_lot::simulation {

/// One durable pool as its records tell it, checked against the rules that a reader of the records can check:
/// dense sequence, time that never goes back, capacity at each start, one outcome for each task, leaving
/// order.
class RecordModel {
 public:
  explicit RecordModel(const PoolConfig& config) : config_(config) {}

  /// Forgets everything and reads these records, which have been checked before. Runs of other incarnations
  /// than those in `living` are over.
  void restart(std::span<const Record> durable, const std::set<std::uint64_t>& living);

  /// Takes the next record. Returns what is wrong with it, empty if nothing is. `wall`: the clock when it was
  /// written.
  std::string take(const Record& record, WallTime wall);

  /// What is wrong with a whole write, now that its last record has been taken; empty if nothing is.
  std::string end_write(WallTime wall);

  /// Wall clocks may go back: what was due once stays due.
  void see(WallTime wall) { latest_wall_ = std::max(latest_wall_, wall); }

  /// The id under which a task was admitted; empty if it has none of its own.
  std::string task_id(std::uint64_t admission) const;

 private:
  struct Task {
    std::string id;
    std::string tenant;
    Priority priority = Priority::normal;
    Units units = 0;
    Duration estimate{0};
    WallTime deadline = never_wall;
    WallTime start_after{0};
    bool is_pinned = false;
    bool was_moved = false;  ///< to another class
    bool is_queued = false;
    bool is_delayed = false;  ///< when it becomes ready is not to be seen from records
    bool has_ended = false;
    std::uint32_t starts = 0;
    Lease lease;
  };
  using QueueKey = std::pair<std::uint32_t, std::uint64_t>;  // class (highest first), admission

  static QueueKey key(std::uint64_t admission, const Task& task) {
    return {3u - static_cast<std::uint32_t>(task.priority), admission};
  }
  void enqueue(std::uint64_t admission, Task& task);
  void dequeue(std::uint64_t admission, Task& task);
  Units units_in_use() const;
  void release(std::uint64_t admission, Lease lease) { runs_.erase({admission, lease}); }
  std::string check_start(std::uint64_t admission, const Task& task, const TaskStarted& fact,
                          const Record& record, WallTime wall);
  std::string check_order(std::uint64_t admission, const Task& task);
  void check_backfill(std::uint64_t admission, const Task& task, Units free);
  void excuse(std::uint64_t admission, const Task& arrival);
  bool may_be_passed(const Task& head, const Task& by, Units free) const;

  std::string apply(const TaskAdmitted& fact);
  std::string apply(const TaskStarted& fact, const Record& record, WallTime wall);
  std::string apply(const TaskRequeued& fact);
  std::string apply(const TaskFinished& fact);

  /// A start that passed the first of those that are known to wait. An arrival which leaves before that one
  /// may be the first in truth: it is recorded when the pass that found no room for it ends.
  struct Overtaking {
    std::uint64_t start = 0;
    QueueKey head;
    Units free = 0;
  };

  PoolConfig config_;
  std::map<std::uint64_t, Task> tasks_;
  std::vector<Overtaking> overtakings_;  // of the current write
  std::set<QueueKey> queue_;
  std::set<std::uint64_t> hidden_;  // queued, but whether they are ready or can be taken is not to be seen
  std::set<std::pair<WallTime, std::uint64_t>> deadlines_;  // of queued tasks that never started
  std::map<std::pair<std::uint64_t, Lease>, Units> runs_;
  std::uint64_t sequence_ = 0;
  WallTime at_{0};
  WallTime latest_wall_{0};
};

}  // namespace parking_lot::simulation
