#include <algorithm>
#include <set>

#include "audit_sample.h"
#include "backend/file_journal/inspection.h"
#include "backend/file_journal/little_endian.h"
#include "backend/file_journal/log_format.h"
#include "backend/file_journal/segment_files.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

constexpr std::uint64_t parked = 20;  // tasks that wait while the segments of their admission go

/// A pool's stream: tasks that are admitted and wait, and very many that come and go after them.
class Pool {
 public:
  explicit Pool(Rig& rig) : rig_(rig) {
    rig.options.segment_bytes = 16 << 10;
    rig.options.audit_retention = Duration{1000};
    rig.open();
    for (std::uint64_t i = 0; i < parked; ++i) admit();
    commit();
  }

  std::uint64_t admit() {
    emit(names(++admitted_));
    return admitted_;
  }
  void finish(std::uint64_t admission) {
    TaskFinished finished;
    finished.admission = admission;
    emit(finished);
  }
  void start(std::uint64_t admission) {
    emit(TaskStarted{.admission = admission, .lease = {1, 1}, .attempt = 1});
  }
  void pass(int tasks) {
    for (int i = 0; i < tasks; ++i) {
      finish(admit());
      if (i % 20 == 19) commit();
    }
    commit();
  }
  void commit() { REQUIRE(rig_.commit() == true); }

  /// A checkpoint with those that wait.
  void take_checkpoint(std::span<const std::uint64_t> others = {}) {
    const StreamNumber stream = rig_.stream(gpu);
    REQUIRE(rig_.store->begin_checkpoint(stream));
    std::vector<Record> state = {{sequence_, now(), PoolRestored{}}};
    const auto restore = [&](std::uint64_t task) {
      TaskRestored restored;
      restored.admitted = names(task);
      state.push_back({sequence_, now(), restored});
    };
    for (std::uint64_t task = 1; task <= parked; ++task) restore(task);
    for (const std::uint64_t task : others) restore(task);
    REQUIRE(rig_.store->add_to_checkpoint(stream, state));
    REQUIRE(rig_.store->end_checkpoint(stream));
    commit();
  }
  /// What the checkpoint replaces and was written before this record goes.
  void let_retention_pass(std::uint64_t sequence) {
    rig_.store->trim(WallTime{at(sequence).ms + 1000});
    REQUIRE(rig_.store->wants_commit());
    commit();
  }
  std::uint64_t last() const { return sequence_; }

 private:
  static WallTime at(std::uint64_t sequence) {
    return WallTime{1'000'000 + static_cast<std::int64_t>(sequence)};
  }
  WallTime now() const { return at(sequence_); }
  TaskAdmitted names(std::uint64_t admission) {
    TaskAdmitted admitted;
    admitted.admission = admission;
    admitted.task_id = texts_.emplace_back("task-" + std::to_string(admission));
    admitted.tenant = "acme";
    admitted.mailbox =
        "acme\x1f"
        "anna\x1f";
    return admitted;
  }
  void emit(Fact fact) {
    ++sequence_;
    REQUIRE(rig_.store->append(rig_.stream(gpu), std::vector<Record>{{sequence_, now(), fact}}));
  }

  Rig& rig_;
  std::deque<std::string> texts_;
  std::uint64_t sequence_ = 0;
  std::uint64_t admitted_ = 0;
};

void write_indexes(Rig& rig, AuditLog& log) {
  REQUIRE(log.refresh(rig.store->log_end()));
  while (const auto index = log.unwritten()) {
    REQUIRE(write_index(*rig.files, *index));
    log.written(index->segment);
  }
}

std::set<std::string> numbers_of(const Rig& rig, std::string_view prefix) {
  std::set<std::string> numbers;
  for (const std::string& name : rig.disk.names()) {
    if (name.starts_with(prefix)) numbers.insert(name.substr(prefix.size()));
  }
  return numbers;
}

std::vector<StoredEvent> history(AuditLog& log, SubjectKind kind, std::string_view id) {
  AuditQuery query;
  query.any_subject = false;
  query.kind = kind;
  query.id = id;
  query.limit = 10000;
  const auto page = log.query(query, std::nullopt);
  INFO((page ? "" : page.error().file + ": " + page.error().message));
  REQUIRE(page);
  return page->events;
}

std::string spelled(const StoredEvent& event) {
  std::string text(to_string(event.event.action));
  for (const AuditSubject& one : event.event.subjects)
    text += " " + std::string(to_string(one.kind)) + ":" + one.id;
  return text;
}

}  // namespace

