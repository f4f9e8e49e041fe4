#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "parking_lot/check.h"

namespace parking_lot {

/// Due times of numbered things, at most one each, least first; ties by `tie`, then by number, so that no
/// order depends on the heap's shape. `Position` maps a number to a reference of where its place is kept;
/// `no_timer` means none. All operations O(log n), `top` O(1).
inline constexpr std::uint32_t no_timer = 0xffffffff;

template <class Position>
class TimerHeap {
 public:
  struct Entry {
    std::int64_t due_ms = 0;
    std::uint64_t tie = 0;
    std::uint32_t number = 0;
    friend bool operator<(const Entry& a, const Entry& b) {
      if (a.due_ms != b.due_ms) return a.due_ms < b.due_ms;
      return a.tie != b.tie ? a.tie < b.tie : a.number < b.number;
    }
  };

  explicit TimerHeap(Position position) : position_(position) {}

  bool empty() const { return heap_.empty(); }
  const Entry& top() const { return heap_.front(); }
  const std::vector<Entry>& entries() const { return heap_; }

  /// Sets or moves the timer of `number`.
  void arm(std::uint32_t number, std::int64_t due_ms, std::uint64_t tie) {
    std::uint32_t place = position_(number);
    if (place == no_timer) {
      place = static_cast<std::uint32_t>(heap_.size());
      heap_.push_back({});
    }
    heap_[place] = Entry{due_ms, tie, number};
    position_(number) = place;
    sift_down(sift_up(place));
  }

  void disarm(std::uint32_t number) {
    const std::uint32_t place = position_(number);
    if (place == no_timer) return;
    PARKING_LOT_CHECK(heap_[place].number == number);
    position_(number) = no_timer;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (place == heap_.size()) return;
    heap_[place] = last;
    position_(last.number) = place;
    sift_down(sift_up(place));
  }

  std::size_t memory_bytes() const { return heap_.capacity() * sizeof(Entry); }

 private:
  std::uint32_t sift_up(std::uint32_t place) {
    while (place > 0 && heap_[place] < heap_[(place - 1) / 2]) {
      swap_places(place, (place - 1) / 2);
      place = (place - 1) / 2;
    }
    return place;
  }
  void sift_down(std::uint32_t place) {
    const auto count = static_cast<std::uint32_t>(heap_.size());
    for (;;) {
      std::uint32_t least = place;
      for (std::uint32_t child = 2 * place + 1; child <= 2 * place + 2 && child < count; ++child) {
        if (heap_[child] < heap_[least]) least = child;
      }
      if (least == place) return;
      swap_places(place, least);
      place = least;
    }
  }
  void swap_places(std::uint32_t a, std::uint32_t b) {
    std::swap(heap_[a], heap_[b]);
    position_(heap_[a].number) = a;
    position_(heap_[b].number) = b;
  }

  Position position_;
  std::vector<Entry> heap_;
};

}  // namespace parking_lot
