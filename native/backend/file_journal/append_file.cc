#include "append_file.h"

#include <algorithm>

namespace parking_lot {

namespace {
constexpr std::uint64_t step_min = std::uint64_t{64} << 10;
constexpr std::uint64_t step_max = std::uint64_t{4} << 20;
}  // namespace

FileResult<void> AppendFile::append(CommitWrites& writes, ByteView bytes, std::uint64_t nominal,
                                    SyncMode mode) {
  const std::uint64_t after = end + bytes.size();
  // Steps grow with the file, so that a small store stays small.
  const std::uint64_t step = std::clamp(end, step_min, step_max);
  if (mode == SyncMode::strict && after > physical && bytes.size() <= step / 4 && after < nominal) {
    // Only a hint: when it fails, the write tells why.
    auto size = writes.files().reserve(name, std::min(after + step, nominal));
    if (!size) size = writes.files().size(name);
    if (size) physical = std::max(physical, *size);
  }
  auto written = writes.write(name, end, bytes);
  if (!written) return written;
  end = after;
  physical = std::max(physical, end);
  return {};
}

FileResult<void> AppendFile::finish(CommitWrites& writes) {
  if (physical == end) return {};
  auto cut = writes.files().truncate(name, end);
  if (cut) physical = end;
  return cut;
}

}  // namespace parking_lot
