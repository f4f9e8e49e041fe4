#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inspection.h"

/// One round of planning a repair; see `plan_repair`, which looks at what it leads to.
namespace parking_lot {

/// The steps for the damages of one inspection.
StoreResult<std::vector<RepairStep>> steps_for(Files& files, const Inspection& inspection);

/// The error of a store that no step mends.
tl::unexpected<StoreError> beyond_repair(const std::string& file, std::uint64_t offset,
                                         const std::string& why);

}  // namespace parking_lot
