#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/time.h"
#include "parking_lot/types.h"

namespace parking_lot {

enum class Keeping : std::uint8_t { kept_volatile, kept_durable };

/// False in a build for lots that store nothing: the compiler then leaves out what serves journals.
#ifdef PARKING_LOT_WITHOUT_JOURNALS
inline constexpr bool has_journals = false;
#else
inline constexpr bool has_journals = true;
#endif

/// One stream of records: its sequence, durable watermark, state and incarnation. `R` has sequence, at and
/// fact.
///
/// Invariant: durable_through() <= sequence(); for a volatile stream they are equal.
template <class R>
class Stream {
 public:
  explicit Stream(Keeping keeping)
      : is_durable_(keeping == Keeping::kept_durable),
        state_(is_durable_ ? StreamState::loading : StreamState::open) {}

  bool is_durable() const { return has_journals && is_durable_; }
  StreamState state() const { return has_journals ? state_ : StreamState::open; }
  std::uint64_t sequence() const { return sequence_; }
  /// The time of the last record.
  WallTime last_at() const { return last_at_; }
  std::uint64_t durable_through() const { return is_durable() ? through_ : sequence_; }
  /// Whether what rests on a record of this stream may leave the lot.
  bool has_settled(std::uint64_t sequence) const { return !is_durable() || sequence <= through_; }
  std::uint64_t unpersisted() const { return sequence_ - durable_through(); }
  std::uint64_t incarnation() const { return incarnation_; }
  void set_incarnation(std::uint64_t incarnation) { incarnation_ = incarnation; }

  /// Takes the next number for a record and its time, which never goes back.
  WallTime advance(WallTime wall) {
    ++sequence_;
    last_at_ = std::max(last_at_, wall);
    return last_at_;
  }
  /// Takes over number and time of a record that is replayed.
  void replayed(std::uint64_t sequence, WallTime at) {
    sequence_ = through_ = sequence;
    last_at_ = std::max(last_at_, at);
  }

  /// Keeps a record of a durable stream for the write at the end of this `handle`.
  void append(R record) { batch_.push_back(std::move(record)); }
  std::string_view keep_text(std::string_view text) {
    return text.empty() ? text : texts_.emplace_back(text);
  }
  std::span<const std::uint64_t> keep_numbers(std::span<const std::uint64_t> numbers) {
    if (numbers.empty()) return {};
    return numbers_.emplace_back(numbers.begin(), numbers.end());
  }
  const std::vector<R>& batch() const { return batch_; }
  /// Called at the start of `handle`: what the last one wrote has been polled.
  void clear_batch() {
    batch_.clear();
    texts_.clear();
    numbers_.clear();
  }

  void persisted(std::uint64_t through) { through_ = std::min(std::max(through_, through), sequence_); }
  void opened() { state_ = StreamState::open; }
  void failed() {
    state_ = StreamState::failed;
    clear_batch();
  }
  /// A failed stream is read anew from its beginning.
  void reloading() {
    state_ = StreamState::loading;
    sequence_ = through_ = 0;
  }

 private:
  bool is_durable_;
  StreamState state_;
  std::uint64_t sequence_ = 0;
  std::uint64_t through_ = 0;
  std::uint64_t incarnation_ = 0;
  WallTime last_at_{0};
  std::vector<R> batch_;
  std::deque<std::string> texts_;
  std::deque<std::vector<std::uint64_t>> numbers_;
};

}  // namespace parking_lot
