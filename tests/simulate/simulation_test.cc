#include "simulate/simulation.h"

#include <catch2/catch.hpp>

#include "simulate/generate.h"
#include "traces.h"

using namespace parking_lot;
using namespace parking_lot::simulate;

namespace {

/// A wide task waits behind a running one; a long and a short narrow task come after it.
const Trace wide_in_the_middle = trace_of({{0, 10, 6, 10}, {1, 5, 8, 5}, {2, 20, 4, 20}, {3, 5, 4, 5}});

}  // namespace

TEST_CASE("first_fit starts whatever fits, and the wide task waits for both") {
  CHECK(times_of(run(R"("max_units": 10)", wide_in_the_middle)) ==
        Times{{0, 10}, {22, 27}, {2, 22}, {10, 15}});
}

TEST_CASE("the guard of first_fit holds the pool for the wide task when its time is over") {
  CHECK(times_of(run(R"("max_units": 10, "starvation_guard_secs": 5)", wide_in_the_middle)) ==
        Times{{0, 10}, {22, 27}, {2, 22}, {27, 32}});
}

TEST_CASE("strict lets nobody pass the wide task") {
  CHECK(times_of(run(R"("max_units": 10, "policy": "strict")", wide_in_the_middle)) ==
        Times{{0, 10}, {10, 15}, {15, 35}, {15, 20}});
}

TEST_CASE("backfill lets the short task pass, which ends before the wide one can start") {
  CHECK(times_of(run(R"("max_units": 10, "policy": "backfill")", wide_in_the_middle)) ==
        Times{{0, 10}, {10, 15}, {15, 35}, {3, 8}});
}

TEST_CASE("under backfill an estimate that ends now is not doubled") {
  // The first task ends as estimated in the instant in which the third arrives; the second starts then.
  const Trace trace = trace_of({{0, 10, 2, 10}, {1, 5, 3, 5}, {10, 1, 1, 1}});
  CHECK(times_of(run(R"("max_units": 3, "policy": "backfill")", trace)) ==
        Times{{0, 10}, {10, 15}, {15, 16}});
}

TEST_CASE("under backfill an overrun estimate is doubled, and the short task passes meanwhile") {
  // At 4 the estimate of 4 s is overrun and becomes 8 s: the third task fits before that, the fourth not. At
  // 8 it becomes 16 s, and the fourth passes too.
  const Trace trace = trace_of({{0, 10, 2, 4}, {1, 5, 3, 5}, {5, 2, 1, 2}, {5, 4, 1, 4}});
  CHECK(times_of(run(R"("max_units": 3, "policy": "backfill")", trace)) ==
        Times{{0, 10}, {12.001, 17.001}, {5, 7}, {8.001, 12.001}});
}

TEST_CASE("ends of an instant come before its arrivals") {
  const Trace trace = trace_of({{0, 10, 1}, {10, 1, 1}});
  CHECK(times_of(run(R"("max_units": 1, "max_queue_depth": 0)", trace)) == Times{{0, 10}, {10, 11}});
}

TEST_CASE("all ends of an instant are applied before anybody starts") {
  // With one pass an end the second of the waiting tasks would take the units of the first end.
  const Trace trace = trace_of({{0, 10, 2}, {0, 10, 2}, {1, 5, 4}, {2, 5, 2}});
  CHECK(times_of(run(R"("max_units": 4)", trace)) == Times{{0, 10}, {0, 10}, {10, 15}, {15, 20}});
}

TEST_CASE("arrivals of an instant are taken one after another in the order of the trace") {
  const Trace trace = trace_of({{0, 5, 3, 0, 0, Priority::low}, {0, 5, 3, 0, 0, Priority::high}});
  CHECK(times_of(run(R"("max_units": 4)", trace)) == Times{{0, 5}, {5, 10}});
}

TEST_CASE("a run without length ends in the instant of its start") {
  const Trace trace = trace_of({{1, 0, 1}, {1, 2, 1}, {2, 0, 1}});
  CHECK(times_of(run(R"("max_units": 1)", trace)) == Times{{1, 1}, {1, 3}, {3, 3}});
}

TEST_CASE("a run that outlives its estimate is killed only if that is asked for") {
  const Trace trace = trace_of({{0, 10, 1, 4}, {0, 1, 1, 1}});
  CHECK(times_of(run(R"("max_units": 1)", trace)) == Times{{0, 10}, {10, 11}});
  const Simulated killed = run(R"("max_units": 1)", trace, Overrun::killed);
  CHECK(times_of(killed) == Times{{0, 4}, {4, 5}});
  CHECK(killed.fates[0].status == Status::expired);
  CHECK(killed.fates[1].status == Status::completed);
}

