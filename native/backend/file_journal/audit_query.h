#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit_log.h"
#include "audit_run.h"

namespace parking_lot {

/// What streams are called.
struct AuditPools {
  std::map<std::string, std::string> by_stream;
  std::string store;

  const std::string& name(const std::string& stream) const;
  /// The same for every event of the stream, and of no other stream of any store of the host.
  std::string source(const std::string& stream) const;
};

/// One page of events, merged from the runs of all parts and streams.
class AuditQueryRun {
 public:
  AuditQueryRun(AuditTrail& trail, const AuditPools& pools, const AuditQuery& query,
                const std::optional<AuditPosition>& after)
      : trail_(trail), pools_(pools), query_(query), after_(after) {}

  StoreResult<StoredEvents> page();

 private:
  /// A run and where it stands; `next` counts up or down.
  struct Source {
    AuditRun run;
    std::string name;
    std::uint64_t first = 0;  ///< positions that the query wants
    std::uint64_t end = 0;
    Record head;
    AuditPosition position;
  };

  enum class Side : std::uint8_t { before, behind };

  bool is_rising() const { return query_.order == AuditQuery::Order::oldest_first; }
  /// Whether `a` comes out before `b`.
  bool comes_before(const AuditPosition& a, const AuditPosition& b) const {
    return is_rising() ? is_before(a, b) : is_before(b, a);
  }
  void choose_parts();
  StoreResult<void> open_part(std::size_t part);
  StoreResult<void> open_run(AuditRun run);
  StoreResult<std::uint64_t> partition(Source& source, const std::optional<AuditPosition>& position,
                                       WallTime time, Side side);
  StoreResult<bool> read_head(Source& source);
  StoreResult<bool> step(Source& source);
  StoreResult<std::optional<StoredEvent>> event_of_head(Source& source);
  bool is_wanted(const StoredEvent& event) const;

  AuditTrail& trail_;
  const AuditPools& pools_;
  const AuditQuery& query_;
  const std::optional<AuditPosition>& after_;
  std::vector<std::size_t> parts_;  ///< in the order in which they are opened
  std::vector<WallTime> horizons_;  ///< no event of this part or a later one comes out before this time
  std::vector<Source> sources_;
};

}  // namespace parking_lot
