#include "name_walk.h"

#include <optional>
#include <vector>

#include "log_format.h"

namespace parking_lot {

Result<void> NameReader::read(StreamKind kind, const Frame& frame) {
  const auto decode = [&](auto& records) {
    records.clear();
    return decode_frame(frame, records, &keys_);
  };
  if (kind == StreamKind::mailbox) return decode(mailbox_);
  return kind == StreamKind::garage ? decode(garage_) : decode(pool_);
}

StoreResult<void> walk_names(const std::string& file, ByteView bytes, std::uint64_t end, NameKeys& keys) {
  NameReader names(keys);
  std::size_t offset = segment_header_bytes;
  std::vector<std::optional<StreamKind>> kinds;
  for (;;) {
    const Frame frame = parse_frame(bytes, offset);
    if (frame.status != Frame::Status::ok && offset < end)
      return corrupt(file, offset, why_unreadable(frame));
    if (frame.status != Frame::Status::ok) return {};
    const std::uint32_t stream = frame.head.stream;
    if (frame.head.kind == FrameKind::stream) {
      if (kinds.size() <= stream) kinds.resize(stream + 1);
      if (const auto declared = decode_declaration(frame)) kinds[stream] = declared->kind;
    }
    const bool has_records = frame.head.kind == FrameKind::records || frame.head.kind == FrameKind::state;
    if (has_records && stream < kinds.size() && kinds[stream]) {
      const auto read = names.read(*kinds[stream], frame);
      if (!read) return corrupt(file, offset, read.error().message);
    }
    offset = frame.next;
  }
}

}  // namespace parking_lot
