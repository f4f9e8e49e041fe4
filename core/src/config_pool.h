#pragma once

#include <string_view>

#include "config_keys.h"
#include "parking_lot/config.h"
#include "parking_lot/types.h"

namespace parking_lot {

Table<RetryPolicy> retry_keys();
Table<PoolConfig> pool_keys();

/// Lets the longest delay grow with the first one where only that is given; reports one that is shorter.
void finish_retry(JsonReader& reader, const JsonValue& value, RetryPolicy& retry);

/// Fills in the defaults that depend on other keys and checks what one key alone cannot tell. The reader
/// stands at the pool; `value` is its object.
void finish_pool(JsonReader& reader, const JsonValue& value, PoolConfig& pool);

}  // namespace parking_lot
