#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "parking_lot/bring_near.h"

namespace parking_lot {

/// FNV-1a, folded.
std::uint32_t hash_of(std::string_view text);

/// Slots of named things by the hashes of their names. Who owns the things compares the names.
///
/// Open addressing with linear probing, at most half full. With the hash beside it, a place that is somebody
/// else's is passed without a look at the thing. All operations are O(1) expected.
class SlotTable {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  SlotTable() : places_(64) {}

  /// The slot with this hash for which `is_it(slot)` holds, or `none`.
  template <class IsIt>
  std::uint32_t find(std::uint32_t hash, IsIt is_it) const {
    const std::size_t mask = places_.size() - 1;
    for (std::size_t at = hash & mask; places_[at].next_slot != 0; at = (at + 1) & mask) {
      const std::uint32_t slot = places_[at].next_slot - 1;
      if (places_[at].hash == hash && is_it(slot)) return slot;
    }
    return none;
  }
  /// Whose name it is must not be in the table.
  void insert(std::uint32_t hash, std::uint32_t slot);
  /// Does nothing if the slot is not in the table.
  void erase(std::uint32_t hash, std::uint32_t slot);
  /// A call with this hash comes soon: its memory may be brought near.
  void expect(std::uint32_t hash) const { bring_near(&places_[hash & (places_.size() - 1)]); }

  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const { return places_.size() * sizeof(Place); }

 private:
  struct Place {
    std::uint32_t next_slot = 0;  ///< slot + 1; 0: empty
    std::uint32_t hash = 0;
  };
  void put(Place place);

  std::vector<Place> places_;
  std::size_t size_ = 0;
};

}  // namespace parking_lot
