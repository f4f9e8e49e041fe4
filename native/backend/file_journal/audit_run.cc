#include "audit_run.h"

#include <algorithm>
#include <utility>

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

StoreResult<void> AuditRun::take_list(std::uint32_t list) {
  auto events = trail_->parts()[part_].image.list(list);
  if (!events) return tl::unexpected(events.error());
  chosen_ = std::move(*events);
  return {};
}

StoreResult<Record> AuditRun::read(std::uint64_t at) {
  AuditPart& part = trail_->parts()[part_];
  if (!all_) {
    const auto place = part.image.place(chosen_[static_cast<std::size_t>(at)]);
    if (!place) return tl::unexpected(place.error());
    return frames_.read(trail_->files(), trail_->keys(), part.extent.segment, place->frame, place->index);
  }
  const auto after =
      std::upper_bound(blocks_.begin(), blocks_.end(), at,
                       [](std::uint64_t place, const Block& block) { return place < block.events_before; });
  const Block& block = *(after - 1);
  return frames_.read(trail_->files(), trail_->keys(), part.extent.segment, block.frame,
                      static_cast<std::uint32_t>(at - block.events_before));
}

}  // namespace parking_lot
