#include <algorithm>
#include <catch2/catch.hpp>

#include "backend/file_journal/inspection.h"
#include "backend/file_journal/little_endian.h"
#include "backend/file_journal/past.h"
#include "mending.h"
#include "parking_lot/crc32c.h"
#include "sample.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

/// A store of several segments of each kind, closed.
void fill(Rig& rig) {
  rig.options.segment_bytes = 4096;
  rig.options.payload_segment_bytes = 4096;
  rig.open();
  for (std::uint64_t round = 0; round < 30; ++round) {
    rig.append(gpu, round * 3 + 1, 3, 80);
    rig.append(cpu, round + 1, 1, 80);
    REQUIRE(rig.store->put(round + 1, std::string(400, 'a')));
    REQUIRE(rig.commit() == true);
  }
  rig.store.reset();
  rig.files.reset();
}

/// The same, with checkpoints: its segments of records but the newest are there for the audit trail alone.
void fill_and_cover(Rig& rig) {
  rig.options.audit_retention = Duration{1'000'000};
  fill(rig);
  rig.open();
  for (const auto& [key, last] : {std::pair{gpu, 90}, {cpu, 30}}) {
    const StreamNumber stream = rig.stream(key);
    REQUIRE(rig.store->begin_checkpoint(stream));
    REQUIRE(rig.store->add_to_checkpoint(
        stream, std::vector<Record>{{static_cast<std::uint64_t>(last), time_of(last), PoolRestored{}}}));
    REQUIRE(rig.store->end_checkpoint(stream));
  }
  REQUIRE(rig.commit() == true);
  rig.store.reset();
  rig.files.reset();
}

Inspection inspect(Rig& rig) {
  FaultyFiles files(rig.disk);
  auto result = verify(files);
  REQUIRE(result);
  return *result;
}

void mend(Rig& rig) {
  FaultyFiles files(rig.disk);
  const auto plan = plan_repair(files);
  INFO((plan ? "" : plan.error().message));
  REQUIRE(plan);
  REQUIRE_FALSE(plan->empty());
  mend(rig.disk, *plan);
}

void flip(Rig& rig, const std::string& file, std::uint64_t offset) {
  char& byte = rig.disk.contents(file).at(offset);
  byte = static_cast<char>(byte ^ 4);
}

std::string last_payloads(const Rig& rig) {
  const std::vector<std::string> names = rig.disk.names();
  const auto last = std::find_if(names.rbegin(), names.rend(),
                                 [](const std::string& name) { return name.starts_with("payloads-"); });
  REQUIRE(last != names.rend());
  return *last;
}

}  // namespace

TEST_CASE("Verify counts what a sound store holds, and finds nothing wrong") {
  Rig rig;
  fill(rig);
  const Inspection found = inspect(rig);
  CHECK(found.damages.empty());
  CHECK(found.torn_bytes == 0);
  CHECK(found.commits == 30);
  CHECK(found.payloads == 30);
  CHECK(found.payload_bytes == 30 * 400);
  REQUIRE(found.streams.size() == 2);
  CHECK(found.streams[0].key == gpu);
  CHECK(found.streams[0].records == 90);
  CHECK(found.streams[0].last == 90);
  CHECK(found.streams[1].records == 30);
}

TEST_CASE("Any changed byte is found, in its file and not behind its place") {
  Rig sound;
  fill(sound);
  const std::vector<std::string> names = sound.disk.names();
  const std::string newest = names.back();
  REQUIRE(newest.starts_with("records-"));
  for (const std::string& file : names) {
    const std::size_t bytes = sound.disk.contents(file).size();
    for (std::size_t offset = 0; offset < bytes; offset += 5) {
      if (sound.disk.contents(file)[offset] == 0)
        continue;  // may be a zero kept ahead, or part of a torn sector
      INFO(file << ", byte " << offset);
      flip(sound, file, offset);
      const Inspection found = inspect(sound);
      // The last commit of all cannot be told from one that was torn if its own end is gone.
      const bool is_last = file == newest && found.torn_bytes > 0;
      if (!is_last) {
        REQUIRE_FALSE(found.damages.empty());
        CHECK(found.damages[0].file == file);
        CHECK(found.damages[0].offset <= offset);
        CHECK(found.damages[0].offset + 1200 > offset);
      } else {
        CHECK(found.commits == 29);
      }
      flip(sound, file, offset);
    }
  }
}

