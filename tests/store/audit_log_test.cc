#include "audit_sample.h"

#include "parking_lot/crc32c.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

StoreOptions small_segments() {
  StoreOptions options;
  options.segment_bytes = 16 << 10;
  return options;
}

AuditQuery subject(SubjectKind kind, std::string_view id) {
  AuditQuery query;
  query.any_subject = false;
  query.kind = kind;
  query.id = id;
  return query;
}

std::string spelled(const AuditPosition& position, Action action, const std::vector<AuditSubject>& subjects) {
  std::string text = to_cursor(position) + " " + std::string(to_string(action));
  for (const AuditSubject& one : subjects) text += " " + std::string(to_string(one.kind)) + ":" + one.id;
  return text;
}

/// All pages of a query.
std::vector<std::string> ask(AuditLog& log, AuditQuery query) {
  std::vector<std::string> lines;
  std::optional<AuditPosition> after;
  for (;;) {
    const auto page = log.query(query, after);
    INFO((page ? "" : page.error().file + ": " + page.error().message));
    REQUIRE(page);
    REQUIRE(page->events.size() <= query.limit);
    for (const StoredEvent& event : page->events)
      lines.push_back(spelled(event.position(), event.event.action, event.event.subjects));
    if (!page->has_more) return lines;
    REQUIRE(page->events.size() == query.limit);
    after = parse_cursor(to_cursor(page->events.back().position()));
    REQUIRE(after);
  }
}

/// The same by looking at every line.
std::vector<std::string> look(const AuditSample& sample, const AuditQuery& query) {
  std::vector<std::string> lines;
  for (const AuditSample::Line& line : sample.lines()) {
    if (line.position.at < query.from || line.position.at >= query.until) continue;
    if (!query.any_subject && !line.is_of(query.kind, query.id)) continue;
    lines.push_back(spelled(line.position, line.action, line.subjects));
  }
  if (query.order == AuditQuery::Order::newest_first) std::reverse(lines.begin(), lines.end());
  return lines;
}

void check_everything(AuditLog& log, const AuditSample& sample, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<AuditSubject> subjects = {{SubjectKind::pool, "gpu"},        {SubjectKind::pool, "none"},
                                        {SubjectKind::tenant, "tenant-0"}, {SubjectKind::tenant, "acme"},
                                        {SubjectKind::task, "refused-2"},  {SubjectKind::task, "none"},
                                        {SubjectKind::tenant, ""}};
  const auto lines = sample.lines();
  for (int i = 0; i < 8; ++i) {
    const auto& of = lines[random() % lines.size()].subjects;
    subjects.push_back(of[random() % of.size()]);
  }
  for (const AuditSubject& one : subjects) {
    AuditQuery query = subject(one.kind, one.id);
    query.any_subject = one.id.empty();
    for (int i = 0; i < 3; ++i) {
      query.limit =
          std::vector<std::uint32_t>{1 + static_cast<std::uint32_t>(random() % 20), 100, 10000}[random() % 3];
      query.order = random() % 2 ? AuditQuery::Order::oldest_first : AuditQuery::Order::newest_first;
      query.from = WallTime{0};
      query.until = never_wall;
      if (random() % 2) query.from = lines[random() % lines.size()].position.at;
      if (random() % 2) query.until = lines[random() % lines.size()].position.at;
      INFO(to_string(one.kind) << ":" << one.id << " limit " << query.limit << " from " << query.from.ms
                               << " until " << query.until.ms << " order " << static_cast<int>(query.order));
      CHECK(ask(log, query) == look(sample, query));
    }
  }
}

void write_all(Files& files, AuditLog& log) {
  while (const auto index = log.unwritten()) {
    REQUIRE(write_index(files, *index));
    log.written(index->segment);
  }
}

std::size_t index_files(const FaultyDisk& disk) {
  const auto names = disk.names();
  return static_cast<std::size_t>(std::count_if(
      names.begin(), names.end(), [](const std::string& name) { return name.starts_with("audit-"); }));
}

}  // namespace

TEST_CASE("The history of every subject is what looking at every record gives") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    INFO("seed " << seed);
    Rig rig(seed, small_segments());
    rig.open();
    AuditSample sample(rig, seed);
    AuditLog log(*rig.files);
    for (int round = 0; round < 3; ++round) {
      sample.run(60);
      REQUIRE(log.refresh(rig.store->log_end()));
      check_everything(log, sample, seed);
      if (seed % 3 != 0) write_all(*rig.files, log);
      check_everything(log, sample, seed + 1);
    }
    CHECK((index_files(rig.disk) > 3) == (seed % 3 != 0));
    FaultyFiles reading(rig.disk);
    AuditLog reader(reading);
    REQUIRE(reader.refresh());
    check_everything(reader, sample, seed + 2);
  }
}

TEST_CASE("An index that is missing, damaged, cut or of another segment is made again") {
  Rig rig(5, small_segments());
  rig.open();
  AuditSample sample(rig, 5);
  AuditLog log(*rig.files);
  sample.run(200);
  REQUIRE(log.refresh(rig.store->log_end()));
  write_all(*rig.files, log);
  REQUIRE(index_files(rig.disk) >= 5);
  std::mt19937_64 random(5);
  const std::string first = rig.disk.contents("audit-0000000001");
  for (int i = 0; i < 24; ++i) {
    std::string& bytes = rig.disk.contents("audit-000000000" + std::to_string(1 + random() % 5));
    const std::string whole = bytes;
    const auto damage = random() % 4;
    if (damage == 0) bytes[random() % bytes.size()] ^= 0x10;
    if (damage == 1) bytes.resize(random() % bytes.size());
    if (damage == 2) bytes = first;
    if (damage == 3) std::fill(bytes.begin() + 4096, bytes.end(), '\0');
    AuditLog again(*rig.files);
    REQUIRE(again.refresh(rig.store->log_end()));
    check_everything(again, sample, random());
    if (const auto made = again.unwritten())
      CHECK(std::string(made->bytes.begin(), made->bytes.end()) == whole);
    bytes = whole;
  }
  REQUIRE(rig.files->remove("audit-0000000002"));
  AuditLog again(*rig.files);
  REQUIRE(again.refresh(rig.store->log_end()));
  REQUIRE(again.unwritten());
  CHECK(again.unwritten()->segment == 2);
  write_all(*rig.files, again);
  CHECK(!AuditLog(*rig.files).unwritten());
  check_everything(again, sample, 9);
}

TEST_CASE("What is not durable yet is no event") {
  Rig rig(1, small_segments());
  rig.open();
  rig.append(gpu, 1, 3);
  REQUIRE(rig.commit() == true);
  rig.disk.holds_syncs = true;
  rig.append(gpu, 4, 2);
  CHECK(!rig.commit());
  AuditLog log(*rig.files);
  REQUIRE(log.refresh(rig.store->log_end()));
  CHECK(ask(log, AuditQuery()).size() == 3);
  REQUIRE(rig.files->finish_sync());
  REQUIRE(log.refresh(rig.store->log_end()));
  CHECK(ask(log, AuditQuery()).size() == 5);
}

TEST_CASE("A text that is no cursor is told from one") {
  CHECK(!parse_cursor(""));
  CHECK(!parse_cursor("12"));
  CHECK(!parse_cursor("12.x.gpu"));
  CHECK(parse_cursor("-12.7.g.p.u") == AuditPosition{WallTime{-12}, "g.p.u", 7});
}
