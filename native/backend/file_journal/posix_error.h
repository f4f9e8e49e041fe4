#pragma once

#include <string_view>

#include "files.h"

namespace parking_lot {

/// What a call of the system said, as `errno`, when one was `doing` something to a file: "open it".
tl::unexpected<FileError> posix_failure(std::string_view file, const char* doing, int error);

}  // namespace parking_lot
