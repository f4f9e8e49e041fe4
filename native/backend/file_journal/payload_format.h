#pragma once

#include <optional>
#include <span>
#include <vector>

#include "parking_lot/frame.h"

/// The bytes of a payload segment after its header: entries, then, once it takes no more, a list of them.
///
/// Payloads are no frames: they belong to no chain, and a cryptographic hash of every byte would cost more
/// than the disk.
namespace parking_lot {

inline constexpr std::size_t payload_head_bytes = 24;
inline constexpr std::size_t payload_trailer_bytes = 32;
/// So that places fit into 32 bits.
inline constexpr std::uint64_t payload_bytes_max = (std::uint64_t{1} << 32) - 1024;

/// What stands before a payload's bytes. Its own checksum covers it.
struct PayloadHead {
  std::uint64_t id = 0;
  std::uint32_t bytes = 0;
  std::uint32_t checksum = 0;  ///< CRC-32C of the payload's bytes
};

void append_payload_head(const PayloadHead& head, Bytes& out);
/// `nullopt` if the bytes are too few or no head.
std::optional<PayloadHead> parse_payload_head(ByteView bytes);

struct PayloadListing {
  std::uint64_t id = 0;
  std::uint32_t offset = 0;
  std::uint32_t bytes = 0;
};

/// What ends a sealed segment: the list, and a trailer of fixed size which tells where it begins.
void append_payload_list(std::span<const PayloadListing> list, std::uint64_t offset, Bytes& out);

/// Where the list stands.
struct PayloadTrailer {
  std::uint64_t list_offset = 0;
  std::uint64_t count = 0;
  std::uint32_t checksum = 0;
  std::uint64_t list_bytes() const { return count * 16; }
};
/// From the last bytes of a file; `nullopt`: it is not sealed.
std::optional<PayloadTrailer> parse_payload_trailer(ByteView last_bytes);
/// `nullopt` if the list does not fit its checksum.
std::optional<std::vector<PayloadListing>> parse_payload_list(const PayloadTrailer& trailer, ByteView bytes);

}  // namespace parking_lot
