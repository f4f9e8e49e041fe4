#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files.h"
#include "parking_lot/audit.h"
#include "store.h"

/// The audit trail of a store: its records, seen as events.
namespace parking_lot {

/// Place of an event in the order of one or several trails: by time, then source, then number.
struct AuditPosition {
  WallTime at;
  std::string source;  ///< the pool; see `AuditLog::name_pools`
  std::uint64_t sequence = 0;
  friend bool operator==(const AuditPosition&, const AuditPosition&) = default;
};
bool is_before(const AuditPosition& a, const AuditPosition& b);
/// A cursor: opaque for those who get it.
std::string to_cursor(const AuditPosition& position);
/// `nullopt`: the text is no cursor of a trail.
std::optional<AuditPosition> parse_cursor(std::string_view text);

/// An event of the trail. `event.pool` is not set.
struct StoredEvent {
  AuditEvent event;
  std::string source;
  AuditPosition position() const { return {event.at, source, event.sequence}; }
};

struct StoredEvents {
  std::vector<StoredEvent> events;
  bool has_more = false;
};

/// An index that was made and stands in no file yet.
struct UnwrittenIndex {
  std::uint64_t segment = 0;
  std::string file;
  std::vector<std::uint8_t> bytes;
};

/// Asks the records of a store; see `FileStore`, which writes them. Needs no lock and changes nothing, so it
/// may be used beside the owner, in the same process (on files and a thread of its own) or another. It
/// answers from one index for each segment that is full; one which is missing or damaged is made again, in
/// memory.
///
/// Events are the records of pools. Their `status` is what the record itself says of the task; `attempt` that
/// of a start. A task's events name the task, its tenant and its mailbox, taken from its admission; should
/// retention have removed that, from an index or a checkpoint.
class AuditLog {
 public:
  /// `files` must outlive it.
  explicit AuditLog(Files& files);
  AuditLog(AuditLog&&) noexcept;
  AuditLog& operator=(AuditLog&&) noexcept;
  ~AuditLog();

  /// Pools by their streams. A stream that is no pool's is called as it is; `store` then tells the positions
  /// of its events from those of other stores' streams.
  void name_pools(std::map<std::string, std::string> pools, std::string store = {});

  /// Takes note of what was written since, up to where the log is durable (`FileStore::log_end`); without an
  /// end up to its last whole commit. O(new bytes). Before the first query, and whenever newer events are
  /// wanted.
  StoreResult<void> refresh(std::optional<LogEnd> durable = std::nullopt);

  /// Events after (or, newest first, before) a position. `query.after` is not looked at. Time is that of a
  /// few pages for each segment and of the frames in which the events stand.
  StoreResult<StoredEvents> query(const AuditQuery& query, const std::optional<AuditPosition>& after);

  /// Names were erased, and the indexes with them: all that was read is read again.
  void forget();

  /// Of the oldest full segment whose index is in no file, for the owner to write it; see `write_index`.
  std::optional<UnwrittenIndex> unwritten() const;
  /// It was written.
  void written(std::uint64_t segment);

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// For the owner of the files, while no sync is under way: writes an index, and removes those whose segments
/// are gone. It needs no sync: a torn index is found by its checksums and made again.
StoreResult<void> write_index(Files& files, const UnwrittenIndex& index);

}  // namespace parking_lot
