#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace parking_lot::cli {

/// For options without a sign: CLI11 alone would take -1 for the largest of all numbers.
inline CLI::Validator whole_number() {
  return CLI::Validator(
      [](const std::string& text) {
        const bool is_digits = text.find_first_not_of("0123456789") == std::string::npos;
        return is_digits && text.size() < 20 ? std::string() : "must be a whole number from 0, not " + text;
      },
      "NUMBER");
}

}  // namespace parking_lot::cli