TEST_CASE("Any changed byte of a checkpoint is told: as damage once the records that it covers are gone") {
  for (const bool are_records_gone : {false, true}) {
    Rig rig;
    fill(rig);
    rig.options.audit_retention = Duration{are_records_gone ? 0 : 1'000'000};
    rig.open();
    REQUIRE(rig.store->begin_checkpoint(rig.stream(gpu)));
    std::vector<Record> state{{90, WallTime{5}, PoolRestored{}}};
    state.resize(40, {90, WallTime{5}, UnitsRestored{}});
    REQUIRE(rig.store->add_to_checkpoint(rig.stream(gpu), state));
    REQUIRE(rig.store->end_checkpoint(rig.stream(gpu)));
    REQUIRE(rig.commit() == true);
    REQUIRE(rig.store->begin_checkpoint(rig.stream(cpu)));
    REQUIRE(rig.store->add_to_checkpoint(rig.stream(cpu),
                                         std::vector<Record>{{30, WallTime{5}, PoolRestored{}}}));
    REQUIRE(rig.store->end_checkpoint(rig.stream(cpu)));
    REQUIRE(rig.commit() == true);
    rig.append(gpu, 91);
    REQUIRE(rig.commit() == true);
    REQUIRE(rig.commit() == true);
    rig.store.reset();
    rig.files.reset();
    CHECK(rig.disk.names().front() == "checkpoint-0000000001");
    CHECK(inspect(rig).damages.empty());
    CHECK(inspect(rig).needless_damages.empty());
    const std::string& contents = rig.disk.contents("checkpoint-0000000001");
    const std::size_t end = contents.find_last_not_of('\0');  // zeros that are kept ahead belong to nobody
    for (std::size_t offset = 0; offset <= end; ++offset) {
      INFO("byte " << offset);
      flip(rig, "checkpoint-0000000001", offset);
      const Inspection found = inspect(rig);
      const std::vector<Damage>& told = are_records_gone ? found.damages : found.needless_damages;
      REQUIRE(told.size() == 1);
      CHECK(told[0].file == "checkpoint-0000000001");
      CHECK(told[0].offset <= offset);
      CHECK(found.damages.size() + found.needless_damages.size() == 1);
      flip(rig, "checkpoint-0000000001", offset);
    }
  }
}

TEST_CASE(
    "Bytes behind the end of any part of a checkpoint are told and cut off, and keep nobody from loading") {
  Rig rig;
  fill(rig);
  rig.open();
  REQUIRE(rig.store->begin_checkpoint(rig.stream(gpu)));
  REQUIRE(
      rig.store->add_to_checkpoint(rig.stream(gpu), std::vector<Record>{{90, WallTime{5}, PoolRestored{}}}));
  const std::vector<Record> units(300, {90, WallTime{5}, UnitsRestored{}});
  for (int i = 0; i < 6; ++i) REQUIRE(rig.store->add_to_checkpoint(rig.stream(gpu), units));
  REQUIRE(rig.store->end_checkpoint(rig.stream(gpu)));
  REQUIRE(rig.commit() == true);
  REQUIRE(rig.commit() == true);
  const std::vector<std::int64_t> loaded = rig.load(gpu);
  rig.store.reset();
  rig.files.reset();
  std::vector<std::string> parts = rig.disk.names();
  std::erase_if(parts, [](const std::string& name) { return !name.starts_with("checkpoint-"); });
  REQUIRE(parts.size() > 1);
  for (const std::string& part : parts) {
    for (const std::size_t bytes : {1, 80, 100}) {
      INFO(part << ", " << bytes << " bytes");
      const std::size_t end = rig.disk.contents(part).size();
      rig.disk.contents(part).append(bytes, 'z');
      rig.open();
      CHECK(rig.load(gpu) == loaded);
      rig.store.reset();
      rig.files.reset();
      const Inspection found = inspect(rig);
      REQUIRE(found.damages.size() == 1);
      CHECK(found.damages[0].file == part);
      CHECK(found.damages[0].offset == end);
      CHECK(found.needless_damages.empty());
      mend(rig);
      CHECK(rig.disk.contents(part).size() == end);
      CHECK(inspect(rig).damages.empty());
    }
  }
}

