#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "parking_lot/types.h"

/// What the host and everything that runs tasks agree on.
namespace parking_lot {

/// One run of one task. The lease tells runs of the same task apart.
struct RunName {
  TaskHandle task;
  Lease lease;
  friend auto operator<=>(const RunName&, const RunName&) = default;
};

struct RunOrder {
  RunName name;
  std::string task_id;
  std::uint32_t attempt = 1;
  Units units = 0;
  std::shared_ptr<const std::string> payload;
};

/// How a run ended. `reason` none: with a result; else as in `Failed`.
struct RunEnd {
  Reason reason = Reason::none;
  std::string result;  ///< JSON; may describe a failure too
};

/// Hears of runs, on the thread of the executor's io_context only. May be called from within
/// `Executor::start`.
class RunObserver {
 public:
  virtual void running(RunName run) = 0;
  /// `progress` is one JSON value.
  virtual void progressed(RunName run, std::string progress) = 0;
  virtual void used(RunName run, Units units) = 0;
  /// The run did something that its author should know of; it goes on.
  virtual void complained(RunName run, std::string_view sentence) = 0;
  /// Exactly once for each start, also after a stop. Nothing of the run is left by then.
  virtual void ended(RunName run, RunEnd end) = 0;

 protected:
  ~RunObserver() = default;
};

/// Runs tasks of one pool. It knows for certain whether a run lives, so its runs need no heartbeats.
/// Destruction ends all runs and reports nothing more.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Starts that it takes at once; `endless_credits`: no limit of its own.
  virtual std::uint32_t credits() const = 0;
  virtual void start(RunOrder order) = 0;
  /// Asks the run to end, after the grace forces it where that is possible. Unknown and ended runs: nothing
  /// happens.
  virtual void stop(RunName run) = 0;
  /// Ends all runs without grace where that is possible; each is still reported.
  virtual void kill_all() = 0;
};

}  // namespace parking_lot
