#include "run_ends.h"

#include <algorithm>

namespace parking_lot {

std::optional<RunEnds::Next> RunEnds::next() const {
  const auto* first = ends_.front();
  if (first == nullptr) return std::nullopt;
  return Next{SteadyTime{first->key.end_ms}, first->key.run};
}

Amounts RunEnds::take_first() {
  const auto first = *ends_.front();
  ends_.erase(first.key);
  return first.value.amounts;
}

Reservation RunEnds::reserve(const Amounts& free, const Amounts& needed, SteadyTime now) const {
  Amounts at_end = free;
  const auto* last = ends_.first([&](const Freed& freed) {
    Amounts with = at_end;
    with.add(freed.amounts);
    if (needed.fits(with)) return true;
    at_end = with;
    return false;
  });
  if (last == nullptr) return {};
  // What ends at the same moment is free as well then.
  const std::int64_t end_ms = last->key.end_ms;
  Amounts spare = free;
  spare.add(ends_.before({std::max(end_ms, now.ms) + 1, 0}).amounts);
  spare.take(needed);
  return {SteadyTime{std::max(end_ms, now.ms)}, spare};
}

}  // namespace parking_lot