TEST_CASE("Retention takes the index of a segment with it, and no other") {
  Rig rig;
  Pool pool(rig);
  AuditLog log(*rig.files);
  pool.pass(1500);
  write_indexes(rig, log);
  const auto before = numbers_of(rig, "audit-");
  REQUIRE(before.size() >= 4);
  pool.take_checkpoint();
  pool.pass(300);
  pool.let_retention_pass(pool.last());
  const auto left = numbers_of(rig, "audit-");
  const auto segments = numbers_of(rig, "records-");
  REQUIRE(segments.count(*before.begin()) == 0);
  CHECK(std::includes(segments.begin(), segments.end(), left.begin(), left.end()));
  for (const std::string& number : before) CHECK(left.count(number) == segments.count(number));
}

TEST_CASE("A task whose admission retention has taken is named by the checkpoint that has it") {
  Rig rig;
  Pool pool(rig);
  pool.pass(1500);
  pool.take_checkpoint();
  pool.pass(300);
  pool.let_retention_pass(pool.last());
  REQUIRE(numbers_of(rig, "records-").count("0000000001") == 0);
  pool.start(7);
  pool.finish(7);
  pool.commit();
  REQUIRE(numbers_of(rig, "audit-").empty());
  AuditLog log(*rig.files);
  REQUIRE(log.refresh(rig.store->log_end()));
  const auto events = history(log, SubjectKind::task, "task-7");
  REQUIRE(events.size() == 2);
  const std::string subjects =
      " task:task-7 tenant:acme pool:gpu mailbox:acme\x1f"
      "anna\x1f";
  CHECK(spelled(events[0]) == "start" + subjects);
  CHECK(spelled(events[1]) == "complete" + subjects);
  CHECK(history(log, SubjectKind::mailbox,
                "acme\x1f"
                "anna\x1f")
            .size() > 2);
}

TEST_CASE("Where a segment in the middle is missing or cut short, the trail goes on before that place") {
  Rig rig;
  Pool pool(rig);
  pool.pass(600);
  const std::uint64_t task = pool.admit();
  pool.commit();
  const std::uint64_t segment = rig.store->log_end().segment;
  REQUIRE(segment > 1);
  pool.pass(1000);
  pool.take_checkpoint(std::vector{task});
  pool.start(task);
  pool.commit();
  REQUIRE(rig.store->log_end().segment > segment + 1);
  AuditLog sound(*rig.files);
  REQUIRE(sound.refresh(rig.store->log_end()));
  const auto all = history(sound, SubjectKind::pool, "gpu");
  CHECK(gaps_in_trail(*rig.files)->empty());
  std::uint64_t left_bytes = 0;
  const std::string file = segment_name(SegmentKind::records, segment);
  SECTION("missing") { REQUIRE(rig.files->remove(file)); }
  SECTION("cut short") {
    std::string& bytes = rig.disk.contents(file);
    left_bytes = scan_commits(as_bytes_view(bytes)).commits.front().end;
    bytes.resize(left_bytes);
  }
  AuditLog log(*rig.files);
  REQUIRE(log.refresh(rig.store->log_end()));
  const auto left = history(log, SubjectKind::pool, "gpu");
  CHECK(left.size() < all.size());
  CHECK(left.front().position() == all.front().position());
  CHECK(left.back().position() == all.back().position());
  const auto gaps = gaps_in_trail(*rig.files);
  REQUIRE(gaps);
  REQUIRE(gaps->size() == 1);
  CHECK(gaps->front().segment == segment);
  CHECK(gaps->front().offset == left_bytes);
  const auto events = history(log, SubjectKind::task, "task-" + std::to_string(task));
  REQUIRE(events.size() == 1);
  CHECK(spelled(events[0]).starts_with("start task:task-" + std::to_string(task) + " tenant:acme"));
}

TEST_CASE("A task whose admission is gone and that no checkpoint has is named by the index of its events") {
  Rig rig;
  Pool pool(rig);
  AuditLog log(*rig.files);
  const std::uint64_t late = pool.admit();
  pool.pass(900);
  const std::uint64_t before = pool.last();
  pool.take_checkpoint(std::vector{late});
  pool.finish(late);
  pool.pass(600);
  write_indexes(rig, log);
  pool.take_checkpoint();
  pool.let_retention_pass(before);
  REQUIRE(numbers_of(rig, "records-").count("0000000001") == 0);
  const std::string id = "task-" + std::to_string(late);
  {
    AuditLog again(*rig.files);
    REQUIRE(again.refresh(rig.store->log_end()));
    const auto events = history(again, SubjectKind::task, id);
    REQUIRE(events.size() == 1);
    CHECK(spelled(events[0]) == "complete task:" + id +
                                    " tenant:acme pool:gpu mailbox:acme\x1f"
                                    "anna\x1f");
  }
  // Without that index nothing tells any more who it was.
  for (const std::string& number : numbers_of(rig, "audit-")) REQUIRE(rig.files->remove("audit-" + number));
  AuditLog unnamed(*rig.files);
  REQUIRE(unnamed.refresh(rig.store->log_end()));
  CHECK(history(unnamed, SubjectKind::task, id).empty());
}
