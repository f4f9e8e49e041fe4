#include "task_queue.h"

#include <algorithm>
#include <utility>

#include "parking_lot/check.h"
#include "steps.h"

namespace parking_lot {
namespace {

constexpr unsigned leaf_entries_max = 48;
constexpr unsigned children_max = 24;

/// Shifts `array[from, count)` by one place to make room at `from`.
template <class T>
void open_gap(T* array, unsigned count, unsigned from) {
  std::move_backward(array + from, array + count, array + count + 1);
}

template <class T>
void close_gap(T* array, unsigned count, unsigned at) {
  std::move(array + at + 1, array + count, array + at);
}

}  // namespace

/// What an inner node knows about one child.
struct TaskQueue::Child {
  std::uint64_t tasks = 0;
  Units units = 0;
  Units least = ~Units{0};
  QueueKey first;  // not greater than any key below; exact for all but the leftmost path
  void* node = nullptr;
};

/// Entries sit at [begin, end): the first one mostly leaves first, and then nothing has to move.
struct TaskQueue::Leaf {
  unsigned begin = 0;
  unsigned end = 0;
  QueueKey keys[leaf_entries_max];
  Units units[leaf_entries_max];
  std::uint32_t slots[leaf_entries_max];

  unsigned count() const { return end - begin; }
  unsigned lower_bound(QueueKey key) const {
    return static_cast<unsigned>(std::lower_bound(keys + begin, keys + end, key) - keys);
  }
  Units least() const {
    Units least = ~Units{0};
    PARKING_LOT_STEP();
    for (unsigned i = begin; i < end; ++i) least = std::min(least, units[i]);
    return least;
  }
  Child summary() {
    Child sum{count(), 0, least(), begin < end ? keys[begin] : QueueKey{}, this};
    for (unsigned i = begin; i < end; ++i) sum.units += units[i];
    return sum;
  }
  /// Copies `from[first, last)` to the end, which must have room.
  void append(const Leaf& from, unsigned first, unsigned last) {
    std::copy(from.keys + first, from.keys + last, keys + end);
    std::copy(from.units + first, from.units + last, units + end);
    std::copy(from.slots + first, from.slots + last, slots + end);
    end += last - first;
  }
  /// Moves the entries to the front, so that all room is behind them.
  void compact() {
    std::move(keys + begin, keys + end, keys);
    std::move(units + begin, units + end, units);
    std::move(slots + begin, slots + end, slots);
    end -= begin;
    begin = 0;
  }
  void insert(unsigned place, const Entry& entry) {
    open_gap(keys, end, place);
    open_gap(units, end, place);
    open_gap(slots, end, place);
    keys[place] = entry.key;
    units[place] = entry.units;
    slots[place] = entry.slot;
    ++end;
  }
  void erase(unsigned place) {
    if (place == begin) {
      ++begin;
      return;
    }
    close_gap(keys, end, place);
    close_gap(units, end, place);
    close_gap(slots, end, place);
    --end;
  }
};

struct TaskQueue::Inner {
  unsigned count = 0;
  Child children[children_max];

  /// The child in whose range `key` lies.
  unsigned place_of(QueueKey key) const {
    PARKING_LOT_STEP();
    unsigned place = 0;
    for (unsigned width = count; width > 1;) {
      const unsigned half = width / 2;
      if (!(key < children[place + half].first)) place += half;
      width -= half;
    }
    return place;
  }
  Units least() const {
    Units least = ~Units{0};
    for (unsigned i = 0; i < count; ++i) least = std::min(least, children[i].least);
    return least;
  }
  Child summary() {
    Child sum{0, 0, least(), children[0].first, this};
    for (unsigned i = 0; i < count; ++i) {
      sum.tasks += children[i].tasks;
      sum.units += children[i].units;
    }
    return sum;
  }
};

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
    if (leaf->units[i] <= free) return Entry{leaf->keys[i], leaf->units[i], leaf->slots[i]};
  }
  return std::nullopt;
}

TaskQueue::Cursor::Cursor(const TaskQueue& queue, QueueKey after) : height_(queue.height_) {
  if (queue.size_ == 0) return;
  PARKING_LOT_CHECK(height_ <= height_max);
  const void* node = queue.root_;
  for (unsigned level = height_; level > 0; --level) {
    const auto* inner = static_cast<const Inner*>(node);
    path_[level - 1] = {inner, inner->place_of(after)};
    node = inner->children[path_[level - 1].place].node;
  }
  leaf_ = static_cast<const Leaf*>(node);
  at_ = leaf_->lower_bound(after);
  if (at_ < leaf_->end && leaf_->keys[at_] == after) ++at_;
}

std::optional<TaskQueue::Entry> TaskQueue::Cursor::next(Units free) {
  while (leaf_ != nullptr) {
    for (; at_ < leaf_->end; ++at_) {
      PARKING_LOT_STEP();
      if (leaf_->units[at_] > free) continue;
      const Entry entry{leaf_->keys[at_], leaf_->units[at_], leaf_->slots[at_]};
      ++at_;
      return entry;
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
      const void* below = path_[level - 1].inner->children[path_[level - 1].place].node;
      if (level == 1) {
        leaf_ = static_cast<const Leaf*>(below);
        at_ = leaf_->begin;
        break;
      }
      path_[level - 2].inner = static_cast<const Inner*>(below);
      seek(path_[level - 2], 0);
    }
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
