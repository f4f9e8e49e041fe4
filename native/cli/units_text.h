#pragma once

#include <string>

#include "parking_lot/effect.h"
#include "parking_lot/scheduler.h"

namespace parking_lot::cli {

/// `4 units`, or `cpu 2, gpu_vram 4096` where the pool counts several resources.
std::string units_text(Units units, const ResourceUnits& resources);

/// What a pool uses of what it has: `3 of 8 units`, or `cpu 2/8, gpu_vram 12000/24000`.
std::string use_text(const PoolStats& stats);

}  // namespace parking_lot::cli
