#include <catch2/catch.hpp>
#include <cstdint>

#include "steps.h"
#include "work/busy_pool.h"

/// What a decision costs does not grow with the queue: steps of searches and updates are counted, in a build
/// of the machines which does that, so that neither the machine nor its load matters.
namespace parking_lot {
namespace {

/// What a decision costs beside these, which does not depend on the queue: records, timers, names, accounts.
/// Set against the time that bench_decisions tells, a step is about 3 ns.
double steps_besides(const Load& load) { return load.tenants == 1 ? 200 : 1200; }

double steps_per_decision(const Load& load, std::uint64_t parked) {
  constexpr int decisions = 200;
  BusyPool pool(load, parked);
  const std::uint64_t before = steps_counted;
  pool.decide(decisions);
  CHECK(pool.parked() == parked);
  return static_cast<double>(steps_counted - before) / decisions;
}

TEST_CASE("a decision with 100,000 parked tasks takes at most three times the work of one with 1,000") {
  for (const Load& load : loads()) {
    const double few = steps_per_decision(load, 1000);
    const double many = steps_per_decision(load, 100'000);
    INFO(text_of(load) << ": " << few << " steps with 1,000 parked, " << many << " with 100,000");
    CHECK(few > 1);
    CHECK(many + steps_besides(load) <= 3 * (few + steps_besides(load)));
  }
}

}  // namespace
}  // namespace parking_lot
