#pragma once

#include "parking_lot/config.h"
#include "simulation/random.h"

namespace parking_lot::simulation {

/// A config by chance: a few small pools, volatile and durable, of every policy that there is, with short
/// durations.
Config random_config(Random& random);

}  // namespace parking_lot::simulation
