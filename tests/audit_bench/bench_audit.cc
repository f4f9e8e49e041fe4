// The audit trail of a store of many events: one subject's history, the chain's verification, and what the
// indexes cost beside durable submissions. Prints one JSON object. `bench_audit <folder> [events]`; the
// folder is made and removed.

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include "backend/file_journal/audit_log.h"
#include "backend/file_journal/inspection.h"
#include "backend/file_journal/posix_files.h"
#include "backend/file_journal/store.h"

namespace {

using namespace parking_lot;

constexpr std::uint64_t events_of_task = 4;
constexpr std::uint64_t tasks_in_commit = 64;
constexpr std::uint64_t parked = 100'000;  // tasks between admission and start

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Queue {
 public:
  PosixFiles::Post poster() {
    return [this](std::function<void()> work) {
      const std::lock_guard guard(mutex_);
      waiting_.push_back(std::move(work));
      arrived_.notify_one();
    };
  }
  void run_one() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !waiting_.empty(); });
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> waiting_;
};

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "bench_audit: %s\n", why.c_str());
  std::exit(1);
}

template <class T>
T value(StoreResult<T> result) {
  if (!result) stop(result.error().file + ": " + result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

std::string task_id(std::uint64_t number) { return "document-" + std::to_string(number); }
std::string tenant_of(std::uint64_t number) { return "tenant-" + std::to_string(number % 1000); }

/// Tasks that are admitted, parked, and, once others have come after them, started and finished.
class Writer {
 public:
  explicit Writer(FileStore& store)
      : store_(store), stream_(value(store.stream({StreamKind::pool, "gpu"}))) {}

  void add(std::uint64_t task) {
    const std::string id = task_id(task);
    const std::string tenant = tenant_of(task);
    const std::string mailbox = tenant +
                                "\x1f"
                                "anna\x1f";
    TaskAdmitted admitted;
    admitted.admission = task;
    admitted.task_id = id;
    admitted.tenant = tenant;
    admitted.mailbox = mailbox;
    admitted.units = 3;
    emit(admitted);
    emit(TaskParked{task, WallTime{0}});
    if (task <= parked) return;
    emit(TaskStarted{.admission = task - parked, .lease = {1, task - parked}, .attempt = 1, .woken = true});
    TaskFinished finished;
    finished.admission = task - parked;
    emit(finished);
  }
  std::uint64_t events() const { return sequence_; }

 private:
  void emit(const Fact& fact) {
    ++sequence_;
    const Record record[] = {
        {sequence_, WallTime{1'700'000'000'000 + static_cast<std::int64_t>(sequence_ / 100)}, fact}};
    value(store_.append(stream_, record));
  }

  FileStore& store_;
  StreamNumber stream_;
  std::uint64_t sequence_ = 0;
};

void commit(FileStore& store, Queue& queue) {
  bool ended = false;
  store.commit([&](const CommitOutcome& outcome) {
    if (outcome.failure) stop(outcome.failure->message);
    ended = true;
  });
  while (!ended) queue.run_one();
}

struct Written {
  double durable_s = 0;  ///< of the commits
  double index_s = 0;    ///< of what the indexes took
  std::uint64_t events = 0;
  std::uint64_t record_bytes = 0;
};

Written write_store(const std::string& folder, std::uint64_t events) {
  Queue queue;
  PosixFiles files(folder, queue.poster());
  FileStore store = value(FileStore::open(files, {}));
  AuditLog log(files);
  Writer writer(store);
  Written written;
  std::uint64_t segment = 0;
  for (std::uint64_t task = 1; writer.events() < events;) {
    const double start = now();
    for (std::uint64_t i = 0; i < tasks_in_commit; ++i) writer.add(task++);
    commit(store, queue);
    const double durable = now();
    written.durable_s += durable - start;
    if (store.log_end().segment == segment) continue;
    segment = store.log_end().segment;
    value(log.refresh(store.log_end()));
    while (const auto index = log.unwritten()) {
      value(write_index(files, *index));
      log.written(index->segment);
    }
    written.index_s += now() - durable;
  }
  written.events = writer.events();
  written.record_bytes = store.stats().record_bytes;
  return written;
}

std::uint64_t resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

/// Milliseconds of queries for subjects all over the trail.
std::vector<double> histories(AuditLog& log, std::uint64_t tasks, SubjectKind kind, std::size_t least) {
  std::vector<double> took;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const std::uint64_t task = 1 + i * (tasks - parked - 1) / 50;
    const std::string id = kind == SubjectKind::task ? task_id(task) : tenant_of(task);
    AuditQuery query;
    query.any_subject = false;
    query.kind = kind;
    query.id = id;
    if (i % 2 == 1) query.order = AuditQuery::Order::newest_first;
    const double start = now();
    const StoredEvents page = value(log.query(query, std::nullopt));
    took.push_back((now() - start) * 1e3);
    if (page.events.size() < least) stop("events of " + id + " are missing");
  }
  std::sort(took.begin(), took.end());
  return took;
}

std::uint64_t index_bytes(const std::string& folder) {
  std::uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().filename().string().starts_with("audit-")) bytes += file.file_size();
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) stop("usage: bench_audit <folder> [events]");
  const std::string folder = argv[1];
  const std::uint64_t events = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000'000;
  if (std::filesystem::exists(folder)) stop(folder + " exists: name one that does not");
  std::filesystem::create_directories(folder);
  const Written written = write_store(folder + "/store", events);
  const std::uint64_t tasks = (written.events + 2 * parked) / events_of_task;

  Queue queue;
  PosixFiles files(folder + "/store", queue.poster());
  malloc_trim(0);  // or what the writer has left would be used again, and not be seen
  const std::uint64_t before = resident_bytes();
  AuditLog log(files);
  double start = now();
  value(log.refresh());
  const double open_s = now() - start;
  const auto task = histories(log, tasks, SubjectKind::task, events_of_task);
  const auto tenant = histories(log, tasks, SubjectKind::tenant, 100);
  const std::uint64_t resident = resident_bytes() - before;
  start = now();
  const Inspection inspection = value(verify(files));
  const double verify_s = now() - start;
  if (!inspection.damages.empty()) stop("damage where there is none");
  const std::uint64_t indexes = index_bytes(folder + "/store");
  std::filesystem::remove_all(folder);
  const auto print = [](const char* name, const std::vector<double>& ms) {
    std::printf(" \"%s\": {\"median_ms\": %.3f, \"worst_ms\": %.3f},\n", name, ms[ms.size() / 2], ms.back());
  };
  std::printf("{\"events\": %llu, \"record_bytes\": %llu, \"index_bytes\": %llu,\n",
              static_cast<unsigned long long>(written.events),
              static_cast<unsigned long long>(written.record_bytes),
              static_cast<unsigned long long>(indexes));
  print("task", task);
  print("tenant", tenant);
  std::printf(" \"open_s\": %.3f, \"resident_mb\": %.1f, \"verify_events_per_s\": %.0f,\n", open_s,
              static_cast<double>(resident) / 1e6, static_cast<double>(written.events) / verify_s);
  std::printf(" \"durable_events_per_s\": %.0f, \"index_share\": %.3f}\n",
              static_cast<double>(written.events) / written.durable_s,
              written.index_s / (written.durable_s + written.index_s));
  return 0;
}
