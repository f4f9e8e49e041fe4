#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace parking_lot::garage {

/// A set of numbers below a fixed size that knows its least member. Bits in words, and a bit per word above
/// them, level by level: every operation is O(log64 size).
class RankSet {
 public:
  RankSet() = default;
  explicit RankSet(std::uint32_t size) {
    std::size_t words = size;
    do {
      words = (words + 63) / 64;
      levels_.emplace_back(words, 0);
    } while (words > 1);
  }

  void insert(std::uint32_t rank) {
    for (auto& level : levels_) {
      std::uint64_t& word = level[rank / 64];
      const bool was_empty = word == 0;
      word |= std::uint64_t{1} << (rank % 64);
      if (!was_empty) return;
      rank /= 64;
    }
  }

  void erase(std::uint32_t rank) {
    for (auto& level : levels_) {
      std::uint64_t& word = level[rank / 64];
      word &= ~(std::uint64_t{1} << (rank % 64));
      if (word != 0) return;
      rank /= 64;
    }
  }

  bool empty() const { return levels_.empty() || levels_.back()[0] == 0; }
  bool contains(std::uint32_t rank) const { return (levels_[0][rank / 64] >> (rank % 64) & 1) != 0; }

  /// The least member. There must be one.
  std::uint32_t first() const {
    std::uint32_t rank = 0;
    for (std::size_t level = levels_.size(); level-- > 0;)
      rank = rank * 64 + static_cast<std::uint32_t>(std::countr_zero(levels_[level][rank]));
    return rank;
  }

  std::size_t memory_bytes() const {
    std::size_t bytes = 0;
    for (const auto& level : levels_) bytes += level.size() * sizeof(std::uint64_t);
    return bytes;
  }

 private:
  std::vector<std::vector<std::uint64_t>> levels_;  // the spots' own bits first
};

}  // namespace parking_lot::garage
