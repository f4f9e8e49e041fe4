#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "steps.h"
#include "task_queue.h"

/// What a `TaskQueue` consists of; for its own files.
namespace parking_lot {

inline constexpr unsigned leaf_entries_max = 48;
inline constexpr unsigned children_max = 24;

/// Shifts `array[from, count)` by one place to make room at `from`.
template <class T>
void open_gap(T* array, unsigned count, unsigned from) {
  std::move_backward(array + from, array + count, array + count + 1);
}

template <class T>
void close_gap(T* array, unsigned count, unsigned at) {
  std::move(array + at + 1, array + count, array + at);
}

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
  std::uint32_t prices[leaf_entries_max];  // the units, or the most that these can say: for quick looks
  std::uint32_t estimates[leaf_entries_max];

  /// A question about all entries, and how many of them fit: none of them was wanted.
  struct Look {
    std::uint32_t free = 0xffffffff;
    std::uint32_t spare = 0;
    std::uint32_t window_ms = 0;
    std::uint32_t fitting = 0;
  };
  Look nobody;  // the last one of that kind, while the entries stay as they are

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
    nobody = {};
    std::copy(from.keys + first, from.keys + last, keys + end);
    std::copy(from.units + first, from.units + last, units + end);
    std::copy(from.slots + first, from.slots + last, slots + end);
    std::copy(from.prices + first, from.prices + last, prices + end);
    std::copy(from.estimates + first, from.estimates + last, estimates + end);
    end += last - first;
  }
  /// Moves the entries to the front, so that all room is behind them.
  void compact() {
    std::move(keys + begin, keys + end, keys);
    std::move(units + begin, units + end, units);
    std::move(slots + begin, slots + end, slots);
    std::move(prices + begin, prices + end, prices);
    std::move(estimates + begin, estimates + end, estimates);
    end -= begin;
    begin = 0;
  }
  void insert(unsigned place, const Entry& entry) {
    nobody = {};
    open_gap(keys, end, place);
    open_gap(units, end, place);
    open_gap(slots, end, place);
    open_gap(prices, end, place);
    open_gap(estimates, end, place);
    keys[place] = entry.key;
    units[place] = entry.units;
    slots[place] = entry.slot;
    prices[place] = price_of(entry.units);
    estimates[place] = entry.estimate_ms;
    ++end;
  }
  Entry at(unsigned place) const { return {keys[place], units[place], slots[place], estimates[place]}; }
  static std::uint32_t price_of(Units units) {
    return static_cast<std::uint32_t>(std::min<Units>(units, 0xffffffff));
  }
  /// Whether nobody from `place` on is wanted; then those who cost at most what is free are counted down. The
  /// numbers are looked at without a branch for each, and not again for the same question or a harder one.
  bool passes_over(unsigned place, Wanted& wanted) {
    const Look asked{price_of(wanted.free), price_of(wanted.spare), wanted.window_ms, 0};
    if (asked.free == 0xffffffff) return false;
    const bool is_known = place == begin && asked.free == nobody.free && asked.spare <= nobody.spare &&
                          asked.window_ms <= nobody.window_ms;
    const std::optional<std::uint32_t> fitting = is_known ? nobody.fitting : look(place, asked);
    if (!fitting) return false;
    if (place == begin && !is_known) {
      nobody = asked;
      nobody.fitting = *fitting;
    }
    if (*fitting > wanted.most) return false;
    wanted.most -= *fitting;
    return true;
  }
  /// How many fit, if none of them is wanted.
  std::optional<std::uint32_t> look(unsigned place, const Look& asked) const {
    std::uint32_t fitting = 0;
    std::uint32_t taken = 0;
    for (unsigned i = place; i < end; ++i) {
      const std::uint32_t fits = prices[i] <= asked.free ? 1 : 0;
      const std::uint32_t is_short = estimates[i] - 1 < asked.window_ms ? 1 : 0;
      const std::uint32_t is_spare = prices[i] <= asked.spare ? 1 : 0;
      fitting += fits;
      taken |= fits & (is_short | is_spare);
    }
    return taken == 0 ? std::optional(fitting) : std::nullopt;
  }
  void erase(unsigned place) {
    nobody = {};
    if (place == begin) {
      ++begin;
      return;
    }
    close_gap(keys, end, place);
    close_gap(units, end, place);
    close_gap(slots, end, place);
    close_gap(prices, end, place);
    close_gap(estimates, end, place);
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

}  // namespace parking_lot
