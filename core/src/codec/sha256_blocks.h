#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace parking_lot {

using Sha256State = std::array<std::uint32_t, 8>;

/// The words that FIPS 180-4, section 4.2.2, names K.
extern const std::array<std::uint32_t, 64> sha256_constants;

/// Takes `blocks` blocks of 64 bytes into the state (section 6.2.2), with the processor's own instructions
/// where it has them.
void sha256_blocks(Sha256State& state, const std::uint8_t* bytes, std::size_t blocks);

/// The same without the help of the processor: what WebAssembly runs, and what the tests compare with.
void sha256_blocks_by_words(Sha256State& state, const std::uint8_t* bytes, std::size_t blocks);

}  // namespace parking_lot
