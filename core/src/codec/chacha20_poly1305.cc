#include "parking_lot/chacha20_poly1305.h"

#include <algorithm>
#include <bit>

#include "parking_lot/check.h"

namespace parking_lot {
namespace {

using Bytes16 = std::array<std::uint8_t, 16>;
constexpr std::size_t block_bytes = 64;

std::uint32_t word(const std::uint8_t* at) {
  return std::uint32_t{at[0]} | std::uint32_t{at[1]} << 8 | std::uint32_t{at[2]} << 16 |
         std::uint32_t{at[3]} << 24;
}

void put_word(std::uint8_t* at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

void quarter_round(std::uint32_t& a, std::uint32_t& b, std::uint32_t& c, std::uint32_t& d) {
  a += b, d = std::rotl(d ^ a, 16);
  c += d, b = std::rotl(b ^ c, 12);
  a += b, d = std::rotl(d ^ a, 8);
  c += d, b = std::rotl(b ^ c, 7);
}

/// RFC 8439, section 2.3.
std::array<std::uint8_t, block_bytes> chacha20_block(const SealKey& key, std::uint32_t counter,
                                                     const SealNonce& nonce) {
  std::array<std::uint32_t, 16> start{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (std::size_t i = 0; i < 8; ++i) start[4 + i] = word(&key[4 * i]);
  start[12] = counter;
  for (std::size_t i = 0; i < 3; ++i) start[13 + i] = word(&nonce[4 * i]);
  std::array<std::uint32_t, 16> x = start;
  for (int i = 0; i < 10; ++i) {
    quarter_round(x[0], x[4], x[8], x[12]);
    quarter_round(x[1], x[5], x[9], x[13]);
    quarter_round(x[2], x[6], x[10], x[14]);
    quarter_round(x[3], x[7], x[11], x[15]);
    quarter_round(x[0], x[5], x[10], x[15]);
    quarter_round(x[1], x[6], x[11], x[12]);
    quarter_round(x[2], x[7], x[8], x[13]);
    quarter_round(x[3], x[4], x[9], x[14]);
  }
  std::array<std::uint8_t, block_bytes> block;
  for (std::size_t i = 0; i < 16; ++i) put_word(&block[4 * i], x[i] + start[i]);
  return block;
}

/// Encrypts, and decrypts what was encrypted. Block 0 of the key stream is Poly1305's key.
void chacha20(const SealKey& key, const SealNonce& nonce, std::span<const std::uint8_t> in,
              std::uint8_t* out) {
  for (std::size_t at = 0; at < in.size(); at += block_bytes) {
    const auto stream = chacha20_block(key, static_cast<std::uint32_t>(at / block_bytes) + 1, nonce);
    const std::size_t length = std::min(block_bytes, in.size() - at);
    for (std::size_t i = 0; i < length; ++i) out[at + i] = static_cast<std::uint8_t>(in[at + i] ^ stream[i]);
  }
}

/// RFC 8439, section 2.5, in five limbs of 26 bits; blocks are padded with zeros as section 2.8 has it.
class Poly1305 {
 public:
  explicit Poly1305(const std::uint8_t* key)
      : r_{word(key) & 0x3ffffff, word(key + 3) >> 2 & 0x3ffff03, word(key + 6) >> 4 & 0x3ffc0ff,
           word(key + 9) >> 6 & 0x3f03fff, word(key + 12) >> 8 & 0x00fffff},
        pad_{word(key + 16), word(key + 20), word(key + 24), word(key + 28)} {}

  void add(std::span<const std::uint8_t> bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += 16) {
      Bytes16 block{};
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                  std::min<std::size_t>(16, bytes.size() - at), block.begin());
      add(block);
    }
  }

  void add(const Bytes16& block) {
    const std::uint8_t* const at = block.data();
    h_[0] += word(at) & 0x3ffffff;
    h_[1] += word(at + 3) >> 2 & 0x3ffffff;
    h_[2] += word(at + 6) >> 4 & 0x3ffffff;
    h_[3] += word(at + 9) >> 6;
    h_[4] += word(at + 12) >> 8 | 1U << 24;
    std::array<std::uint64_t, 5> d{};
    for (std::size_t i = 0; i < 5; ++i) {
      for (std::size_t j = 0; j < 5; ++j) {
        const std::uint64_t factor = i >= j ? r_[i - j] : std::uint64_t{5} * r_[5 + i - j];
        d[i] += h_[j] * factor;
      }
    }
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      d[i] += carry;
      h_[i] = static_cast<std::uint32_t>(d[i] & 0x3ffffff);
      carry = d[i] >> 26;
    }
    h_[0] += static_cast<std::uint32_t>(carry * 5);
    h_[1] += h_[0] >> 26;
    h_[0] &= 0x3ffffff;
  }

