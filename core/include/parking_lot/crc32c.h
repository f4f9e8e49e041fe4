#pragma once

#include <cstdint>
#include <span>

namespace parking_lot {

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4) of `bytes`. To go on over further bytes, pass the sum so far:
/// crc32c(b, crc32c(a)) is the sum of a followed by b. Native builds use the processor's instruction where it
/// has one.
std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0);

}  // namespace parking_lot
