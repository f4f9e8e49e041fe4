#include "parking_lot/generated_id.h"

#include <charconv>

namespace parking_lot {
namespace {

constexpr std::size_t hex_digits = 16;

}  // namespace

std::string spell(GeneratedId id) {
  char text[hex_digits + 1 + 20];
  for (std::size_t i = 0; i < hex_digits; ++i) {
    text[i] = "0123456789abcdef"[id.incarnation >> (4 * (hex_digits - 1 - i)) & 0xf];
  }
  text[hex_digits] = '-';
  const char* end = std::to_chars(text + hex_digits + 1, text + sizeof text, id.number).ptr;
  return std::string(text, static_cast<std::size_t>(end - text));
}

std::optional<GeneratedId> parse_generated_id(std::string_view text) {
  GeneratedId id;
  if (text.size() < hex_digits + 2 || text[hex_digits] != '-') return std::nullopt;
  const char* dash = text.data() + hex_digits;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), dash, id.incarnation, 16);
  const auto second = std::from_chars(dash + 1, end, id.number);
  if (first.ec != std::errc() || first.ptr != dash || second.ec != std::errc() || second.ptr != end)
    return std::nullopt;
  return id;
}

}  // namespace parking_lot
