#pragma once

#include "inspection.h"

namespace parking_lot {

/// What opening and loading find and the reading of single files does not: what belongs together. No
/// damage is added where a start would succeed.
StoreResult<void> compare_with_opening(Files& files, Inspection& result);

}  // namespace parking_lot