TEST_CASE("a run that reaches its timeout expires and frees its units at once") {
  Trace trace = trace_of({{0, 10, 1}, {0, 3, 1}, {0, 1, 1}});
  trace.tasks[0].timeout_ms = 2000;
  trace.tasks[1].timeout_ms = 3000;  // ends in time: ends come before timers
  const Simulated simulated = run(R"("max_units": 1)", trace);
  CHECK(times_of(simulated) == Times{{0, 2}, {2, 5}, {5, 6}});
  CHECK(simulated.fates[0].status == Status::expired);
  CHECK(simulated.fates[1].status == Status::completed);
}

TEST_CASE("a parked task expires at its deadline without a start") {
  Trace trace = trace_of({{0, 10, 1}, {1, 1, 1}, {2, 1, 1}});
  trace.tasks[1].deadline_ms = 4000;
  const Simulated simulated = run(R"("max_units": 1)", trace);
  CHECK(times_of(simulated) == Times{{0, 10}, {-1, 4}, {10, 11}});
  CHECK(simulated.fates[1].status == Status::expired);
}

TEST_CASE("a task with start_after waits for it") {
  Trace trace = trace_of({{0, 1, 1}});
  trace.tasks[0].start_after_ms = 7000;
  CHECK(times_of(run(R"("max_units": 1)", trace)) == Times{{7, 8}});
}

TEST_CASE("what the pool cannot take is rejected with its code") {
  const Simulated simulated =
      run(R"("max_units": 4, "max_queue_depth": 1)", trace_of({{0, 9, 4}, {1, 1, 5}, {2, 1, 1}, {3, 1, 1}}));
  CHECK(times_of(simulated) == Times{{0, 9}, {-1, -1}, {9, 10}, {-1, -1}});
  CHECK(simulated.fates[1].refusal == Refusal::cost_exceeds_capacity);
  CHECK(simulated.fates[3].refusal == Refusal::queue_full);
  CHECK(simulated.fates[3].status == Status::rejected);
}

TEST_CASE("a pool runs as many tasks at once as it has workers") {
  const Trace trace = trace_of({{0, 2, 1}, {0, 2, 1}, {0, 2, 1}});
  CHECK(times_of(run(R"("max_units": 9, "worker_count": 2)", trace)) == Times{{0, 2}, {0, 2}, {2, 4}});
}

TEST_CASE("tasks go to the pools that they name") {
  Trace trace = trace_of({{0, 5, 1}, {0, 5, 1}});
  trace.pools = {"a", "b"};
  trace.tasks[1].pool = 1;
  const ParsedConfig two =
      parse_config(R"({"pools": {"a": {"max_units": 1}, "b": {"max_units": 1}}})", nullptr);
  CHECK(times_of(*simulate::simulate(two.config, trace, Overrun::goes_on)) == Times{{0, 5}, {0, 5}});

  trace.pools = {"a", "c"};
  CHECK(simulate::simulate(two.config, trace, Overrun::goes_on).error().where == "pools.c");
  trace.pools = {"a", ""};
  CHECK_THAT(simulate::simulate(two.config, trace, Overrun::goes_on).error().message,
             Catch::Contains("name the pool"));
}

TEST_CASE("storage and executors of a config do not matter in virtual time") {
  const Trace trace = trace_of({{0, 2, 1}});
  CHECK(times_of(run(R"("max_units": 1, "queue": "postgres", "mailbox": "file", "runtime": "cloud_worker")",
                     trace)) == Times{{0, 2}});
}

TEST_CASE("the same trace always gives the same schedule, and never more units than there are") {
  const Trace trace = generate(Workload::bursty, 7, 4000, {});
  for (const std::string policy : {"first_fit", "strict", "backfill"}) {
    const std::string members = R"("max_units": 14000, "max_queue_depth": 4000, "policy": ")" + policy + '"';
    const Simulated first = run(members, trace);
    CHECK(times_of(first) == times_of(run(members, trace)));
    std::vector<std::pair<std::int64_t, std::int64_t>> changes;  // ends sort before starts
    for (std::size_t i = 0; i < trace.tasks.size(); ++i) {
      REQUIRE(first.fates[i].status == Status::completed);
      CHECK(first.fates[i].end_ms - first.fates[i].start_ms == trace.tasks[i].duration_ms);
      changes.emplace_back(first.fates[i].start_ms, static_cast<std::int64_t>(trace.tasks[i].units));
      changes.emplace_back(first.fates[i].end_ms, -static_cast<std::int64_t>(trace.tasks[i].units));
    }
    std::sort(changes.begin(), changes.end());
    std::int64_t units = 0;
    std::int64_t most = 0;
    for (const auto& [at, change] : changes) most = std::max(most, units += change);
    CHECK(most <= 14000);
    CHECK(most > 13000);
  }
}
