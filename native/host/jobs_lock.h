#pragma once

#include <string>
#include <utility>

#include "parking_lot/result.h"

namespace parking_lot {

/// The lock `.jobs` in a store's directory: held by the owner and by the guardian of its processes, so that
/// it is free only when both are gone. An owner that was killed frees the store at once, but its jobs die a
/// moment later, and until then their units are in use.
class JobsLock {
 public:
  /// Waits for the jobs of a former owner to end, for some seconds at most.
  static Result<JobsLock> take(const std::string& directory);

  JobsLock() = default;
  JobsLock(JobsLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  JobsLock& operator=(JobsLock&& other) noexcept;
  ~JobsLock();

  int descriptor() const { return descriptor_; }

 private:
  explicit JobsLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace parking_lot
