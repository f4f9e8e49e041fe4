#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "parking_lot/check.h"
#include "steps.h"

namespace parking_lot {

/// Items in the order of their keys, with sums over any range of them: a B+ tree whose inner nodes know the
/// sum of what lies below each child. Its shape depends on history, its answers do not.
///
/// `Value` is neutral when default constructed and has `void add(const Value&)`, which must not care about
/// order: sums, minima, counts. Keys are unique. Insert, erase, update and `before` are O(log n); searches
/// are as good as what they can tell from sums.
template <class Key, class Value>
class SumTree {
 public:
  struct Item {
    Key key{};
    Value value{};
    std::uint32_t slot = 0;
  };

  SumTree() = default;
  SumTree(SumTree&& other) noexcept { *this = std::move(other); }
  SumTree& operator=(SumTree&& other) noexcept {
    std::swap(root_, other.root_);
    std::swap(height_, other.height_);
    std::swap(size_, other.size_);
    std::swap(memory_bytes_, other.memory_bytes_);
    return *this;
  }
  ~SumTree() {
    if (root_ != nullptr) destroy(root_, height_);
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t memory_bytes() const { return memory_bytes_; }

  void insert(const Item& item) {
    if (root_ == nullptr) root_ = make<Leaf>();
    const Child right = insert_into(root_, height_, item);
    ++size_;
    if (right.node == nullptr) return;
    auto* root = make<Inner>();
    root->count = 2;
    root->children[0] = summary(root_, height_);
    root->children[1] = right;
    root_ = root;
    ++height_;
  }

  /// `key` must be contained.
  void erase(const Key& key) {
    PARKING_LOT_CHECK(root_ != nullptr);
    erase_from(root_, height_, key);
    --size_;
    while (height_ > 0 && static_cast<Inner*>(root_)->count == 1) {
      auto* old = static_cast<Inner*>(root_);
      root_ = old->children[0].node;
      --height_;
      remove(old);
    }
  }

  /// Gives the item with this key, which must be contained, another value.
  void update(const Key& key, const Value& value) {
    PARKING_LOT_CHECK(root_ != nullptr);
    update_in(root_, height_, key, value);
  }

  /// The sum over all items. O(1).
  Value total() const { return size_ == 0 ? Value{} : summary(root_, height_).sum; }

  const Item* front() const {
    return first([](const Value&) { return true; });
  }

  /// The first item for which `enter` says yes. It is asked in order: first about the sum over a range; if it
  /// says no, nothing of that range is looked at; else about the parts of the range. It may keep count, and
  /// may say yes to a range in which there turns out to be nothing for it.
  template <class Enter>
  const Item* first(Enter&& enter) const {
    return first(enter, any);
  }
  /// The same, of those of which `take(item)` says yes as well: it is asked once `enter` has said yes.
  template <class Enter, class Take>
  const Item* first(Enter&& enter, Take&& take) const {
    return size_ == 0 ? nullptr : search(root_, height_, nullptr, enter, take);
  }
  /// The same, of those whose key is greater than `after`.
  template <class Enter>
  const Item* first_after(const Key& after, Enter&& enter) const {
    return first_after(after, enter, any);
  }
  template <class Enter, class Take>
  const Item* first_after(const Key& after, Enter&& enter, Take&& take) const {
    return size_ == 0 ? nullptr : search(root_, height_, &after, enter, take);
  }

  /// The sum over all items whose key is less than `key`.
  Value before(const Key& key) const {
    Value sum;
    if (size_ == 0) return sum;
    const void* node = root_;
    for (unsigned height = height_; height > 0; --height) {
      const auto* inner = static_cast<const Inner*>(node);
      const unsigned place = place_of(*inner, key);
      for (unsigned i = 0; i < place; ++i) sum.add(inner->children[i].sum);
      node = inner->children[place].node;
    }
    const auto* leaf = static_cast<const Leaf*>(node);
    for (unsigned i = 0; i < leaf->count && leaf->items[i].key < key; ++i) sum.add(leaf->items[i].value);
    return sum;
  }

 private:
  static constexpr unsigned items_max = 16;

  struct Child {
    Value sum{};
    Key first{};  // of the keys below; for the leftmost path not greater than any
    void* node = nullptr;
  };
  struct Leaf {
    unsigned count = 0;
    Item items[items_max];
  };
  struct Inner {
    unsigned count = 0;
    Child children[items_max];
  };

  template <class Node>
  Node* make() {
    memory_bytes_ += sizeof(Node);
    return new Node;
  }
  template <class Node>
  void remove(Node* node) {
    memory_bytes_ -= sizeof(Node);
    delete node;
  }

  template <class T>
  static void open_gap(T* array, unsigned count, unsigned at) {
    for (unsigned i = count; i > at; --i) array[i] = std::move(array[i - 1]);
  }
  template <class T>
  static void close_gap(T* array, unsigned count, unsigned at) {
    for (unsigned i = at; i + 1 < count; ++i) array[i] = std::move(array[i + 1]);
  }

  static unsigned place_of(const Inner& inner, const Key& key) {
    PARKING_LOT_STEP();
    unsigned place = 0;
    while (place + 1 < inner.count && !(key < inner.children[place + 1].first)) ++place;
    return place;
  }
  static unsigned lower_bound(const Leaf& leaf, const Key& key) {
    unsigned place = 0;
    while (place < leaf.count && leaf.items[place].key < key) ++place;
    return place;
  }

  static Child summary(void* node, unsigned height) {
    Child child;
    child.node = node;
    if (height == 0) {
      const auto& leaf = *static_cast<Leaf*>(node);
      for (unsigned i = 0; i < leaf.count; ++i) {
        PARKING_LOT_STEP();
        child.sum.add(leaf.items[i].value);
      }
      child.first = leaf.items[0].key;
    } else {
      const auto& inner = *static_cast<Inner*>(node);
      for (unsigned i = 0; i < inner.count; ++i) {
        PARKING_LOT_STEP();
        child.sum.add(inner.children[i].sum);
      }
      child.first = inner.children[0].first;
    }
    return child;
  }

  /// Puts `thing` at `at`, splitting a full node: then the right half is returned.
  template <class Node, class T>
  Node* put(Node& node, T* (*array_of)(Node&), unsigned at, const T& thing) {
    Node* right = nullptr;
    Node* target = &node;
    if (node.count == items_max) {
      right = make<Node>();
      // Rising keys are common: splitting at the end leaves full nodes behind instead of half-empty ones.
      const unsigned keep = at == items_max ? items_max - 1 : items_max / 2;
      for (unsigned i = keep; i < items_max; ++i) array_of(*right)[i - keep] = std::move(array_of(node)[i]);
      right->count = items_max - keep;
      node.count = keep;
      if (at > keep) {
        target = right;
        at -= keep;
      }
    }
    open_gap(array_of(*target), target->count, at);
    array_of(*target)[at] = thing;
    ++target->count;
    return right;
  }
  static Item* items_of(Leaf& leaf) { return leaf.items; }
  static Child* children_of(Inner& inner) { return inner.children; }

  /// The node that came into being to the right; its `node` is null if none did.
  Child insert_into(void* node, unsigned height, const Item& item) {
    if (height == 0) {
      auto& leaf = *static_cast<Leaf*>(node);
      Leaf* right = put<Leaf, Item>(leaf, items_of, lower_bound(leaf, item.key), item);
      return right == nullptr ? Child{} : summary(right, 0);
    }
    auto& inner = *static_cast<Inner*>(node);
    const unsigned place = place_of(inner, item.key);
    const Child split = insert_into(inner.children[place].node, height - 1, item);
    inner.children[place] = summary(inner.children[place].node, height - 1);
    if (split.node == nullptr) return {};
    Inner* right = put<Inner, Child>(inner, children_of, place + 1, split);
    return right == nullptr ? Child{} : summary(right, height);
  }

  void erase_from(void* node, unsigned height, const Key& key) {
    if (height == 0) {
      auto& leaf = *static_cast<Leaf*>(node);
      const unsigned place = lower_bound(leaf, key);
      PARKING_LOT_CHECK(place < leaf.count && !(key < leaf.items[place].key));
      close_gap(leaf.items, leaf.count, place);
      --leaf.count;
      return;
    }
    auto& inner = *static_cast<Inner*>(node);
    const unsigned place = place_of(inner, key);
    void* below = inner.children[place].node;
    erase_from(below, height - 1, key);
    inner.children[place] = summary(below, height - 1);  // of an empty leaf the erased key stays as a bound
    mend(inner, place, height - 1);
  }

  static unsigned count_of(const void* node, unsigned height) {
    return height == 0 ? static_cast<const Leaf*>(node)->count : static_cast<const Inner*>(node)->count;
  }

  /// Joins a child that has become small with a neighbour, so that memory follows the number of items.
  void mend(Inner& parent, unsigned place, unsigned height) {
    const unsigned count = count_of(parent.children[place].node, height);
    if (parent.count < 2 || count > items_max / 4) return;
    const unsigned left = place > 0 ? place - 1 : place;
    void* into = parent.children[left].node;
    void* from = parent.children[left + 1].node;
    if (count > 0 && count_of(into, height) + count_of(from, height) > items_max * 3 / 4) return;
    if (height == 0) {
      join(*static_cast<Leaf*>(into), static_cast<Leaf*>(from), items_of);
    } else {
      join(*static_cast<Inner*>(into), static_cast<Inner*>(from), children_of);
    }
    parent.children[left] = summary(into, height);
    close_gap(parent.children, parent.count, left + 1);
    --parent.count;
  }
  template <class Node, class Array>
  void join(Node& into, Node* from, Array array_of) {
    for (unsigned i = 0; i < from->count; ++i) array_of(into)[into.count + i] = std::move(array_of(*from)[i]);
    into.count += from->count;
    remove(from);
  }

  void update_in(void* node, unsigned height, const Key& key, const Value& value) {
    if (height == 0) {
      auto& leaf = *static_cast<Leaf*>(node);
      const unsigned place = lower_bound(leaf, key);
      PARKING_LOT_CHECK(place < leaf.count && !(key < leaf.items[place].key));
      leaf.items[place].value = value;
      return;
    }
    auto& inner = *static_cast<Inner*>(node);
    const unsigned place = place_of(inner, key);
    update_in(inner.children[place].node, height - 1, key, value);
    inner.children[place] = summary(inner.children[place].node, height - 1);
  }

  static bool any(const Item&) { return true; }

  template <class Enter, class Take>
  static const Item* search(const void* node, unsigned height, const Key* after, Enter& enter, Take& take) {
    if (height == 0) {
      const auto& leaf = *static_cast<const Leaf*>(node);
      for (unsigned i = 0; i < leaf.count; ++i) {
        PARKING_LOT_STEP();
        if (after != nullptr && !(*after < leaf.items[i].key)) continue;
        if (enter(leaf.items[i].value) && take(leaf.items[i])) return &leaf.items[i];
      }
      return nullptr;
    }
    const auto& inner = *static_cast<const Inner*>(node);
    unsigned i = after == nullptr ? 0 : place_of(inner, *after);
    for (const unsigned cut = i; i < inner.count; ++i) {
      PARKING_LOT_STEP();
      // Of the child in which `after` lies nothing is known but by looking into it.
      const bool is_cut = after != nullptr && i == cut;
      if (!is_cut && !enter(inner.children[i].sum)) continue;
      const Item* found = search(inner.children[i].node, height - 1, is_cut ? after : nullptr, enter, take);
      if (found != nullptr) return found;
    }
    return nullptr;
  }

  void destroy(void* node, unsigned height) {
    if (height == 0) {
      delete static_cast<Leaf*>(node);
      return;
    }
    auto* inner = static_cast<Inner*>(node);
    for (unsigned i = 0; i < inner->count; ++i) destroy(inner->children[i].node, height - 1);
    delete inner;
  }

  void* root_ = nullptr;
  unsigned height_ = 0;  // 0: the root is a leaf
  std::size_t size_ = 0;
  std::size_t memory_bytes_ = 0;
};

}  // namespace parking_lot
