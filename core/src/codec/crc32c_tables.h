#pragma once

#include <cstdint>
#include <span>

namespace parking_lot {

/// `crc32c` without the help of the processor: what WebAssembly runs, and what the tests compare with.
std::uint32_t crc32c_by_tables(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0);

}  // namespace parking_lot
