#pragma once

#include <functional>
#include <optional>
#include <string>

#include "store.h"

namespace parking_lot {

using IsMapped = std::function<bool(StreamNumber)>;

/// Whether the store has records of a stream that is not mapped. What those name is not known then, and no
/// payload can be given up for being named by nobody.
bool has_orphan(const FileStore& store, const IsMapped& is_mapped);

/// What is wrong with a store that has a pool which the config does not name, with the number of its tasks
/// that have not ended; nullopt if it has none. Ends in "or", for the way to keep it. O(its records).
StoreResult<std::optional<std::string>> orphan_pool(FileStore& store, const IsMapped& is_mapped);

}  // namespace parking_lot
