#include "payload_format.h"

#include "little_endian.h"
#include "parking_lot/crc32c.h"

namespace parking_lot {

namespace {

constexpr std::uint32_t head_mark = 0x454c5050;              // "PPLE"
constexpr std::uint64_t trailer_mark = 0x5453494c4c50504cu;  // "LPPLLIST"

}  // namespace

void append_payload_head(const PayloadHead& head, Bytes& out) {
  const std::size_t start = out.size();
  put_u32(out, head_mark);
  put_u32(out, head.bytes);
  put_u64(out, head.id);
  put_u32(out, head.checksum);
  put_u32(out, crc32c(ByteView(out).subspan(start)));
}

std::optional<PayloadHead> parse_payload_head(ByteView bytes) {
  if (bytes.size() < payload_head_bytes || load_u32(bytes, 0) != head_mark) return std::nullopt;
  if (load_u32(bytes, 20) != crc32c(bytes.first(20))) return std::nullopt;
  return PayloadHead{.id = load_u64(bytes, 8), .bytes = load_u32(bytes, 4), .checksum = load_u32(bytes, 16)};
}

void append_payload_list(std::span<const PayloadListing> list, std::uint64_t offset, Bytes& out) {
  const std::size_t start = out.size();
  for (const PayloadListing& entry : list) {
    put_u64(out, entry.id);
    put_u32(out, entry.offset);
    put_u32(out, entry.bytes);
  }
  const std::uint32_t checksum = crc32c(ByteView(out).subspan(start));
  const std::size_t trailer = out.size();
  put_u64(out, trailer_mark);
  put_u64(out, offset);
  put_u64(out, list.size());
  put_u32(out, checksum);
  put_u32(out, crc32c(ByteView(out).subspan(trailer)));
}

std::optional<PayloadTrailer> parse_payload_trailer(ByteView last_bytes) {
  if (last_bytes.size() != payload_trailer_bytes || load_u64(last_bytes, 0) != trailer_mark)
    return std::nullopt;
  if (load_u32(last_bytes, 28) != crc32c(last_bytes.first(28))) return std::nullopt;
  return PayloadTrailer{.list_offset = load_u64(last_bytes, 8),
                        .count = load_u64(last_bytes, 16),
                        .checksum = load_u32(last_bytes, 24)};
}

std::optional<std::vector<PayloadListing>> parse_payload_list(const PayloadTrailer& trailer, ByteView bytes) {
  if (bytes.size() != trailer.list_bytes() || crc32c(bytes) != trailer.checksum) return std::nullopt;
  std::vector<PayloadListing> list;
  list.reserve(static_cast<std::size_t>(trailer.count));
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    list.push_back(
        {.id = load_u64(bytes, at), .offset = load_u32(bytes, at + 8), .bytes = load_u32(bytes, at + 12)});
  }
  return list;
}

}  // namespace parking_lot
