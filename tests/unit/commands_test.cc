#include <catch2/catch.hpp>

#include "driven_scheduler.h"

using namespace parking_lot;
using Ids = std::vector<std::string>;

namespace {

TaskSpec spec_with_payload(std::string_view id, std::uint64_t payload) {
  TaskSpec spec = DrivenScheduler::spec(id);
  spec.payload = PayloadRef{payload, 10, payload};
  return spec;
}

}  // namespace

TEST_CASE("cancel ends a task in every live state and says wrong_state afterwards") {
  DrivenScheduler lot(pool_of(1));
  TaskSpec later = lot.spec("waits");
  later.start_after = lot.now.wall + Duration{5000};
  TaskSpec repeated = lot.spec("backs off", 0);
  repeated.retry.max_attempts = 2;
  lot.submit("runs");
  lot.submit("parked");
  lot.submit(later);
  lot.submit(repeated);
  lot.fail("backs off");
  for (const char* id : {"runs", "parked", "waits", "backs off"}) {
    CHECK(lot.is_done(lot.cancel(id)));
    CHECK(lot.view(id).reason == Reason::cancelled);
    CHECK(lot.refusal(lot.cancel(id)) == Refusal::wrong_state);
  }
  CHECK(lot.stops.size() == 1);
  lot.finish("runs");
  const PoolStats stats = lot.stats();
  CHECK(stats.dropped == 4);
  CHECK(stats.parked + stats.waiting + stats.backing_off + stats.running + stats.units_in_use == 0);
  lot.advance(100'000);
  CHECK(lot.starts.size() == 2);
}

TEST_CASE("a handle of a forgotten task names nothing, also when another task has its slot") {
  PoolConfig pool = pool_of(1);
  pool.task_retention_count = 0;
  DrivenScheduler lot(pool);
  lot.submit("a");
  const TaskHandle old = lot.handle("a");
  lot.finish("a");
  lot.submit("b");
  REQUIRE(lot.handle("b").slot == old.slot);
  CHECK(lot.refusal(lot.command(Cancel{0, {lot.gpu, old, {}}})) == Refusal::unknown_task);
  CHECK(lot.core.task_id(old).empty());
  CHECK(lot.status("b") == Status::running);
}

TEST_CASE("cancelling a tenant spares the others") {
  DrivenScheduler lot(pool_of(1));
  TaskSpec theirs = lot.spec("theirs");
  theirs.tenant = lot.core.names().intern("acme");
  lot.submit(theirs);
  theirs.task_id = "theirs too";
  lot.submit(theirs);
  lot.submit("mine");
  const RequestId request = lot.command(CancelTenant{0, lot.gpu, theirs.tenant});
  CHECK(std::get<Done>(lot.answers[request]).count == 2);
  CHECK(lot.status("mine") == Status::queued);
}

TEST_CASE("a failed task that is retried runs again with its payload") {
  DrivenScheduler lot(pool_of(1));
  lot.submit(spec_with_payload("a", 77));
  lot.fail("a");
  lot.started();
  const RequestId request = lot.command(Retry{0, lot.named("a")});
  CHECK(std::get<Submitted>(lot.answers[request]).status == Status::running);
  CHECK(lot.start_of("a").payload.id == 77);
  CHECK(lot.start_of("a").attempt == 1);
  CHECK(lot.releases.empty());
  lot.finish("a");
  CHECK(lot.releases.size() == 1);
}

TEST_CASE("a retry that finds the queue full can be tried again, payload and all") {
  PoolConfig pool = pool_of(1);
  pool.max_queue_depth = 0;
  DrivenScheduler lot(pool);
  lot.submit(spec_with_payload("a", 77));
  lot.fail("a");
  lot.submit("other");
  CHECK(lot.refusal(lot.command(Retry{0, lot.named("a")})) == Refusal::queue_full);
  CHECK(lot.status("a") == Status::failed);
  lot.finish("other");
  lot.command(Retry{0, lot.named("a")});
  CHECK(lot.start_of("a").payload.id == 77);
}

TEST_CASE("a failed attempt is retried once, whoever still holds its handle") {
  for (const std::string id : {"a", ""}) {
    DrivenScheduler lot(pool_of(8));
    lot.submit(spec_with_payload(id, 77));
    const Start run = lot.starts.back();
    Failed failed;
    failed.task = run.task;
    failed.lease = run.lease;
    failed.reason = Reason::task_failed;
    lot.feed({failed});
    const TaskName old{lot.gpu, run.task, {}};
    lot.command(Retry{0, old});
    CHECK(lot.refusal(lot.command(Retry{0, old})) == Refusal::wrong_state);
    CHECK(lot.starts.size() == 2);
  }
}

TEST_CASE("the same pause again is answered no earlier than the first one") {
  DrivenScheduler lot(pool_of(1, StorageKind::file));
  const RequestId first = lot.command(SetPoolState{0, lot.gpu, PoolState::paused});
  const RequestId second = lot.command(SetPoolState{0, lot.gpu, PoolState::paused});
  CHECK(lot.answers.empty());
  lot.persist();
  CHECK(lot.is_done(first));
  CHECK(lot.is_done(second));
}

TEST_CASE("what a client asked to drop goes with it and nothing else") {
  DrivenScheduler lot(pool_of(1));
  TaskSpec kept = lot.spec("kept");
  TaskSpec bound = lot.spec("bound");
  bound.on_disconnect = OnDisconnect::cancel;
  lot.submit(kept, 5);
  lot.submit(bound, 5);
  bound.task_id = "of another";
  lot.submit(bound, 6);
  lot.feed({ClientGone{5}});
  CHECK(lot.status("kept") == Status::running);
  CHECK(lot.view("bound").reason == Reason::client_gone);
  CHECK(lot.status("of another") == Status::queued);
}

TEST_CASE("to explain a task that this very look forgets says unknown_task") {
  PoolConfig pool = pool_of(1);
  pool.task_retention_count = 0;
  DrivenScheduler lot(pool);
  lot.submit("a");
  const Start run = lot.start_of("a");
  lot.feed({Finished{run.task, run.lease, {}, 1}, Explain{500, {lot.gpu, run.task, {}}}});
  CHECK(lot.refusal(500) == Refusal::unknown_task);
}

TEST_CASE("a parked task of another class leaves with its new class and its old number") {
  DrivenScheduler lot(pool_of(1));
  lot.submit("runs");
  for (const char* id : {"a", "b", "c"}) lot.submit(id);
  CHECK(lot.is_done(lot.command(SetPriority{0, lot.named("c"), Priority::high})));
  CHECK(lot.is_done(lot.command(SetPriority{0, lot.named("b"), Priority::high})));
  CHECK(lot.refusal(lot.command(SetPriority{0, lot.named("runs"), Priority::low})) == Refusal::wrong_state);
  lot.started();
  for (const char* id : {"runs", "b", "c"}) lot.finish(id);
  CHECK(lot.started() == Ids{"b", "c", "a"});
}

TEST_CASE("pages of a list follow one another without gap or repeat") {
  DrivenScheduler lot(pool_of(1));
  for (int i = 0; i < 25; ++i) lot.submit("task-" + std::to_string(i));
  Ids seen;
  std::uint64_t after = 0;
  do {
    const RequestId request = lot.command(ListTasks{0, lot.gpu, Status::queued, false, after, 10});
    for (const TaskView& view : lot.pages[request].tasks) seen.push_back(view.task_id);
    after = lot.pages[request].next;
  } while (after != 0);
  REQUIRE(seen.size() == 24);
  CHECK(seen.front() == "task-1");
  CHECK(seen.back() == "task-24");
}

TEST_CASE("a task that waits for its time is foretold to start then, or later if it finds no room") {
  DrivenScheduler lot(pool_of(1));
  TaskSpec running = lot.spec("running");
  running.estimate = Duration{100};
  lot.submit(running);
  const auto foretold = [&](std::string_view id, std::int64_t after_ms) {
    TaskSpec spec = lot.spec(id);
    spec.start_after = lot.now.wall + Duration{after_ms};
    lot.submit(spec);
    const Explanation& why = lot.explanations[lot.command(Explain{0, lot.named(id)})];
    CHECK(why.waits_for == Wait::start_after);
    return (why.expected_at - lot.now.wall).ms;
  };
  CHECK(foretold("soon", 50) == 100);
  CHECK(foretold("late", 500) == 500);
  lot.submit("endless");
  CHECK(lot.explanations[lot.command(Explain{0, lot.named("late")})].expected_at - lot.now.wall ==
        Duration{500});
}
