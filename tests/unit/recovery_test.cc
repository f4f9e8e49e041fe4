#include <algorithm>
#include <catch2/catch.hpp>

#include "driven_scheduler.h"

using namespace parking_lot;
using Ids = std::vector<std::string>;

namespace {

class DurableLot : public DrivenScheduler {
 public:
  explicit DurableLot(PoolConfig pool = pool_of(2, StorageKind::file), Executors executors = Executors::one)
      : DrivenScheduler(pool, executors) {}

  /// The write fails and the host reads the journal back: all of it, or what was confirmed.
  void fail_and_reload(std::uint64_t through) {
    fail_write();
    reload(through);
    persist();
  }
};

}  // namespace

TEST_CASE("no start, answer or notice comes before its record is durable") {
  DurableLot lot;
  const RequestId request = lot.submit("a");
  CHECK(lot.writes == 2);
  CHECK(lot.starts.empty());
  CHECK_FALSE(lot.answers.contains(request));
  lot.persist();
  CHECK(lot.starts.size() == 1);
  CHECK(lot.answers.contains(request));
}

TEST_CASE("a journal that is only looked at shows what is there, and nothing happens to it") {
  DurableLot lot(pool_of(2, StorageKind::file));
  lot.submit("running");
  lot.submit("parked", 2);
  TaskSpec late = lot.spec("late");
  late.deadline = lot.now.wall + Duration{1000};
  late.units = 2;
  lot.submit(late);
  lot.persist();

  DrivenScheduler other(pool_of(2, StorageKind::file));
  other.now = lot.now;
  other.feed({PersistFailed{other.gpu}});
  other.writes = 0;
  const std::vector<Record> records(lot.journal.begin(), lot.journal.end());
  other.feed({Recovered{other.gpu, records}, RecoveryDone{other.gpu, RecoveryDone::Purpose::reading},
              ExecutorReady{.pool = other.gpu, .executor = 9, .credits = endless_credits}});
  other.advance(5000);
  CHECK(other.view("running").status == Status::running);
  CHECK(other.view("late").status == Status::queued);
  CHECK(other.stats().parked == 2);
  const RequestId refused = other.submit("more");
  CHECK(std::get<Refused>(other.answers.at(refused)).code == Refusal::storage_unavailable);
  const RequestId cancelled = other.command(Cancel{0, other.named("parked")});
  CHECK(std::get<Refused>(other.answers.at(cancelled)).code == Refusal::storage_unavailable);
  CHECK(other.writes == 0);
  CHECK(other.starts.empty());
}

