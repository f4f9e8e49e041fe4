#pragma once

#include "parking_lot/config.h"
#include "simulate/trace.h"

/// Traces whose tasks cost several resources.
namespace parking_lot::simulate {

/// Whether every task costs what its pool counts: a number of units, or resources that it has. The error says
/// what to do about the first one that does not. `pools`: of the config, for each that the trace names.
Result<void> check_costs(const Trace& trace, const std::vector<const PoolConfig*>& pools);

/// Makes the resource of which the tasks ask for most, of what there is, the one that figures count: sets
/// `measured`, and `units` of the tasks that cost several.
void measure_tightest(Trace& trace, const Config& config);

/// What a pool has of what figures count.
Units measured_capacity(const Trace& trace, const PoolConfig& pool);

}  // namespace parking_lot::simulate
