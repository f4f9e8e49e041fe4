#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "store.h"

/// The past of one stream, from the records that a store still has.
namespace parking_lot {

template <class... Facts>
bool is_any(const auto& fact) {
  return (std::holds_alternative<Facts>(fact) || ...);
}

/// How to read a kind of stream.
template <class R>
struct PastOf;
template <>
struct PastOf<Record> {
  static constexpr StreamKind kind = StreamKind::pool;
  static auto history(FileStore& store, StreamNumber stream) { return store.history_of_pool(stream); }
  static auto kept(FileStore& store, StreamNumber stream) { return store.load_pool(stream); }
  static bool is_state(const Record& record) {
    return is_any<PoolRestored, TaskRestored, TenantRestored, UnitsRestored>(record.fact);
  }
};
template <>
struct PastOf<garage::Record> {
  static constexpr StreamKind kind = StreamKind::garage;
  static auto history(FileStore& store, StreamNumber stream) { return store.history_of_garage(stream); }
  static auto kept(FileStore& store, StreamNumber stream) { return store.load_garage(stream); }
  static bool is_state(const garage::Record& record) {
    using namespace garage;
    return is_any<GarageRestored, DayRestored, TicketRestored, PlaceRestored, ReservationRestored,
                  PermitRestored>(record.fact);
  }
};

/// Calls `visit` for all that the reader has, piece by piece, until it wants no more.
template <class R, class Visit>
StoreResult<void> read_all(StreamReader<R>& reader, Visit visit) {
  for (;;) {
    const auto records = reader.next();
    if (!records) return tl::unexpected(records.error());
    if (records->empty() || !visit(*records)) return {};
  }
}

/// Gives `apply` all records until `time`, oldest first, if they begin with one that `is_beginning`. False:
/// they do not, or they hold state of a later time.
template <class R, class Begins, class Apply>
StoreResult<bool> replay_until(StreamReader<R>& reader, WallTime time, Begins is_beginning, Apply apply) {
  enum class Stage : std::uint8_t { before, within, after, useless } stage = Stage::before;
  const auto read = read_all(reader, [&](std::span<const R> records) {
    if (stage == Stage::before) stage = is_beginning(records.front()) ? Stage::within : Stage::useless;
    std::size_t until = 0;
    while (stage == Stage::within && until < records.size() && records[until].at <= time) ++until;
    if (until != 0) apply(records.first(until));
    if (stage == Stage::within && until < records.size()) stage = Stage::after;
    for (const R& later : records.subspan(until)) {
      if (PastOf<R>::is_state(later)) stage = Stage::useless;
    }
    return stage != Stage::useless;
  });
  if (!read) return tl::unexpected(read.error());
  return stage == Stage::within || stage == Stage::after;
}

/// Whether no record until `time` is missing among those that the reader has.
template <class R>
StoreResult<bool> is_unbroken_until(StreamReader<R>& reader, WallTime time) {
  std::uint64_t last = 0;
  bool is_unbroken = true;
  const auto read = read_all(reader, [&](std::span<const R> records) {
    for (const R& record : records) {
      is_unbroken = record.sequence == last + 1;
      last = record.sequence;
      if (!is_unbroken || record.at > time) return false;
    }
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return is_unbroken;
}

/// Gives `apply` the records of a stream until `time`: from the first one on, or, where the audit retention
/// has left too little for that or some are missing, from the newest checkpoint on. False: the records of
/// that time are not there, and what was given so far does not count.
template <class R, class Apply>
StoreResult<bool> replay_until(FileStore& store, StreamNumber stream, WallTime time, Apply apply) {
  auto history = PastOf<R>::history(store, stream);
  if (!history) return tl::unexpected(history.error());
  const auto is_unbroken = is_unbroken_until(*history, time);
  if (!is_unbroken) return tl::unexpected(is_unbroken.error());
  if (*is_unbroken) {
    auto again = PastOf<R>::history(store, stream);
    if (!again) return tl::unexpected(again.error());
    const auto begins = [&](const R& first) { return first.at <= time; };
    const auto done = replay_until(*again, time, begins, apply);
    if (!done || *done) return done;
  }
  auto kept = PastOf<R>::kept(store, stream);
  if (!kept) return tl::unexpected(kept.error());
  const auto is_older = [&](const R& first) { return PastOf<R>::is_state(first) && first.at <= time; };
  return replay_until(*kept, time, is_older, apply);
}

/// What to say of a time whose records are not there.
inline constexpr std::string_view no_past_sentence =
    "has no records of that time; it lies before the first record, before what the audit retention has left, "
    "or behind a gap in the records.";

}  // namespace parking_lot
