#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <random>

#include "driven_scheduler.h"
#include "reference_scheduler.h"

using namespace parking_lot;
using reference::Job;

namespace {

struct Trace {
  std::vector<Job> jobs;
  Units capacity = 0;
};

/// Loads from idle to hopeless, widths up to the whole pool, many events at one instant.
Trace random_trace(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  Trace trace;
  trace.capacity = static_cast<Units>(between(4, 24));
  const std::int64_t gap = between(0, 8);
  const std::int64_t longest = between(2, 40);
  const bool has_priorities = between(0, 3) == 0;
  std::int64_t time = 0;
  for (std::int64_t i = between(5, 120); i > 0; --i) {
    time += between(0, gap);
    Job job;
    job.submit = time;
    job.duration = job.estimate = between(1, longest);
    job.units = static_cast<Units>(between(0, 3) == 0 ? between(1, static_cast<std::int64_t>(trace.capacity))
                                                      : between(1, 4));
    if (has_priorities) job.priority = static_cast<int>(between(0, 3));
    trace.jobs.push_back(job);
  }
  return trace;
}

/// Runs the trace on the real scheduler: at one instant the ends, then the arrivals.
std::vector<std::int64_t> starts_of(const Trace& trace, Policy policy, std::uint32_t candidates) {
  PoolConfig pool = pool_of(trace.capacity);
  pool.policy = policy;
  pool.backfill_candidates = candidates;
  DrivenScheduler lot(pool);
  const std::int64_t origin = lot.now.steady.ms;
  std::vector<std::int64_t> starts(trace.jobs.size(), -1);
  std::multimap<std::int64_t, Input> ends;
  const auto note_starts = [&](std::int64_t time) {
    for (; lot.seen_starts < lot.starts.size(); ++lot.seen_starts) {
      const Start& start = lot.starts[lot.seen_starts];
      const std::size_t job = std::stoul(lot.core.task_id(start.task));
      starts[job] = time;
      ends.emplace(time + trace.jobs[job].duration, Finished{start.task, start.lease, {}, 1});
    }
  };
  std::size_t next = 0;
  while (next < trace.jobs.size() || !ends.empty()) {
    const std::int64_t arrival = next < trace.jobs.size() ? trace.jobs[next].submit : INT64_MAX;
    const std::int64_t time = ends.empty() ? arrival : std::min(arrival, ends.begin()->first);
    lot.now.wall.ms += origin + time - lot.now.steady.ms;
    lot.now.steady.ms = origin + time;
    std::vector<Input> inputs;
    for (; !ends.empty() && ends.begin()->first == time; ends.erase(ends.begin()))
      inputs.push_back(ends.begin()->second);
    if (!inputs.empty()) lot.feed(inputs);
    note_starts(time);
    inputs.clear();
    std::vector<std::string> ids;
    ids.reserve(trace.jobs.size());
    for (; next < trace.jobs.size() && trace.jobs[next].submit == time; ++next) {
      TaskSpec spec = DrivenScheduler::spec(ids.emplace_back(std::to_string(next)), trace.jobs[next].units);
      spec.estimate = Duration{trace.jobs[next].estimate};
      spec.priority = static_cast<Priority>(trace.jobs[next].priority);
      inputs.push_back(submission(0, spec));
    }
    lot.feed(inputs);
    note_starts(time);
  }
  return starts;
}

void compare(Policy policy, std::uint32_t candidates) {
  for (std::uint32_t seed = 1; seed <= 1000; ++seed) {
    const Trace trace = random_trace(seed);
    INFO("seed " << seed << ", candidates " << candidates);
    REQUIRE(starts_of(trace, policy, candidates) ==
            reference::Schedule(trace.jobs, trace.capacity, policy, candidates).run());
  }
}

PoolConfig backfill_pool(Units units) {
  PoolConfig pool = pool_of(units);
  pool.policy = Policy::backfill;
  return pool;
}

TaskSpec lasting(std::string_view id, Units units, std::int64_t estimate_ms) {
  TaskSpec spec = DrivenScheduler::spec(id, units);
  spec.estimate = Duration{estimate_ms};
  return spec;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("Strict starts a thousand random traces as a plain scheduler does") { compare(Policy::strict, 0); }

TEST_CASE("Backfill starts a thousand random traces as a plain scheduler does, looking at all candidates") {
  compare(Policy::backfill, 0);
}

TEST_CASE("Backfill starts a thousand random traces as a plain scheduler does, looking at few candidates") {
  compare(Policy::backfill, 1);
  compare(Policy::backfill, 3);
}

TEST_CASE("Backfill starts what ends before the reservation of the head, and nothing that would delay it") {
  DrivenScheduler lot(backfill_pool(10));
  lot.submit(lasting("running", 6, 1000));
  lot.submit(lasting("head", 8, 500));
  CHECK(lot.started() == Ids{"running"});
  lot.submit(lasting("too long", 4, 1001));
  CHECK(lot.started().empty());
  lot.submit(lasting("in time", 4, 1000));
  CHECK(lot.started() == Ids{"in time"});
  lot.now.steady.ms += 1000;
  lot.now.wall.ms += 1000;
  lot.finish("in time");
  lot.finish("running");
  CHECK(lot.started() == Ids{"head"});
}

TEST_CASE("Backfill lets long tasks use the units that the head will not need") {
  DrivenScheduler lot(backfill_pool(10));
  lot.submit(lasting("running", 6, 1000));
  lot.submit(lasting("head", 8, 500));
  lot.submit(lasting("one", 1, 100'000));
  lot.submit(lasting("two", 1, 100'000));
  lot.submit(lasting("three", 1, 100'000));  // the head needs eight of ten
  CHECK(lot.started() == Ids{"running", "one", "two"});
}

TEST_CASE("A task without an estimate counts as endless") {
  DrivenScheduler lot(backfill_pool(10));
  lot.submit(lasting("running", 6, 1000));
  lot.submit(lasting("head", 8, 500));
  lot.submit("nobody knows", 3);
  CHECK(lot.started() == Ids{"running"});
  lot.submit("spare", 2);
  CHECK(lot.started() == Ids{"spare"});
}

TEST_CASE("A head whose reservation rests on a run without an estimate is passed only by tasks that end") {
  DrivenScheduler lot(backfill_pool(10));
  lot.submit("running", 6);
  lot.submit(lasting("head", 8, 500));
  lot.submit("endless", 1);
  CHECK(lot.started() == Ids{"running"});
  lot.submit(lasting("an hour", 1, 3'600'000));
  CHECK(lot.started() == Ids{"an hour"});
}

TEST_CASE("An estimate that is outlived is doubled, and the moved reservation lets others pass") {
  DrivenScheduler lot(backfill_pool(10));
  lot.submit(lasting("running", 6, 1000));
  lot.submit(lasting("head", 8, 500));
  lot.submit(lasting("short", 4, 900));
  CHECK(lot.started() == Ids{"running", "short"});
  lot.finish("short");
  lot.advance(200);
  lot.submit(lasting("later", 4, 900));
  CHECK(lot.started().empty());  // 200 + 900 > 1000
  lot.advance(800);
  CHECK(lot.started().empty());  // it may still end now
  REQUIRE(lot.core.next_deadline() == lot.now.steady + Duration{1});
  lot.advance(1);
  CHECK(lot.started() == Ids{"later"});  // until 2000
}

TEST_CASE("The end of a quarantine is an end") {
  PoolConfig pool = backfill_pool(10);
  pool.quarantine = Duration::seconds(5);
  DrivenScheduler lot(pool);
  lot.submit("lost", 6);
  const Start run = lot.start_of("lost");
  lot.submit(lasting("head", 8, 500));
  lot.cancel("lost");
  lot.feed({Failed{run.task, run.lease, Reason::lost, {}, 1, Failed::Units::unknown}});
  lot.submit(lasting("too long", 4, 5001));
  CHECK(lot.started() == Ids{"lost"});
  lot.submit(lasting("in time", 4, 5000));
  CHECK(lot.started() == Ids{"in time"});
  lot.advance(5000);
  lot.finish("in time");
  CHECK(lot.started() == Ids{"head"});
}
