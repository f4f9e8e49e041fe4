#pragma once

#include <cstdint>

namespace parking_lot {

/// Calls of `operator new` in this program while a count is alive.
class AllocationCount {
 public:
  AllocationCount();
  ~AllocationCount();
  AllocationCount(const AllocationCount&) = delete;
  AllocationCount& operator=(const AllocationCount&) = delete;

  std::uint64_t calls() const;
};

}  // namespace parking_lot
