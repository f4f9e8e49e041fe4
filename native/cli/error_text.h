#pragma once

#include <string>

#include "parking_lot/result.h"

namespace parking_lot::cli {

/// An error as people read it: `where: message`, or the message alone.
inline std::string text_of(const Error& error) {
  if (error.where.empty()) return error.message;
  return error.where + (error.where.back() == ':' ? " " : ": ") + error.message;
}

}  // namespace parking_lot::cli
