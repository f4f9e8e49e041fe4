#include "parking_lot/crc32c.h"

#include <catch2/catch.hpp>
#include <numeric>
#include <random>
#include <string_view>
#include <vector>

#include "codec/crc32c_tables.h"

using namespace parking_lot;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace

TEST_CASE("CRC-32C gives the sums of RFC 3720, appendix B.4") {
  Bytes rising(32);
  std::iota(rising.begin(), rising.end(), std::uint8_t{0});
  const Bytes falling(rising.rbegin(), rising.rend());
  CHECK(crc32c(Bytes(32, 0)) == 0x8a9136aa);
  CHECK(crc32c(Bytes(32, 0xff)) == 0x62a8ab43);
  CHECK(crc32c(rising) == 0x46dd794e);
  CHECK(crc32c(falling) == 0x113fdb5c);
  CHECK(crc32c(bytes_of("123456789")) == 0xe3069283);
  CHECK(crc32c({}) == 0);
}

TEST_CASE("the tables and the processor agree on every length and alignment, and sums go on") {
  std::mt19937_64 random(7);
  Bytes bytes(200);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  const std::span<const std::uint8_t> all(bytes);
  for (std::size_t start = 0; start < 9; ++start) {
    for (std::size_t length = 0; length + start <= bytes.size(); ++length) {
      const auto part = all.subspan(start, length);
      const std::uint32_t sum = crc32c(part);
      REQUIRE(crc32c_by_tables(part) == sum);
      const std::size_t cut = length / 3;
      REQUIRE(crc32c(part.subspan(cut), crc32c(part.first(cut))) == sum);
      REQUIRE(crc32c_by_tables(part.subspan(cut), crc32c_by_tables(part.first(cut))) == sum);
    }
  }
}
