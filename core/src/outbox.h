#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace parking_lot {

/// Holds effects back until what they rest on is durable (law 1), and hands them out in order.
///
/// `E` is trivially copyable. An effect may own a body (a page, a view) that lives until the next `handle`
/// after it was yielded. Yielding an effect that is free to go is O(1) and allocates nothing in the steady
/// state.
template <class E>
class Outbox {
 public:
  using Body = std::shared_ptr<const void>;
  struct Held {
    std::uint64_t sequence = 0;
    E effect;
    Body body;
  };

  explicit Outbox(std::size_t streams) : held_(streams) {}

  /// Starts a new `handle`: what was yielded is no longer referred to.
  void begin() {
    if (next_ == ready_.size()) {
      ready_.clear();
      next_ = 0;
    }
    bodies_.clear();
  }

  /// Yields at once.
  void push(const E& effect) { ready_.push_back(effect); }
  /// Yields at once what is written into the effect that this returns, before the next call of any kind.
  E& push() { return ready_.emplace_back(); }
  void push(const E& effect, Body body) {
    ready_.push_back(effect);
    bodies_.push_back(std::move(body));
  }

  /// Yields once record `sequence` of `stream` is durable.
  void push_after(std::size_t stream, std::uint64_t sequence, const E& effect, Body body = nullptr) {
    auto& held = held_[stream];
    auto place = held.end();
    while (place != held.begin() && std::prev(place)->sequence > sequence) --place;
    held.insert(place, Held{sequence, effect, std::move(body)});
  }

  /// Frees what rested on records up to `through`.
  void release(std::size_t stream, std::uint64_t through) {
    auto& held = held_[stream];
    while (!held.empty() && held.front().sequence <= through) {
      ready_.push_back(held.front().effect);
      if (held.front().body) bodies_.push_back(std::move(held.front().body));
      held.pop_front();
    }
  }

  /// Removes held effects of a stream for which `take(effect)` returns true.
  template <class Take>
  void withdraw(std::size_t stream, Take take) {
    auto& held = held_[stream];
    std::deque<Held> kept;
    for (Held& entry : held) {
      if (!take(entry.effect)) kept.push_back(std::move(entry));
    }
    held = std::move(kept);
  }

  /// Removes effects that are free to go but were not popped yet, for which `take(effect)` returns true.
  /// O(their number).
  template <class Take>
  void withdraw_ready(Take take) {
    const auto first = ready_.begin() + static_cast<std::ptrdiff_t>(next_);
    ready_.erase(std::remove_if(first, ready_.end(), take), ready_.end());
  }

  /// The next effect that is free to go, valid until the next call of any kind; null if there is none.
  const E* pop() { return next_ == ready_.size() ? nullptr : &ready_[next_++]; }

 private:
  std::vector<E> ready_;
  std::size_t next_ = 0;
  std::vector<std::deque<Held>> held_;
  std::vector<Body> bodies_;
};

}  // namespace parking_lot
