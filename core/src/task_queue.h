#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "parking_lot/time.h"
#include "parking_lot/types.h"

namespace parking_lot {

/// Place of a parked task in leaving order: smaller leaves first. Priority class in the two highest bits
/// (critical first), admission number below.
struct QueueKey {
  std::uint64_t value = 0;
  friend auto operator<=>(const QueueKey&, const QueueKey&) = default;

  static QueueKey of(Priority priority, std::uint64_t admission) {
    return {(std::uint64_t{3} - static_cast<std::uint64_t>(priority)) << 62 | admission};
  }
};
inline constexpr QueueKey last_queue_key{~std::uint64_t{0}};

/// Parked tasks of one lane, in the order in which they leave.
///
/// A B+ tree whose inner nodes know, per child, the number of tasks, the sum of their units and the least of
/// their units. Its shape depends on history, its answers do not. Keys are unique. All operations are O(log
/// n); none scans. At the usual appending of rising keys, leaves stay full.
class TaskQueue {
 public:
  struct Leaf;
  struct Inner;
  struct Entry {
    QueueKey key;
    Units units = 0;
    std::uint32_t slot = 0;
    std::uint32_t estimate_ms = 0;  ///< what the task says that it takes, see `estimate_of`; 0: nothing
  };
  struct Ahead {
    std::uint64_t tasks = 0;
    Units units = 0;
  };

  TaskQueue() = default;
  TaskQueue(TaskQueue&& other) noexcept;
  TaskQueue& operator=(TaskQueue&& other) noexcept;
  ~TaskQueue();

  void insert(const Entry& entry);
  /// `key` must be contained.
  void erase(QueueKey key);

  /// The first task in leaving order whose cost is at most `free`.
  std::optional<Entry> first_that_fits(Units free) const;

  /// A length as entries keep it: what is longer than they can say is the longest that they can.
  static std::uint32_t estimate_of(Duration length) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(length.ms, 0, 0xffffffff));
  }

  /// Whom a walk looks for: tasks that cost at most `free`, and of these those that cost at most `spare` or
  /// say that they take at most `window_ms`. An unknown length is longer than any other.
  struct Wanted {
    Units free = 0;
    Units spare = ~Units{0};
    std::uint32_t window_ms = 0;
    std::uint64_t below_ms = ~std::uint64_t{0};  ///< only those that are shorter, whatever they cost
    std::uint64_t most = ~std::uint64_t{0};      ///< how many that cost at most `free` may still be looked at
  };

  /// Walks through the tasks that leave after a key. O(log n) to begin, then about O(1) for each task that
  /// costs at most what is free, and never more than O(log n). Ends with the next change of the queue.
  class Cursor {
   public:
    Cursor(const TaskQueue& queue, QueueKey after);
    /// The next one whose cost is at most `free`.
    std::optional<Entry> next(Units free) {
      Wanted wanted{.free = free};
      return next(wanted);
    }
    /// The next one that is wanted, if there is one among the `most`, which are counted down.
    std::optional<Entry> next(Wanted& wanted);

   private:
    struct Level {
      const Inner* inner = nullptr;
      unsigned place = 0;
    };
    static constexpr unsigned height_max = 12;  // of a tree whose nodes are at least a quarter full
    Level path_[height_max];
    unsigned height_ = 0;
    Leaf* leaf_ = nullptr;
    unsigned at_ = 0;
  };

  /// Tasks that leave before `key`, and the units that they ask for.
  Ahead ahead_of(QueueKey key) const;

  std::uint64_t size() const { return size_; }
  Units least() const { return least_; }
  std::size_t memory_bytes() const { return memory_bytes_; }

 private:
  struct Child;

  struct Split;
  Split insert_into(void* node, unsigned height, const Entry& entry);
  Units erase_from(void* node, unsigned height, QueueKey key);
  void mend(Inner& parent, unsigned place, unsigned child_height);
  void destroy(void* node, unsigned height);
  Units least_of_root() const;

  void* root_ = nullptr;
  unsigned height_ = 0;  // 0: the root is a leaf
  std::uint64_t size_ = 0;
  Units least_ = ~Units{0};  // of all tasks: most questions about a full pool end here
  std::size_t memory_bytes_ = 0;
};

}  // namespace parking_lot
