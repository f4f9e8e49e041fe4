#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoints.h"
#include "record_log.h"
#include "store.h"

namespace parking_lot {

/// Where a stream's records lie, as of the moment at which its loading begins.
struct StreamSources {
  struct Piece {
    std::uint64_t segment = 0;
    std::uint64_t end = 0;
  };
  StreamKey key;
  std::uint64_t covered = 0;  ///< number of the first state; later records alone are read
  std::vector<Piece> parts;   ///< of the checkpoint
  std::vector<Piece> log;
};

std::vector<StreamSources::Piece> pieces_of(const Checkpoint& checkpoint);

/// Frames of one stream's records, from one segment after the other.
class FrameCursor {
 public:
  FrameCursor(Files& files, SegmentKind kind, FrameKind wanted, StreamKey key,
              std::vector<StreamSources::Piece> pieces)
      : files_(files), kind_(kind), wanted_(wanted), key_(std::move(key)), pieces_(std::move(pieces)) {}

  /// The next frame, valid until the next call; `nullopt` at the end.
  StoreResult<std::optional<Frame>> next();
  /// Where the frame stands.
  std::string file() const { return segment_name(kind_, pieces_[piece_].segment); }
  std::uint64_t offset() const { return offset_; }

 private:
  StoreResult<bool> open_piece();

  Files& files_;
  SegmentKind kind_;
  FrameKind wanted_;
  StreamKey key_;
  std::vector<StreamSources::Piece> pieces_;
  std::size_t piece_ = 0;
  bool is_open_ = false;
  Bytes bytes_;
  std::uint64_t offset_ = 0;
  std::uint64_t next_offset_ = 0;
  std::optional<std::uint32_t> stream_;  ///< the stream's number in the open segment
};

template <class R>
class StreamReader<R>::State {
 public:
  State(Files& files, NameKeys& keys, StreamSources sources);
  StoreResult<std::span<const R>> next();

 private:
  /// One of the two sides that are merged.
  struct Side {
    FrameCursor cursor;
    DecodedRecords<R> decoded;
    std::size_t next = 0;
    bool is_at_end = false;
    bool has_records() { return next < decoded.records.size(); }
  };
  StoreResult<void> fill(Side& side, std::uint64_t after);
  static std::span<const R> take(Side& side, std::uint64_t through);

  NameKeys& keys_;
  std::uint64_t covered_;
  Side state_;
  Side log_;
  std::optional<StoreError> failure_;
};

}  // namespace parking_lot
