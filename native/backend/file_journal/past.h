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
  static auto until(FileStore& store, StreamNumber stream, WallTime time) {
    return store.past_of_pool(stream, time);
  }
  static bool is_state(const Record& record) {
    return is_any<PoolRestored, TaskRestored, TenantRestored, UnitsRestored>(record.fact);
  }
};
template <>
struct PastOf<garage::Record> {
  static constexpr StreamKind kind = StreamKind::garage;
  static auto until(FileStore& store, StreamNumber stream, WallTime time) {
    return store.past_of_garage(stream, time);
  }
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

/// Gives `apply` the records of a stream until `time`, from the newest checkpoint before it on, or from the
/// first record on. False: the records of that time are not there, and what was given so far does not count.
template <class R, class Apply>
StoreResult<bool> replay_until(FileStore& store, StreamNumber stream, WallTime time, Apply apply) {
  const std::uint64_t newest = store.durable(stream);
  auto reader = PastOf<R>::until(store, stream, time);
  if (!reader) return tl::unexpected(reader.error());
  std::uint64_t last = 0;  // number of the last record that was applied
  enum class Stage : std::uint8_t { before, within, after, missing } stage = Stage::before;
  const auto read = read_all(*reader, [&](std::span<const R> records) {
    std::size_t until = 0;
    for (const R& record : records) {
      const bool is_state = PastOf<R>::is_state(record);
      if (stage == Stage::before && is_state) last = record.sequence;
      // The first record after the time counts: what is missing before it may be of that time.
      const bool is_next = is_state || record.sequence == last + 1;
      if (is_next && record.at > time && stage == Stage::within) stage = Stage::after;
      if (stage == Stage::after) break;
      stage = is_next && record.at <= time ? Stage::within : Stage::missing;
      if (stage == Stage::missing) return false;
      last = record.sequence;
      ++until;
    }
    if (until != 0) apply(records.first(until));
    return stage == Stage::within;
  });
  if (!read) return tl::unexpected(read.error());
  return stage == Stage::after || (stage == Stage::within && last >= newest);
}

/// What to say of a time whose records are not there.
inline constexpr std::string_view no_past_sentence =
    "has no records of that time; it lies before the first record, before what the audit retention has left, "
    "or behind a gap in the records.";

}  // namespace parking_lot
