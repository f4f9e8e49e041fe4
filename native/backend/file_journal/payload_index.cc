#include "payload_index.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parking_lot {

namespace {
constexpr std::size_t run_entries = 128;
}

std::size_t PayloadIndex::position(const Run& run, std::uint64_t id) {
  return static_cast<std::size_t>(
      std::lower_bound(run.begin(), run.end(), id,
                       [](const Entry& entry, std::uint64_t wanted) { return entry.id() < wanted; }) -
      run.begin());
}

void PayloadIndex::set(std::uint64_t id, PayloadPlace place) {
  const Entry entry{static_cast<std::uint32_t>(id), static_cast<std::uint32_t>(id >> 32), place};
  auto at = runs_.upper_bound(id);
  if (at != runs_.begin()) {
    --at;
  } else {
    at = runs_.emplace_hint(at, id, Run());
    at->second.reserve(run_entries);
  }
  std::size_t here = position(at->second, id);
  if (here < at->second.size() && at->second[here].id() == id) {
    at->second[here].place = place;
    return;
  }
  ++size_;
  if (at->second.size() == run_entries) {
    if (here == run_entries && std::next(at) == runs_.end()) {
      at = runs_.emplace_hint(runs_.end(), id, Run());
      at->second.reserve(run_entries);
    } else {
      split(at);
      at = std::prev(runs_.upper_bound(id));
    }
    here = position(at->second, id);
  }
  at->second.insert(at->second.begin() + static_cast<std::ptrdiff_t>(here), entry);
}

/// In two halves, so that an id which comes late finds room.
void PayloadIndex::split(Runs::iterator run) {
  const auto middle = run->second.begin() + run_entries / 2;
  Run upper;
  upper.reserve(run_entries);
  upper.assign(middle, run->second.end());
  run->second.erase(middle, run->second.end());
  const std::uint64_t first = upper.front().id();
  runs_.emplace_hint(std::next(run), first, std::move(upper));
}

std::optional<PayloadPlace> PayloadIndex::find(std::uint64_t id) const {
  auto at = runs_.upper_bound(id);
  if (at == runs_.begin()) return std::nullopt;
  const Run& run = std::prev(at)->second;
  const std::size_t here = position(run, id);
  if (here == run.size() || run[here].id() != id) return std::nullopt;
  return run[here].place;
}

void PayloadIndex::erase(std::uint64_t id) {
  auto at = runs_.upper_bound(id);
  if (at == runs_.begin()) return;
  --at;
  Run& run = at->second;
  const std::size_t here = position(run, id);
  if (here == run.size() || run[here].id() != id) return;
  run.erase(run.begin() + static_cast<std::ptrdiff_t>(here));
  --size_;
  if (run.empty()) {
    runs_.erase(at);
  } else if (run.size() < run_entries * 3 / 4) {
    join(at);
  }
}

/// With a neighbour, if both fit into one run: then two neighbours are always more than one full run.
void PayloadIndex::join(Runs::iterator run) {
  const auto fits = [](Runs::iterator low, Runs::iterator high) {
    return low->second.size() + high->second.size() <= run_entries;
  };
  auto low = run;
  if (std::next(run) == runs_.end() || !fits(run, std::next(run))) {
    if (run == runs_.begin() || !fits(std::prev(run), run)) return;
    low = std::prev(run);
  }
  const auto high = std::next(low);
  low->second.insert(low->second.end(), high->second.begin(), high->second.end());
  runs_.erase(high);
}

std::uint64_t PayloadIndex::largest() const {
  return runs_.empty() ? 0 : std::prev(runs_.end())->second.back().id();
}

void PayloadIndex::visit(const std::function<void(std::uint64_t id, PayloadPlace place)>& visit) const {
  for (const auto& [first, run] : runs_) {
    for (const Entry& entry : run) visit(entry.id(), entry.place);
  }
}

std::uint64_t PayloadIndex::memory_bytes() const {
  constexpr std::uint64_t node = sizeof(Runs::value_type) + 4 * sizeof(void*) + 16;
  return runs_.size() * (node + run_entries * sizeof(Entry));
}

}  // namespace parking_lot
