#include "checkpoints.h"

#include <algorithm>
#include <utility>

#include "little_endian.h"

namespace parking_lot {

namespace {

/// A segment of a checkpoint holds one stream, which has number 1 there, and counts as one commit.
FrameHead state_head(FrameKind kind) {
  FrameHead head;
  head.kind = kind;
  head.stream = 1;
  head.commit = 1;
  head.ends_commit = kind == FrameKind::checkpoint_end;
  return head;
}

/// What the newest checkpoint says of those that stay beside it.
void append_past(std::span<const Checkpoint> past, Bytes& body) {
  put_u32(body, static_cast<std::uint32_t>(past.size()));
  for (const Checkpoint& one : past) {
    put_u64(body, one.first);
    put_u64(body, one.last);
    put_fixed(body, one.began_at.ms);
    put_fixed(body, one.ended_at.ms);
    put_u32(body, static_cast<std::uint32_t>(one.parts.size()));
    for (std::size_t i = 0; i < one.parts.size(); ++i) {
      put_u64(body, one.parts[i]);
      put_u64(body, one.ends[i]);
    }
  }
}

}  // namespace

const Checkpoint* Checkpoints::newest(const StreamKey& stream) const {
  const auto found = std::find_if(complete_.rbegin(), complete_.rend(),
                                  [&](const Checkpoint& one) { return one.stream == stream; });
  return found == complete_.rend() ? nullptr : &*found;
}

const Checkpoint* Checkpoints::oldest(const StreamKey& stream) const {
  const auto found = std::find_if(complete_.begin(), complete_.end(),
                                  [&](const Checkpoint& one) { return one.stream == stream; });
  return found == complete_.end() ? nullptr : &*found;
}

const Checkpoint* Checkpoints::newest_until(const StreamKey& stream, WallTime time) const {
  const auto found = std::find_if(complete_.rbegin(), complete_.rend(), [&](const Checkpoint& one) {
    return one.stream == stream && one.ended_at <= time;
  });
  return found == complete_.rend() ? nullptr : &*found;
}

std::uint64_t Checkpoints::disk_bytes() const {
  std::uint64_t bytes = 0;
  for (const Checkpoint& one : complete_) bytes += one.bytes;
  for (const Open& one : open_) bytes += one.checkpoint.bytes + one.file.end;
  return bytes;
}

Checkpoints::Open* Checkpoints::find(const StreamKey& stream) {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const Open& one) {
    return one.checkpoint.stream == stream && !one.is_ended;
  });
  return found == open_.end() ? nullptr : &*found;
}

bool Checkpoints::is_open(const StreamKey& stream) const {
  return const_cast<Checkpoints*>(this)->find(stream) != nullptr;
}

bool Checkpoints::has_gathered() const {
  return std::any_of(open_.begin(), open_.end(), [](const Open& one) { return !one.frames.empty(); });
}

void Checkpoints::drop(Open& open) {
  for (const std::uint64_t part : open.checkpoint.parts) replaced_.push_back(part);
}

void Checkpoints::begin(const StreamKey& stream, const KeepsPast& keeps) {
  for (auto open = open_.begin(); open != open_.end();) {
    const bool is_abandoned = open->checkpoint.stream == stream && !open->is_ended;
    if (is_abandoned) drop(*open);
    open = is_abandoned ? open_.erase(open) : open + 1;
  }
  Open open;
  open.checkpoint.stream = stream;
  WallTime last_kept = keeps.log_began;
  for (const Checkpoint& one : complete_) {
    // One of an earlier version does not say of which time it is.
    if (one.stream != stream || one.ended_at == never_wall) continue;
    const bool is_far = keeps.spacing.ms > 0 && one.ended_at.ms - last_kept.ms >= keeps.spacing.ms;
    if (!one.is_past && !is_far) continue;
    last_kept = one.ended_at;
    open.past.push_back(one);
  }
  open_.push_back(std::move(open));
}

template <class R>
void Checkpoints::add(const StreamKey& stream, std::span<const R> state, NameKeys& keys) {
  Open* open = find(stream);
  while (open && !state.empty()) {
    const std::uint64_t sequence = state.front().sequence;
    std::size_t same = 1;
    while (same < state.size() && state[same].sequence == sequence) ++same;
    if (open->records == 0) {
      open->checkpoint.first = sequence;
      open->checkpoint.began_at = state.front().at;
    }
    open->checkpoint.last = sequence;
    open->checkpoint.ended_at = state[same - 1].at;
    open->records += same;
    append_frame(state_head(FrameKind::state), state.first(same), open->chain, open->frames.emplace_back(),
                 &keys);
    state = state.subspan(same);
  }
}

template void Checkpoints::add(const StreamKey& stream, std::span<const Record> state, NameKeys& keys);
template void Checkpoints::add(const StreamKey& stream, std::span<const mailbox::Record> state,
                               NameKeys& keys);