TEST_CASE("A store with a damaged middle is not opened, and the error names file and place") {
  Rig rig;
  fill(rig);
  flip(rig, "records-0000000002", 1000);
  const auto opened = rig.try_open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().fault == StoreFault::corrupt);
  CHECK(opened.error().file == "records-0000000002");
  CHECK(opened.error().offset <= 1000);
  CHECK_THAT(opened.error().message, Catch::Contains("records-0000000002, byte "));
}

TEST_CASE("Segments that have changed places are told as such, and no repair takes them for damaged ones") {
  for (const std::string kind : {"records", "payloads"}) {
    INFO(kind);
    Rig rig;
    fill(rig);
    std::swap(rig.disk.contents(kind + "-0000000001"), rig.disk.contents(kind + "-0000000002"));
    const Inspection found = inspect(rig);
    REQUIRE(found.damages.size() >= 2);
    CHECK(found.damages[0].message == "the file is " + kind + "-0000000002 under another name");
    CHECK(found.damages[1].message == "the file is " + kind + "-0000000001 under another name");
    FaultyFiles files(rig.disk);
    const auto plan = plan_repair(files);
    REQUIRE_FALSE(plan);
    CHECK_THAT(plan.error().message, Catch::Contains("rename it back"));
  }
}

TEST_CASE("A segment that says it follows itself is damage, and not read for ever") {
  Rig rig;
  fill(rig);
  // The second segment, taken for the first.
  std::string& first = rig.disk.contents("records-0000000001");
  Bytes header;
  const auto sound = parse_segment_header(as_bytes_view(first));
  REQUIRE(sound);
  append_segment_header(*sound, header);
  first = std::string(as_text(header)) + rig.disk.contents("records-0000000002").substr(header.size());
  const auto opened = rig.try_open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().fault == StoreFault::corrupt);
  CHECK_FALSE(inspect(rig).damages.empty());
}

TEST_CASE("Verify and repair leave alone what a newer version wrote") {
  Rig rig;
  fill(rig);
  std::string& first = rig.disk.contents("records-0000000001");
  first[8] = 2;
  Bytes checksum;
  put_u32(checksum, crc32c(as_bytes_view(first).first(60)));
  first.replace(60, 4, as_text(checksum));
  FaultyFiles files(rig.disk);
  const auto found = verify(files);
  REQUIRE_FALSE(found);
  CHECK(found.error().fault == StoreFault::newer_format);
  CHECK_FALSE(plan_repair(files));
}

TEST_CASE("A missing segment is found, at the start and in the middle, and is not made up for") {
  for (const std::string& file : {std::string("records-0000000001"), std::string("records-0000000002")}) {
    INFO(file);
    Rig rig;
    fill(rig);
    {
      FaultyFiles files(rig.disk);
      REQUIRE(files.lock());
      REQUIRE(files.remove(file));
    }
    const Inspection found = inspect(rig);
    REQUIRE(found.damages.size() == 1);
    FaultyFiles files(rig.disk);
    const auto plan = plan_repair(files);
    if (file == "records-0000000001") {
      CHECK(found.damages[0].file == file);
      REQUIRE_FALSE(plan);
      CHECK_THAT(plan.error().message, Catch::Contains("restore a copy"));
    }
  }
}

