#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <variant>

#include "backend/file_journal/posix_files.h"
#include "backend/file_journal/store.h"
#include "host/storage_place.h"
#include "parking_lot/result.h"

/// The past of one stream of a store that another process may own.
namespace parking_lot {

/// Files that are only read: nothing comes back on any loop.
inline PosixFiles files_to_read(const std::string& directory) {
  return PosixFiles(directory, [](const std::function<void()>&) {});
}

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
Result<void> read_all(StreamReader<R>& reader, const std::string& directory, Visit visit) {
  for (;;) {
    const auto records = reader.next();
    if (!records) return Failure(error_of(directory, records.error()));
    if (records->empty() || !visit(*records)) return {};
  }
}

/// Gives `apply` all records until `time`, oldest first, if they begin with one that `is_beginning`. False:
/// they do not, or they hold state of a later time.
template <class R, class Begins, class Apply>
Result<bool> replay_until(StreamReader<R>& reader, const std::string& directory, WallTime time,
                          Begins is_beginning, Apply apply) {
  enum class Stage : std::uint8_t { before, within, after, useless } stage = Stage::before;
  const auto read = read_all(reader, directory, [&](std::span<const R> records) {
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
  if (!read) return Failure(read.error());
  return stage == Stage::within || stage == Stage::after;
}

/// Gives `apply` the records of a stream until `time`: from the first one on, or, where the audit retention
/// has left too little for that, from the newest checkpoint on.
template <class R, class Apply>
Result<void> replay_until(const std::string& directory, const std::string& name, WallTime time, Apply apply) {
  PosixFiles files = files_to_read(directory);
  auto store = FileStore::open_read_only(files);
  if (!store) return Failure(error_of(directory, store.error()));
  const auto stream = store->stream({PastOf<R>::kind, name});
  if (!stream) return Failure(error_of(directory, stream.error()));
  auto history = PastOf<R>::history(*store, *stream);
  if (!history) return Failure(error_of(directory, history.error()));
  auto done = replay_until(
      *history, directory, time, [&](const R& first) { return first.sequence == 1 && first.at <= time; },
      apply);
  if (done && !*done) {
    auto kept = PastOf<R>::kept(*store, *stream);
    if (!kept) return Failure(error_of(directory, kept.error()));
    done = replay_until(
        *kept, directory, time,
        [&](const R& first) { return PastOf<R>::is_state(first) && first.at <= time; }, apply);
  }
  if (!done) return Failure(done.error());
  if (*done) return {};
  return Failure({directory,
                  "has no records of that time; it lies before the first record, or before what the audit "
                  "retention has left."});
}

}  // namespace parking_lot
