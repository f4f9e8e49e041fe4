#include <catch2/catch.hpp>
#include <random>

#include "driven_scheduler.h"

using namespace parking_lot;

namespace {

using Ids = std::vector<std::string>;

/// cpu 8, gpu 4.
PoolConfig two_resources(Policy policy = Policy::first_fit) {
  PoolConfig pool = pool_of(0);
  pool.resources = {{"cpu", 8}, {"gpu", 4}};
  pool.policy = policy;
  return pool;
}

RequestId submit(DrivenScheduler& lot, std::string_view id, std::vector<Units> cost,
                 std::int64_t estimate_ms = 0, std::string_view tenant = "default") {
  TaskSpec spec = DrivenScheduler::spec(id);
  spec.resources = cost;
  spec.estimate = Duration{estimate_ms};
  spec.tenant = lot.core.names().intern(tenant);
  return lot.submit(spec);
}

}  // namespace

TEST_CASE("a task starts if each of its resources fits") {
  DrivenScheduler lot(two_resources());
  submit(lot, "a", {6, 1});
  submit(lot, "b", {3, 1});
  submit(lot, "c", {2, 3});
  CHECK(lot.started() == Ids{"a", "c"});
  const PoolStats stats = lot.stats();
  REQUIRE(stats.resources.size() == 2);
  CHECK(stats.resources[0].name == "cpu");
  CHECK(stats.resources[0].units_in_use == 8);
  CHECK(stats.resources[1].units_in_use == 4);
  lot.finish("a");
  CHECK(lot.started() == Ids{"b"});
}

TEST_CASE("what is ahead of a task is told by resource, whether it waits or runs") {
  DrivenScheduler lot(two_resources());
  submit(lot, "a", {6, 1});
  submit(lot, "b", {3, 1});
  submit(lot, "c", {3, 2});
  const auto ahead = [&](std::string_view id) {
    return lot.explanations[lot.command(Explain{0, lot.named(id)})].resources_ahead;
  };
  CHECK(ahead("a") == ResourceUnits{{"cpu", 0}, {"gpu", 0}});
  CHECK(ahead("c") == ResourceUnits{{"cpu", 3}, {"gpu", 1}});
}

TEST_CASE("costs that could never be met or that name other resources are refused") {
  DrivenScheduler lot(two_resources());
  CHECK(lot.refusal(submit(lot, "a", {1, 5})) == Refusal::cost_exceeds_capacity);
  CHECK(lot.refusal(submit(lot, "b", {1})) == Refusal::invalid_task);
  CHECK(lot.refusal(submit(lot, "c", {1, 1, 1})) == Refusal::invalid_task);
}

TEST_CASE("a backfilled head blocks only those who share what it waits for") {
  DrivenScheduler lot(two_resources(Policy::backfill));
  submit(lot, "running", {1, 4});
  submit(lot, "head", {1, 2});
  submit(lot, "gpu too", {1, 1});
  submit(lot, "cpu only", {4, 0});
  CHECK(lot.started() == Ids{"running", "cpu only"});
}

TEST_CASE("a guarded head blocks only those who share what it waits for") {
  PoolConfig pool = two_resources();
  pool.starvation_guard = Duration::seconds(5);
  DrivenScheduler lot(pool);
  submit(lot, "running", {1, 3});
  submit(lot, "head", {1, 2});
  lot.advance(5000);
  submit(lot, "gpu too", {1, 1});
  submit(lot, "cpu only", {4, 0});
  CHECK(lot.started() == Ids{"running", "cpu only"});
  lot.finish("running");
  CHECK(lot.started() == Ids{"head", "gpu too"});
}

TEST_CASE("under strict nobody passes, whatever he needs") {
  DrivenScheduler lot(two_resources(Policy::strict));
  submit(lot, "running", {1, 4});
  submit(lot, "head", {1, 2});
  submit(lot, "cpu only", {4, 0});
  submit(lot, "nothing", {0, 0});
  CHECK(lot.started() == Ids{"running", "nothing"});
}