TEST_CASE("A pool whose name is that of another stream is not mixed up with it by a repair") {
  const StreamKey pool{StreamKind::pool, "mailbox"};
  const StreamKey mailboxes{StreamKind::mailbox, "mailbox"};
  Rig rig;
  rig.open();
  const std::vector<mailbox::Record> opened{{1, WallTime{1'000'000}, mailbox::StoreOpened{1}}};
  REQUIRE(rig.store->append(rig.stream(mailboxes), opened));
  for (std::uint64_t number = 1; number <= 100; ++number) {
    rig.append(pool, number);
    REQUIRE(rig.commit() == true);
    if (number != 60) continue;
    REQUIRE(rig.store->begin_checkpoint(rig.stream(pool)));
    REQUIRE(rig.store->add_to_checkpoint(rig.stream(pool),
                                         std::vector<Record>{{60, time_of(60), PoolRestored{}}}));
    REQUIRE(rig.store->end_checkpoint(rig.stream(pool)));
  }
  const std::size_t end = rig.disk.contents("records-0000000001").find_last_not_of('\0');
  flip(rig, "records-0000000001", end - 3000);
  rig.store.reset();
  FaultyFiles files(rig.disk);
  const auto plan = plan_repair(files);
  INFO((plan ? "" : plan.error().message));
  REQUIRE(plan);
  CHECK_THAT((*plan)[0].message, Catch::Contains("the mailboxes after number 1, pool mailbox after number "));
}

TEST_CASE("Repair says what will be lost, keeps a copy, and leads back to a state that was") {
  Rig rig;
  fill(rig);
  flip(rig, "records-0000000003", 3200);
  const std::string damaged = rig.disk.contents("records-0000000003");
  {
    FaultyFiles files(rig.disk);
    const auto plan = plan_repair(files);
    REQUIRE(plan);
    REQUIRE_FALSE(plan->empty());
    CHECK_THAT((*plan)[0].message, Catch::Contains("gpu after number "));
  }
  mend(rig);
  const std::string copy = rig.disk.contents("cut-records-0000000003-1");
  CHECK(damaged.substr(damaged.size() - copy.size()) == copy);
  CHECK(inspect(rig).damages.empty());
  rig.open();
  const auto loaded = rig.load(gpu);
  CHECK(loaded.size() % 3 == 0);
  CHECK(loaded == numbers(1, static_cast<std::int64_t>(loaded.size())));
  CHECK(loaded.size() < 90);
  CHECK(loaded.size() > 30);
  CHECK(rig.load(cpu).size() == loaded.size() / 3);
  std::string bytes;
  for (std::uint64_t id = 1; id <= 30; ++id) CHECK(rig.store->read_payload(id, bytes));
  rig.append(gpu, loaded.size() + 1, 3);
  REQUIRE(rig.commit() == true);
  rig.open();
  CHECK(rig.load(gpu).size() == loaded.size() + 3);
}

TEST_CASE("Repair of damaged headers and of a damaged list loses nothing") {
  for (const auto& [file, offset] : {std::pair<std::string, std::uint64_t>{"records-0000000002", 20},
                                     {"payloads-0000000002", 20},
                                     {"payloads-0000000002", 4096 - 200}}) {
    Rig rig;
    fill(rig);
    const std::size_t bytes = rig.disk.contents(file).size();
    const std::uint64_t place = offset > 100 ? bytes - 100 : offset;
    INFO(file << ", byte " << place);
    flip(rig, file, place);
    REQUIRE_FALSE(rig.try_open());
    rig.files.reset();
    mend(rig);
    rig.open();
    CHECK(rig.load(gpu) == numbers(1, 90));
    std::string read;
    for (std::uint64_t id = 1; id <= 30; ++id) CHECK(rig.store->read_payload(id, read));
  }
}

TEST_CASE("A payload whose bytes are damaged is reported as such and harms no other") {
  Rig rig;
  fill(rig);
  flip(rig, "payloads-0000000001", 64 + 24 + 10);
  rig.open();
  std::string bytes;
  const auto read = rig.store->read_payload(1, bytes);
  REQUIRE_FALSE(read);
  CHECK(read.error().fault == StoreFault::corrupt);
  CHECK(read.error().file == "payloads-0000000001");
  CHECK(read.error().offset == 64);
  CHECK(rig.store->read_payload(2, bytes));
}

TEST_CASE("Repair bridges a payload whose bytes alone are damaged, and the store is sound then") {
  Rig rig;
  fill(rig);
  flip(rig, last_payloads(rig), 64 + 24 + 10);
  REQUIRE(inspect(rig).damages.size() == 1);
  mend(rig);
  CHECK(inspect(rig).damages.empty());
  rig.open();
  CHECK(rig.store->stats().payloads == 29);
}

