#include <algorithm>
#include <utility>

#include "confirmed_end.h"
#include "store_state.h"

namespace parking_lot {

namespace {

std::array<std::uint8_t, 16> store_id(Entropy entropy) {
  std::array<std::uint8_t, 16> id{};
  for (std::size_t i = 0; i < 8; ++i) {
    id[i] = static_cast<std::uint8_t>(entropy.high >> (8 * i));
    id[8 + i] = static_cast<std::uint8_t>(entropy.low >> (8 * i));
  }
  return id;
}

}  // namespace

/// Reads the log behind the newest checkpoints. One which says more than the durable log does not count: then
/// it is read once more, behind the checkpoint before.
StoreResult<void> FileStore::State::open_log(std::span<const std::string> names) {
  for (;;) {
    std::vector<RecordLog::Covered> covered;
    for (const Checkpoint& one : checkpoints_.complete()) {
      if (checkpoints_.newest(one.stream) == &one) covered.push_back({one.stream, one.first});
    }
    log_.emplace(files_, options_.segment_bytes);
    auto opened = log_->open(names, covered, payloads_);
    if (!opened) {
      // Without the records a damaged checkpoint cannot be done without.
      if (opened.error().fault == StoreFault::corrupt && !checkpoints_.unreadable_parts().empty()) {
        const UnreadablePart& part = checkpoints_.unreadable_parts().front();
        return corrupt(part.file, part.offset, part.message);
      }
      return opened;
    }
    std::vector<StreamKey> beyond;
    for (const RecordLog::Covered& one : covered) {
      const auto stream = log_->find(one.key);
      const std::uint64_t durable = stream ? log_->streams()[*stream].durable : 0;
      if (checkpoints_.newest(one.key)->last > durable) beyond.push_back(one.key);
    }
    if (beyond.empty()) return {};
    for (const StreamKey& key : beyond) checkpoints_.reject(key);
  }
}

StoreResult<void> FileStore::State::check_end(const LogEnd& confirmed) const {
  const LogEnd end = log_->durable_end();
  if (std::pair(end.segment, end.offset) >= std::pair(confirmed.segment, confirmed.offset)) return {};
  const std::string where = end.segment == 0 ? "there are no records"
                                             : "the records end at byte " + std::to_string(end.offset) +
                                                   " of " + segment_name(SegmentKind::records, end.segment);
  return corrupt(confirmed_end_name, 0,
                 where + ", but up to byte " + std::to_string(confirmed.offset) + " of " +
                     segment_name(SegmentKind::records, confirmed.segment) +
                     " they were confirmed: a file was cut, emptied or deleted");
}

/// Whoever was here before may not have come to sync the last commit, nor the relaxed ones before it.
void FileStore::State::note_unsettled(std::span<const std::string> names) {
  if (log_->segments().empty()) return;
  if (log_->ends_relaxed()) {
    for (const SegmentKind kind : {SegmentKind::records, SegmentKind::payloads, SegmentKind::checkpoint}) {
      for (const std::uint64_t number : segment_numbers(kind, names))
        unsettled_.insert(segment_name(kind, number));
    }
    return;
  }
  unsettled_.insert(segment_name(SegmentKind::records, log_->segments().back().number));
  const PayloadExtent& last = log_->payloads();
  for (std::uint64_t number = last.begin.segment; last.count > 0 && number <= last.end.segment; ++number)
    unsettled_.insert(segment_name(SegmentKind::payloads, number));
}

StoreResult<void> FileStore::State::open() {
  if (access_ == Access::owner) {
    auto locked = files_.lock();
    if (!locked) return store_failure(locked.error());
  }
  const auto names = files_.list();
  if (!names) return store_failure(names.error());
  // Before the log, which an owner may continue meanwhile.
  const auto confirmed = read_confirmed_end(files_);
  auto opened = checkpoints_.open(*names);
  if (!opened) return opened;
  if (!checkpoints_.complete().empty() && segment_numbers(SegmentKind::records, *names).empty()) {
    return corrupt(segment_name(SegmentKind::records, 1), 0,
                   "there are checkpoints but no segments of records: were files deleted?");
  }
  opened = open_log(*names);
  if (!opened) return opened;
  if (confirmed && (log_->segments().empty() || confirmed->store == log_->stamp().store)) {
    if (auto whole = check_end(confirmed->end); !whole) return whole;
  }
  SegmentStamp stamp = log_->stamp();
  if (log_->segments().empty()) stamp.store = store_id(options_.entropy);
  stamp.epoch += 1;
  stamp.created_at = std::max(stamp.created_at, options_.now);
  payloads_.set_stamp(stamp);
  const auto leftovers =
      access_ == Access::owner ? PayloadSegments::Leftovers::remove : PayloadSegments::Leftovers::ignore;
  opened = payloads_.open(log_->payloads(), *names, leftovers);
  if (!opened) return opened;
  log_->set_stamp(stamp);
  checkpoints_.set_stamp(stamp);
  checkpoint_positions_.resize(log_->streams().size());
  if (access_ == Access::reader) return {};
  note_unsettled(*names);
  const bool is_new = log_->segments().empty();
  doubt_ = is_new || log_->ends_confirmed() ? 0 : log_->ends_relaxed() ? 2 : 1;
  // What may be lost of a segment is told by the commits in it.
  if (log_->last_durability() != options_.durability) log_->begin_segment_if(0);
  opened = log_->remove_leftovers(*names);
  if (opened) opened = keys_.begin(*names);
  if (opened) opened = checkpoints_.remove_leftovers(*names);
  if (opened) retain_from(options_.now);
  return opened;
}

}  // namespace parking_lot
