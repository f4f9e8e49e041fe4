#pragma once

#include <string>
#include <tl/expected.hpp>

namespace parking_lot {

/// Why a piece of input (a config, a journal, a script) cannot be used.
struct Error {
  std::string where;    ///< path into a config, line of a file, offset in a journal; may be empty
  std::string message;  ///< one sentence: what is wrong and what to do
};

template <class T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

}  // namespace parking_lot
