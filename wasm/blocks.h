#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

/// Memory that grows without moving what it holds. std::deque does that too, with 2 kB of code for each type
/// of element.
namespace parking_lot::wasm {

using Block = std::unique_ptr<unsigned char[]>;

/// Blocks of zeroes, all of one size.
class Blocks {
 public:
  explicit Blocks(std::size_t block_bytes) : block_bytes_(block_bytes) {}
  std::size_t size() const { return blocks_.size(); }
  unsigned char* operator[](std::size_t number) const { return blocks_[number].get(); }
  /// Adds blocks until there are so many.
  void grow_to(std::size_t count);

 private:
  std::size_t block_bytes_;
  std::vector<Block> blocks_;
};

/// Elements by number. One that was never written is all zeroes. O(1).
template <class Element>
class NumberedTable {
  static_assert(std::is_trivially_copyable_v<Element>);

 public:
  NumberedTable() : blocks_(sizeof(Element) << block_bits) {}

  bool reaches(std::size_t number) const { return number >> block_bits < blocks_.size(); }
  /// Only of a number that it reaches.
  Element& operator[](std::size_t number) { return elements(number)[number & (block_size - 1)]; }
  const Element& operator[](std::size_t number) const { return elements(number)[number & (block_size - 1)]; }
  /// Grows as far as it must.
  Element& grown_to(std::size_t number) {
    if (!reaches(number)) blocks_.grow_to((number >> block_bits) + 1);
    return (*this)[number];
  }

 private:
  static constexpr unsigned block_bits = 10;
  static constexpr std::size_t block_size = std::size_t{1} << block_bits;

  Element* elements(std::size_t number) const {
    return reinterpret_cast<Element*>(blocks_[number >> block_bits]);
  }

  Blocks blocks_;
};

/// Texts that live until all are forgotten.
class KeptTexts {
 public:
  std::string_view keep(std::string_view text);
  void clear();

 private:
  std::vector<Block> blocks_;  // the last one has room; an empty list: there is none
  std::size_t used_ = 0;
  std::size_t room_ = 0;  // of the last block
};

}  // namespace parking_lot::wasm
