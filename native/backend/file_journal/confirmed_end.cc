#include "confirmed_end.h"

#include <algorithm>
#include <string>

#include "little_endian.h"
#include "parking_lot/crc32c.h"

namespace parking_lot {
namespace {

constexpr std::string_view end_magic = "PLOTENDS";
constexpr std::size_t checksum_offset = 40;

}  // namespace

FileResult<void> write_confirmed_end(CommitWrites& writes, const ConfirmedEnd& confirmed) {
  Bytes bytes(end_magic.begin(), end_magic.end());
  bytes.insert(bytes.end(), confirmed.store.begin(), confirmed.store.end());
  put_u64(bytes, confirmed.end.segment);
  put_u64(bytes, confirmed.end.offset);
  put_u32(bytes, crc32c(bytes));
  const std::string name(confirmed_end_name);
  if (!writes.files().size(name)) {
    if (auto created = writes.create(name); !created) return created;
  }
  return writes.write(name, 0, bytes);
}

std::optional<ConfirmedEnd> read_confirmed_end(Files& files) {
  Bytes bytes;
  if (!read_bytes(files, confirmed_end_name, 0, checksum_offset + 4, bytes)) return std::nullopt;
  const bool is_whole = bytes.size() == checksum_offset + 4 &&
                        as_text(ByteView(bytes).first(end_magic.size())) == end_magic &&
                        load_u32(bytes, checksum_offset) == crc32c(ByteView(bytes).first(checksum_offset));
  if (!is_whole) return std::nullopt;
  ConfirmedEnd confirmed;
  std::copy_n(bytes.begin() + end_magic.size(), confirmed.store.size(), confirmed.store.begin());
  confirmed.end = {.segment = load_u64(bytes, 24), .offset = load_u64(bytes, 32)};
  return confirmed;
}

}  // namespace parking_lot
