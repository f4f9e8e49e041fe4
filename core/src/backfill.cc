#include <vector>

#include "allocator.h"

namespace parking_lot {
namespace {

/// Tasks of all lanes with credit that come after a key and fit, in leaving order.
class Candidates {
 public:
  Candidates(Pool& pool, QueueKey after, Units free) {
    for (Lane& lane : pool.lanes) {
      if (lane.ready == 0) continue;
      TaskQueue::Cursor cursor(lane.queue, after);
      const auto entry = cursor.next(free);
      if (entry) sources_.push_back({cursor, {&lane, *entry}});
    }
  }

  std::optional<Candidate> next(Units free) {
    if (sources_.empty()) return std::nullopt;
    auto least = sources_.begin();
    for (auto source = sources_.begin(); source != sources_.end(); ++source) {
      if (source->candidate.entry.key < least->candidate.entry.key) least = source;
    }
    const Candidate candidate = least->candidate;
    if (const auto entry = least->cursor.next(free)) {
      least->candidate.entry = *entry;
    } else {
      sources_.erase(least);
    }
    return candidate;
  }

 private:
  struct Source {
    TaskQueue::Cursor cursor;
    Candidate candidate;
  };
  std::vector<Source> sources_;
};

}  // namespace

Reservation reservation_of(const Situation& situation, const Candidate& head, Units free) {
  return situation.pool.ends.reserve(Amounts(free), Amounts(head.entry.units), situation.now);
}

std::optional<Candidate> next_beside(const Situation& situation, const Candidate& head, Units free) {
  Pool& pool = situation.pool;
  Sweep& sweep = pool.sweep;
  if (sweep.head != head.entry.slot) sweep = {head.entry.slot, head.entry.key, 0};
  const std::uint32_t limit = pool.config.backfill_candidates;
  if (limit != 0 && sweep.looked_at >= limit) return std::nullopt;

  const Reservation reservation = reservation_of(situation, head, free);
  Candidates candidates(pool, sweep.after, free);
  while (const auto candidate = candidates.next(free)) {
    if (limit != 0 && sweep.looked_at++ >= limit) return std::nullopt;
    sweep.after = candidate->entry.key;
    const Duration estimate = situation.tasks[candidate->entry.slot].estimate;
    const bool ends_in_time = estimate.ms > 0 && estimate <= reservation.at - situation.now;
    if (ends_in_time || candidate->entry.units <= reservation.spare.of[0]) return candidate;
  }
  return std::nullopt;
}

}  // namespace parking_lot
