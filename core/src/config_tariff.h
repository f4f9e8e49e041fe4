#pragma once

#include "codec/json_reader.h"
#include "codec/json_value.h"
#include "codec/json_writer.h"
#include "parking_lot/garage/tariff.h"

namespace parking_lot {

/// Reads one tariff of a garage and checks that it makes sense: tiers rise, a night has two ends, names are
/// there once. Reports all that is wrong.
void read_tariff(JsonReader& reader, const JsonValue& value, garage::Tariff& tariff);

/// The members of a tariff's schema.
void write_tariff_schema(JsonWriter& out);

}  // namespace parking_lot