  Bytes16 finish() {
    std::uint32_t carry = 0;
    for (int round = 0; round < 2; ++round) {
      for (std::uint32_t& limb : h_) {
        limb += carry;
        carry = limb >> 26;
        limb &= 0x3ffffff;
      }
      carry *= 5;
    }
    h_[0] += carry;
    // h - p, if that is not negative: chosen without a branch.
    std::array<std::uint32_t, 5> less{};
    carry = 5;
    for (std::size_t i = 0; i < 5; ++i) {
      less[i] = h_[i] + carry;
      carry = less[i] >> 26;
      less[i] &= 0x3ffffff;
    }
    const std::uint32_t is_less = 0U - carry;
    for (std::size_t i = 0; i < 5; ++i) h_[i] = (h_[i] & ~is_less) | (less[i] & is_less);
    const std::array<std::uint32_t, 4> words{h_[0] | h_[1] << 26, h_[1] >> 6 | h_[2] << 20,
                                             h_[2] >> 12 | h_[3] << 14, h_[3] >> 18 | h_[4] << 8};
    Bytes16 tag;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      sum += std::uint64_t{words[i]} + pad_[i];
      put_word(&tag[4 * i], static_cast<std::uint32_t>(sum));
      sum >>= 32;
    }
    return tag;
  }

 private:
  std::array<std::uint32_t, 5> r_;
  std::array<std::uint32_t, 4> pad_;
  std::array<std::uint32_t, 5> h_{};
};

Bytes16 tag_of(const SealKey& key, const SealNonce& nonce, std::span<const std::uint8_t> sealed,
               std::span<const std::uint8_t> beside) {
  const auto one_time_key = chacha20_block(key, 0, nonce);
  Poly1305 poly(one_time_key.data());
  poly.add(beside);
  poly.add(sealed);
  Bytes16 lengths{};
  for (std::size_t i = 0; i < 8; ++i) {
    lengths[i] = static_cast<std::uint8_t>(std::uint64_t{beside.size()} >> (8 * i));
    lengths[8 + i] = static_cast<std::uint8_t>(std::uint64_t{sealed.size()} >> (8 * i));
  }
  poly.add(lengths);
  return poly.finish();
}

}  // namespace

void seal(const SealKey& key, const SealNonce& nonce, std::span<const std::uint8_t> text,
          std::span<std::uint8_t> out, std::span<const std::uint8_t> beside) {
  PARKING_LOT_CHECK(out.size() == text.size() + seal_tag_bytes);
  chacha20(key, nonce, text, out.data());
  const Bytes16 tag = tag_of(key, nonce, out.first(text.size()), beside);
  std::copy(tag.begin(), tag.end(), out.begin() + static_cast<std::ptrdiff_t>(text.size()));
}

bool unseal(const SealKey& key, const SealNonce& nonce, std::span<const std::uint8_t> sealed,
            std::span<std::uint8_t> out, std::span<const std::uint8_t> beside) {
  if (sealed.size() < seal_tag_bytes) return false;
  const auto text = sealed.first(sealed.size() - seal_tag_bytes);
  PARKING_LOT_CHECK(out.size() == text.size());
  const Bytes16 tag = tag_of(key, nonce, text, beside);
  std::uint8_t difference = 0;
  for (std::size_t i = 0; i < seal_tag_bytes; ++i)
    difference = static_cast<std::uint8_t>(difference | (tag[i] ^ sealed[text.size() + i]));
  if (difference != 0) return false;
  chacha20(key, nonce, text, out.data());
  return true;
}

}  // namespace parking_lot
