#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "driven_scheduler.h"

using namespace parking_lot;

namespace {

using Ids = std::vector<std::string>;

PoolConfig fair_pool(Units units, Policy policy = Policy::strict) {
  PoolConfig pool = pool_of(units);
  pool.fairness = Fairness::tenant;
  pool.policy = policy;
  pool.max_queue_depth = 100'000;
  return pool;
}

/// Submits `id` for a tenant: `a1` belongs to `a` unless another is named.
TaskSpec of_tenant(DrivenScheduler& lot, std::string_view tenant, std::string_view id, Units units,
                   std::int64_t estimate_ms) {
  TaskSpec spec = DrivenScheduler::spec(id, units);
  spec.tenant = lot.core.names().intern(tenant);
  spec.estimate = Duration{estimate_ms};
  return spec;
}

void submit(DrivenScheduler& lot, std::string_view id, Units units = 1, std::int64_t estimate_ms = 1000) {
  lot.submit(of_tenant(lot, id.substr(0, 1), id, units, estimate_ms));
}

/// Ends what has started, one after the other, each after its estimate, until nothing starts any more.
Ids run_out(DrivenScheduler& lot, std::int64_t length_ms = 1000) {
  Ids order = lot.started();
  for (std::size_t i = 0; i < order.size(); ++i) {
    lot.advance(length_ms);
    lot.finish(order[i]);
    for (std::string& id : lot.started()) order.push_back(std::move(id));
  }
  return order;
}

}  // namespace

TEST_CASE("tenants take turns, and each one's tasks leave first come, first served") {
  DrivenScheduler lot(fair_pool(1));
  for (const auto* id : {"a1", "a2", "a3", "a4", "b1", "b2", "c1"}) submit(lot, id);
  CHECK(run_out(lot) == Ids{"a1", "b1", "c1", "a2", "b2", "a3", "a4"});
}

TEST_CASE("priority comes before fairness") {
  DrivenScheduler lot(fair_pool(1));
  submit(lot, "a1");
  submit(lot, "b1");
  TaskSpec urgent = of_tenant(lot, "a", "a2", 1, 1000);
  urgent.priority = Priority::high;
  lot.submit(urgent);
  CHECK(run_out(lot) == Ids{"a1", "a2", "b1"});
}

TEST_CASE("a tenant of twice the weight gets twice as much") {
  PoolConfig pool = fair_pool(1);
  pool.tenants["a"].weight = 2;
  DrivenScheduler lot(pool);
  for (int i = 0; i < 40; ++i) {
    submit(lot, "a" + std::to_string(i));
    submit(lot, "b" + std::to_string(i));
  }
  std::map<char, int> seen;
  const Ids order = run_out(lot);
  for (std::size_t i = 0; i < 30; ++i) ++seen[order[i][0]];
  CHECK(seen['a'] == 20);
  CHECK(seen['b'] == 10);
}

TEST_CASE("service is units times run time: four small tasks of one tenant weigh as much as a large one") {
  DrivenScheduler lot(fair_pool(4));
  submit(lot, "x0", 4);  // holds the pool while the others come
  for (const auto* id : {"a1", "a2", "a3"}) submit(lot, id, 4);
  for (int i = 1; i <= 8; ++i) submit(lot, "b" + std::to_string(i), 1);
  lot.finish("x0");
  CHECK(lot.started() == Ids{"x0", "a1"});
  lot.advance(1000);
  lot.finish("a1");
  CHECK(lot.started() == Ids{"b1", "b2", "b3", "b4"});
}

TEST_CASE("an idle tenant banks no credit") {
  DrivenScheduler lot(fair_pool(1));
  for (int i = 0; i < 30; ++i) submit(lot, "a" + std::to_string(i));
  for (int i = 0; i < 20; ++i) {
    const Ids started = lot.started();
    lot.advance(1000);
    lot.finish(started.front());
  }
  for (int i = 0; i < 5; ++i) submit(lot, "b" + std::to_string(i));
  Ids order = run_out(lot);
  order.resize(7);
  CHECK(order == Ids{"a20", "b0", "a21", "b1", "a22", "b2", "a23"});
}

