#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>

#include "parking_lot/bring_near.h"

namespace parking_lot {

/// Slot of each known task by admission number. Numbers rise, so blocks of them sit in a deque; a block goes
/// when all of its tasks are forgotten. Set, erase and find O(1); `next` skips empty blocks.
class AdmissionIndex {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  void set(std::uint64_t admission, std::uint32_t slot) {
    const std::uint64_t number = admission / block_size;
    if (blocks_.empty()) first_ = number;
    while (number < first_) {
      blocks_.emplace_front();
      --first_;
    }
    while (number >= first_ + blocks_.size()) blocks_.emplace_back();
    auto& block = blocks_[static_cast<std::size_t>(number - first_)];
    if (!block) block = std::make_unique<Block>();
    std::uint32_t& place = block->slots[admission % block_size];
    if (place == none) ++block->used;
    place = slot;
  }

  void erase(std::uint64_t admission) {
    auto& block = blocks_[static_cast<std::size_t>(admission / block_size - first_)];
    block->slots[admission % block_size] = none;
    if (--block->used > 0) return;
    block.reset();
    while (!blocks_.empty() && !blocks_.front()) {
      blocks_.pop_front();
      ++first_;
    }
  }

  std::uint32_t find(std::uint64_t admission) const {
    const std::uint64_t number = admission / block_size;
    if (number < first_ || number >= first_ + blocks_.size()) return none;
    const auto& block = blocks_[static_cast<std::size_t>(number - first_)];
    return block ? block->slots[admission % block_size] : none;
  }

  /// `find` or `erase` of this number comes soon: its memory may be brought near.
  void expect(std::uint64_t admission) const {
    const std::uint64_t number = admission / block_size;
    if (number < first_ || number >= first_ + blocks_.size()) return;
    const auto& block = blocks_[static_cast<std::size_t>(number - first_)];
    if (!block) return;
    bring_near(&block->slots[admission % block_size]);
    bring_near(&block->used);
  }

  /// Whether `set` of this number would keep the index at a size that real numbers lead to.
  bool reaches(std::uint64_t admission) const {
    const std::uint64_t number = admission / block_size;
    if (blocks_.empty()) return true;
    const std::uint64_t last = first_ + blocks_.size();
    return number < first_ ? last - number < blocks_max : number - first_ < blocks_max;
  }

  /// Calls `visit(slot)` for every known task with an admission number above `after`, rising, until it
  /// returns false.
  template <class Visit>
  void visit_after(std::uint64_t after, Visit visit) const {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const std::uint64_t base = (first_ + i) * block_size;
      if (!blocks_[i] || base + block_size <= after) continue;
      for (std::uint64_t offset = 0; offset < block_size; ++offset) {
        const std::uint32_t slot = blocks_[i]->slots[offset];
        if (slot != none && base + offset > after && !visit(slot)) return;
      }
    }
  }

  std::size_t memory_bytes() const {
    std::size_t bytes = blocks_.size() * sizeof(blocks_[0]);
    for (const auto& block : blocks_) bytes += block ? sizeof(Block) : 0;
    return bytes;
  }

 private:
  static constexpr std::uint64_t block_size = 512;
  static constexpr std::uint64_t blocks_max = std::uint64_t{1} << 26;
  struct Block {
    Block() { slots.fill(none); }
    std::array<std::uint32_t, block_size> slots;
    std::uint32_t used = 0;
  };

  std::deque<std::unique_ptr<Block>> blocks_;
  std::uint64_t first_ = 0;
};

}  // namespace parking_lot
