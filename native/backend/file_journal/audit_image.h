#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit_pages.h"
#include "parking_lot/audit.h"
#include "store.h"

/// The index of a part of the record log: which events which subject has there. docs/journal-format.md
/// specifies its bytes. An index repeats what the records say; it can be made again from them at any time.
namespace parking_lot {

/// Of the file beside the record segment with this number.
std::string audit_index_name(std::uint64_t segment);
std::optional<std::uint64_t> audit_index_number(std::string_view file);

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

/// One frame of records.
struct AuditFrame {
  std::uint32_t offset = 0;  ///< in the segment
  std::uint32_t count = 0;
  std::uint64_t first_sequence = 0;
  std::uint32_t stream = 0;  ///< position among the part's streams
};

/// An event's place: its frame, and its position in it.
struct AuditPlace {
  std::uint32_t frame = 0;
  std::uint32_t index = 0;
  friend auto operator<=>(const AuditPlace&, const AuditPlace&) = default;
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
  std::uint32_t first_event = 0;  ///< position in the table of places; those of the task follow
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
  Table texts, frames, places, tasks, names;
  std::uint64_t streams_end = 0;  ///< within the texts, which begin with the streams
};

inline constexpr std::size_t audit_frame_width = 20;
inline constexpr std::size_t audit_place_width = 8;
inline constexpr std::size_t audit_task_width = 20;
inline constexpr std::size_t audit_name_width = 12;

void append_audit_stream(const AuditStream& stream, Bytes& out);
void append_audit_names(const AuditNames& names, Bytes& out);
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
  StoreResult<AuditPlace> place(std::uint64_t at);
  /// Position behind the last place of the task at `at`.
  StoreResult<std::uint64_t> places_end(std::uint64_t at);
  /// The task's position, if it has events here. O(log n) pages.
  StoreResult<std::optional<std::uint64_t>> find_task(std::uint32_t stream, std::uint64_t admission);
  /// Positions of all tasks that may have this subject. O(log n) pages and those found.
  StoreResult<std::vector<std::uint32_t>> tasks_of(SubjectKind kind, std::string_view name);
  StoreResult<AuditNames> names_at(std::uint32_t text);
  /// Reads every page.
  StoreResult<void> check();

 private:
  explicit AuditImage(AuditPages pages) : pages_(std::move(pages)) {}
  StoreResult<void> read_header(const AuditExtent& extent);
  StoreResult<std::string> text(std::uint64_t& at);
  StoreResult<std::uint64_t> number(std::uint64_t& at);

  AuditPages pages_;
  AuditTables tables_;
  std::uint64_t pages_end_ = 0;
  std::vector<AuditStream> streams_;
};

}  // namespace parking_lot
