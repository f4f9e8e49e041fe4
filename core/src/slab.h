#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "parking_lot/bring_near.h"

namespace parking_lot {

/// Objects in numbered slots with stable addresses. Freed slots are used again, last freed first, so that
/// slot numbers depend on the history of calls alone. T needs a default constructor.
template <class T>
class Slab {
 public:
  T& operator[](std::uint32_t slot) { return chunks_[slot >> chunk_bits][slot & (chunk_size - 1)]; }
  const T& operator[](std::uint32_t slot) const {
    return chunks_[slot >> chunk_bits][slot & (chunk_size - 1)];
  }

  /// This object is asked for soon: its memory may be brought near.
  void expect(std::uint32_t slot) const {
    const auto* object = reinterpret_cast<const char*>(&(*this)[slot]);
    for (std::size_t line = 0; line < sizeof(T); line += 64) bring_near(object + line);
  }

  std::uint32_t allocate() {
    if (!free_.empty()) {
      const std::uint32_t slot = free_.back();
      free_.pop_back();
      return slot;
    }
    if ((end_ & (chunk_size - 1)) == 0) chunks_.push_back(std::make_unique<T[]>(chunk_size));
    return end_++;
  }
  void free(std::uint32_t slot) { free_.push_back(slot); }

  /// One past the highest slot ever used.
  std::uint32_t end() const { return end_; }
  std::size_t memory_bytes() const {
    return chunks_.size() * chunk_size * sizeof(T) + free_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr unsigned chunk_bits = 8;
  static constexpr std::uint32_t chunk_size = 1U << chunk_bits;

  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t end_ = 0;
};

}  // namespace parking_lot
