#include <algorithm>
#include <catch2/catch.hpp>

#include "driven_scheduler.h"

using namespace parking_lot;

namespace {

using Ids = std::vector<std::string>;

RequestId change(DrivenScheduler& lot, std::string_view json) {
  const ParsedPool parsed = parse_pool_settings(json, lot.core.config(DrivenScheduler::gpu));
  for (const ConfigIssue& issue : parsed.issues) UNSCOPED_INFO(issue.path << " " << issue.message);
  REQUIRE(parsed.ok());
  Reconfigure command;
  command.config = &parsed.pool;
  return lot.command(command);
}

std::string issue_of(std::string_view json, const PoolConfig& pool) {
  const ParsedPool parsed = parse_pool_settings(json, pool);
  return parsed.issues.empty() ? "" : parsed.issues.front().path + " " + parsed.issues.front().message;
}

}  // namespace

TEST_CASE("a smaller capacity ends nothing, and starts nothing until use fits") {
  DrivenScheduler lot(pool_of(8));
  lot.submit("a", 4);
  lot.submit("b", 4);
  lot.submit("c", 2);
  change(lot, R"({"max_units": 4})");
  CHECK(lot.stops.empty());
  CHECK(lot.stats().units_max == 4);
  lot.finish("a");
  CHECK(lot.started() == Ids{"a", "b"});
  lot.finish("b");
  CHECK(lot.started() == Ids{"c"});
}

TEST_CASE("a task dearer than the shrunk capacity waits, blocks nobody, and starts when capacity returns") {
  PoolConfig pool = pool_of(8);
  pool.policy = GENERATE(Policy::first_fit, Policy::strict, Policy::backfill);
  DrivenScheduler lot(pool);
  lot.submit("a", 8);
  lot.submit("dear", 6);
  lot.submit("cheap", 2);
  change(lot, R"({"max_units": 4})");
  lot.finish("a");
  CHECK(lot.started() == Ids{"a", "cheap"});
  const RequestId why = lot.command(Explain{0, lot.named("dear")});
  CHECK(lot.explanations[why].waits_for == Wait::capacity_shrunk);
  CHECK(lot.refusal(lot.submit("dear too", 6)) == Refusal::cost_exceeds_capacity);
  change(lot, R"({"max_units": 8})");
  CHECK(lot.started() == Ids{"dear"});
}

TEST_CASE("policy, depth and fairness change for what is parked already") {
  PoolConfig pool = pool_of(4);
  pool.policy = Policy::strict;
  DrivenScheduler lot(pool);
  lot.submit("a", 3);
  lot.submit("head", 2);
  lot.submit("small", 1);
  CHECK(lot.started() == Ids{"a"});
  change(lot, R"({"policy": "first_fit", "max_queue_depth": 1})");
  CHECK(lot.started() == Ids{"small"});
  CHECK(lot.refusal(lot.submit("too many", 2)) == Refusal::queue_full);
  change(lot, R"({"fairness": "tenant", "max_queue_depth": 10, "tenants": {"vip": {"weight": 5}}})");
  TaskSpec spec = DrivenScheduler::spec("of a tenant", 2);
  spec.tenant = lot.core.names().intern("vip");
  lot.submit(spec);
  lot.finish("a");
  CHECK(lot.started() == Ids{"of a tenant"});  // the other tenant has been using three units
  change(lot, R"({"fairness": "none", "tenants": {}})");
  lot.finish("of a tenant");
  CHECK(lot.started() == Ids{"head"});
  lot.finish("small");
  lot.finish("head");
  CHECK(lot.stats().units_in_use == 0);
  CHECK(lot.stats().parked == 0);
}

TEST_CASE("changed settings are recorded once, audited, and read back") {
  DrivenScheduler lot(pool_of(8, StorageKind::file));
  change(lot, R"({"max_units": 4})");
  const std::uint64_t through = lot.written_through;
  const RequestId same = change(lot, R"({"max_units": 4})");
  CHECK(lot.written_through == through);
  lot.persist();
  CHECK(lot.is_done(same));
  CHECK(lot.core.audit({}).events.back().action == Action::configure);
  lot.fail_write();
  lot.reload(through);
  CHECK(lot.stats().units_max == 4);
}

TEST_CASE("a change that was not written is undone by the reload") {
  DrivenScheduler lot(pool_of(8, StorageKind::file));
  lot.persist();
  const std::uint64_t through = lot.written_through;
  change(lot, R"({"max_units": 4, "fairness": "tenant"})");
  lot.fail_write();
  lot.reload(through);
  CHECK(lot.stats().units_max == 8);
}

TEST_CASE("when a process starts, its config decides, and that is recorded if the journal knows another") {
  const PoolConfig pool = pool_of(8, StorageKind::file);
  DrivenScheduler before(pool);
  change(before, R"({"max_units": 4})");
  std::vector<Record> records(before.journal.begin(), before.journal.end());
  Scheduler again = *Scheduler::open(config_of(pool), before.now, Entropy{3, 4});
  const std::vector<Input> inputs = {Recovered{DrivenScheduler::gpu, records},
                                     RecoveryDone{DrivenScheduler::gpu}};
  again.handle(before.now, inputs);
  CHECK(again.stats(DrivenScheduler::gpu).units_max == 8);
  bool is_recorded = false;
  while (const Effect* effect = again.poll()) {
    if (const auto* write = std::get_if<Write>(effect)) {
      for (const Record& record : write->records) {
        if (const auto* configured = std::get_if<PoolConfigured>(&record.fact))
          is_recorded = configured->settings.find("\"max_units\":8") != std::string_view::npos;
      }
    }
  }
  CHECK(is_recorded);
}

