#pragma once

#include <string_view>

#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "parking_lot/config.h"

namespace parking_lot {

/// What a storage is for decides which kinds and keys it may have.
enum class StorageRole : std::uint8_t { queue, mailbox, garage };

/// Reads the short form (`"file"`) or the long one (`{"type": "file", "path": …}`).
void read_storage(JsonReader& reader, const JsonValue& value, StorageRole role, StorageConfig& storage);

/// Fills in what the kind needs and the config left out.
void complete_storage(StorageRole role, std::string_view pool, StorageConfig& storage);

/// The long form; the DSN as `***`.
void write_storage(JsonWriter& out, const StorageConfig& storage);

/// The members of the storage's JSON Schema.
void write_storage_schema(JsonWriter& out, StorageRole role);

}  // namespace parking_lot
