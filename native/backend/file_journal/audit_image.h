#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "audit_pages.h"
#include "parking_lot/audit.h"
#include "segment_files.h"
#include "store.h"

/// The index of a part of the record log: which events which subject has there. docs/journal-format.md
/// specifies its bytes. An index repeats what the records say; it can be made again from them at any time.
namespace parking_lot {

/// Which bytes of which segment are indexed.
struct AuditExtent {
  std::array<std::uint8_t, 16> store{};
  std::uint64_t segment = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  friend bool operator==(const AuditExtent&, const AuditExtent&) = default;
};

/// A pool's stream in an indexed part.
struct AuditStream {
  std::string name;
  std::uint64_t first_sequence = 0;
  std::uint64_t events = 0;
  /// Tasks that were admitted in the part have numbers from the first to the last; 0: none was.
  std::uint64_t first_admission = 0;
  std::uint64_t last_admission = 0;
  WallTime first_time;
  WallTime last_time;
};

/// One frame of records. A part's events are numbered from 0, frame by frame.
struct AuditFrame {
  std::uint32_t offset = 0;  ///< in the segment
  std::uint32_t first_event = 0;
  std::uint32_t count = 0;
  std::uint64_t first_sequence = 0;
  std::uint32_t stream = 0;  ///< position among the part's streams
};

/// An event's place: its frame, and its position in it.
struct AuditPlace {
  AuditFrame frame;
  std::uint32_t index = 0;
};

/// Where the events stand that one stream has of a subject.
struct AuditEvents {
  std::uint32_t stream = 0;
  std::uint32_t list = 0;  ///< position among the lists
};

/// Who a task is.
struct AuditNames {
  std::string task_id;  ///< as spelled
  std::string tenant;
  std::string mailbox;
  friend bool operator==(const AuditNames&, const AuditNames&) = default;
};

/// A task with events in the part. Each refused submission counts as a task of its own, with `admission` from
/// `audit_refused` on.
struct AuditTask {
  std::uint64_t admission = 0;
  std::uint32_t stream = 0;
  std::uint32_t first_event = 0;
  /// Where its names stand among the texts; 0: it was admitted in this part, with its first event.
  std::uint32_t names = 0;
};
inline constexpr std::uint64_t audit_refused = std::uint64_t{1} << 63;

/// What the index of names is sorted by. Not secret, and not without collisions: events tell.
std::uint64_t audit_hash(SubjectKind kind, std::string_view name);

/// Positions of the tables in the file, and how long they are.
struct AuditTables {
  struct Table {
    std::uint64_t first_page = 0;
    std::uint64_t count = 0;
  };
  Table texts, frames, lists, tasks, names;
  std::uint64_t streams_end = 0;  ///< within the texts, which begin with the streams
};

inline constexpr std::size_t audit_frame_width = 24;
inline constexpr std::size_t audit_task_width = 20;
inline constexpr std::size_t audit_name_width = 16;

void append_audit_stream(const AuditStream& stream, Bytes& out);
/// A list of events in their order: how many, the first, and then the distance of each to the one before.
void append_audit_events(std::span<const std::uint32_t> events, Bytes& out);

/// Names of tasks among the texts: what many tasks have in common stands there once.
class AuditTexts {
 public:
  explicit AuditTexts(Bytes& out) : out_(out) {}
  /// Where the names stand now.
  std::uint32_t add(const AuditNames& names);

 private:
  std::uint32_t add_common(const std::string& text);

  Bytes& out_;
  std::unordered_map<std::string, std::uint32_t> common_;
};

Bytes audit_header(const AuditExtent& extent, std::uint32_t streams, const AuditTables& tables);

/// An index that can be read.
class AuditImage {
 public:
  /// `corrupt` if it is none, or of something else than `extent`.
  static StoreResult<AuditImage> open(AuditPages pages, const AuditExtent& extent);

  const std::vector<AuditStream>& streams() const { return streams_; }
  const Bytes& bytes() const { return pages_.bytes(); }
  bool is_in_memory() const { return pages_.is_in_memory(); }

  std::uint64_t frames() const { return tables_.frames.count; }
  StoreResult<AuditFrame> frame(std::uint64_t at);
  std::uint64_t tasks() const { return tables_.tasks.count; }
  StoreResult<AuditTask> task(std::uint64_t at);
  /// Where an event is. Asked in rising order it looks at neighbours only.
  StoreResult<AuditPlace> place(std::uint32_t event);
  /// The task's position, if it has events here. O(log n) pages.
  StoreResult<std::optional<std::uint64_t>> find_task(std::uint32_t stream, std::uint64_t admission);
  /// Of each stream the events that may have this subject, which is a task, tenant or mailbox. A few pages:
  /// hashes are spread evenly, so that a name's place can be guessed.
  StoreResult<std::vector<AuditEvents>> events_of(SubjectKind kind, std::string_view name);
  /// The events of a list.
  StoreResult<std::vector<std::uint32_t>> list(std::uint32_t at);
  StoreResult<AuditNames> names_at(std::uint32_t text);
  /// Reads every page.
  StoreResult<void> check();

 private:
  explicit AuditImage(AuditPages pages) : pages_(std::move(pages)) {}
  StoreResult<void> read_header(const AuditExtent& extent);
  StoreResult<std::string> text(std::uint64_t& at);
  StoreResult<std::uint64_t> number(std::uint64_t& at, int bytes);
  StoreResult<std::uint64_t> first_name(std::uint64_t hash);

  AuditPages pages_;
  AuditTables tables_;
  std::uint64_t pages_end_ = 0;
  std::vector<AuditStream> streams_;
  std::uint64_t last_frame_ = 0;  ///< of the last place
  std::uint64_t last_task_ = 0;   ///< that was found
};

}  // namespace parking_lot
