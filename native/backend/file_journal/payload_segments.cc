#include "payload_segments.h"

#include <algorithm>
#include <utility>

#include "little_endian.h"
#include "parking_lot/crc32c.h"

namespace parking_lot {

PayloadSegments::PayloadSegments(Files& files, std::uint64_t segment_bytes, SegmentStamp stamp)
    : files_(files), segment_bytes_(segment_bytes), stamp_(stamp) {}

void PayloadSegments::put(std::uint64_t id, std::string_view bytes) {
  const Item item{.id = id,
                  .offset = gathering_.buffer.size(),
                  .bytes = static_cast<std::uint32_t>(bytes.size()),
                  .place = {},
                  .copied_from = {}};
  const ByteView view = as_bytes_view(bytes);
  append_payload_head({.id = id, .bytes = item.bytes, .checksum = crc32c(view)}, gathering_.buffer);
  gathering_.buffer.insert(gathering_.buffer.end(), view.begin(), view.end());
  gathering_.by_id.emplace(id, gathering_.items.size());
  gathering_.items.push_back(item);
  largest_id_ = std::max(largest_id_, id);
}

bool PayloadSegments::holds(std::uint64_t id) const {
  return id <= largest_id_ &&
         (index_.find(id) || gathering_.by_id.contains(id) || writing_.by_id.contains(id));
}

StoreResult<void> PayloadSegments::read(std::uint64_t id, std::string& out) {
  for (const Batch* batch : {&gathering_, &writing_}) {
    const auto found = batch->by_id.find(id);
    if (found == batch->by_id.end()) continue;
    const Item& item = batch->items[found->second];
    out.assign(as_text(ByteView(batch->buffer).subspan(item.offset + payload_head_bytes, item.bytes)));
    return {};
  }
  const auto place = index_.find(id);
  if (!place) return store_failure(StoreFault::not_found, "no payload " + std::to_string(id) + " is stored");
  const std::string file = segment_name(SegmentKind::payloads, place->segment);
  std::array<char, payload_head_bytes> start;
  out.resize(place->bytes);
  const auto head_read = files_.read_at(file, place->offset, start);
  if (!head_read) return store_failure(head_read.error());
  const auto body_read = files_.read_at(file, place->offset + payload_head_bytes, out);
  if (!body_read) return store_failure(body_read.error());
  const auto head = parse_payload_head(as_bytes_view({start.data(), *head_read}));
  if (!head || head->id != id || head->bytes != place->bytes) {
    return corrupt(file, place->offset, "payload " + std::to_string(id) + " should begin here");
  }
  if (*body_read != out.size() || crc32c(as_bytes_view(out)) != head->checksum) {
    return corrupt(file, place->offset, "the bytes of payload " + std::to_string(id) + " are damaged");
  }
  return {};
}

void PayloadSegments::account(const PayloadPlace& place, std::int64_t sign) {
  const std::uint64_t bytes = entry_bytes(place.bytes);
  live_bytes_ += sign > 0 ? bytes : 0 - bytes;
  if (const auto segment = segments_.find(place.segment); segment != segments_.end()) {
    segment->second.live_bytes += sign > 0 ? bytes : 0 - bytes;
  }
}

void PayloadSegments::release(std::uint64_t id) {
  const auto place = index_.find(id);
  if (!place) return;
  account(*place, -1);
  index_.erase(id);
}

FileResult<void> PayloadSegments::begin_segment(CommitWrites& writes, SyncMode mode) {
  const std::uint32_t number = next_number_++;
  const std::string name = segment_name(SegmentKind::payloads, number);
  auto made = writes.create(name);
  if (!made) return made;
  has_changed_segments_ = true;
  current_ = number;
  file_ = AppendFile{.name = name};
  listed_.clear();
  segments_[number] = {};
  Bytes header;
  append_segment_header({.kind = SegmentKind::payloads,
                         .store = stamp_.store,
                         .number = number,
                         .epoch = stamp_.epoch,
                         .created_at = stamp_.created_at},
                        header);
  auto written = file_.append(writes, header, segment_bytes_, mode);
  segments_[number].end = file_.end;
  return written;
}

/// Ends the current segment with the list of its payloads.
FileResult<void> PayloadSegments::seal(CommitWrites& writes, SyncMode mode) {
  Bytes list;
  append_payload_list(listed_, file_.end, list);
  auto written = file_.append(writes, list, segment_bytes_, mode);
  if (written) written = file_.finish(writes);
  if (!written) return written;
  segments_[current_].end = file_.end;
  current_ = 0;
  has_changed_segments_ = true;
  return {};
}

StoreResult<void> PayloadSegments::write_items(CommitWrites& writes, SyncMode mode) {
  const ByteView buffer = writing_.buffer;
  std::size_t run = 0;  // where in the buffer begins what is not written yet
  std::size_t end = 0;
  const auto flush = [&]() -> FileResult<void> {
    auto written = file_.append(writes, buffer.subspan(run, end - run), segment_bytes_, mode);
    run = end;
    if (written) segments_[current_].end = file_.end;
    return written;
  };
  for (Item& item : writing_.items) {
    const std::uint64_t bytes = entry_bytes(item.bytes);
    const bool is_full =
        current_ != 0 && !listed_.empty() && file_.end + (end - run) + bytes > segment_bytes_;
    if (current_ == 0 || is_full || must_seal_) {
      auto ready = FileResult<void>();
      if (current_ != 0) {
        ready = flush();
        if (ready) ready = seal(writes, mode);
      }
      must_seal_ = false;
      if (ready) ready = begin_segment(writes, mode);
      if (!ready) return store_failure(ready.error());
    }
    const auto offset = static_cast<std::uint32_t>(file_.end + (end - run));
    item.place = {.segment = current_, .offset = offset, .bytes = item.bytes};
    listed_.push_back({.id = item.id, .offset = offset, .bytes = item.bytes});
    end += static_cast<std::size_t>(bytes);
  }
  auto written = flush();
  if (!written) return store_failure(written.error());
  return {};
}

StoreResult<PayloadExtent> PayloadSegments::write(CommitWrites& writes, SyncMode mode) {
  has_changed_segments_ = false;
  copy_from_sparse(std::max<std::uint64_t>(2 * gathering_.buffer.size(), std::uint64_t{256} << 10));
  writing_ = std::exchange(gathering_, Batch());
  PayloadExtent extent;
  if (!writing_.items.empty()) {
    auto written = write_items(writes, mode);
    if (!written) return tl::unexpected(written.error());
    const PayloadPlace& first = writing_.items.front().place;
    extent.begin = {first.segment, first.offset};
    extent.count = static_cast<std::uint32_t>(writing_.items.size());
  } else if (must_seal_ && current_ != 0) {
    // The segment is to be emptied: the next payload goes elsewhere.
    must_seal_ = false;
    auto sealed = seal(writes, mode);
    if (!sealed) return store_failure(sealed.error());
  }
  extent.end = current_ != 0 ? PayloadEnd{current_, file_.end} : PayloadEnd{durable_.segment, durable_.end};
  if (extent.count == 0) extent.begin = extent.end;
  writing_first_ = extent.count == 0 ? ~std::uint64_t{0} : extent.begin.segment;
  return extent;
}

void PayloadSegments::committed() {
  for (const Item& item : writing_.items) {
    if (item.copied_from) {
      const auto now = index_.find(item.id);
      if (!now || *now != *item.copied_from) continue;  // released meanwhile
      account(*now, -1);
    }
    index_.set(item.id, item.place);
    account(item.place, +1);
  }
  writing_ = Batch();
  vouched_from_ = writing_first_;
  if (current_ != 0) durable_ = {.segment = current_, .end = file_.end, .listed = listed_.size()};
}

void PayloadSegments::failed() {
  // What was written may be there or not, and may change its mind: nothing is ever appended to these files
  // again.
  gathering_ = Batch();
  writing_ = Batch();
  must_seal_ = false;
  victim_.reset();
  for (auto segment = segments_.upper_bound(durable_.segment); segment != segments_.end();) {
    (void)files_.remove(segment_name(SegmentKind::payloads, segment->first));
    segment = segments_.erase(segment);
  }
  if (const auto last = segments_.find(durable_.segment); last != segments_.end()) {
    (void)files_.truncate(segment_name(SegmentKind::payloads, last->first), durable_.end);
    last->second.end = durable_.end;
  }
  // So that every number up to the last one is of a segment that counted once.
  next_number_ = durable_.segment + 1;
  current_ = 0;
  listed_.clear();
}

std::uint64_t PayloadSegments::disk_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [number, segment] : segments_) bytes += segment.end;
  return bytes;
}

}  // namespace parking_lot
