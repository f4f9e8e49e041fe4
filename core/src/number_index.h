#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "parking_lot/check.h"
#include "slab.h"

namespace parking_lot {

/// From a number of 64 bits to a place of 32. Open addressing with linear probing (Knuth, The Art of Computer
/// Programming, volume 3, section 6.4, algorithms L and R). O(1); what is found stays where it is until the
/// next change.
///
/// One program text for all that is looked up by number, of which std::unordered_map has another one for
/// every type, a kilobyte each.
class NumberIndex {
 public:
  std::uint32_t* find(std::uint64_t number);
  const std::uint32_t* find(std::uint64_t number) const;
  bool contains(std::uint64_t number) const { return find(number) != nullptr; }
  /// The place, and whether the number is new, which makes it `place`.
  std::pair<std::uint32_t&, bool> try_emplace(std::uint64_t number, std::uint32_t place);
  /// 0 for a new one.
  std::uint32_t& operator[](std::uint64_t number) { return try_emplace(number, 0).first; }
  void insert(std::uint64_t number) { try_emplace(number, 0); }
  void erase(std::uint64_t number);
  void clear();

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t memory_bytes() const { return entries_.capacity() * sizeof(Entry); }

  /// Calls `visit(number, place)` for each, in an order that depends on the history of calls alone.
  template <class Visit>
  void visit(Visit visit) const {
    for (const Entry& entry : entries_) {
      if (entry.is_used) visit(entry.number, entry.place);
    }
  }

 private:
  struct Entry {
    std::uint64_t number = 0;
    std::uint32_t place = 0;
    bool is_used = false;
  };

  std::size_t home_of(std::uint64_t number) const;
  std::size_t after(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }
  /// Where the number is, or the free entry where it would be. There must be entries.
  std::size_t probe(std::uint64_t number) const;
  void grow();

  std::vector<Entry> entries_;  // none, or a power of two, of which at most two thirds are used
  std::size_t size_ = 0;
};

/// Values by number, with stable addresses. O(1).
template <class Value>
class NumberMap {
 public:
  Value* find(std::uint64_t number) {
    const std::uint32_t* place = index_.find(number);
    return place == nullptr ? nullptr : &values_[*place];
  }
  const Value* find(std::uint64_t number) const {
    const std::uint32_t* place = index_.find(number);
    return place == nullptr ? nullptr : &values_[*place];
  }
  const Value& at(std::uint64_t number) const {
    const Value* value = find(number);
    PARKING_LOT_CHECK(value != nullptr);
    return *value;
  }
  /// The value, and whether the number is new, which makes it `value`.
  std::pair<Value&, bool> try_emplace(std::uint64_t number, Value value = {}) {
    const auto [place, is_new] = index_.try_emplace(number, 0);
    if (is_new) {
      place = values_.allocate();
      values_[place] = std::move(value);
    }
    return {values_[place], is_new};
  }
  Value& operator[](std::uint64_t number) { return try_emplace(number).first; }
  void erase(std::uint64_t number) {
    const std::uint32_t* place = index_.find(number);
    if (place == nullptr) return;
    values_[*place] = Value{};
    values_.free(*place);
    index_.erase(number);
  }
  void clear() {
    index_.clear();
    values_ = {};
  }

  std::size_t size() const { return index_.size(); }
  bool empty() const { return index_.empty(); }
  std::size_t memory_bytes() const { return index_.memory_bytes() + values_.memory_bytes(); }

  /// Calls `visit(number, value)` for each, in an order that depends on the history of calls alone.
  template <class Visit>
  void visit(Visit visit) const {
    index_.visit([&](std::uint64_t number, std::uint32_t place) { visit(number, values_[place]); });
  }

 private:
  NumberIndex index_;
  Slab<Value> values_;
};

}  // namespace parking_lot
