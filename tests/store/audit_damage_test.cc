#include "audit_sample.h"
#include "backend/file_journal/inspection.h"
#include "parking_lot/crc32c.h"
#include "parking_lot/frame.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

ByteView bytes_of(const std::string& file) {
  return {reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
}

void put(std::string& file, std::size_t at, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) file[at++] = static_cast<char>(value >> shift);
}

/// Both checksums of the frame, as docs/journal-format.md says.
void sign(std::string& file, const Frame& frame) {
  const std::size_t start = frame.next - frame.length;
  put(file, start + 8,
      crc32c(bytes_of(file).subspan(start + frame_header_bytes, frame.length - frame_header_bytes)));
  put(file, start, crc32c(bytes_of(file).subspan(start + 4, frame_header_bytes - 4)));
}

/// Gives the first task of the first commit to somebody else, and makes every checksum fit again. Returns
/// where the frame begins.
std::size_t forge(std::string& file) {
  std::size_t forged = 0;
  for (std::size_t at = segment_header_bytes;;) {
    const Frame frame = parse_frame(bytes_of(file), at);
    REQUIRE(frame.status == Frame::Status::ok);
    if (frame.head.kind == FrameKind::records && forged == 0) {
      const std::size_t name = file.find("acme", at);
      REQUIRE(name < frame.next);
      file[name] = 'i';
      sign(file, frame);
      forged = at;
    } else if (frame.head.kind == FrameKind::commit) {
      const std::size_t begin = at - frame.head.commit_offset;
      constexpr std::size_t checksum_at = 37;
      put(file, at + frame_header_bytes + checksum_at, crc32c(bytes_of(file).subspan(begin, at - begin)));
      sign(file, frame);
      return forged;
    }
    at = frame.next;
  }
}

}  // namespace

TEST_CASE("Verify finds a change of any byte of the records, and says in which file and frame it is") {
  Rig rig;
  rig.options.segment_bytes = 1024;
  rig.open();
  for (std::uint64_t round = 0; round < 6; ++round) {
    rig.append(gpu, round * 3 + 1, 3);
    rig.append(cpu, round + 1, 1);
    REQUIRE(rig.commit() == true);
  }
  const std::uint64_t end = rig.store->log_end().offset;
  rig.store.reset();
  rig.files.reset();
  const auto names = rig.disk.names();
  REQUIRE(names.size() >= 2);
  std::uint64_t found = 0;
  for (const std::string& file : names) {
    std::string& bytes = rig.disk.contents(file);
    const bool is_newest = file == names.back();
    const std::uint64_t content = is_newest ? end : bytes.size();
    for (std::uint64_t offset = 0; offset < content; ++offset) {
      INFO(file << ", byte " << offset);
      const char before = std::exchange(bytes[offset], static_cast<char>(bytes[offset] ^ (1 << offset % 8)));
      FaultyFiles files(rig.disk);
      const auto inspection = verify(files);
      REQUIRE(inspection);
      if (inspection->damages.empty()) {
        // Only the last commit of all may have been torn, as far as anybody can tell.
        REQUIRE(is_newest);
        REQUIRE(inspection->torn_bytes > 0);
        REQUIRE(inspection->commits == 5);
      } else {
        const Damage& damage = inspection->damages.front();
        REQUIRE(damage.file == file);
        REQUIRE(damage.offset <= offset);
        // At the frame of the byte: none here is longer than this.
        REQUIRE(offset < damage.offset + 400);
        ++found;
      }
      bytes[offset] = before;
    }
  }
  CHECK(found > 2 * end);
}

TEST_CASE("Verify finds a record that was changed together with all its checksums, by the chain") {
  Rig rig;
  rig.open();
  rig.append(gpu, 1, 3);
  REQUIRE(rig.commit() == true);
  rig.append(gpu, 4, 3);
  REQUIRE(rig.commit() == true);
  rig.store.reset();
  rig.files.reset();
  const std::size_t forged = forge(rig.disk.contents("records-0000000001"));
  FaultyFiles files(rig.disk);
  const auto inspection = verify(files);
  REQUIRE(inspection);
  REQUIRE(inspection->damages.size() == 1);
  CHECK(inspection->damages[0].file == "records-0000000001");
  CHECK(inspection->damages[0].offset == forged);
  CHECK(inspection->damages[0].message == "the frame does not continue the chain of stream gpu");
}
