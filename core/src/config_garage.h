#pragma once

#include "codec/json_reader.h"
#include "codec/json_value.h"
#include "codec/json_writer.h"
#include "parking_lot/garage/garage_config.h"

namespace parking_lot {

/// Reads the garages of a config, each on top of its preset, and reports all that is wrong.
void read_garages(JsonReader& reader, const JsonValue& value, std::vector<garage::GarageConfig>& garages);

/// The members of the schema of `garages`.
void write_garages_schema(JsonWriter& out);

}  // namespace parking_lot
