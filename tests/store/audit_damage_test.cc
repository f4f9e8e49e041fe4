#include "audit_sample.h"
#include "backend/file_journal/inspection.h"

using namespace parking_lot;
using namespace parking_lot::test;

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
