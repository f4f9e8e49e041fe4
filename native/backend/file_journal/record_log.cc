#include "record_log.h"

#include <algorithm>
#include <utility>

#include "parking_lot/crc32c.h"

namespace parking_lot {

std::optional<std::uint32_t> RecordLog::find(const StreamKey& key) const {
  for (std::uint32_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].key == key) return i;
  }
  return std::nullopt;
}

std::uint32_t RecordLog::stream(const StreamKey& key) {
  if (const auto known = find(key)) return *known;
  LogStream added;
  added.key = key;
  added.covered_position = position_;
  streams_.push_back(std::move(added));
  return static_cast<std::uint32_t>(streams_.size() - 1);
}

FileResult<void> RecordLog::begin_segment(CommitWrites& writes, Writing& now, SyncMode mode) {
  if (is_growing_) {
    auto finished = file_.finish(writes);
    if (!finished) return finished;
    writes.touch(file_.name);
  }
  const std::uint64_t number = next_number_++;
  now.began_segment = true;
  now.segment = {.number = number,
                 .end = 0,
                 .created_at = std::max(latest_time_, stamp_.created_at),
                 .next_at_start = {}};
  for (const LogStream& stream : streams_) now.segment.next_at_start.push_back(stream.durable + 1);
  now.declared.assign(streams_.size(), false);
  now.head.commit = 1;
  now.file = AppendFile{.name = segment_name(SegmentKind::records, number)};
  auto made = writes.create(now.file.name);
  if (!made) return made;
  Bytes header;
  append_segment_header({.kind = SegmentKind::records,
                         .store = stamp_.store,
                         .number = number,
                         .epoch = stamp_.epoch,
                         .created_at = now.segment.created_at},
                        header);
  auto written = now.file.append(writes, header, segment_bytes_, mode);
  if (!written) return written;
  OpeningNote note;
  if (!segments_.empty()) note = {segments_.back().number, segments_.back().end};
  append_opening(now.head, note, now.out);
  for (std::uint32_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].durable > 0) declare(now, i);
  }
  return {};
}

void RecordLog::declare(Writing& now, std::uint32_t stream) {
  const LogStream& known = streams_[stream];
  now.head.commit_offset = static_cast<std::uint32_t>(now.out.size());
  now.head.stream = stream + 1;
  now.head.first_sequence = known.durable + 1;
  append_declaration(now.head, known.key.kind, known.key.name, now.chains[stream], now.out);
  now.declared[stream] = true;
}

StoreResult<SyncMode> RecordLog::write(CommitWrites& writes, std::span<const RecordBlock> blocks,
                                       const PayloadExtent& payloads, SyncMode durability, SyncMode mode) {
  Writing& now = writing_.emplace(Writing{});
  std::uint64_t bytes = 0;
  for (const RecordBlock& block : blocks) bytes += frame_header_bytes + block.body.size();
  now.head = {.commit = commit_ + 1, .time = latest_time_};
  now.declared = declared_;
  now.declared.resize(streams_.size(), false);
  now.file = file_;
  now.latest_time = latest_time_;
  now.payloads = payloads;
  for (const LogStream& stream : streams_) {
    now.chains.push_back(stream.chain);
    now.last.push_back(stream.durable);
  }
  const bool is_full = file_.end > segment_header_bytes && file_.end + bytes > segment_bytes_;
  if (!is_growing_ || must_begin_ || is_full) {
    auto begun = begin_segment(writes, now, durability);
    if (!begun) return store_failure(begun.error());
    mode = SyncMode::strict;
  }
  for (const RecordBlock& block : blocks) {
    if (!now.declared[block.stream]) declare(now, block.stream);
    FrameHead head = now.head;
    head.kind = FrameKind::records;
    head.stream = block.stream + 1;
    head.count = block.count;
    head.commit_offset = static_cast<std::uint32_t>(now.out.size());
    head.first_sequence = block.first_sequence;
    head.time = block.time;
    append_frame(head, block.body, now.chains[block.stream], now.out);
    now.last[block.stream] = block.first_sequence + block.count - 1;
    now.latest_time = std::max(now.latest_time, block.last_time);
  }
  FrameHead head = now.head;
  head.commit_offset = static_cast<std::uint32_t>(now.out.size());
  head.first_sequence = 0;
  append_commit(head,
                {.durability = durability,
                 .vouches = mode == SyncMode::strict,
                 .payloads = payloads,
                 .checksum = crc32c(now.out)},
                now.out);
  auto written = now.file.append(writes, now.out, segment_bytes_, durability);
  if (!written) return store_failure(written.error());
  now.bytes = now.out.size();
  now.out = Bytes();
  return mode;
}

