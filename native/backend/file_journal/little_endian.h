#pragma once

#include <cstdint>
#include <string_view>

#include "parking_lot/record_codec.h"

/// Fixed-width numbers in the bodies of the store's own frames, lowest byte first.
namespace parking_lot {

template <class Number>
void put_fixed(Bytes& out, Number value) {
  std::uint8_t bytes[sizeof(Number)];
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(value);
    value = static_cast<Number>(value >> 8);
  }
  out.insert(out.end(), bytes, bytes + sizeof(bytes));
}

inline void put_u32(Bytes& out, std::uint32_t value) { put_fixed(out, value); }
inline void put_u64(Bytes& out, std::uint64_t value) { put_fixed(out, value); }

/// `bytes` must have at least `offset` + 4 bytes.
inline std::uint32_t load_u32(ByteView bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | bytes[offset + i];
  return value;
}

/// `bytes` must have at least `offset` + 8 bytes.
inline std::uint64_t load_u64(ByteView bytes, std::size_t offset) {
  return load_u32(bytes, offset) | std::uint64_t{load_u32(bytes, offset + 4)} << 32;
}

inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline ByteView as_bytes_view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace parking_lot
