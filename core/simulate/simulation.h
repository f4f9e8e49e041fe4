#pragma once

#include <cstdint>
#include <vector>

#include "parking_lot/config.h"
#include "parking_lot/effect.h"
#include "parking_lot/scheduler.h"
#include "simulate/trace.h"

/// A trace in virtual time, by the real scheduler.
namespace parking_lot::simulate {

/// What becomes of a run that goes on when its estimate is over.
enum class Overrun : std::uint8_t { goes_on, killed };

/// How one task of the trace fared. Times are the trace's.
struct Fate {
  static constexpr std::int64_t never = -1;
  std::int64_t start_ms = never;
  std::int64_t end_ms = never;              ///< of a rejected task: never
  Status status = Status::queued;           ///< queued: it still waits when nothing can happen any more
  Refusal refusal = Refusal::invalid_task;  ///< of a rejected one
};

/// What a task that parked was told of its start.
struct Foreseen {
  std::uint32_t task = 0;               ///< place in the trace
  std::int64_t start_ms = Fate::never;  ///< never: nobody could tell
};

/// How far tenants that waited in one class were apart in service, and how far they may be: in milliseconds
/// of the whole pool. With many tenants not every instant is looked at.
struct FairnessLag {
  bool is_fair = false;  ///< a pool lets tenants take turns
  double most_ms = 0;
  double bound_ms = 0;             ///< infinite: nothing bounds it
  std::uint64_t beyond_bound = 0;  ///< instants
};

struct Simulated {
  std::vector<Fate> fates;  ///< in the order of the trace
  FairnessLag lag;
  /// By about a thousand of the tasks that parked, evenly spread.
  std::vector<Foreseen> foreseen;
  std::int64_t last_ms = 0;  ///< the moment of the last event
};

/// Runs the trace to its end. At one instant all ends are applied, then timers, then one allocation pass;
/// then come the arrivals, one after another. Runs that end in the instant of their start are ends of a
/// further round. Storage takes no time: every backend is taken as memory.
///
/// Fails if a task's pool is not in the config, or counts something else than the task costs, or if the
/// config asks for what this build does not have.
Result<Simulated> simulate(const Config& config, const Trace& trace, Overrun overrun);

}  // namespace parking_lot::simulate
