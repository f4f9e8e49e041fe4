#pragma once

#include <chrono>

#include "parking_lot/result.h"
#include "parking_lot/time.h"
#include "parking_lot/types.h"

namespace parking_lot {

/// Both clocks of this machine. Steady time starts at 0 with the clock's construction.
class SystemClock {
 public:
  using Steady = std::chrono::steady_clock;

  Now now() const {
    using namespace std::chrono;
    const auto wall = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    return {.wall = {wall}, .steady = {duration_cast<milliseconds>(Steady::now() - start_).count()}};
  }

  /// The moment at which `now().steady` has reached `at`.
  Steady::time_point moment(SteadyTime at) const { return start_ + std::chrono::milliseconds(at.ms); }

 private:
  Steady::time_point start_ = Steady::now();
};

/// 128 bits from the kernel (getrandom).
Result<Entropy> system_entropy();

}  // namespace parking_lot
