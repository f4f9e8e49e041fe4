#pragma once

#include <cstdint>
#include <optional>

#include "little_endian.h"
#include "parking_lot/chacha20_poly1305.h"

/// The bytes of key files, as docs/journal-format.md specifies them.
namespace parking_lot {

/// A key, its checksum, zeros: as long as a part of a sector, which a disk writes whole.
inline constexpr std::uint64_t key_slot_bytes = 64;
/// With the header, which takes the place of the first.
inline constexpr std::uint64_t keys_per_file = 1024;

Bytes key_file_header();
/// A key of zeros makes a slot of zeros.
void append_key_slot(const SealKey& key, Bytes& out);

/// The key in a slot, of zeros if it was destroyed or never made; `nullopt`: it is damaged.
std::optional<SealKey> parse_key_slot(ByteView slot);

}  // namespace parking_lot
