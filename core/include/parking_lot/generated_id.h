#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parking_lot {

/// An id that the system gives: the incarnation of a stream and a number within it. Spelled
/// `<incarnation in 16 hex digits>-<number>`.
struct GeneratedId {
  std::uint64_t incarnation = 0;
  std::uint64_t number = 0;
};

std::string spell(GeneratedId id);
/// `nullopt` if the text is not spelled like one.
std::optional<GeneratedId> parse_generated_id(std::string_view text);

}  // namespace parking_lot