namespace {

std::size_t configured_in(const DrivenScheduler& lot) {
  return static_cast<std::size_t>(std::count_if(
      lot.journal.begin(), lot.journal.end(),
      [](const Record& record) { return std::holds_alternative<PoolConfigured>(record.fact); }));
}

/// Another process with this config reads what the first one wrote, and goes on in the same journal.
void start_again(DrivenScheduler& lot, const PoolConfig& pool) {
  lot.core = *Scheduler::open(config_of(pool), lot.now, Entropy{3, lot.written_through});
  lot.reload(lot.written_through);
  lot.persist();
}

}  // namespace

TEST_CASE("every opening whose config says something else than the journal records it, also the first") {
  const PoolConfig wide = pool_of(8, StorageKind::file);
  const PoolConfig narrow = pool_of(4, StorageKind::file);
  DrivenScheduler lot(wide);
  CHECK(configured_in(lot) == 1);
  start_again(lot, wide);
  CHECK(configured_in(lot) == 1);
  start_again(lot, narrow);
  CHECK(configured_in(lot) == 2);
  start_again(lot, narrow);
  CHECK(configured_in(lot) == 2);
}

TEST_CASE("a checkpoint knows the settings") {
  const PoolConfig pool = pool_of(8, StorageKind::file);
  DrivenScheduler lot(pool);
  change(lot, R"({"max_units": 4})");
  lot.persist();
  std::vector<Record> state;
  REQUIRE(lot.core.checkpoint(DrivenScheduler::gpu, 0, 1000, state) == end_of_checkpoint);
  const auto& restored = std::get<PoolRestored>(state.front().fact);
  REQUIRE(restored.settings == pool_settings_json(lot.core.config(DrivenScheduler::gpu)));
  lot.fail_write();
  lot.feed({Recovered{DrivenScheduler::gpu, state}, RecoveryDone{DrivenScheduler::gpu}});
  CHECK(lot.stats().units_max == 4);  // and not what the file says
}

TEST_CASE("what an earlier process recorded does not come back when this one's record is lost") {
  DrivenScheduler lot(pool_of(8, StorageKind::file));
  lot.persist();
  const std::uint64_t through = lot.written_through;
  const PoolConfig narrow = pool_of(4, StorageKind::file);
  lot.core = *Scheduler::open(config_of(narrow), lot.now, Entropy{3, 4});
  lot.reload(through);
  lot.fail_write();
  lot.reload(through);
  CHECK(lot.stats().units_max == 4);
  CHECK(configured_in(lot) == 2);
}

TEST_CASE("settings that cannot change, or make no sense, are named") {
  const PoolConfig pool = pool_of(8);
  CHECK(issue_of(R"({"queue": "file"})", pool).find("queue cannot change") == 0);
  CHECK(issue_of(R"({"max_unit": 3})", pool).find("max_units") != std::string::npos);
  CHECK(issue_of(R"({"max_units": {"cpu": 3}})", pool).find("max_units must keep") == 0);
  CHECK(issue_of(R"({"policy": "fair"})", pool).find("policy") == 0);
  CHECK(issue_of(R"({"tenants": {"a": {"max_units": 9}}})", pool).find("tenants.a.max_units is more than") ==
        0);
  CHECK(issue_of("{", pool).find("no JSON") != std::string::npos);
  CHECK(issue_of(pool_settings_json(pool), pool).empty());
}

TEST_CASE(
    "who only reads a journal sees settings that changed live, and when what waits is expected to start") {
  DrivenScheduler owner(pool_of(8, StorageKind::file));
  TaskSpec running = owner.spec("running", 4);
  running.estimate = Duration{10'000};
  owner.submit(running);
  owner.persist();
  change(owner, R"({"max_units": 4})");
  owner.submit("waits", 4);
  owner.persist();

  DrivenScheduler reader(pool_of(8, StorageKind::file));
  reader.now = owner.now;
  reader.feed({PersistFailed{reader.gpu}});
  const std::vector<Record> records(owner.journal.begin(), owner.journal.end());
  reader.feed({Recovered{reader.gpu, records}, RecoveryDone{reader.gpu, RecoveryDone::Purpose::reading}});
  CHECK(reader.stats().units_max == 4);
  const RequestId why = reader.command(Explain{0, reader.named("waits")});
  CHECK(reader.explanations[why].expected_at == owner.now.wall + Duration{10'000});
}

TEST_CASE("all that is wrong with settings is told at once, and each mistake once") {
  PoolConfig pool = pool_of(0);
  pool.resources = {{"cpu", 8}, {"gpu", 4}};
  pool.tenants = {{"acme", TenantConfig{}}};
  pool.tenants["acme"].resources = {{"gpu", 1}};
  const auto paths = [&](std::string_view json) {
    Ids found;
    for (const ConfigIssue& issue : parse_pool_settings(json, pool).issues) found.push_back(issue.path);
    std::sort(found.begin(), found.end());
    return found;
  };
  CHECK(paths(R"({"max_units": "many"})") == Ids{"max_units"});
  CHECK(paths(R"({"max_units": {"cpu": -1, "gpu": 4}})") == Ids{"max_units.cpu"});
  CHECK(paths(R"({"max_units": {"cpu": 8}})") == Ids{"max_units"});
  CHECK(paths(R"({"max_units": 8, "queue": "file", "policy": "fast", "ageing_secs": -1})") ==
        Ids{"ageing_secs", "max_units", "policy", "queue"});
}
