// The file journal against a bare file, in the same run: 64 submitters with one request in flight each, whose
// records and payloads are committed together, against append and fdatasync of the same bytes in the same
// batches. Then payloads of 1 GB in all, and opening a journal of many live tasks in a scheduler. Prints one
// JSON object. `bench_storage <folder> [live tasks]`; the folder is made and removed.

#include <fcntl.h>
#include <unistd.h>
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

#include "backend/file_journal/posix_files.h"
#include "backend/file_journal/store.h"
#include "parking_lot/scheduler.h"

namespace {

using namespace parking_lot;

constexpr std::size_t submitters = 64;
constexpr std::size_t payload_bytes = 512;
constexpr int batches = 1500;
constexpr int rounds = 5;

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
  std::fprintf(stderr, "bench_storage: %s\n", why.c_str());
  std::exit(1);
}

template <class T>
T value(StoreResult<T> result) {
  if (!result) stop(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

void commit(FileStore& store, Queue& queue) {
  bool ended = false;
  store.commit([&](const CommitOutcome& outcome) {
    if (outcome.failure) stop(outcome.failure->message);
    ended = true;
  });
  while (!ended) queue.run_one();
}

TaskAdmitted admitted(std::uint64_t number, const std::string& id) {
  TaskAdmitted task;
  task.admission = number;
  task.task_id = id;
  task.tenant = "acme";
  task.mailbox = "acme/anna/session-1";
  task.units = 3;
  task.payload = {number, payload_bytes, number * 0x9e3779b97f4a7c15u};
  return task;
}

std::string task_id(std::uint64_t number) { return "document-" + std::to_string(number); }

/// Bytes of the largest regular files' ends are not exact while zeros are kept ahead: the store tells.
struct Throughput {
  double seconds = 0;
  std::uint64_t bytes = 0;
};

Throughput run_store(const std::string& folder) {
  Queue queue;
  PosixFiles files(folder, queue.poster());
  FileStore store = value(FileStore::open(files, {}));
  const StreamNumber stream = value(store.stream({StreamKind::pool, "gpu"}));
  const std::string payload(payload_bytes, 'p');
  std::uint64_t number = store.durable(stream);
  std::uint64_t id = 0;
  const FileStoreStats before = store.stats();
  const double start = now();
  for (int batch = 0; batch < batches; ++batch) {
    for (std::size_t i = 0; i < submitters; ++i) {
      const std::string name = task_id(++id);
      const Record records[] = {{number + 1, WallTime{1}, admitted(id, name)},
                                {number + 2, WallTime{1}, TaskParked{id, WallTime{0}}}};
      number += 2;
      value(store.append(stream, records));
      value(store.put(id, payload));
    }
    commit(store, queue);
  }
  const double seconds = now() - start;
  const FileStoreStats after = store.stats();
  return {seconds, after.record_bytes + after.payload_bytes - before.record_bytes - before.payload_bytes};
}

double run_bare(const std::string& file, std::uint64_t bytes) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (descriptor < 0) stop("cannot create " + file);
  const std::string batch(bytes / batches, 'b');
  const double start = now();
  for (int i = 0; i < batches; ++i) {
    const auto offset = static_cast<off_t>(batch.size()) * i;
    if (::pwrite(descriptor, batch.data(), batch.size(), offset) < 0 || ::fdatasync(descriptor) != 0) {
      stop("cannot write " + file);
    }
  }
  const double seconds = now() - start;
  ::close(descriptor);
  ::unlink(file.c_str());
  return seconds;
}

std::uint64_t resident_bytes(const char* key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key))
      return std::strtoull(line.c_str() + std::string(key).size(), nullptr, 10) * 1024;
  }
  return 0;
}

/// Resident memory with 1 GB parked, of 1 KB each.
std::uint64_t park_a_gigabyte(const std::string& folder, double& seconds_to_open) {
  constexpr std::uint64_t count = 1'000'000;
  Queue queue;
  {
    PosixFiles files(folder, queue.poster());
    FileStore store = value(FileStore::open(files, {}));
    const std::string payload(1024, 'p');
    for (std::uint64_t id = 1; id <= count; ++id) {
      value(store.put(id, payload));
      if (id % 1000 == 0) commit(store, queue);
    }
  }
  PosixFiles files(folder, queue.poster());
  const double start = now();
  FileStore store = value(FileStore::open(files, {}));
  seconds_to_open = now() - start;
  if (store.stats().payloads != count) stop("payloads are missing");
  return resident_bytes("VmHWM:");
}

struct Opening {
  double open = 0;
  double load = 0;
  std::uint64_t bytes = 0;
};

