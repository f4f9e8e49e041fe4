#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace parking_lot {

/// Authenticated encryption ChaCha20-Poly1305 (RFC 8439, section 2.8) of short texts.
/// Takes the same time whatever key and text are.
using SealKey = std::array<std::uint8_t, 32>;
using SealNonce = std::array<std::uint8_t, 12>;
inline constexpr std::size_t seal_tag_bytes = 16;

/// Encrypts `text` into `out`, which has `seal_tag_bytes` more. One nonce must never seal two different texts
/// under one key. `beside` is authenticated too, and not in `out`. O(bytes).
void seal(const SealKey& key, const SealNonce& nonce, std::span<const std::uint8_t> text,
          std::span<std::uint8_t> out, std::span<const std::uint8_t> beside = {});

/// The text again, into `out`, which has `seal_tag_bytes` less than `sealed`. False, and `out` is untouched:
/// these bytes were not sealed under this key and nonce, or not beside these.
bool unseal(const SealKey& key, const SealNonce& nonce, std::span<const std::uint8_t> sealed,
            std::span<std::uint8_t> out, std::span<const std::uint8_t> beside = {});

}  // namespace parking_lot
