#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace parking_lot {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// SHA-256 (FIPS 180-4, section 6.2), fed in pieces.
class Sha256 {
 public:
  Sha256();

  Sha256& add(std::span<const std::uint8_t> bytes);
  /// The digest of all that was added. Starts anew.
  Sha256Digest finish();

 private:
  static constexpr std::size_t block_bytes = 64;

  std::array<std::uint32_t, 8> state_;
  std::array<std::uint8_t, block_bytes> block_;  // begins with the bytes which do not fill a block yet
  std::uint64_t added_ = 0;
};

inline Sha256Digest sha256(std::span<const std::uint8_t> bytes) { return Sha256().add(bytes).finish(); }

}  // namespace parking_lot
