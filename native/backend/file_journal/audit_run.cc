#include "audit_run.h"

#include <algorithm>

namespace parking_lot {

StoreResult<void> AuditRun::take_all() {
  AuditImage& image = trail_->parts()[part_].image;
  all_ = true;
  for (std::uint64_t i = 0; i < image.frames(); ++i) {
    const auto frame = image.frame(i);
    if (!frame) return tl::unexpected(frame.error());
    if (frame->stream != stream_) continue;
    blocks_.push_back({*frame, total_});
    total_ += frame->count;
  }
  return {};
}

StoreResult<void> AuditRun::take_task(std::uint32_t at) {
  AuditImage& image = trail_->parts()[part_].image;
  const auto task = image.task(at);
  if (!task) return tl::unexpected(task.error());
  const auto end = image.places_end(at);
  if (!end) return tl::unexpected(end.error());
  for (std::uint64_t i = task->first_event; i < *end; ++i) {
    const auto place = image.place(i);
    if (!place) return tl::unexpected(place.error());
    chosen_.push_back({*place, at});
  }
  return {};
}

void AuditRun::order() {
  std::sort(chosen_.begin(), chosen_.end(),
            [](const Chosen& a, const Chosen& b) { return a.place < b.place; });
}

StoreResult<AuditRun::Event> AuditRun::read(std::uint64_t at) {
  AuditPart& part = trail_->parts()[part_];
  AuditFrame frame;
  std::uint32_t index = 0;
  Event event;
  if (all_) {
    const auto after =
        std::upper_bound(blocks_.begin(), blocks_.end(), at,
                         [](std::uint64_t place, const Block& block) { return place < block.events_before; });
    const Block& block = *(after - 1);
    frame = block.frame;
    index = static_cast<std::uint32_t>(at - block.events_before);
  } else {
    const Chosen& chosen = chosen_[static_cast<std::size_t>(at)];
    const auto found = part.image.frame(chosen.place.frame);
    if (!found) return tl::unexpected(found.error());
    frame = *found;
    index = chosen.place.index;
    event.task = chosen.task;
  }
  auto record = frames_.read(trail_->files(), part.extent.segment, frame, index);
  if (!record) return tl::unexpected(record.error());
  event.record = *record;
  return event;
}

}  // namespace parking_lot
