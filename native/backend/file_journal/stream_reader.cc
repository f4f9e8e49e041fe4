#include "stream_reader.h"

#include <algorithm>
#include <utility>

namespace parking_lot {

StoreResult<bool> FrameCursor::open_piece() {
  auto read = read_bytes(files_, file(), 0, pieces_[piece_].end, bytes_);
  if (!read) {
    if (read.error().fault == StoreFault::not_found) {
      read.error().fault = StoreFault::superseded;
      read.error().message += "; the owner of the store has gone on: open it again";
    }
    return tl::unexpected(read.error());
  }
  is_open_ = true;
  stream_.reset();
  next_offset_ = segment_header_bytes;
  return true;
}

StoreResult<std::optional<Frame>> FrameCursor::next() {
  for (; piece_ < pieces_.size(); ++piece_, is_open_ = false) {
    if (!is_open_) {
      auto opened = open_piece();
      if (!opened) return tl::unexpected(opened.error());
    }
    const std::uint64_t end = std::min<std::uint64_t>(pieces_[piece_].end, bytes_.size());
    while (next_offset_ < end) {
      offset_ = next_offset_;
      const Frame frame = parse_frame(bytes_, static_cast<std::size_t>(offset_));
      if (frame.status == Frame::Status::blank) break;
      if (frame.status != Frame::Status::ok) {
        return corrupt(file(), offset_, why_unreadable(frame));
      }
      next_offset_ = frame.next;
      if (frame.head.kind == FrameKind::stream) {
        const auto declared = decode_declaration(frame);
        if (declared && declared->kind == key_.kind && declared->name == key_.name)
          stream_ = frame.head.stream;
      } else if (frame.head.kind == wanted_ && frame.head.stream == stream_) {
        return frame;
      }
    }
  }
  bytes_ = Bytes();
  return std::nullopt;
}

std::vector<StreamSources::Piece> pieces_of(const Checkpoint& checkpoint) {
  std::vector<StreamSources::Piece> pieces;
  for (std::size_t i = 0; i < checkpoint.parts.size(); ++i)
    pieces.push_back({checkpoint.parts[i], checkpoint.ends[i]});
  return pieces;
}

template <class R>
StreamReader<R>::State::State(Files& files, NameKeys& keys, StreamSources sources)
    : keys_(keys),
      covered_(sources.covered),
      state_{FrameCursor(files, SegmentKind::checkpoint, FrameKind::state, sources.key,
                         std::move(sources.parts)),
             {}},
      log_{FrameCursor(files, SegmentKind::records, FrameKind::records, sources.key, std::move(sources.log)),
           {}} {}

/// Decodes the side's next frame that has records with a number above `after`, if it has given all of the
/// last one.
template <class R>
StoreResult<void> StreamReader<R>::State::fill(Side& side, std::uint64_t after) {
  while (!side.is_at_end && !side.has_records()) {
    const auto frame = side.cursor.next();
    if (!frame) return tl::unexpected(frame.error());
    side.decoded.clear();
    side.next = 0;
    if (!*frame) {
      side.is_at_end = true;
      return {};
    }
    const FrameHead& head = (*frame)->head;
    if (head.kind == FrameKind::records && head.first_sequence + head.count <= after + 1) continue;
    const auto decoded = decode_frame(**frame, side.decoded, &keys_);
    if (!decoded) {
      return corrupt(side.cursor.file(), side.cursor.offset(),
                     decoded.error().where + ": " + decoded.error().message);
    }
    while (side.has_records() && side.decoded.records[side.next].sequence <= after) ++side.next;
  }
  return {};
}

template <class R>
std::span<const R> StreamReader<R>::State::take(Side& side, std::uint64_t through) {
  const std::vector<R>& records = side.decoded.records;
  const std::size_t first = side.next;
  while (side.next < records.size() && records[side.next].sequence <= through) ++side.next;
  return std::span<const R>(records).subspan(first, side.next - first);
}

template <class R>
StoreResult<std::span<const R>> StreamReader<R>::State::next() {
  if (failure_) return tl::unexpected(*failure_);
  auto filled = fill(state_, 0);
  if (filled) filled = fill(log_, covered_);
  if (!filled) {
    failure_ = filled.error();
    return tl::unexpected(*failure_);
  }
  constexpr std::uint64_t all = ~std::uint64_t{0};
  const std::uint64_t state = state_.has_records() ? state_.decoded.records[state_.next].sequence : all;
  const std::uint64_t log = log_.has_records() ? log_.decoded.records[log_.next].sequence : all;
  // State follows the record whose number it has.
  return log <= state ? take(log_, state) : take(state_, state);
}

template <class R>
StreamReader<R>::StreamReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
template <class R>
StreamReader<R>::StreamReader(StreamReader&&) noexcept = default;
template <class R>
StreamReader<R>& StreamReader<R>::operator=(StreamReader&&) noexcept = default;
template <class R>
StreamReader<R>::~StreamReader() = default;
template <class R>
StoreResult<std::span<const R>> StreamReader<R>::next() {
  return state_->next();
}

template class StreamReader<Record>;
template class StreamReader<mailbox::Record>;
template class StreamReader<garage::Record>;

}  // namespace parking_lot