TEST_CASE("what a run really took is charged: a wrong estimate gains nothing") {
  DrivenScheduler lot(fair_pool(1));
  for (int i = 0; i < 6; ++i) {
    submit(lot, "a" + std::to_string(i), 1, 10);  // says 10 ms, takes 1 s
    submit(lot, "b" + std::to_string(i), 1, 1000);
  }
  Ids order = run_out(lot);
  order.resize(8);
  CHECK(order == Ids{"a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3"});
}

TEST_CASE("a run that outlives its charge is charged again while it runs") {
  DrivenScheduler lot(fair_pool(2));
  submit(lot, "a1", 1, 100);
  submit(lot, "b1", 1, 1000);
  submit(lot, "a2");
  submit(lot, "b2");
  CHECK(lot.started() == Ids{"a1", "b1"});
  lot.advance(5000);  // a1 has taken 5 s, of which it said 100 ms
  lot.finish("b1");
  CHECK(lot.started() == Ids{"b2"});
}

TEST_CASE("a tenant's own limits hold for it alone") {
  PoolConfig pool = fair_pool(10, Policy::first_fit);
  pool.fairness = GENERATE(Fairness::none, Fairness::tenant);
  pool.tenants["a"].max_units = 3;
  pool.tenants["a"].max_queued = 2;
  DrivenScheduler lot(pool);
  submit(lot, "a1", 2);
  submit(lot, "a2", 2);
  submit(lot, "a3", 1);
  CHECK(lot.started() == Ids{"a1", "a3"});  // a2 would take it to four
  submit(lot, "a4", 1);
  const RequestId refused = lot.submit(of_tenant(lot, "a", "a5", 1, 1000));
  CHECK(lot.refusal(refused) == Refusal::queue_full);
  const RequestId never = lot.submit(of_tenant(lot, "a", "a6", 4, 1000));
  CHECK(lot.refusal(never) == Refusal::cost_exceeds_capacity);
  submit(lot, "b1", 7);
  CHECK(lot.started() == Ids{"b1"});  // whoever is at its own limit blocks nobody
  const RequestId why = lot.command(Explain{0, lot.named("a2")});
  CHECK(lot.explanations[why].waits_for == Wait::tenant_limit);
  CHECK((lot.explanations[why].expected_at - lot.now.wall).ms == 1000);
  lot.finish("a1");
  CHECK(lot.started() == Ids{"a2"});
}

TEST_CASE("whoever waits for its own tenant's limit delays no start that is foretold to others") {
  PoolConfig pool = fair_pool(2, Policy::first_fit);
  pool.fairness = GENERATE(Fairness::none, Fairness::tenant);
  pool.tenants["b"].max_units = 1;
  DrivenScheduler lot(pool);
  for (int i = 0; i < 9; ++i) lot.submit(of_tenant(lot, "b", "b" + std::to_string(i), 1, 1000));
  lot.submit(of_tenant(lot, "c", "c", 1, 300));
  lot.submit(of_tenant(lot, "d", "d", 1, 100));
  const RequestId why = lot.command(Explain{0, lot.named("d")});
  CHECK(lot.explanations[why].waits_for == Wait::capacity);
  CHECK((lot.explanations[why].expected_at - lot.now.wall).ms == 300);
  // Of its own tasks each starts when the one before has ended, whatever is free.
  const RequestId own = lot.command(Explain{0, lot.named("b5")});
  CHECK(lot.explanations[own].waits_for == Wait::tenant_limit);
  CHECK((lot.explanations[own].expected_at - lot.now.wall).ms == 5000);
  lot.advance(300);
  lot.finish("c");
  CHECK(lot.started() == Ids{"b0", "c", "d"});
}

