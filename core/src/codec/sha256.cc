#include "parking_lot/sha256.h"

#include <algorithm>
#include <bit>

#include "codec/sha256_blocks.h"

namespace parking_lot {

const std::array<std::uint32_t, 64> sha256_constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

namespace {

// FIPS 180-4, section 5.3.3.
constexpr Sha256State initial_state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

std::uint32_t big_endian_word(const std::uint8_t* at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 |
         std::uint32_t{at[3]};
}

/// Section 6.2.2. The schedule is made as it is used, in a window of sixteen words.
void compress(Sha256State& state, const std::uint8_t* block) {
  std::uint32_t schedule[16];
  for (std::size_t i = 0; i < 16; ++i) schedule[i] = big_endian_word(block + 4 * i);
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    std::uint32_t& word = schedule[i % 16];
    if (i >= 16) {
      const std::uint32_t near = schedule[(i - 2) % 16];
      const std::uint32_t far = schedule[(i - 15) % 16];
      word += (std::rotr(near, 17) ^ std::rotr(near, 19) ^ (near >> 10)) + schedule[(i - 7) % 16] +
              (std::rotr(far, 7) ^ std::rotr(far, 18) ^ (far >> 3));
    }
    const std::uint32_t first = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                                ((e & f) ^ (~e & g)) + sha256_constants[i] + word;
    const std::uint32_t second =
        (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + first;
    d = c, c = b, b = a, a = first + second;
  }
  const std::uint32_t end[8] = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state[i] += end[i];
}

}  // namespace

void sha256_blocks_by_words(Sha256State& state, const std::uint8_t* bytes, std::size_t blocks) {
  for (; blocks > 0; --blocks, bytes += 64) compress(state, bytes);
}

Sha256::Sha256() : state_(initial_state) {}

Sha256& Sha256::add(std::span<const std::uint8_t> bytes) {
  const std::size_t held = added_ % block_bytes;
  added_ += bytes.size();
  if (held > 0) {
    const std::size_t taken = std::min(block_bytes - held, bytes.size());
    std::copy_n(bytes.begin(), taken, block_.begin() + held);
    if (held + taken < block_bytes) return *this;
    sha256_blocks(state_, block_.data(), 1);
    bytes = bytes.subspan(taken);
  }
  const std::size_t blocks = bytes.size() / block_bytes;
  sha256_blocks(state_, bytes.data(), blocks);
  bytes = bytes.subspan(blocks * block_bytes);
  std::copy(bytes.begin(), bytes.end(), block_.begin());
  return *this;
}

Sha256Digest Sha256::finish() {
  constexpr std::size_t bits_at = block_bytes - 8;
  const std::uint64_t bits = added_ * 8;
  std::size_t held = added_ % block_bytes;
  block_[held++] = 0x80;
  if (held > bits_at) {
    std::fill(block_.begin() + held, block_.end(), std::uint8_t{0});
    sha256_blocks(state_, block_.data(), 1);
    held = 0;
  }
  std::fill(block_.begin() + held, block_.begin() + bits_at, std::uint8_t{0});
  for (std::size_t i = 0; i < 8; ++i) block_[bits_at + i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
  sha256_blocks(state_, block_.data(), 1);

  Sha256Digest digest;
  for (std::size_t i = 0; i < 32; ++i)
    digest[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  *this = Sha256();
  return digest;
}

}  // namespace parking_lot
