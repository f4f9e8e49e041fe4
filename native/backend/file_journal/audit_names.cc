#include <algorithm>
#include <utility>

#include "audit_trail.h"
#include "checkpoints.h"
#include "segment_files.h"
#include "stream_reader.h"

/// Who the tasks of the audit trail are.
namespace parking_lot {

StoreResult<std::optional<AuditNames>> AuditTrail::names_of(AuditPart& part, const AuditTask& task) {
  if (task.names != 0) {
    auto names = part.image.names_at(task.names);
    if (!names) return tl::unexpected(names.error());
    if (*names == AuditNames()) return std::optional<AuditNames>();
    return std::optional(std::move(*names));
  }
  const auto place = part.image.place(task.first_event);
  if (!place) return tl::unexpected(place.error());
  const auto record = frames_.read(files_, keys_, part.extent.segment, place->frame, place->index);
  if (!record) return tl::unexpected(record.error());
  if (const auto* admitted = std::get_if<TaskAdmitted>(&record->fact))
    return std::optional(audit_names(*admitted));
  if (const auto* rejected = std::get_if<TaskRejected>(&record->fact))
    return std::optional(AuditNames{std::string(rejected->task_id), std::string(rejected->tenant), {}});
  return corrupt(audit_index_name(part.extent.segment), 0, "the index does not fit its segment");
}

StoreResult<std::optional<AuditNames>> AuditTrail::names_in(std::size_t at, const std::string& stream,
                                                            std::uint64_t admission) {
  AuditPart& part = parts_[at];
  for (std::uint32_t i = 0; i < part.image.streams().size(); ++i) {
    if (part.image.streams()[i].name != stream) continue;
    const auto found = part.image.find_task(i, admission);
    if (!found) return tl::unexpected(found.error());
    if (!*found) break;
    const auto task = part.image.task(**found);
    if (!task) return tl::unexpected(task.error());
    return names_of(part, *task);
  }
  return std::optional<AuditNames>();
}

StoreResult<std::optional<AuditNames>> AuditTrail::find_names(const std::string& stream,
                                                              std::uint64_t admission, std::size_t before) {
  const auto is_home = [&](const AuditPart& part) {
    const auto& streams = part.image.streams();
    return std::any_of(streams.begin(), streams.end(), [&](const AuditStream& one) {
      return one.name == stream && one.first_admission <= admission && admission <= one.last_admission;
    });
  };
  if (home_ >= before || !is_home(parts_[home_])) {
    home_ = 0;
    while (home_ < before && !is_home(parts_[home_])) ++home_;
  }
  if (home_ < before) {
    auto names = names_in(home_, stream, admission);
    if (!names || *names) return names;
  }
  // Retention has taken its admission. A later index repeats the names, or a checkpoint does.
  auto restored = from_checkpoint(stream, admission);
  if (!restored || *restored) return restored;
  for (std::size_t i = before; i-- > 0;) {
    auto names = names_in(i, stream, admission);
    if (!names || *names) return names;
  }
  return std::optional<AuditNames>();
}

StoreResult<std::optional<AuditNames>> AuditTrail::from_checkpoint(const std::string& stream,
                                                                   std::uint64_t admission) {
  auto [known, is_new] = restored_.try_emplace(stream);
  if (is_new) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> told;  // first and last admission, by part
    for (const AuditPart& part : parts_) {
      for (const AuditStream& one : part.image.streams()) {
        if (one.name == stream && one.first_admission != 0)
          told.emplace_back(one.first_admission, one.last_admission);
      }
    }
    const auto is_told = [&](std::uint64_t task) {
      return std::any_of(told.begin(), told.end(),
                         [&](const auto& part) { return part.first <= task && task <= part.second; });
    };
    const auto names = files_.list();
    if (!names) return store_failure(names.error());
    Checkpoints checkpoints(files_, 0);
    auto opened = checkpoints.open(*names);
    if (!opened) return tl::unexpected(opened.error());
    const StreamKey key{StreamKind::pool, stream};
    const Checkpoint* newest = checkpoints.newest(key);
    if (newest == nullptr) return std::optional<AuditNames>();
    FrameCursor cursor(files_, SegmentKind::checkpoint, FrameKind::state, key, pieces_of(*newest));
    PoolRecords state;
    for (;;) {
      const auto frame = cursor.next();
      if (!frame) return tl::unexpected(frame.error());
      if (!*frame) break;
      state.clear();
      const auto decoded = decode_frame(**frame, state, &keys_);
      if (!decoded) return corrupt(cursor.file(), cursor.offset(), decoded.error().message);
      for (const Record& record : state.records) {
        const auto* task = std::get_if<TaskRestored>(&record.fact);
        if (task != nullptr && !is_told(task->admitted.admission))
          known->second.emplace(task->admitted.admission, audit_names(task->admitted));
      }
    }
  }
  const auto found = known->second.find(admission);
  if (found == known->second.end()) return std::optional<AuditNames>();
  return std::optional(found->second);
}

}  // namespace parking_lot
