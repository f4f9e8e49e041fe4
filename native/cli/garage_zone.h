#pragma once

#include <string>

#include "parking_lot/garage/tariff.h"
#include "parking_lot/result.h"

namespace parking_lot::cli {

/// The offsets of an IANA zone as this system's zone files have them (TZif, RFC 9636). `UTC` is the empty
/// list.
Result<garage::ZoneOffsets> read_zone(const std::string& name);

}  // namespace parking_lot::cli
