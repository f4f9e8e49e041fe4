#include <set>

#include "audit_sample.h"
#include "backend/file_journal/inspection.h"
#include "mending.h"
#include "parking_lot/crc32c.h"
#include "parking_lot/frame.h"
#include "vandal.h"

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

namespace {

std::string place_of(const AuditPosition& position, Action action) {
  return to_cursor(position) + " " + std::string(to_string(action));
}

void make_checkpoints(Rig& rig) {
  for (const StreamKey& key : rig.store->streams()) {
    const StreamNumber stream = rig.stream(key);
    const std::uint64_t last = rig.store->durable(stream);
    REQUIRE(rig.store->begin_checkpoint(stream));
    REQUIRE(rig.store->add_to_checkpoint(stream,
                                         std::vector<Record>{{last, WallTime{1'000'000}, PoolRestored{}}}));
    REQUIRE(rig.store->end_checkpoint(stream));
  }
  REQUIRE(rig.commit() == true);
}

/// How many events the trail tells, each of which has been, with no subject that it had not.
std::size_t require_true_trail(FaultyDisk& disk, const std::vector<AuditSample::Line>& lines) {
  std::map<std::string, const AuditSample::Line*> known;
  for (const AuditSample::Line& line : lines) known[place_of(line.position, line.action)] = &line;
  FaultyFiles files(disk);
  AuditLog log(files);
  const auto fresh = log.refresh();
  INFO((fresh ? "" : fresh.error().message));
  REQUIRE(fresh);
  AuditQuery query;
  query.limit = 10'000;
  const auto told = log.query(query, std::nullopt);
  INFO((told ? "" : told.error().message));
  REQUIRE(told);
  REQUIRE_FALSE(told->has_more);
  std::set<std::string> seen;
  for (const StoredEvent& event : told->events) {
    const std::string place = place_of(event.position(), event.event.action);
    REQUIRE(known.contains(place));
    REQUIRE(seen.insert(place).second);
    for (const AuditSubject& subject : event.event.subjects) {
      INFO(place << " " << to_string(subject.kind) << ":" << subject.id);
      // A name whose key was lost with its file reads as if it had been erased.
      const bool is_lost = is_erased_name(subject.id);
      CHECK((is_lost || known[place]->is_of(subject.kind, subject.id)));
    }
  }
  return seen.size();
}

}  // namespace

TEST_CASE(
    "Whatever happens to the files: the trail of a sound or a mended store tells what was, and says of "
    "gaps") {
  int mended = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    Rig rig(seed);
    rig.options.segment_bytes = 4096;
    rig.options.audit_retention = Duration{1'000'000'000};
    rig.open();
    AuditSample sample(rig, seed);
    sample.run(12);
    if (seed % 2 == 0) make_checkpoints(rig);
    sample.run(8);
    AuditLog log(*rig.files);
    REQUIRE(log.refresh(rig.store->log_end()));
    while (const auto index = log.unwritten()) {
      REQUIRE(write_index(*rig.files, *index));
      log.written(index->segment);
    }
    rig.store.reset();
    rig.files.reset();
    const auto segments = [&] {
      const auto names = rig.disk.names();
      return std::count_if(names.begin(), names.end(),
                           [](const auto& name) { return name.starts_with("records-"); });
    };
    const auto before = segments();
    Vandal vandal(rig.disk, seed);
    std::string struck = "seed " + std::to_string(seed);
    for (std::uint64_t i = 0; i <= seed % 3; ++i) struck += ", " + vandal.strike();
    INFO(struck);

    FaultyFiles files(rig.disk);
    const auto found = verify(files);
    if (!found) continue;
    const auto lines = sample.lines();
    if (found->damages.empty() && found->segments > 0) {
      const std::size_t told = require_true_trail(rig.disk, lines);
      // That the oldest or the newest segment was deleted cannot be known.
      const bool is_whole = found->needless_damages.empty() && found->torn_bytes == 0 && segments() == before;
      if (is_whole) CHECK(told == lines.size());
    }
    const auto plan = plan_repair(files);
    if (!plan || plan->empty()) continue;
    ++mended;
    mend(rig.disk, *plan);
    require_true_trail(rig.disk, lines);
  }
  CHECK(mended > 100);
}
