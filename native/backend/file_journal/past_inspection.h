#pragma once

#include <span>
#include <string>

#include "checkpoints.h"
#include "inspection.h"

/// Part of `verify`: checkpoints that are kept to tell of the past.
namespace parking_lot {

/// No opening reads them: those which the newest one names and which are not whole are damaged, and not
/// unfinished. `all`: read with everything; `result`: with its unreadable checkpoints, which this sorts.
StoreResult<void> inspect_past(Files& files, std::span<const std::string> names, const Checkpoints& all,
                               bool is_log_whole, Inspection& result);

}  // namespace parking_lot
