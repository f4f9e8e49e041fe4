#include "past_inspection.h"

#include <algorithm>
#include <string>
#include <utility>

#include "parking_lot/json.h"
#include "segment_files.h"

namespace parking_lot {

namespace {

/// What goes with a checkpoint of the past: nothing where the times after it are told from one before it too.
std::string loss_of(const Checkpoint& past, std::span<const Checkpoint> whole, bool is_log_whole) {
  const bool has_earlier =
      is_log_whole || std::any_of(whole.begin(), whole.end(), [&](const Checkpoint& one) {
        return one.stream == past.stream && one.parts.front() < past.parts.front();
      });
  if (has_earlier) return "nothing is lost: the past is told from what lies before it";
  return "the past of " + past.stream.name + " from " + format_rfc3339(past.ended_at) +
         " to the next checkpoint cannot be told any more; nothing else is lost";
}

}  // namespace

StoreResult<void> inspect_past(Files& files, std::span<const std::string> names, const Checkpoints& all,
                               bool is_log_whole, Inspection& result) {
  Checkpoints opened(files, 0);
  if (auto read = opened.open(names); !read) return read;
  const std::span<const Checkpoint> whole = all.complete();
  for (const Checkpoint& past : opened.complete()) {
    const auto is_it = [&](const Checkpoint& one) {
      return one.parts == past.parts && one.ends == past.ends;
    };
    if (!past.is_past || std::any_of(whole.begin(), whole.end(), is_it)) continue;
    const auto is_part = [&](const Damage& damage) {
      return damage.kind == SegmentKind::checkpoint &&
             std::find(past.parts.begin(), past.parts.end(), damage.segment) != past.parts.end();
    };
    const auto known = std::find_if(result.needless_damages.begin(), result.needless_damages.end(), is_part);
    const std::uint64_t first = past.parts.front();
    Damage damage{SegmentKind::checkpoint, segment_name(SegmentKind::checkpoint, first), first, 0,
                  "the checkpoint is not whole"};
    if (known != result.needless_damages.end()) damage = *known;
    std::erase_if(result.needless_damages, is_part);
    damage.message += "; it is kept to tell of the past";
    damage.past_loss = loss_of(past, whole, is_log_whole);
    result.damages.push_back(std::move(damage));
  }
  return {};
}

}  // namespace parking_lot
