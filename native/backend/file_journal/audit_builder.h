#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "audit_image.h"
#include "parking_lot/frame.h"
#include "parking_lot/record.h"

namespace parking_lot {

/// Names of a task that the record of its admission gives.
AuditNames audit_names(const TaskAdmitted& admitted);

/// Makes the index of a part of a record segment from its frames, one after the other.
class AuditBuilder {
 public:
  /// Streams by their number in the segment; none, if they are no pool's.
  using Declared = std::vector<std::optional<std::string>>;
  /// Who a task is that was admitted before the part; none, if nothing tells any more.
  using FindNames = std::function<StoreResult<std::optional<AuditNames>>(const std::string& stream,
                                                                         std::uint64_t admission)>;

  /// `extent.end` moves with the frames.
  AuditBuilder(const AuditExtent& extent, Declared declared, NameKeys& keys)
      : extent_(extent), declared_(std::move(declared)), keys_(&keys) {}

  /// So many bytes of frames will come: room for about what they hold is made at once.
  void expect(std::uint64_t bytes);
  /// The frame at `offset`, whole. An error if its records cannot be read.
  StoreResult<void> add(const Frame& frame, std::uint64_t offset);

  const AuditExtent& extent() const { return extent_; }
  const Declared& declared() const { return declared_; }
  std::size_t events() const { return events_.size(); }
  /// The index of what was added, and then it may go on. O(n); asks for each task from before once, in the
  /// order of streams and numbers.
  StoreResult<Bytes> build(const FindNames& find);

 private:
  struct Event {
    std::uint64_t admission = 0;
    std::uint32_t stream = 0;
    std::uint32_t number = 0;  ///< in the part
  };
  /// A task that the part itself tells of: admitted here, or refused.
  struct Named {
    std::uint64_t admission = 0;
    std::uint32_t stream = 0;
    std::array<std::uint64_t, 3> hashes{};  ///< 0: it has no such name
  };
  struct Tables;

  std::uint32_t stream(const std::string& name, std::uint64_t first_sequence, WallTime at);
  void add_record(std::uint32_t stream, const Record& record);
  StoreResult<void> list_tasks(Tables& tables, const FindNames& find);
  void list_names(Tables& tables);

  AuditExtent extent_;
  Declared declared_;
  NameKeys* keys_;
  std::vector<AuditStream> streams_;
  std::vector<AuditFrame> frames_;
  std::uint32_t next_event_ = 0;
  std::vector<Event> events_;  ///< those of tasks
  std::vector<Named> named_;
  PoolRecords records_;
};

}  // namespace parking_lot