TEST_CASE("the lag between tenants that wait stays within its bound") {
  const Policy policy = GENERATE(Policy::first_fit, Policy::strict, Policy::backfill);
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    const auto between = [&](int low, int high) {
      return std::uniform_int_distribution<int>(low, high)(random);
    };
    PoolConfig pool = fair_pool(static_cast<Units>(between(4, 16)), policy);
    pool.starvation_guard = Duration::seconds(between(1, 5));
    DrivenScheduler lot(pool);
    const int tenants = between(2, 6);
    std::multimap<std::int64_t, std::string> ends;
    std::map<std::string, std::int64_t> lengths;
    for (int step = 0; step < 400; ++step) {
      for (int i = between(0, 3); i > 0; --i) {
        const std::string id =
            std::string(1, static_cast<char>('a' + between(0, tenants - 1))) + std::to_string(lengths.size());
        lengths[id] = between(1, 3000);
        submit(lot, id, static_cast<Units>(between(1, static_cast<int>(pool.max_units))),
               between(0, 2) == 0 ? between(1, 3000) : lengths[id]);
      }
      for (const std::string& id : lot.started()) ends.emplace(lot.now.steady.ms + lengths[id], id);
      lot.advance(between(1, 800));
      while (!ends.empty() && ends.begin()->first <= lot.now.steady.ms) {
        lot.finish(ends.begin()->second);
        ends.erase(ends.begin());
        for (const std::string& id : lot.started()) ends.emplace(lot.now.steady.ms + lengths[id], id);
      }
      const PoolStats stats = lot.stats();
      INFO("seed " << seed << ", step " << step);
      REQUIRE(stats.fairness_lag <= stats.fairness_lag_bound);
    }
    CHECK(lot.stats().fairness_lag_bound > 0);
  }
}

TEST_CASE("a tenant that is far ahead waits for one that is behind, although neither is the first") {
  PoolConfig pool = fair_pool(4, Policy::first_fit);
  pool.starvation_guard = Duration::seconds(1);
  DrivenScheduler lot(pool);
  submit(lot, "a0", 1);
  submit(lot, "b0", 4);
  int urgent = 0;
  const auto ask_urgently = [&] {  // whoever is the first never is for long enough to be guarded
    if (urgent > 0) lot.cancel("c" + std::to_string(urgent));
    const std::string name = "c" + std::to_string(++urgent);
    TaskSpec spec = of_tenant(lot, "c", name, 4, 1000);
    spec.priority = Priority::critical;
    lot.submit(spec);
  };
  int next = 1;
  bool is_held = false;
  Ids running = lot.started();
  for (int step = 0; step < 60 && !is_held; ++step) {
    ask_urgently();
    const std::string id = "a" + std::to_string(next++);
    submit(lot, id, 1);
    for (std::string& each : lot.started()) running.push_back(each);
    is_held = lot.status(id) == Status::queued;
    if (is_held) {
      const RequestId why = lot.command(Explain{0, lot.named(id)});
      CHECK(lot.explanations[why].waits_for == Wait::guard);
      CHECK(lot.explanations[why].behind_id == "b0");
    }
    lot.advance(500);
    if (running.size() > 1) {
      lot.finish(running.front());
      running.erase(running.begin());
    }
    CHECK(lot.stats().fairness_lag <= lot.stats().fairness_lag_bound);
  }
  CHECK(is_held);
}

TEST_CASE("a tenant that comes after a restart begins beside those who have been served before it") {
  PoolConfig pool = fair_pool(1);
  pool.queue.kind = StorageKind::file;
  DrivenScheduler lot(pool);
  for (int i = 0; i < 12; ++i) submit(lot, "a" + std::to_string(i));
  for (int i = 0; i < 6; ++i) {
    lot.persist();
    lot.advance(1000);
    lot.finish("a" + std::to_string(i));
  }
  lot.persist();
  lot.fail_write();
  lot.reload(lot.written_through);
  lot.persist();
  lot.started();
  for (int i = 0; i < 4; ++i) submit(lot, "b" + std::to_string(i));
  Ids order;
  for (int i = 6; i < 9; ++i) {
    lot.persist();
    lot.advance(1000);
    const Start run = lot.starts.back();
    lot.feed({Finished{run.task, run.lease, {}, 1}});
    lot.persist();
    order.push_back(lot.core.task_id(lot.starts.back().task));
  }
  CHECK(std::count_if(order.begin(), order.end(), [](const std::string& id) { return id[0] == 'a'; }) >= 1);
}

