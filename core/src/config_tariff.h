#pragma once

#include "codec/json_reader.h"
#include "codec/json_value.h"
#include "parking_lot/garage/tariff.h"

namespace parking_lot {

/// Reads one tariff of a garage and checks that it makes sense: tiers rise, a night has two ends, names are
/// there once. Reports all that is wrong.
void read_tariff(JsonReader& reader, const JsonValue& value, garage::Tariff& tariff);

}  // namespace parking_lot
