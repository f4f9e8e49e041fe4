#include "parking_lot/check.h"
#include "steps.h"
#include "task_queue.h"
#include "task_queue_nodes.h"

namespace parking_lot {

TaskQueue::Cursor::Cursor(const TaskQueue& queue, QueueKey after) : height_(queue.height_) {
  if (queue.size_ == 0) return;
  PARKING_LOT_CHECK(height_ <= height_max);
  void* node = queue.root_;
  for (unsigned level = height_; level > 0; --level) {
    const auto* inner = static_cast<const Inner*>(node);
    path_[level - 1] = {inner, inner->place_of(after)};
    node = inner->children[path_[level - 1].place].node;
  }
  leaf_ = static_cast<Leaf*>(node);
  at_ = leaf_->lower_bound(after);
  if (at_ < leaf_->end && leaf_->keys[at_] == after) ++at_;
}

std::optional<TaskQueue::Entry> TaskQueue::Cursor::next(Wanted& wanted) {
  const Units free = wanted.free;
  while (leaf_ != nullptr) {
    PARKING_LOT_STEP();
    if (leaf_->passes_over(at_, wanted)) at_ = leaf_->end;
    for (; at_ < leaf_->end; ++at_) {
      if (leaf_->units[at_] > free) continue;
      if (wanted.most == 0) return std::nullopt;
      --wanted.most;
      const std::uint32_t length = leaf_->estimates[at_] - 1;  // less one, so that unknown is longest
      if (length >= wanted.window_ms && leaf_->units[at_] > wanted.spare) continue;
      if (std::uint64_t{length} + 1 < wanted.below_ms) return leaf_->at(at_++);
    }
    // Up until there is a place to the right under which something fits, and down to its leaf.
    const auto seek = [&](Level& level, unsigned from) {
      level.place = from;
      while (level.place < level.inner->count && (level.inner->children[level.place].least > free ||
                                                  level.inner->children[level.place].tasks == 0)) {
        PARKING_LOT_STEP();
        ++level.place;
      }
      return level.place < level.inner->count;
    };
    leaf_ = nullptr;
    unsigned level = 1;
    while (level <= height_ && !seek(path_[level - 1], path_[level - 1].place + 1)) ++level;
    if (level > height_) return std::nullopt;
    for (;; --level) {
      void* below = path_[level - 1].inner->children[path_[level - 1].place].node;
      if (level == 1) {
        leaf_ = static_cast<Leaf*>(below);
        at_ = leaf_->begin;
        break;
      }
      path_[level - 2].inner = static_cast<const Inner*>(below);
      seek(path_[level - 2], 0);
    }
  }
  return std::nullopt;
}

}  // namespace parking_lot