TEST_CASE("ageing raises the head of a class for each interval that it has waited, but not while paused") {
  PoolConfig pool = pool_of(1);
  pool.policy = Policy::strict;
  pool.ageing = Duration::seconds(10);
  DrivenScheduler lot(pool);
  lot.submit("running");
  TaskSpec low = DrivenScheduler::spec("low");
  low.priority = Priority::low;
  lot.submit(low);
  lot.advance(5000);
  lot.command(SetPoolState{0, DrivenScheduler::gpu, PoolState::paused});
  lot.advance(100'000);
  lot.command(SetPoolState{0, DrivenScheduler::gpu, PoolState::active});
  lot.submit("normal1");
  lot.finish("running");
  CHECK(lot.started() == Ids{"running", "normal1"});
  lot.submit("normal2");
  for (int i = 0; i < 6; ++i) lot.advance(1000);
  lot.finish("normal1");
  CHECK(lot.started() == Ids{"low"});  // older than normal2, and of its class now
}

TEST_CASE("ageing raises one task of a line at a time") {
  PoolConfig pool = pool_of(1);
  pool.policy = Policy::strict;
  pool.ageing = Duration::seconds(10);
  pool.fairness = GENERATE(Fairness::none, Fairness::tenant);
  DrivenScheduler lot(pool);
  lot.submit("running");
  for (const auto* id : {"low1", "low2"}) {
    TaskSpec low = DrivenScheduler::spec(id);
    low.priority = Priority::low;
    lot.submit(low);
  }
  lot.advance(1000);
  for (const auto* id : {"normal1", "normal2"}) lot.submit(id);
  for (int i = 0; i < 14; ++i) lot.advance(1000);
  lot.finish("running");
  lot.finish("low1");
  lot.finish(lot.starts.back().task == lot.handle("low2") ? "low2" : "normal1");
  const Ids order = lot.started();
  REQUIRE(order.size() == 4);
  CHECK(order[1] == "low1");
}

TEST_CASE("run times are learned by tenant and kind, from the last two") {
  PoolConfig pool = pool_of(10);
  pool.policy = Policy::backfill;
  pool.estimates = Estimates::learned;
  DrivenScheduler lot(pool);
  for (const auto* id : {"a1", "a2", "a3"}) {
    submit(lot, id, 1, 60'000);
    lot.advance(id[1] == '1' ? 50'000 : id[1] == '2' ? 1000 : 3000);
    lot.finish(id);
  }
  submit(lot, "r0", 6, 2500);
  submit(lot, "h0", 8, 2500);
  CHECK(lot.started() == Ids{"a1", "a2", "a3", "r0"});
  submit(lot, "b1", 4, 60'000);
  CHECK(lot.started().empty());  // nothing is known of b
  submit(lot, "a4", 4, 60'000);
  CHECK(lot.started() == Ids{"a4"});  // two seconds, as the last two on average
}

TEST_CASE("a candidate for backfill that starts in its own turn is not started again") {
  PoolConfig config = fair_pool(10, Policy::backfill);
  DrivenScheduler lot(config);
  lot.connect(2, endless_credits, 7);
  submit(lot, "c1", 6, 1000);
  lot.command(SetPoolState{0, lot.gpu, PoolState::paused});
  submit(lot, "a1", 8, 1000);
  submit(lot, "a2", 1, 500);
  submit(lot, "a3", 1, 500);
  TaskSpec pinned = of_tenant(lot, "b", "b1", 1, 500);
  pinned.realm = 7;
  lot.submit(pinned);
  lot.command(SetPoolState{0, lot.gpu, PoolState::active});
  // a2 passes a1; that charges their tenant, so that b1's turn comes before a1's.
  CHECK(lot.started() == Ids{"c1", "a2", "b1", "a3"});
  CHECK(lot.stats().units_in_use == 9);
  for (const auto* id : {"a2", "b1", "a3"}) lot.finish(id);
  CHECK(lot.stats().units_in_use == 6);
}

TEST_CASE("the bound on the lag holds while tasks of one lane only have been parked") {
  DrivenScheduler lot(fair_pool(1));
  lot.connect(2, endless_credits, 7);
  submit(lot, "a1");
  submit(lot, "a2");
  CHECK(lot.stats().fairness_lag_bound != ~std::uint64_t{0});
  for (const auto* id : {"b1", "b2"}) {
    TaskSpec pinned = of_tenant(lot, "b", id, 1, 1000);
    pinned.realm = 7;
    lot.submit(pinned);
  }
  CHECK(lot.stats().fairness_lag_bound == ~std::uint64_t{0});
}
