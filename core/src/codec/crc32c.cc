#include "parking_lot/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#include "codec/crc32c_tables.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define PARKING_LOT_CRC32C_SSE42
#endif

namespace parking_lot {
namespace {

constexpr std::uint32_t polynomial = 0x82f63b78;  // bits reversed

/// Row n holds the sum of a byte that n further bytes follow ("slicing by 8": Kounavis and Berry, A
/// Systematic Approach to Building High Performance Software-Based CRC Generators, 2005). 8 KiB, made when
/// first needed: as constants they would be a part of every download that hardly compresses.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

Tables make_tables() {
  Tables tables;
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? polynomial : 0);
    tables[0][byte] = sum;
  }
  for (std::size_t row = 1; row < tables.size(); ++row) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[row - 1][byte];
      tables[row][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

std::uint32_t word_at(const std::uint8_t* at) {
  return std::uint32_t{at[0]} | std::uint32_t{at[1]} << 8 | std::uint32_t{at[2]} << 16 |
         std::uint32_t{at[3]} << 24;
}

}  // namespace

std::uint32_t crc32c_by_tables(std::span<const std::uint8_t> bytes, std::uint32_t sum) {
  static const Tables tables = make_tables();
  sum = ~sum;
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    const std::uint32_t low = word_at(at) ^ sum;
    const std::uint32_t high = word_at(at + 4);
    sum = tables[7][low & 0xff] ^ tables[6][(low >> 8) & 0xff] ^ tables[5][(low >> 16) & 0xff] ^
          tables[4][low >> 24] ^ tables[3][high & 0xff] ^ tables[2][(high >> 8) & 0xff] ^
          tables[1][(high >> 16) & 0xff] ^ tables[0][high >> 24];
  }
  for (; left > 0; ++at, --left) sum = (sum >> 8) ^ tables[0][(sum ^ *at) & 0xff];
  return ~sum;
}

#ifdef PARKING_LOT_CRC32C_SSE42
namespace {

__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_instruction(std::span<const std::uint8_t> bytes,
                                                                      std::uint32_t sum) {
  std::uint64_t state = static_cast<std::uint32_t>(~sum);
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    state = __builtin_ia32_crc32di(state, word);
  }
  auto short_state = static_cast<std::uint32_t>(state);
  for (; left > 0; ++at, --left) short_state = __builtin_ia32_crc32qi(short_state, *at);
  return ~short_state;
}

}  // namespace

std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t sum) {
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  return has_instruction ? crc32c_by_instruction(bytes, sum) : crc32c_by_tables(bytes, sum);
}
#else
std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t sum) {
  return crc32c_by_tables(bytes, sum);
}
#endif

}  // namespace parking_lot
