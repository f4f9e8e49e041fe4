#pragma once

#include <string>

#include "parking_lot/result.h"

namespace parking_lot {

/// The folder that a config names, by its path or by a `file:` URL, which is read as Node reads it. An error
/// says why the URL names no folder of this machine, and what to write.
Result<std::string> folder_named(const std::string& given);

}  // namespace parking_lot