/// Reads the stream into a scheduler, until that is ready to start tasks.
void recover(FileStore& store, std::uint64_t tasks) {
  Config config;
  PoolConfig& pool = config.pools.emplace_back();
  pool.name = "gpu";
  pool.max_units = 3;
  pool.max_queue_depth = 10'000'000;
  pool.queue.kind = StorageKind::file;
  const Now at{.wall = WallTime{3}, .steady = SteadyTime{1}};
  auto opened = Scheduler::open(config, at, Entropy{1, 1});
  if (!opened) stop("the scheduler cannot be opened");
  auto reader = value(store.load_pool(value(store.stream({StreamKind::pool, "gpu"}))));
  std::uint64_t count = 0;
  for (;;) {
    const auto records = value(reader.next());
    if (records.empty()) break;
    count += records.size();
    opened->handle(at, Recovered{PoolId{0}, records});
    while (opened->poll() != nullptr) continue;
  }
  opened->handle(at, RecoveryDone{PoolId{0}, RecoveryDone::Purpose::working});
  while (opened->poll() != nullptr) continue;
  const PoolStats stats = opened->stats(PoolId{0});
  if (count != tasks + 1 + 10'000 || stats.parked != tasks || stats.ignored_records != 0)
    stop("tasks are missing: " + std::to_string(count) + " records, " + std::to_string(stats.parked) +
         " parked, " + std::to_string(stats.ignored_records) + " ignored");
}

Opening open_many(const std::string& folder, std::uint64_t tasks) {
  Queue queue;
  {
    PosixFiles files(folder, queue.poster());
    FileStore store = value(FileStore::open(files, {}));
    const StreamNumber stream = value(store.stream({StreamKind::pool, "gpu"}));
    const Record first[] = {{1, WallTime{1}, PoolOpened{}}};
    value(store.append(stream, first));
    commit(store, queue);
    value(store.begin_checkpoint(stream));
    const std::uint64_t incarnations[] = {1};
    PoolRestored pool;
    pool.incarnations = incarnations;
    pool.next_admission = tasks + 1;
    const Record head[] = {{1, WallTime{1}, pool}};
    value(store.add_to_checkpoint(stream, head));
    for (std::uint64_t id = 1; id <= tasks;) {
      std::vector<std::string> names;
      for (std::uint64_t i = 0; i < 1000; ++i) names.push_back(task_id(id + i));
      std::vector<Record> step;
      for (std::uint64_t i = 0; i < 1000 && id <= tasks; ++i, ++id) {
        TaskRestored task;
        task.admitted = admitted(id, names[i]);
        task.basis = 1;
        step.push_back({1, WallTime{1}, task});
      }
      value(store.add_to_checkpoint(stream, step));
      if (id % 100'000 == 1) commit(store, queue);
    }
    value(store.end_checkpoint(stream));
    commit(store, queue);
    std::uint64_t number = 1;
    for (int batch = 0; batch < 100; ++batch) {
      for (int i = 0; i < 100; ++i) {
        const Record tail[] = {{++number, WallTime{2}, PriorityChanged{number}}};
        value(store.append(stream, tail));
      }
      commit(store, queue);
    }
  }
  Opening result;
  PosixFiles files(folder, queue.poster());
  double start = now();
  FileStore store = value(FileStore::open(files, {}));
  result.open = now() - start;
  result.bytes = store.stats().checkpoint_bytes + store.stats().record_bytes;
  start = now();
  recover(store, tasks);
  result.load = now() - start;
  return result;
}

std::string list(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "[" : ", ") + std::to_string(value);
  return text + "]";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) stop("usage: bench_storage <folder> [live tasks]");
  const std::string folder = argv[1];
  const std::uint64_t tasks = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  if (std::filesystem::exists(folder)) stop(folder + " exists: name one that does not");
  std::filesystem::create_directories(folder);

  std::vector<double> ratios;
  std::vector<double> journal_rates;
  std::vector<double> bare_rates;
  std::uint64_t bytes = 0;
  for (int round = 0; round < rounds; ++round) {
    const Throughput store = run_store(folder + "/commit" + std::to_string(round));
    const double bare = run_bare(folder + "/bare", store.bytes);
    bytes = store.bytes / batches;
    ratios.push_back(bare / store.seconds);
    journal_rates.push_back(batches / store.seconds);
    bare_rates.push_back(batches / bare);
  }
  std::sort(ratios.begin(), ratios.end());
  double seconds_to_open = 0;
  const std::uint64_t resident = park_a_gigabyte(folder + "/payloads", seconds_to_open);
  const Opening opening = open_many(folder + "/many", tasks);
  std::filesystem::remove_all(folder);
  std::printf("{\"journal\": {\"commits_per_s\": %s, \"bytes_per_commit\": %llu, \"of_bare\": %.2f},\n",
              list(journal_rates).c_str(), static_cast<unsigned long long>(bytes), ratios[ratios.size() / 2]);
  std::printf(" \"bare\": {\"commits_per_s\": %s},\n", list(bare_rates).c_str());
  std::printf(" \"opening\": {\"live_tasks\": %llu, \"bytes\": %llu, \"seconds\": %.2f},\n",
              static_cast<unsigned long long>(tasks), static_cast<unsigned long long>(opening.bytes),
              opening.open + opening.load);
  std::printf(" \"payloads\": {\"resident_mb\": %.0f, \"open_s\": %.2f}}\n",
              static_cast<double>(resident) / 1e6, seconds_to_open);
  return 0;
}
