#include <algorithm>
#include <utility>

#include "payload_segments.h"

namespace parking_lot {

namespace {

/// Space that no compaction is worth.
constexpr std::uint64_t slack_bytes = std::uint64_t{256} << 10;

}  // namespace

/// More than a fifth of the disk space, and enough to care, is not needed.
bool PayloadSegments::is_sparse() const {
  const std::uint64_t slack = std::min(slack_bytes, 4 * segment_bytes_);
  return disk_bytes() > live_bytes_ + live_bytes_ / 4 + slack;
}

bool PayloadSegments::is_empty(std::uint32_t number, const Segment& segment, Empty kind) const {
  if (segment.live_bytes != 0 || number == current_) return false;
  return (number >= vouched_from_) == (kind == Empty::vouched);
}

bool PayloadSegments::has_empty(Empty kind) const {
  return std::any_of(segments_.begin(), segments_.end(),
                     [&](const auto& segment) { return is_empty(segment.first, segment.second, kind); });
}

void PayloadSegments::delete_empty() {
  for (auto segment = segments_.begin(); segment != segments_.end();) {
    if (!is_empty(segment->first, segment->second, Empty::deletable)) {
      ++segment;
      continue;
    }
    // A file that could not be deleted now is none of the index any more, and goes at the next opening.
    (void)files_.remove(segment_name(SegmentKind::payloads, segment->first));
    if (victim_ && victim_->segment == segment->first) victim_.reset();
    segment = segments_.erase(segment);
  }
}

bool PayloadSegments::wants_upkeep() const {
  return is_sparse() || has_empty(Empty::deletable) || has_empty(Empty::vouched);
}

/// The segment in which least is needed for its size. If that is the one that grows, it must be closed first.
bool PayloadSegments::choose_victim() {
  auto best = segments_.end();
  for (auto segment = segments_.begin(); segment != segments_.end(); ++segment) {
    const auto& [end, live] = segment->second;
    if (live * 5 > end * 4 || (live == 0 && segment->first != current_)) continue;
    if (best == segments_.end() || live * best->second.end < best->second.live_bytes * end) best = segment;
  }
  if (best == segments_.end()) return false;
  if (best->first == current_) {
    must_seal_ = true;
    return false;
  }
  auto list = sealed_list(best->first);
  if (list && *list) {
    victim_ = Victim{.segment = best->first, .list = std::move(**list), .next = 0};
    return true;
  }
  std::uint64_t end = 0;
  auto scanned = scan(best->first, best->second.end, end);
  if (!scanned) return false;
  victim_ = Victim{.segment = best->first, .list = std::move(*scanned), .next = 0};
  return true;
}

/// Adds to the batch what the sparsest segment still holds, at most about `budget` bytes of it; that comes
/// to its new place with the next commit, and the emptied segment is deleted after that. Bytes are copied
/// as they are, their checksum with them: damage stays visible.
void PayloadSegments::copy_from_sparse(std::uint64_t budget) {
  while (budget > 0 && is_sparse()) {
    if (!victim_ && !choose_victim()) return;
    const std::string file = segment_name(SegmentKind::payloads, victim_->segment);
    for (; victim_->next < victim_->list.size() && budget > 0; ++victim_->next) {
      const PayloadListing& entry = victim_->list[victim_->next];
      const PayloadPlace place{victim_->segment, entry.offset, entry.bytes};
      if (index_.find(entry.id) != place) continue;
      const std::size_t start = gathering_.buffer.size();
      const std::uint64_t bytes = entry_bytes(entry.bytes);
      gathering_.buffer.resize(start + static_cast<std::size_t>(bytes));
      const auto got = files_.read_at(
          file, entry.offset,
          {reinterpret_cast<char*>(gathering_.buffer.data() + start), static_cast<std::size_t>(bytes)});
      if (!got || *got != bytes) {
        // It stays where it is, for a reader to be told.
        gathering_.buffer.resize(start);
        continue;
      }
      gathering_.items.push_back(
          {.id = entry.id, .offset = start, .bytes = entry.bytes, .place = {}, .copied_from = place});
      budget -= std::min(budget, bytes);
    }
    if (victim_->next < victim_->list.size()) return;
    victim_.reset();
    // Its copies count from the next commit on; until then it would be chosen again.
    return;
  }
}

}  // namespace parking_lot
