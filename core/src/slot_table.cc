#include "parking_lot/slot_table.h"

namespace parking_lot {

std::uint32_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

void SlotTable::put(Place place) {
  const std::size_t mask = places_.size() - 1;
  std::size_t at = place.hash & mask;
  while (places_[at].next_slot != 0) at = (at + 1) & mask;
  places_[at] = place;
}

void SlotTable::insert(std::uint32_t hash, std::uint32_t slot) {
  if ((size_ + 1) * 2 > places_.size()) {
    std::vector<Place> old(places_.size() * 2);
    old.swap(places_);
    for (const Place& moved : old) {
      if (moved.next_slot != 0) put(moved);
    }
  }
  put({slot + 1, hash});
  ++size_;
}

void SlotTable::erase(std::uint32_t hash, std::uint32_t slot) {
  const std::size_t mask = places_.size() - 1;
  std::size_t hole = hash & mask;
  while (places_[hole].next_slot != slot + 1) {
    if (places_[hole].next_slot == 0) return;
    hole = (hole + 1) & mask;
  }
  for (std::size_t next = (hole + 1) & mask; places_[next].next_slot != 0; next = (next + 1) & mask) {
    // Backward-shift deletion keeps every probe sequence unbroken (Knuth, TAOCP vol. 3, 6.4, algorithm R).
    const std::size_t home = places_[next].hash & mask;
    if (((next - home) & mask) >= ((next - hole) & mask)) {
      places_[hole] = places_[next];
      hole = next;
    }
  }
  places_[hole] = {};
  --size_;
}

}  // namespace parking_lot
