#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "parking_lot/types.h"

namespace parking_lot {

/// What a registered function sees of its run. Lives as long as the call.
class TaskContext {
 public:
  virtual std::string_view task_id() const = 0;
  virtual std::uint32_t attempt() const = 0;  ///< from 1
  virtual Units units() const = 0;
  virtual std::string_view payload() const = 0;

  /// Requested when the run is no longer wanted: cancelled, timed out, or the host closes. Nothing forces a
  /// function to end; until it returns, it keeps its units and its thread.
  virtual std::stop_token stop_token() const = 0;

  /// Passes one JSON value on to those who watch the task. Not recorded.
  virtual void progress(std::string json) = 0;
  /// Says what the run really uses.
  virtual void report_usage(Units units) = 0;

 protected:
  ~TaskContext() = default;
};

/// The result's bytes (JSON by convention), or why the attempt failed, as a sentence. An exception fails the
/// attempt too.
using TaskResult = tl::expected<std::string, std::string>;

/// Called on a thread of its pool, never on the host's.
using TaskFunction = std::function<TaskResult(TaskContext&)>;

}  // namespace parking_lot
