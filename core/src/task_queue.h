#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

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

  /// Walks through the tasks that leave after a key. O(log n) to begin, then about O(1) for each task found,
  /// and never more than O(log n). Ends with the next change of the queue.
  class Cursor {
   public:
    Cursor(const TaskQueue& queue, QueueKey after);
    /// The next one whose cost is at most `free`.
    std::optional<Entry> next(Units free);

   private:
    struct Level {
      const Inner* inner = nullptr;
      unsigned place = 0;
    };
    static constexpr unsigned height_max = 12;  // of a tree whose nodes are at least a quarter full
    Level path_[height_max];
    unsigned height_ = 0;
    const Leaf* leaf_ = nullptr;
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
