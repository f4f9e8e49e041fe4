#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "parking_lot/result.h"
#include "simulate/trace.h"

namespace parking_lot::simulate {

/// The lines of a text with their numbers, without their ends (\n or \r\n). Skips a byte order mark.
class Lines {
 public:
  explicit Lines(std::string_view text);

  /// False at the end; `line` and `number` tell of the line otherwise.
  bool next();
  std::string_view line;
  std::uint64_t number = 0;

  Failure error(std::string message) const {
    return Failure({"line " + std::to_string(number), std::move(message)});
  }

 private:
  std::string_view rest_;
};

std::string_view trimmed(std::string_view text);

/// A text from the trace as it may stand in a message: in quotes, at most 40 bytes of it.
std::string quoted(std::string_view text);

/// A whole number without sign, at most 2^53 - 1.
std::optional<std::uint64_t> parse_whole(std::string_view text);

/// A decimal number, possibly negative, in thousandths; digits beyond them are cut off.
std::optional<std::int64_t> parse_thousandths(std::string_view text);

/// Gives equal texts the same place in a list.
class NameList {
 public:
  explicit NameList(std::vector<std::string>& names) : names_(names) {}
  std::uint32_t place_of(std::string_view name);

 private:
  std::vector<std::string>& names_;
  std::unordered_map<std::string, std::uint32_t> places_;  // only looked up
  std::uint32_t last_ = 0;
};

/// Puts the tasks into the order of arrival; those of one time stay in the order of the file.
void order_by_arrival(Trace& trace);

}  // namespace parking_lot::simulate
