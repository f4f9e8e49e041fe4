#include <sys/wait.h>
#include <unistd.h>

#include "audit_sample.h"
#include "posix_rig.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

constexpr std::uint64_t tasks_in_all = 6000;
constexpr std::uint64_t tasks_in_commit = 20;

/// Of each task three events, one after the other: what is asked can be computed.
void own_and_write(const std::string& folder) {
  Queue queue;
  PosixFiles files(folder, queue.poster());
  StoreOptions options;
  options.segment_bytes = 32 << 10;
  auto store = FileStore::open(files, options);
  if (!store) ::_exit(2);
  const StreamNumber stream = store->stream(gpu).value();
  AuditLog log(files);
  std::uint64_t sequence = 0;
  const auto emit = [&](const Fact& fact) {
    ++sequence;
    const Record record[] = {{sequence, WallTime{static_cast<std::int64_t>(sequence)}, fact}};
    if (!store->append(stream, record)) ::_exit(3);
  };
  for (std::uint64_t task = 1; task <= tasks_in_all; ++task) {
    const std::string id = "task-" + std::to_string(task);
    TaskAdmitted admitted;
    admitted.admission = task;
    admitted.task_id = id;
    admitted.tenant = "acme";
    emit(admitted);
    emit(TaskStarted{.admission = task, .lease = {1, task}, .attempt = 1});
    TaskFinished finished;
    finished.admission = task;
    emit(finished);
    if (task % tasks_in_commit != 0) continue;
    bool ended = false;
    store->commit([&](const CommitOutcome& how) { ended = how.failure == nullptr; });
    while (!ended) queue.run_one();
    if (!log.refresh(store->log_end())) ::_exit(4);
    while (const auto index = log.unwritten()) {
      if (!write_index(files, *index)) ::_exit(5);
      log.written(index->segment);
    }
  }
  ::_exit(0);
}

/// Numbers of the events of a subject.
std::vector<std::uint64_t> ask(AuditLog& log, SubjectKind kind, const std::string& id) {
  AuditQuery query;
  query.any_subject = false;
  query.kind = kind;
  query.id = id;
  query.limit = 10000;
  std::vector<std::uint64_t> numbers;
  for (std::optional<AuditPosition> after;;) {
    const auto page = log.query(query, after);
    INFO((page ? "" : page.error().file + ": " + page.error().message));
    REQUIRE(page);
    for (const StoredEvent& event : page->events) numbers.push_back(event.event.sequence);
    if (!page->has_more) return numbers;
    after = page->events.back().position();
  }
}

}  // namespace

TEST_CASE(
    "Beside a process that owns and writes a store, every question is answered with all that was there") {
  const Folder folder;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) own_and_write(folder.path());
  Queue queue;
  PosixFiles files(folder.path(), queue.poster());
  AuditLog log(files);
  std::uint64_t seen = 0;
  int answers = 0;
  bool has_ended = false;
  while (!has_ended) {
    int status = 0;
    has_ended = ::waitpid(child, &status, WNOHANG) == child;
    if (has_ended) REQUIRE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    if (!std::filesystem::exists(folder.path() + "/records-0000000001")) continue;
    const auto refreshed = log.refresh();
    INFO((refreshed ? "" : refreshed.error().file + ": " + refreshed.error().message));
    REQUIRE(refreshed);
    const auto all = ask(log, SubjectKind::tenant, "acme");
    REQUIRE(all.size() >= seen);
    REQUIRE(all.size() % (3 * tasks_in_commit) == 0);  // whole commits
    for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == i + 1);
    seen = all.size();
    if (seen == 0) continue;
    ++answers;
    const std::uint64_t task = 1 + (seen / 3 - 1) * static_cast<std::uint64_t>(answers % 7) / 6;
    const std::uint64_t last = 3 * task;
    REQUIRE(ask(log, SubjectKind::task, "task-" + std::to_string(task)) ==
            std::vector<std::uint64_t>{last - 2, last - 1, last});
  }
  CHECK(seen == 3 * tasks_in_all);
  CHECK(answers > 3);
  CHECK(std::filesystem::exists(folder.path() + "/audit-0000000003"));
}
