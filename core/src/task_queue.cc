#include "task_queue.h"

#include <algorithm>
#include <utility>

#include "parking_lot/check.h"
#include "steps.h"
#include "task_queue_nodes.h"

namespace parking_lot {

/// The node that came into being to the right of the one inserted into; `right.node` is null if none did.
struct TaskQueue::Split {
  Child left;
  Child right;
};

TaskQueue::TaskQueue(TaskQueue&& other) noexcept { *this = std::move(other); }

TaskQueue& TaskQueue::operator=(TaskQueue&& other) noexcept {
  std::swap(root_, other.root_);
  std::swap(height_, other.height_);
  std::swap(size_, other.size_);
  std::swap(least_, other.least_);
  std::swap(memory_bytes_, other.memory_bytes_);
  return *this;
}

TaskQueue::~TaskQueue() {
  if (root_ != nullptr) destroy(root_, height_);
}

void TaskQueue::destroy(void* node, unsigned height) {
  if (height == 0) {
    delete static_cast<Leaf*>(node);
    return;
  }
  auto* inner = static_cast<Inner*>(node);
  for (unsigned i = 0; i < inner->count; ++i) destroy(inner->children[i].node, height - 1);
  delete inner;
}

void TaskQueue::insert(const Entry& entry) {
  if (root_ == nullptr) {
    root_ = new Leaf;
    memory_bytes_ += sizeof(Leaf);
  }
  const Split split = insert_into(root_, height_, entry);
  if (split.right.node != nullptr) {
    auto* root = new Inner;
    memory_bytes_ += sizeof(Inner);
    root->count = 2;
    root->children[0] = split.left;
    root->children[1] = split.right;
    root_ = root;
    ++height_;
  }
  ++size_;
  least_ = std::min(least_, entry.units);
}

TaskQueue::Split TaskQueue::insert_into(void* node, unsigned height, const Entry& entry) {
  if (height == 0) {
    auto* leaf = static_cast<Leaf*>(node);
    if (leaf->end == leaf_entries_max && leaf->begin > 0) leaf->compact();
    Leaf* right = nullptr;
    unsigned place = leaf->lower_bound(entry.key);
    if (leaf->end == leaf_entries_max) {
      right = new Leaf;
      memory_bytes_ += sizeof(Leaf);
      // Rising keys are the rule: splitting at the end leaves full leaves behind instead of half-empty ones.
      const unsigned keep = place == leaf->end ? leaf->end : leaf->end / 2;
      right->append(*leaf, keep, leaf->end);
      leaf->end = keep;
    }
    Leaf* target = leaf;
    if (right != nullptr && place >= leaf->end) {
      target = right;
      place -= leaf->end;
    }
    target->insert(place, entry);
    if (right == nullptr) return {};
    return {leaf->summary(), right->summary()};
  }

  auto* inner = static_cast<Inner*>(node);
  const unsigned place = inner->place_of(entry.key);
  Child& child = inner->children[place];
  const Split split = insert_into(child.node, height - 1, entry);
  if (split.right.node == nullptr) {
    ++child.tasks;
    child.units += entry.units;
    child.least = std::min(child.least, entry.units);
    child.first = std::min(child.first, entry.key);
    return {};
  }
  child = split.left;
  Inner* right = nullptr;
  unsigned at = place + 1;
  if (inner->count == children_max) {
    right = new Inner;
    memory_bytes_ += sizeof(Inner);
    const unsigned keep = at == inner->count ? inner->count : inner->count / 2;
    right->count = inner->count - keep;
    std::copy(inner->children + keep, inner->children + inner->count, right->children);
    inner->count = keep;
  }
  Inner* target = inner;
  if (right != nullptr && at >= inner->count && (at > inner->count || right->count == 0)) {
    target = right;
    at -= inner->count;
  }
  open_gap(target->children, target->count, at);
  target->children[at] = split.right;
  ++target->count;
  if (right == nullptr) return {};
  return {inner->summary(), right->summary()};
}

void TaskQueue::erase(QueueKey key) {
  PARKING_LOT_CHECK(root_ != nullptr);
  const Units units = erase_from(root_, height_, key);
  --size_;
  while (height_ > 0 && static_cast<Inner*>(root_)->count == 1) {
    auto* old = static_cast<Inner*>(root_);
    root_ = old->children[0].node;
    --height_;
    delete old;
    memory_bytes_ -= sizeof(Inner);
  }
  if (units == least_) least_ = least_of_root();
}

Units TaskQueue::least_of_root() const {
  return height_ == 0 ? static_cast<const Leaf*>(root_)->least() : static_cast<const Inner*>(root_)->least();
}

/// Returns the units of the erased entry; sums are corrected by them, minima only where they were the least.
Units TaskQueue::erase_from(void* node, unsigned height, QueueKey key) {
  if (height == 0) {
    auto* leaf = static_cast<Leaf*>(node);
    const unsigned place = leaf->lower_bound(key);
    PARKING_LOT_CHECK(place < leaf->end && leaf->keys[place] == key);
    const Units units = leaf->units[place];
    leaf->erase(place);
    return units;
  }
  auto* inner = static_cast<Inner*>(node);
  const unsigned place = inner->place_of(key);
  Child& child = inner->children[place];
  const Units units = erase_from(child.node, height - 1, key);
  --child.tasks;
  child.units -= units;
  if (units == child.least) {
    child.least =
        height == 1 ? static_cast<Leaf*>(child.node)->least() : static_cast<Inner*>(child.node)->least();
  }
  mend(*inner, place, height - 1);
  return units;
}

/// Joins a child that has become small with a neighbour, so that memory follows the number of tasks.
void TaskQueue::mend(Inner& parent, unsigned place, unsigned child_height) {
  const auto count_of = [&](unsigned i) {
    void* node = parent.children[i].node;
    return child_height == 0 ? static_cast<Leaf*>(node)->count() : static_cast<Inner*>(node)->count;
  };
  const unsigned room = child_height == 0 ? leaf_entries_max : children_max;
  if (parent.count < 2 || count_of(place) > room / 4) return;
  const unsigned left = place > 0 ? place - 1 : place;
  const bool is_empty = count_of(place) == 0;  // an empty one always goes
  if (!is_empty && count_of(left) + count_of(left + 1) > room * 3 / 4) return;

  void* into = parent.children[left].node;
  void* from = parent.children[left + 1].node;
  const QueueKey first = parent.children[left].first;
  if (child_height == 0) {
    auto* a = static_cast<Leaf*>(into);
    auto* b = static_cast<Leaf*>(from);
    a->compact();
    a->append(*b, b->begin, b->end);
    parent.children[left] = a->summary();
    delete b;
    memory_bytes_ -= sizeof(Leaf);
  } else {
    auto* a = static_cast<Inner*>(into);
    auto* b = static_cast<Inner*>(from);
    std::copy(b->children, b->children + b->count, a->children + a->count);
    a->count += b->count;
    parent.children[left] = a->summary();
    delete b;
    memory_bytes_ -= sizeof(Inner);
  }
  if (parent.children[left].tasks == 0) parent.children[left].first = first;
  close_gap(parent.children, parent.count, left + 1);
  --parent.count;
}

std::optional<TaskQueue::Entry> TaskQueue::first_that_fits(Units free) const {
  if (size_ == 0 || least_ > free) return std::nullopt;
  const void* node = root_;
  for (unsigned height = height_; height > 0; --height) {
    const auto* inner = static_cast<const Inner*>(node);
    unsigned place = 0;
    while (place < inner->count &&
           (inner->children[place].least > free || inner->children[place].tasks == 0)) {
      PARKING_LOT_STEP();
      ++place;
    }
    PARKING_LOT_STEP();
    if (place == inner->count) return std::nullopt;
    node = inner->children[place].node;
  }
  const auto* leaf = static_cast<const Leaf*>(node);
  for (unsigned i = leaf->begin; i < leaf->end; ++i) {
    if (leaf->units[i] <= free) return leaf->at(i);
  }
  return std::nullopt;
}

TaskQueue::Ahead TaskQueue::ahead_of(QueueKey key) const {
  Ahead ahead;
  if (size_ == 0) return ahead;
  const void* node = root_;
  for (unsigned height = height_; height > 0; --height) {
    const auto* inner = static_cast<const Inner*>(node);
    const unsigned place = inner->place_of(key);
    for (unsigned i = 0; i < place; ++i) {
      ahead.tasks += inner->children[i].tasks;
      ahead.units += inner->children[i].units;
    }
    node = inner->children[place].node;
  }
  const auto* leaf = static_cast<const Leaf*>(node);
  for (unsigned i = leaf->begin; i < leaf->end && leaf->keys[i] < key; ++i) {
    ++ahead.tasks;
    ahead.units += leaf->units[i];
  }
  return ahead;
}

}  // namespace parking_lot
