#include <algorithm>
#include <tuple>
#include <vector>

#include "allocator.h"
#include "steps.h"

namespace parking_lot {
namespace {

/// Tasks of all lanes with credit that come after a key and fit, in leaving order. For pools whose lanes are
/// plain queues. Ends with the next change of a queue. As all of these, `next` counts down how many may still
/// be looked at.
class QueueCandidates {
 public:
  QueueCandidates(Pool& pool, QueueKey after, const Amounts& free) {
    for (Lane& lane : pool.lanes) {
      if (lane.ready == 0) continue;
      TaskQueue::Cursor cursor(lane.queue, after);
      const auto entry = cursor.next(free.of[0]);
      if (entry) sources_.push_back({cursor, {&lane, *entry, Place::of(entry->key)}});
    }
  }

  std::optional<Candidate> next(const Amounts& free, std::uint64_t& left) {
    if (sources_.empty() || left == 0) return std::nullopt;
    --left;
    auto least = sources_.begin();
    for (auto source = sources_.begin(); source != sources_.end(); ++source) {
      if (source->candidate.entry.key < least->candidate.entry.key) least = source;
    }
    const Candidate candidate = least->candidate;
    if (const auto entry = least->cursor.next(free.of[0])) {
      least->candidate.entry = *entry;
      least->candidate.place = Place::of(entry->key);
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

/// The same of the only lane with credit: whom the gap cannot take is passed over by its entry alone.
class QueueWalk {
 public:
  QueueWalk(Lane& lane, QueueKey after, const TaskQueue::Wanted& wanted)
      : lane_(&lane), cursor_(lane.queue, after), wanted_(wanted) {}

  std::optional<Candidate> next(const Amounts&, std::uint64_t& left) {
    wanted_.most = left;
    const auto entry = cursor_.next(wanted_);
    left = wanted_.most;
    if (!entry) return std::nullopt;
    return Candidate{lane_, *entry, Place::of(entry->key)};
  }

  /// From here on only tasks that say that they are shorter.
  void only_shorter(Duration than) {
    if (TaskQueue::estimate_of(than) == than.ms) wanted_.below_ms = static_cast<std::uint64_t>(than.ms);
  }

 private:
  Lane* lane_;
  TaskQueue::Cursor cursor_;
  TaskQueue::Wanted wanted_;
};

/// The same of pools whose lanes are in lines. Goes on where the sweep has come to.
class LineCandidates {
 public:
  LineCandidates(const Situation& situation, Sweep& sweep, const Place& head)
      : situation_(situation), lanes_(sweep.lanes) {
    Pool& pool = situation.pool;
    const std::uint64_t walk = lanes_.empty() ? ++pool.walks : pool.walks;
    while (lanes_.size() < pool.lanes.size()) {
      Sweep::Lane lane;
      lane.walk.number = walk;
      // A line's place is its oldest task; among those by admission the walk begins behind the head itself.
      lane.walk.after = {head.level, head.service, pool.is_fair() ? head.head - 1 : head.admission, 0};
      lanes_.push_back(lane);
    }
  }

  std::optional<Candidate> next(const Amounts& free, std::uint64_t& left) {
    if (left == 0) return std::nullopt;
    Pool& pool = situation_.pool;
    std::size_t best = lanes_.size();
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      Sweep::Lane& lane = lanes_[i];
      if (lane.is_over || pool.lanes[i].ready == 0) continue;
      if (lane.next && (!is_queued(*lane.next) || !cost_of(*lane.next).fits(free))) lane.next.reset();
      if (!lane.next) lane.next = pool.lanes[i].order->next_candidate(lane.walk, free);
      lane.is_over = !lane.next;
      if (lane.next && (best == lanes_.size() || lane.next->place < lanes_[best].next->place)) best = i;
    }
    if (best == lanes_.size()) return std::nullopt;
    --left;
    const FoundTask found = *lanes_[best].next;
    lanes_[best].next.reset();
    return Candidate{&pool.lanes[best], found.entry, found.place};
  }

 private:
  /// What was found ahead may have started since, when its turn came before the head's.
  bool is_queued(const FoundTask& found) const {
    const Phase phase = situation_.tasks[found.entry.slot].phase;
    return phase == Phase::parked || phase == Phase::arriving;
  }
  Amounts cost_of(const FoundTask& found) const {
    return situation_.pool.cost_of(situation_.tasks[found.entry.slot], found.entry.slot);
  }

  Situation situation_;
  std::vector<Sweep::Lane>& lanes_;
};

/// What a task may do beside the head's reservation.
class Gap {
 public:
  Gap(const Situation& situation, const Candidate& head, const Amounts& free)
      : situation_(situation), reservation_(reservation_of(situation, head, free)) {
    Pool& pool = situation.pool;
    if (pool.reserved_for != head.entry.slot) pool.reserved_bottleneck = 0;
    pool.reserved_for = head.entry.slot;
    pool.reserved_bottleneck |= bottleneck_of(situation.cost_of(head), free);
    bottleneck_ = pool.reserved_bottleneck;
  }

  Duration estimate_of(const Candidate& candidate) const {
    return expected_length(situation_.pool, situation_.tasks[candidate.entry.slot]);
  }

  /// Whether tasks take as long as their entries in a plain queue say.
  bool goes_by_entries() const { return situation_.pool.config.estimates != Estimates::learned; }

  /// Whom it might take, as far as entries of a plain queue can tell.
  TaskQueue::Wanted wanted(const Amounts& free) const {
    TaskQueue::Wanted wanted{.free = free.of[0]};
    if (!goes_by_entries() || (bottleneck_ & 1) == 0) return wanted;
    wanted.spare = reservation_.spare.of[0];
    wanted.window_ms = TaskQueue::estimate_of(reservation_.at - situation_.now);
    return wanted;
  }

  /// Whether it ends in time, uses only what the head will leave over, or nothing that the head waits for.
  bool takes(const Candidate& candidate) const {
    PARKING_LOT_STEP();
    const Duration estimate = estimate_of(candidate);
    if (estimate.ms > 0 && estimate <= reservation_.at - situation_.now) return true;
    const Amounts cost = situation_.cost_of(candidate);
    for (std::size_t i = 0; i < resources_max; ++i) {
      const bool is_scarce = (bottleneck_ >> i & 1) != 0;
      if (is_scarce && cost.of[i] > reservation_.spare.of[i]) return false;
    }
    return true;
  }

 private:
  Situation situation_;
  Reservation reservation_;
  std::uint8_t bottleneck_ = 0;
};

template <class Candidates>
std::optional<Candidate> first_beside(Candidates&& candidates, Sweep& sweep, const Gap& gap,
                                      const Amounts& free) {
  while (const auto candidate = candidates.next(free, sweep.left)) {
    sweep.after = candidate->entry.key;
    if (gap.takes(*candidate)) return candidate;
  }
  return std::nullopt;
}

/// Among the first candidates in leaving order the one that is expected to run shortest.
template <class Candidates>
std::optional<Candidate> shortest_beside(Candidates&& candidates, Sweep& sweep, const Gap& gap,
                                         const Amounts& free) {
  std::optional<Candidate> best;
  std::int64_t best_ms = 0;
  while (const auto candidate = candidates.next(free, sweep.left)) {
    const Duration estimate = gap.estimate_of(*candidate);
    const std::int64_t ms = estimate.ms > 0 ? estimate.ms : longest_expectation.ms;
    if ((best && ms >= best_ms) || !gap.takes(*candidate)) continue;
    best = candidate;
    best_ms = ms;
    if constexpr (requires { candidates.only_shorter(estimate); }) {
      if (gap.goes_by_entries()) candidates.only_shorter(Duration{ms});
    }
  }
  return best;
}

/// The only lane with credit, if there is only one.
Lane* only_ready(Pool& pool) {
  Lane* only = nullptr;
  for (Lane& lane : pool.lanes) {
    if (lane.ready == 0) continue;
    if (only != nullptr) return nullptr;
    only = &lane;
  }
  return only;
}

}  // namespace

Reservation reservation_of(const Situation& situation, const Candidate& head, const Amounts& free) {
  return situation.pool.ends.reserve(free, situation.cost_of(head), situation.now);
}

std::optional<Candidate> next_beside(const Situation& situation, const Candidate& head, const Amounts& free) {
  Pool& pool = situation.pool;
  Sweep& sweep = pool.sweep;
  const bool is_shortest_first = pool.config.backfill_order == BackfillOrder::shortest;
  const std::uint32_t limit = pool.config.backfill_candidates;
  if (sweep.head != head.entry.slot || is_shortest_first)
    sweep = {head.entry.slot, head.entry.key, limit == 0 ? ~std::uint64_t{0} : limit, {}};
  if (sweep.left == 0) return std::nullopt;

  const Gap gap(situation, head, free);
  const auto choose = [&](auto&& candidates) {
    return is_shortest_first ? shortest_beside(candidates, sweep, gap, free)
                             : first_beside(candidates, sweep, gap, free);
  };
  if (head.lane->order) return choose(LineCandidates(situation, sweep, head.place));
  Lane* const only = only_ready(pool);
  if (only != nullptr) return choose(QueueWalk(*only, sweep.after, gap.wanted(free)));
  return choose(QueueCandidates(pool, sweep.after, free));
}

}  // namespace parking_lot
