#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "amounts.h"
#include "pool.h"

/// Costs in a journal are numbers in the order of the resources that the pool counted then. A config may name
/// others since: what was recorded goes by name.
namespace parking_lot {

/// Nothing: the text is none that `pool_settings_json` has written.
std::optional<RecordedCapacity> recorded_capacity(std::string_view settings);

struct PresentCost {
  Units units = 0;  ///< of a pool with resources: the share of it, as in `Pool::share_of`
  Amounts amounts;  ///< only of a pool with resources
};

/// What a recorded cost is in this pool. A resource that it counts no more costs nothing; where none is left,
/// or one side counts units only, a cost keeps its share of the whole. O(resources).
PresentCost present_cost(const Pool& pool, Units units, std::span<const std::uint64_t> amounts);

}  // namespace parking_lot