template void Checkpoints::add(const StreamKey& stream, std::span<const garage::Record> state,
                               NameKeys& keys);

void Checkpoints::end(const StreamKey& stream) {
  Open* open = find(stream);
  if (!open) return;
  if (open->records == 0) {
    drop(*open);
    open_.erase(open_.begin() + (open - open_.data()));
    return;
  }
  open->is_ended = true;
  Bytes body;
  put_u64(body, open->checkpoint.last);
  put_u64(body, open->records);
  FrameHead head = state_head(FrameKind::checkpoint_end);
  head.time = open->checkpoint.ended_at;
  append_frame(head, body, open->chain, open->frames.emplace_back());
}

FileResult<void> Checkpoints::begin_part(Open& open, CommitWrites& writes, SyncMode mode) {
  Checkpoint& checkpoint = open.checkpoint;
  checkpoint.bytes += open.file.end;
  if (!checkpoint.parts.empty()) checkpoint.ends.push_back(open.file.end);
  const std::uint64_t number = next_number_++;
  checkpoint.parts.push_back(number);
  open.file = AppendFile{.name = segment_name(SegmentKind::checkpoint, number)};
  auto made = writes.create(open.file.name);
  if (!made) return made;
  Bytes out;
  append_segment_header({.kind = SegmentKind::checkpoint,
                         .store = stamp_.store,
                         .number = number,
                         .epoch = stamp_.epoch,
                         .created_at = stamp_.created_at},
                        out);
  FrameHead head = state_head(FrameKind::stream);
  head.first_sequence = checkpoint.first;
  ChainHash chain{};  // of the part: the frames of state have one of their own
  append_declaration(head, checkpoint.stream.kind, checkpoint.stream.name, chain, out);
  head.kind = FrameKind::checkpoint_begin;
  Bytes body;
  put_u64(body, checkpoint.parts.front());
  put_u32(body, static_cast<std::uint32_t>(checkpoint.parts.size() - 1));
  if (checkpoint.parts.size() == 1 && !open.past.empty()) append_past(open.past, body);
  append_frame(head, body, chain, out);
  return open.file.append(writes, out, 0, mode);
}

FileResult<void> Checkpoints::write_frames(Open& open, CommitWrites& writes, SyncMode mode) {
  for (const Bytes& frame : open.frames) {
    if (open.checkpoint.parts.empty() || open.file.end + frame.size() > segment_bytes_) {
      auto begun = begin_part(open, writes, mode);
      if (!begun) return begun;
    }
    auto written = open.file.append(writes, frame, 0, mode);
    if (!written) return written;
  }
  open.frames.clear();
  if (!open.is_ended) return {};
  open.is_written = true;
  has_completed_ = true;
  // Earlier parts may have been written by commits that synced nothing.
  for (const std::uint64_t part : open.checkpoint.parts)
    writes.touch(segment_name(SegmentKind::checkpoint, part));
  return {};
}

StoreResult<void> Checkpoints::write(CommitWrites& writes, SyncMode mode) {
  has_completed_ = false;
  for (Open& open : open_) {
    if (open.frames.empty()) continue;
    auto written = write_frames(open, writes, mode);
    if (!written) return store_failure(written.error());
  }
  return {};
}

void Checkpoints::committed(const std::function<void(const Checkpoint&)>& completed) {
  for (auto open = open_.begin(); open != open_.end();) {
    if (!open->is_written) {
      ++open;
      continue;
    }
    Checkpoint done = std::move(open->checkpoint);
    done.bytes += open->file.end;
    done.ends.push_back(open->file.end);
    const std::vector<Checkpoint> past = std::move(open->past);
    open = open_.erase(open);
    for (auto old = complete_.begin(); old != complete_.end();) {
      old->is_past = std::any_of(past.begin(), past.end(),
                                 [&](const Checkpoint& one) { return one.parts == old->parts; }) ||
                     old->is_past;
      const bool is_replaced = old->stream == done.stream && !old->is_past;
      if (is_replaced) replaced_.insert(replaced_.end(), old->parts.begin(), old->parts.end());
      old = is_replaced ? complete_.erase(old) : old + 1;
    }
    complete_.push_back(done);
    completed(done);
  }
}

void Checkpoints::failed() {
  for (Open& open : open_) drop(open);
  open_.clear();
}

void Checkpoints::forget_past(WallTime time) {
  for (auto one = complete_.begin(); one != complete_.end();) {
    const Checkpoint* later = newest_until(one->stream, time);
    const bool is_done = one->is_past && later != nullptr && later->parts.front() > one->parts.front();
    if (is_done) replaced_.insert(replaced_.end(), one->parts.begin(), one->parts.end());
    one = is_done ? complete_.erase(one) : one + 1;
  }
}

void Checkpoints::delete_replaced() {
  for (const std::uint64_t number : replaced_) {
    (void)files_.remove(segment_name(SegmentKind::checkpoint, number));
  }
  replaced_.clear();
}

}  // namespace parking_lot
