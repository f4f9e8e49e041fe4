#include "number_index.h"

#include <bit>

namespace parking_lot {
namespace {

constexpr std::size_t entries_min = 16;
/// 2^64 divided by the golden ratio: spreads numbers that follow each other (section 6.4, Fibonacci hashing).
constexpr std::uint64_t spreading = 0x9e3779b97f4a7c15;

}  // namespace

std::size_t NumberIndex::home_of(std::uint64_t number) const {
  return static_cast<std::size_t>(number * spreading >> (64 - std::countr_zero(entries_.size())));
}

std::size_t NumberIndex::probe(std::uint64_t number) const {
  std::size_t at = home_of(number);
  while (entries_[at].is_used && entries_[at].number != number) at = after(at);
  return at;
}

std::uint32_t* NumberIndex::find(std::uint64_t number) {
  if (size_ == 0) return nullptr;
  Entry& entry = entries_[probe(number)];
  return entry.is_used ? &entry.place : nullptr;
}

const std::uint32_t* NumberIndex::find(std::uint64_t number) const {
  if (size_ == 0) return nullptr;
  const Entry& entry = entries_[probe(number)];
  return entry.is_used ? &entry.place : nullptr;
}

std::pair<std::uint32_t&, bool> NumberIndex::try_emplace(std::uint64_t number, std::uint32_t place) {
  if ((size_ + 1) * 3 > entries_.size() * 2) grow();
  Entry& entry = entries_[probe(number)];
  if (entry.is_used) return {entry.place, false};
  ++size_;
  entry = {number, place, true};
  return {entry.place, true};
}

/// What stands behind it moves up, so that no search ends too early.
void NumberIndex::erase(std::uint64_t number) {
  if (size_ == 0) return;
  std::size_t gap = probe(number);
  if (!entries_[gap].is_used) return;
  --size_;
  for (std::size_t at = after(gap); entries_[at].is_used; at = after(at)) {
    const std::size_t from_home = (at - home_of(entries_[at].number)) & (entries_.size() - 1);
    if (from_home < ((at - gap) & (entries_.size() - 1))) continue;
    entries_[gap] = entries_[at];
    gap = at;
  }
  entries_[gap] = {};
}

void NumberIndex::clear() {
  entries_ = {};
  size_ = 0;
}

void NumberIndex::grow() {
  std::vector<Entry> before(entries_.empty() ? entries_min : entries_.size() * 2);
  before.swap(entries_);
  for (const Entry& entry : before) {
    if (entry.is_used) entries_[probe(entry.number)] = entry;
  }
}

}  // namespace parking_lot
