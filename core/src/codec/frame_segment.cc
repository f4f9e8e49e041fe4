#include <algorithm>

#include "codec/frame_bytes.h"
#include "parking_lot/crc32c.h"
#include "parking_lot/frame.h"

namespace parking_lot {
namespace {

/// A byte that is no text, a name, and line ends that a transfer as text would change.
constexpr std::array<std::uint8_t, 8> magic = {0x89, 'P', 'L', 'J', '\r', '\n', 0x1a, '\n'};

// Offsets within the header. Bytes between the fields are zero.
constexpr std::size_t version_at = 8;
constexpr std::size_t segment_kind_at = 10;
constexpr std::size_t store_at = 16;
constexpr std::size_t number_at = 32;
constexpr std::size_t epoch_at = 40;
constexpr std::size_t created_at = 48;
constexpr std::size_t checksum_at = 60;

}  // namespace

void append_segment_header(const SegmentHeader& header, Bytes& out) {
  const std::size_t start = out.size();
  out.resize(start + segment_header_bytes);
  std::uint8_t* const at = out.data() + start;
  std::copy(magic.begin(), magic.end(), at);
  put_little_endian(at + version_at, journal_format_version);
  at[segment_kind_at] = static_cast<std::uint8_t>(header.kind);
  std::copy(header.store.begin(), header.store.end(), at + store_at);
  put_little_endian(at + number_at, header.number);
  put_little_endian(at + epoch_at, header.epoch);
  put_little_endian(at + created_at, header.created_at.ms);
  put_little_endian(at + checksum_at, crc32c({at, checksum_at}));
}

Result<SegmentHeader> parse_segment_header(ByteView bytes) {
  if (bytes.size() < segment_header_bytes)
    return Failure({"byte 0", "The segment is shorter than its header of 64 bytes."});
  const std::uint8_t* const at = bytes.data();
  if (!std::equal(magic.begin(), magic.end(), at))
    return Failure({"byte 0", "This is no segment of a journal, or its first bytes are damaged."});
  if (little_endian<std::uint32_t>(at + checksum_at) != crc32c({at, checksum_at}))
    return Failure({"byte 60", "The segment's header is damaged: its checksum does not fit."});
  const auto version = little_endian<std::uint16_t>(at + version_at);
  if (version != journal_format_version)
    return Failure(
        {"byte 8", "The segment has format version " + std::to_string(version) +
                       ", and this program knows version 1: open the store with a newer version of it."});
  const std::uint8_t kind = at[segment_kind_at];
  if (kind < static_cast<std::uint8_t>(SegmentKind::records) ||
      kind > static_cast<std::uint8_t>(SegmentKind::checkpoint))
    return Failure(
        {"byte 10", "The segment is of kind " + std::to_string(kind) +
                        ", which a newer version of the program wrote: open the store with that version."});
  SegmentHeader header;
  header.kind = static_cast<SegmentKind>(kind);
  std::copy_n(at + store_at, header.store.size(), header.store.begin());
  header.number = little_endian<std::uint64_t>(at + number_at);
  header.epoch = little_endian<std::uint64_t>(at + epoch_at);
  header.created_at.ms = little_endian<std::int64_t>(at + created_at);
  return header;
}

}  // namespace parking_lot