TEST_CASE("a journal read into a new process gives the state that wrote it") {
  DurableLot lot(pool_of(2, StorageKind::file));
  lot.submit("completed");
  lot.persist();
  lot.finish("completed");
  lot.submit("parked", 2);
  TaskSpec waits = lot.spec("waits");
  waits.start_after = lot.now.wall + Duration{60'000};
  lot.submit(waits);
  lot.command(SetPoolState{0, lot.gpu, PoolState::paused});
  lot.submit("also parked");
  lot.command(SetPriority{0, lot.named("also parked"), Priority::critical});
  lot.persist();

  DrivenScheduler other(pool_of(2, StorageKind::file));
  other.now = lot.now;
  other.feed({PersistFailed{other.gpu}});
  other.journal = lot.journal;
  other.reload(lot.written_through);
  other.persist();
  CHECK(other.stats().state == PoolState::paused);
  for (const char* id : {"completed", "parked", "waits", "also parked"}) {
    const TaskView before = lot.view(id);
    const TaskView after = other.view(id);
    CHECK(after.admission == before.admission);
    CHECK(after.priority == before.priority);
    CHECK(after.units == before.units);
    CHECK(after.submitted_at == before.submitted_at);
    CHECK(after.finished_at == before.finished_at);
    CHECK(after.ready_at == before.ready_at);
    CHECK(after.deadline == before.deadline);
  }
}

TEST_CASE("a failed write and its reload in one batch write every record once") {
  DurableLot lot;
  lot.writes = 0;
  const std::vector<Record> records(lot.journal.begin(), lot.journal.end());
  lot.feed({submission(900, lot.spec("a", 99)), PersistFailed{lot.gpu}, Recovered{lot.gpu, records},
            RecoveryDone{lot.gpu}});
  CHECK(lot.writes == 1);
}

TEST_CASE("a run that was told to stop is told again after a reload, and its units stay taken") {
  DurableLot lot;
  lot.submit("a");
  lot.persist();
  lot.cancel("a");
  CHECK(lot.stops.empty());
  lot.fail_and_reload(
      lot.written_through);  // the cancel is in the journal although its write was reported as failed
  CHECK(lot.view("a").reason == Reason::cancelled);
  CHECK(lot.stops.size() == 1);
  CHECK(lot.stats().units_in_use == 1);
}

TEST_CASE("the end of a stopping run that is reported while the storage is gone counts after the reload") {
  DurableLot lot(pool_of(2, StorageKind::file), DrivenScheduler::Executors::none);
  lot.connect(1, 1);
  lot.submit("a");
  lot.persist();
  const Start run = lot.start_of("a");
  lot.cancel("a");
  lot.persist();
  lot.fail_write();
  lot.feed({Finished{run.task, run.lease, {}, 1}});
  lot.reload(lot.written_through);
  lot.persist();
  CHECK(lot.stats().units_in_use == 0);
  lot.submit("b");
  lot.persist();
  CHECK(lot.started() == Ids{"a", "b"});  // its executor has its credit back
}

TEST_CASE("a client that goes while the storage is gone takes its tasks along after the reload") {
  DurableLot lot;
  TaskSpec spec = lot.spec("a");
  spec.on_disconnect = OnDisconnect::cancel;
  lot.submit(spec, 5);
  lot.persist();
  lot.fail_write();
  lot.feed({ClientGone{5}});
  lot.reload(lot.written_through);
  lot.persist();
  CHECK(lot.view("a").reason == Reason::client_gone);
}

TEST_CASE("a reload does not prolong the timeout of a run") {
  PoolConfig pool = pool_of(2, StorageKind::file);
  pool.default_timeout = Duration{1000};
  DurableLot lot(pool);
  lot.submit("a");
  lot.persist();
  const Start run = lot.start_of("a");
  lot.feed({Running{run.task, run.lease}});
  lot.advance(900);
  lot.fail_and_reload(lot.written_through);
  lot.advance(99);
  CHECK(lot.status("a") == Status::running);
  lot.advance(1);
  lot.persist();
  CHECK(lot.view("a").reason == Reason::timed_out);
}

TEST_CASE("the timeout of a run that began while the storage was gone is not forgotten") {
  PoolConfig pool = pool_of(2, StorageKind::file);
  pool.default_timeout = Duration{1000};
  DurableLot lot(pool);
  lot.submit("a");
  lot.persist();
  const Start run = lot.start_of("a");
  lot.fail_write();
  lot.feed({Running{run.task, run.lease}});
  lot.advance(5000);
  lot.reload(lot.written_through);
  lot.advance(1000);
  lot.persist();
  CHECK(lot.view("a").reason == Reason::timed_out);
}

TEST_CASE("what the journal does not know never happened: the id is free and the units too") {
  DurableLot lot;
  const std::uint64_t before = lot.written_through;
  const RequestId request = lot.submit("a", 2);
  lot.fail_and_reload(before);
  CHECK(lot.refusal(request) == Refusal::unconfirmed);
  CHECK_FALSE(lot.handle("a"));
  CHECK(lot.starts.empty());
  lot.submit("a", 2);
  lot.persist();
  CHECK(lot.started() == Ids{"a"});
}

TEST_CASE("tasks, units and executors are as before after many failures and reloads") {
  DurableLot lot(pool_of(8, StorageKind::file));
  for (int i = 0; i < 200; ++i) {
    const std::string id = "task-" + std::to_string(i);
    lot.submit(id, static_cast<Units>(1 + i % 3));
    if (i % 2 == 0) lot.persist();
    if (i % 3 == 0 && lot.handle(id) && lot.core.stats(lot.gpu).running > 0 && !lot.starts.empty()) {
      const Start run = lot.starts[lot.starts.size() / 2];
      lot.feed({Finished{run.task, run.lease, {}, 1}});
    }
    if (i % 7 == 6) lot.fail_and_reload(lot.written_through);
  }
  lot.persist();
  for (std::size_t i = 0; i < lot.starts.size(); ++i) {  // grows while it ends them
    lot.feed({Finished{lot.starts[i].task, lot.starts[i].lease, {}, 1}});
    lot.persist();
  }
  const PoolStats stats = lot.stats();
  CHECK(stats.units_in_use == 0);
  CHECK(stats.running + stats.parked == 0);
}

TEST_CASE("an identical incarnation never returns, so a lease from before a reload is never given again") {
  DurableLot lot;
  std::vector<Lease> leases;
  for (int i = 0; i < 20; ++i) {
    const std::string id = "task-" + std::to_string(i);
    lot.submit(id);
    lot.persist();
    leases.push_back(lot.start_of(id).lease);
    lot.finish(id);
    lot.persist();
    if (i % 4 == 3) lot.fail_and_reload(lot.written_through);
  }
  std::sort(leases.begin(), leases.end());
  CHECK(std::adjacent_find(leases.begin(), leases.end()) == leases.end());
}

TEST_CASE("an end whose write was reported as failed, but which the journal has, is told after the reload") {
  DurableLot lot;
  lot.submit("a");
  lot.persist();
  lot.cancel("a");
  const auto ends = [&] {
    return std::count_if(lot.notices.begin(), lot.notices.end(),
                         [](const Notify& notice) { return notice.event == Notify::Event::ended; });
  };
  CHECK(ends() == 0);
  lot.fail_and_reload(lot.written_through);
  CHECK(ends() == 1);
  lot.fail_and_reload(lot.written_through);
  CHECK(ends() == 1);
}

TEST_CASE("a run that ended while its task's own end was being written is over, also when that write fails") {
  DurableLot lot(pool_of(2, StorageKind::file));
  lot.submit("a");
  lot.persist();
  const std::uint64_t durable = lot.written_through;
  const Start run = lot.start_of("a");
  lot.cancel("a");
  Failed lost;
  lost.task = run.task;
  lost.lease = run.lease;
  lost.reason = Reason::lost;
  lost.units = Failed::Units::unknown;
  lot.feed({lost});
  lot.fail_and_reload(durable);
  lot.persist();
  CHECK(lot.starts.size() == 2);
  lot.advance(60'000);
  lot.persist();
  lot.finish("a");
  lot.persist();
  CHECK(lot.status("a") == Status::completed);
  CHECK(lot.stats().units_in_use == 0);
}

TEST_CASE("a retry whose record is lost leaves the failed task its payload", "[durability]") {
  DurableLot lot(pool_of(1, StorageKind::file));
  TaskSpec spec = lot.spec("a");
  spec.payload = PayloadRef{.id = 77, .bytes = 10, .digest = 1};
  lot.submit(spec);
  lot.persist();
  lot.fail("a");
  lot.persist();
  const std::uint64_t durable = lot.written_through;
  lot.command(Retry{0, lot.named("a")});
  lot.fail_and_reload(durable);
  CHECK(lot.status("a") == Status::failed);
  CHECK(lot.releases.empty());
  lot.command(Retry{0, lot.named("a")});
  lot.persist();
  CHECK(lot.start_of("a").payload.id == 77);
  lot.finish("a");
  lot.persist();
  CHECK(lot.releases.size() == 1);
}
