#pragma once

#include <string>
#include <string_view>

#include "executor/executor.h"

namespace parking_lot {

/// The lines that a process writes to descriptor 3: {"progress": …} and {"usage": n}.
class RunReports {
 public:
  RunReports(RunName run, RunObserver& observer) : run_(run), observer_(observer) {}

  /// Bytes as they come; lines are passed on as they get complete. A line that is too long or means nothing
  /// is complained of, once for each run.
  void add(std::string_view bytes);

 private:
  void take(std::string_view line);
  void complain();

  RunName run_;
  RunObserver& observer_;
  std::string line_;
  bool skips_line_ = false;
  bool has_complained_ = false;
};

}  // namespace parking_lot
