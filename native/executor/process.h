#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "executor/executor.h"
#include "executor/guardian.h"
#include "parking_lot/input.h"
#include "parking_lot/time.h"

namespace parking_lot {

struct ProcessLimits {
  std::uint32_t runs_max = endless_credits;
  std::uint64_t output_bytes_max = 1 << 20;
  Duration kill_grace{5000};
  std::vector<std::string> commands;  ///< programs that may be started; empty: any
};

/// Runs payloads `{argv, stdin?, env?, cwd?}` as processes, each the leader of a group of its own.
///
/// A run ends when its leader ends; whatever is left of the group is killed then, so that the units are
/// really free. Exit code 0 is `Finished`; another code, a signal and a command that cannot be started are
/// `task_failed`; a machine that has no process or descriptor left is `executor_failed`. Stop: SIGTERM to the
/// group, after the grace SIGKILL. Children find PARKING_LOT_TASK_ID, _UNITS and _ATTEMPT in their
/// environment, and may write JSON lines
/// {"progress": …} and {"usage": n} to descriptor 3.
class ProcessExecutor final : public Executor {
 public:
  /// `io`, `observer` and `guardian` outlive the executor.
  ProcessExecutor(boost::asio::io_context& io, RunObserver& observer, const Guardian& guardian,
                  ProcessLimits limits);
  ~ProcessExecutor() override;

  std::uint32_t credits() const override;
  void start(RunOrder order) override;
  void stop(RunName run) override;
  void kill_all() override;

 private:
  class Run;

  void ended(RunName run, RunEnd end);

  boost::asio::io_context& io_;
  RunObserver& observer_;
  const Guardian& guardian_;
  ProcessLimits limits_;
  std::map<RunName, std::shared_ptr<Run>> runs_;
};

}  // namespace parking_lot
