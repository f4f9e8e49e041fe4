#pragma once

#include "config_keys.h"

/// The key `mailbox` of a pool: the word of a storage, or an object with `storage` and more.
namespace parking_lot {

void read_mailbox(JsonReader& reader, const JsonValue& value, const Key& key, void* pool);
void write_mailbox(JsonWriter& out, const Key& key, const void* pool);
void write_mailbox_schema(JsonWriter& out);

}  // namespace parking_lot