void RecordLog::committed() {
  Writing& now = *writing_;
  for (std::size_t i = 0; i < now.last.size(); ++i) {
    streams_[i].durable = now.last[i];
    streams_[i].chain = now.chains[i];
  }
  if (now.began_segment) {
    segments_.push_back(std::move(now.segment));
    must_begin_ = false;
  }
  segments_.back().end = now.file.end;
  position_ += now.bytes;
  is_growing_ = true;
  commit_ = now.head.commit;
  declared_ = std::move(now.declared);
  file_ = std::move(now.file);
  payloads_ = now.payloads;
  latest_time_ = now.latest_time;
  writing_.reset();
}

void RecordLog::failed() {
  if (writing_ && writing_->began_segment) {
    (void)files_.remove(writing_->file.name);
    next_number_ = writing_->segment.number;
  }
  if (is_growing_) (void)files_.truncate(file_.name, segments_.back().end);
  is_growing_ = false;
  commit_ = 0;
  declared_.clear();
  file_ = {};
  writing_.reset();
}

void RecordLog::begin_segment_if(std::uint64_t bytes_at_least) {
  if (is_growing_ && file_.end >= bytes_at_least) must_begin_ = true;
}

std::uint64_t RecordLog::disk_bytes() const {
  std::uint64_t bytes = 0;
  for (const RecordSegment& segment : segments_) bytes += segment.end;
  return bytes;
}

/// Whether it may hold records that no checkpoint covers: if they all lie in later segments, these begin with
/// numbers that are covered.
bool RecordLog::is_needed(std::size_t segment) const {
  if (segments_[segment].is_history && segment + 1 < segments_.size()) return false;
  if (segment + 1 == segments_.size()) return true;
  const std::vector<std::uint64_t>& next = segments_[segment + 1].next_at_start;
  for (std::size_t i = 0; i < next.size(); ++i) {
    if (next[i] > streams_[i].covered + 1) return true;
  }
  return false;
}

std::size_t RecordLog::first_needed() const {
  std::size_t first = 0;
  while (first < segments_.size() && !is_needed(first)) ++first;
  return first;
}

bool RecordLog::can_trim(const TrimEnd& end) const {
  if (segments_.size() < 2 || is_needed(0)) return false;
  // The youngest record of a segment is not younger than the segment after it.
  const RecordSegment& next = segments_[1];
  if (next.created_at >= end.before) return false;
  for (std::size_t i = 0; end.tells_past && i < streams_.size(); ++i) {
    if (streams_[i].durable == 0) continue;
    if (i >= end.streams.size()) return false;
    const bool is_known = !next.is_history && i < next.next_at_start.size();
    const TrimEnd::Stream& base = end.streams[i];
    if (is_known ? next.next_at_start[i] > base.covered + 1 : next.created_at >= base.began_at) return false;
  }
  return true;
}

void RecordLog::trim(const TrimEnd& end) {
  while (can_trim(end)) {
    // The index first: it never outlives what it tells of.
    (void)files_.remove(audit_index_name(segments_.front().number));
    (void)files_.remove(segment_name(SegmentKind::records, segments_.front().number));
    segments_.pop_front();
  }
}

}  // namespace parking_lot
