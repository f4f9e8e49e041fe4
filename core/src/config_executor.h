#pragma once

#include "config_keys.h"

/// The key `executor` of a pool: a word, or an object.
namespace parking_lot {

void read_executor(JsonReader& reader, const JsonValue& value, const Key& key, void* pool);
void write_executor(JsonWriter& out, const Key& key, const void* pool);
void write_executor_schema(JsonWriter& out);

}  // namespace parking_lot
