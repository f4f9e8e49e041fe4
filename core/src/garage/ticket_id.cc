#include "garage/ticket_id.h"

namespace parking_lot::garage {
namespace {

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that spreads every bit.
constexpr std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

constexpr unsigned number_bits = 40;
constexpr std::uint64_t number_mask = (std::uint64_t{1} << number_bits) - 1;
constexpr std::uint64_t random_mask = (std::uint64_t{1} << (62 - number_bits)) - 1;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

TicketId ticket_id_of(WallTime entry, std::uint64_t number, Entropy entropy) {
  const std::uint64_t random = mixed(mixed(entropy.low + number) ^ entropy.high);
  const auto time = static_cast<std::uint64_t>(entry.ms) & 0xffffffffffffULL;
  const std::uint64_t high = time << 16 | 0x7000 | (random & 0x0fff);
  const std::uint64_t upper = std::uint64_t{2} << 62 | (random >> 12 & random_mask) << number_bits;
  return {high, upper | ((number ^ mixed(high ^ upper)) & number_mask)};
}

std::uint64_t number_in(TicketId id) {
  const std::uint64_t upper = id.low & ~number_mask;
  return (id.low ^ mixed(id.high ^ upper)) & number_mask;
}

std::string to_string(TicketId id) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
    const std::uint64_t half = i < 16 ? id.high : id.low;
    text += digits[half >> (60 - i % 16 * 4) & 15];
  }
  return text;
}

std::optional<TicketId> parse_TicketId(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  TicketId id;
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return std::nullopt;
    std::uint64_t& half = count++ < 16 ? id.high : id.low;
    half = half << 4 | static_cast<std::uint64_t>(value);
  }
  return id;
}

}  // namespace parking_lot::garage