TEST_CASE("Repair bridges a damaged head among payloads: that payload alone is lost") {
  Rig rig;
  fill(rig);
  flip(rig, last_payloads(rig), 64 + 424 + 3);
  REQUIRE_FALSE(rig.try_open());
  rig.files.reset();
  mend(rig);
  rig.open();
  CHECK(rig.store->stats().payloads == 29);
}

TEST_CASE("Whatever is wrong with the newest payloads: a repair loses payloads, and no record") {
  for (const bool is_relaxed : {false, true}) {
    for (std::uint64_t offset = 8; offset < 64 + 3 * 424; offset += 52) {
      for (const char* how : {"cut", "zeros", "insert", "delete"}) {
        Rig rig;
        if (is_relaxed) rig.options.durability = SyncMode::relaxed;
        fill(rig);
        const std::string newest = last_payloads(rig);
        INFO(newest << ": " << how << " at " << offset << (is_relaxed ? ", relaxed" : ""));
        std::string& bytes = rig.disk.contents(newest);
        REQUIRE(bytes.size() > offset);
        if (how == std::string("cut")) bytes.resize(offset);
        if (how == std::string("zeros"))
          std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(offset), bytes.end(), '\0');
        if (how == std::string("insert")) bytes.insert(offset, 8, 'x');
        if (how == std::string("delete")) bytes.erase(offset, 8);
        REQUIRE_FALSE(inspect(rig).damages.empty());
        mend(rig);
        CHECK(inspect(rig).damages.empty());
        rig.open();
        CHECK(rig.load(gpu) == numbers(1, 90));
        CHECK(rig.load(cpu) == numbers(1, 30));
        CHECK(rig.store->stats().payloads >= 26);
        CHECK(rig.store->stats().payloads < 30);
        rig.append(gpu, 91, 3);
        REQUIRE(rig.store->put(100, std::string(400, 'b')));
        REQUIRE(rig.commit() == true);
        rig.open();
        CHECK(rig.load(gpu) == numbers(1, 93));
        CHECK(rig.store->holds_payload(100));
      }
    }
  }
}

TEST_CASE(
    "A segment that only the audit trail needs is taken away in one step, also if nothing of it is left") {
  for (const std::size_t left : {0, 10, 100}) {
    INFO(left << " bytes");
    Rig rig;
    fill_and_cover(rig);
    rig.disk.contents("records-0000000002").resize(left);
    FaultyFiles files(rig.disk);
    REQUIRE(files.lock());
    const auto plan = plan_repair(files);
    REQUIRE(plan);
    REQUIRE(plan->size() == 1);
    CHECK(plan->front().file == "records-0000000002");
    std::optional<StoreResult<void>> done;
    repair(files, *plan, [&](StoreResult<void> result) { done = std::move(result); });
    REQUIRE(done);
    CHECK(*done);
    CHECK(inspect(rig).damages.empty());
  }
}

TEST_CASE("The past before a gap in the trail can be had, and behind it only from a checkpoint on") {
  Rig rig;
  fill_and_cover(rig);
  const std::string second = rig.disk.contents("records-0000000002");
  flip(rig, "records-0000000002", 2000);
  mend(rig);
  const std::string& left = rig.disk.contents("records-0000000002");
  CHECK(left.size() < 2000);
  CHECK(left.size() > 1000);
  CHECK(second.starts_with(left));
  const Inspection found = inspect(rig);
  CHECK(found.damages.empty());
  REQUIRE(found.needless_damages.size() == 1);
  CHECK(found.needless_damages[0].file == "records-0000000002");
  rig.open();
  const auto past = [&](std::int64_t number) -> std::optional<std::vector<std::int64_t>> {
    std::vector<std::int64_t> numbers;
    const auto done = replay_until<Record>(*rig.store, rig.stream(gpu), time_of(number),
                                           [&](std::span<const Record> records) {
                                             for (const Record& record : records)
                                               numbers.push_back(static_cast<std::int64_t>(record.sequence));
                                           });
    REQUIRE(done);
    if (!*done) return std::nullopt;
    return numbers;
  };
  CHECK(past(10) == numbers(1, 10));
  CHECK_FALSE(past(89));
  CHECK(past(90) == numbers(90, 90));
}
