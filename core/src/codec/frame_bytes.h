#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

/// Numbers of fixed width, the lowest byte first.
namespace parking_lot {

template <class Number>
void put_little_endian(std::uint8_t* at, Number number) {
  const auto bits = static_cast<std::make_unsigned_t<Number>>(number);
  for (std::size_t i = 0; i < sizeof bits; ++i) at[i] = static_cast<std::uint8_t>(bits >> (8 * i));
}

template <class Number>
Number little_endian(const std::uint8_t* at) {
  std::make_unsigned_t<Number> bits = 0;
  for (std::size_t i = 0; i < sizeof bits; ++i)
    bits = static_cast<std::make_unsigned_t<Number>>(bits | std::uint64_t{at[i]} << (8 * i));
  return static_cast<Number>(bits);
}

}  // namespace parking_lot
