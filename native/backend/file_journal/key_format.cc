#include "key_format.h"

#include <algorithm>
#include <string_view>

#include "parking_lot/crc32c.h"

namespace parking_lot {
namespace {

constexpr std::string_view magic = "PPLKEYS1";

std::uint32_t checksum_of(const SealKey& key) { return key == SealKey{} ? 0 : crc32c(key); }

}  // namespace

Bytes key_file_header() {
  Bytes header(magic.begin(), magic.end());
  header.resize(key_slot_bytes - 4);
  put_u32(header, crc32c(header));
  return header;
}

void append_key_slot(const SealKey& key, Bytes& out) {
  const std::size_t end = out.size() + key_slot_bytes;
  out.insert(out.end(), key.begin(), key.end());
  put_u32(out, checksum_of(key));
  out.resize(end);
}

std::optional<SealKey> parse_key_slot(ByteView slot) {
  SealKey key;
  std::copy_n(slot.begin(), key.size(), key.begin());
  if (load_u32(slot, key.size()) != checksum_of(key)) return std::nullopt;
  return key;
}

}  // namespace parking_lot
