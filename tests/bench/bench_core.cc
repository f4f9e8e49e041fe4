// The core without a host: the full life of tasks of mixed cost and priority on a full pool (submit, park,
// start, finish, deliver), with audit ring and memory mailbox on, against std::priority_queue push and pop of
// the same keys in the same run. Prints one JSON object. `bench_core [largest count]`; every figure is the
// best of five rounds.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <queue>
#include <string>
#include <vector>

#include "parking_lot/lot.h"

namespace {

using namespace parking_lot;

constexpr int rounds = 5;
constexpr Units capacity = 64;
constexpr std::size_t submit_batch =
    64;  // what one turn of an event loop or one bulk request brings together

struct Sample {
  Priority priority = Priority::normal;
  Units units = 1;
};

std::vector<Sample> make_samples(std::size_t count) {
  std::vector<Sample> samples(count);
  std::uint64_t state = 42;
  for (Sample& sample : samples) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    sample.priority = static_cast<Priority>((state >> 33) % 4);
    sample.units = 1 + (state >> 40) % 8;
  }
  return samples;
}

/// Seconds of this thread's own work where the system counts them: what else the machine does then matters
/// less.
double seconds_worked() {
#ifdef __EMSCRIPTEN__
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
#else
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
#endif
}

double seconds_since(double start) { return seconds_worked() - start; }

double time_priority_queue(const std::vector<Sample>& samples) {
  struct Entry {
    std::uint64_t key;
    std::uint32_t slot;
    bool operator<(const Entry& other) const { return key > other.key; }
  };
  const double start = seconds_worked();
  std::priority_queue<Entry> queue;
  std::uint64_t number = 0;
  for (const Sample& sample : samples) {
    queue.push({(3 - static_cast<std::uint64_t>(sample.priority)) << 62 | number,
                static_cast<std::uint32_t>(number)});
    ++number;
  }
  std::uint64_t sum = 0;
  while (!queue.empty()) {
    sum += queue.top().slot;
    queue.pop();
  }
  const double seconds = seconds_since(start);
  if (sum != number * (number - 1) / 2) std::abort();
  return seconds;
}

Config make_config(std::size_t count) {
  Config config;
  PoolConfig pool;
  pool.name = "bench";
  pool.max_units = capacity;
  pool.max_queue_depth = static_cast<std::uint32_t>(count);
  config.pools.push_back(pool);
  return config;
}

struct Figures {
  double seconds = 0;
  double bytes_per_parked = 0;
  std::uint64_t finished = 0;
};

/// Submissions come in batches, ends one by one.
Figures run_lifecycle(const std::vector<Sample>& samples) {
  Now now{WallTime{1'700'000'000'000}, SteadyTime{0}};
  Lot lot = *Lot::open(make_config(samples.size()), now, Entropy{1, 2});
  const PoolId pool = *lot.scheduler().pool("bench");
  const NameId mailbox = lot.scheduler().mailbox_key({"acme", "ann", ""});
  std::vector<Start> running;
  Figures figures;
  const auto drain = [&] {
    while (auto effect = lot.poll()) {
      if (const auto* start = std::get_if<Start>(&*effect)) running.push_back(*start);
    }
  };
  lot.scheduler().listen(Listening::outcomes);
  lot.handle(now, ExecutorReady{pool, 1, 0, endless_credits, ExecutorReady::Liveness::certain});
  drain();
  const std::size_t bytes_before = lot.scheduler().memory_bytes();

  const double start = seconds_worked();
  std::vector<Input> batch;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    Submit submit;
    submit.pool = pool;
    submit.spec.priority = samples[i].priority;
    submit.spec.units = samples[i].units;
    submit.spec.mailbox = mailbox;
    batch.push_back(submit);
    if (batch.size() < submit_batch && i + 1 < samples.size()) continue;
    lot.handle(now, batch);
    batch.clear();
    drain();
  }
  figures.seconds = seconds_since(start);
  figures.bytes_per_parked = static_cast<double>(lot.scheduler().memory_bytes() - bytes_before) /
                             static_cast<double>(lot.scheduler().stats(pool).parked);

  const double second = seconds_worked();
  while (!running.empty()) {
    const Start run = running.back();
    running.pop_back();
    ++figures.finished;
    lot.handle(now, Finished{run.task, run.lease, {}, 1});
    drain();
  }
  figures.seconds += seconds_since(second);
  return figures;
}

void measure(std::size_t count, const char* separator) {
  const std::vector<Sample> samples = make_samples(count);
  double queue_seconds = 1e9;
  Figures best;
  best.seconds = 1e9;
  for (int round = 0; round < rounds; ++round) {
    queue_seconds = std::min(queue_seconds, time_priority_queue(samples));
    const Figures figures = run_lifecycle(samples);
    if (figures.finished != count) std::abort();
    if (figures.seconds < best.seconds) best = figures;
  }
  const double per_task = best.seconds / static_cast<double>(count) * 1e9;
  const double per_key = queue_seconds / static_cast<double>(count) * 1e9;
  std::printf(
      "%s{\"tasks\":%zu,\"lifecycle_ns\":%.1f,\"priority_queue_ns\":%.1f,\"ratio\":%.2f,\"bytes_per_parked_"
      "task\":%.1f}",
      separator, count, per_task, per_key, per_task / per_key, best.bytes_per_parked);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t largest = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000000;
  std::printf("{\"sizes\":[");
  const char* separator = "";
  for (const std::size_t count : {std::size_t{10000}, std::size_t{100000}, std::size_t{1000000}}) {
    if (count > largest) break;
    measure(count, separator);
    separator = ",";
  }
  std::printf("]}\n");
  return 0;
}