TEST_CASE("tenants share by their dominant resource") {
  PoolConfig pool = two_resources(Policy::strict);
  pool.resources = {{"cpu", 9}, {"memory", 18}};
  pool.fairness = Fairness::tenant;
  DrivenScheduler lot(pool);
  // The example of Ghodsi et al., "Dominant Resource Fairness", NSDI 2011, section 4.1: a takes 1/9 of the
  // cpus and 4/18 of the memory for a task, b 3/9 and 1/18; a gets three tasks and b two.
  submit(lot, "all", {9, 18}, 1000, "x");
  for (int i = 0; i < 5; ++i) {
    submit(lot, "a" + std::to_string(i), {1, 4}, 1000, "a");
    submit(lot, "b" + std::to_string(i), {3, 1}, 1000, "b");
  }
  lot.advance(1000);
  lot.finish("all");
  int a = 0;
  int b = 0;
  for (const std::string& id : lot.started()) {
    a += id[0] == 'a' && id != "all" ? 1 : 0;
    b += id[0] == 'b' ? 1 : 0;
  }
  CHECK(a == 3);
  CHECK(b == 2);
}

TEST_CASE("what fits beyond the first thousand in leaving order waits until those before it are gone") {
  PoolConfig pool = two_resources();
  pool.max_queue_depth = 5000;
  pool.starvation_guard = Duration{0};
  DrivenScheduler lot(pool);
  submit(lot, "running", {1, 4});
  for (int i = 0; i < 1023; ++i) submit(lot, "g" + std::to_string(i), {1, 1});
  submit(lot, "inside", {1, 0});
  CHECK(lot.started() == Ids{"running", "inside"});
  submit(lot, "g1023", {1, 1});
  submit(lot, "outside", {1, 0});
  CHECK(lot.started().empty());
  lot.cancel("g0");
  CHECK(lot.started() == Ids{"outside"});
}

TEST_CASE("units of each resource are counted exactly over random lives, also of lost runs") {
  PoolConfig pool = two_resources(GENERATE(Policy::first_fit, Policy::strict, Policy::backfill));
  pool.fairness = GENERATE(Fairness::none, Fairness::tenant);
  pool.max_lost = 0;
  pool.quarantine = Duration{700};
  DrivenScheduler lot(pool);
  std::mt19937 random(7);
  const auto below = [&](std::uint32_t end) { return random() % end; };
  Ids running;
  for (int i = 0; i < 1500; ++i) {
    if (below(2) == 0)
      submit(lot, std::to_string(i), {below(9), below(5)}, static_cast<std::int64_t>(below(2000)),
             below(2) == 0 ? "a" : "b");
    for (std::string& id : lot.started()) running.push_back(std::move(id));
    if (!running.empty() && below(2) == 0) {
      std::swap(running[below(static_cast<std::uint32_t>(running.size()))], running.back());
      const Start run = lot.start_of(running.back());
      if (below(5) == 0) {
        lot.feed({Failed{run.task, run.lease, Reason::task_failed, {}, 1, Failed::Units::unknown}});
      } else {
        lot.finish(running.back());
      }
      running.pop_back();
    }
    lot.advance(static_cast<std::int64_t>(below(400)));
    for (const PoolStats::Resource& resource : lot.stats().resources)
      REQUIRE(resource.units_in_use <= resource.units_max);
  }
  for (int i = 0; i < 2000 && lot.stats().units_in_use + lot.stats().parked > 0; ++i) {
    lot.advance(1000);
    for (std::string& id : lot.started()) running.push_back(std::move(id));
    if (running.empty()) continue;
    lot.finish(running.back());
    running.pop_back();
  }
  CHECK(lot.stats().parked == 0);
  for (const PoolStats::Resource& resource : lot.stats().resources) CHECK(resource.units_in_use == 0);
}

TEST_CASE("an explanation says of each resource what is ahead and free, and figures what is quarantined") {
  PoolConfig pool = two_resources(Policy::strict);
  pool.quarantine = Duration{70};
  DrivenScheduler lot(pool);
  submit(lot, "running", {6, 1});
  submit(lot, "first", {4, 0});
  submit(lot, "second", {1, 2});
  submit(lot, "third", {1, 1});
  const RequestId asked = lot.command(Explain{0, lot.named("third")});
  const Explanation& third = lot.explanations.at(asked);
  CHECK(third.position == 3);
  CHECK(third.resources_ahead == ResourceUnits{{"cpu", 5}, {"gpu", 2}});
  CHECK(third.resources_free == ResourceUnits{{"cpu", 2}, {"gpu", 3}});
  for (const char* id : {"third", "second", "first"}) lot.cancel(id);
  lot.feed({ExecutorGone{lot.gpu, 1, ExecutorGone::Death::unknown}});
  CHECK(lot.stats().resources[0].units_quarantined == 6);
  CHECK(lot.stats().resources[1].units_quarantined == 1);
  lot.advance(70);
  CHECK(lot.stats().resources[0].units_quarantined == 0);
  CHECK(lot.stats().resources[0].units_in_use == 0);
}
