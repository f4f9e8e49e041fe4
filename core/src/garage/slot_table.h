#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "parking_lot/garage/ticket.h"

namespace parking_lot::garage {

/// Slots of tickets by their ids: open addressing over the low halves, which look random. `IdOf` gives the id
/// of a slot. All operations O(1) expected.
template <class IdOf>
class SlotTable {
 public:
  static constexpr std::uint32_t none = 0xffffffff;
  explicit SlotTable(IdOf id_of) : id_of_(id_of), table_(64, none) {}

  /// No slot with this id may be there.
  void insert(std::uint32_t slot) {
    if ((size_ + 1) * 2 > table_.size()) grow();
    place(slot);
    ++size_;
  }

  std::uint32_t find(TicketId id) const { return table_[place_of(id)]; }

  /// Backward-shift deletion keeps every probe sequence unbroken (Knuth, TAOCP vol. 3, 6.4, algorithm R).
  void erase(TicketId id) {
    const std::size_t mask = table_.size() - 1;
    std::size_t hole = place_of(id);
    if (table_[hole] == none) return;
    for (std::size_t next = (hole + 1) & mask; table_[next] != none; next = (next + 1) & mask) {
      const std::size_t home = id_of_(table_[next]).low & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      table_[hole] = table_[next];
      hole = next;
    }
    table_[hole] = none;
    --size_;
  }

  std::size_t memory_bytes() const { return table_.size() * sizeof(std::uint32_t); }

 private:
  std::size_t place_of(TicketId id) const {
    const std::size_t mask = table_.size() - 1;
    std::size_t place = id.low & mask;
    while (table_[place] != none && !(id_of_(table_[place]) == id)) place = (place + 1) & mask;
    return place;
  }
  void place(std::uint32_t slot) { table_[place_of(id_of_(slot))] = slot; }
  void grow() {
    std::vector<std::uint32_t> old(table_.size() * 2, none);
    old.swap(table_);
    for (const std::uint32_t slot : old) {
      if (slot != none) place(slot);
    }
  }

  IdOf id_of_;
  std::vector<std::uint32_t> table_;
  std::size_t size_ = 0;
};

}  // namespace parking_lot::garage
