#include <catch2/catch.hpp>

#include "driven_scheduler.h"

using namespace parking_lot;

namespace {

std::vector<Action> actions(const AuditPage& page) {
  std::vector<Action> list;
  for (const AuditEvent& event : page.events) list.push_back(event.action);
  return list;
}

AuditQuery about(SubjectKind kind, std::string_view id) {
  AuditQuery query;
  query.any_subject = false;
  query.kind = kind;
  query.id = id;
  return query;
}

}  // namespace

TEST_CASE("the history of a task reads from its submission to its end, and a parked one was woken") {
  DrivenScheduler lot(pool_of(1));
  lot.submit("first");
  lot.submit("second");
  lot.finish("first");
  lot.finish("second");
  const AuditPage page = lot.core.audit(about(SubjectKind::task, "second"));
  CHECK(actions(page) ==
        std::vector<Action>{Action::submit, Action::enqueue, Action::start, Action::complete});
  CHECK(page.events[2].woken);
  CHECK(page.next.empty());
  CHECK(lot.core.audit(about(SubjectKind::task, "third")).events.empty());
}

TEST_CASE(
    "a task without an id of its own is found by the id that the lot spells, also when it is forgotten") {
  PoolConfig pool = pool_of(1);
  pool.task_retention_count = 0;
  DrivenScheduler lot(pool);
  lot.submit("");
  const std::string id = lot.core.task_id(lot.starts[0].task);
  lot.feed({Finished{lot.starts[0].task, lot.starts[0].lease, {}, 1}});
  lot.submit("other");
  REQUIRE(lot.core.task_id(lot.starts[0].task).empty());
  CHECK(actions(lot.core.audit(about(SubjectKind::task, id))) ==
        std::vector<Action>{Action::submit, Action::start, Action::complete});
}

TEST_CASE("events are found by tenant, mailbox and pool") {
  DrivenScheduler lot(pool_of(1));
  TaskSpec spec = lot.spec("a");
  spec.mailbox = lot.core.mailbox_key({"acme", "ann", {}});
  lot.submit(spec);
  lot.submit("b");
  CHECK(lot.core.audit(about(SubjectKind::tenant, "acme")).events.size() == 2);
  CHECK(lot.core.audit(about(SubjectKind::tenant, "default")).events.size() == 2);
  CHECK(lot.core.audit(about(SubjectKind::mailbox, encode_mailbox_key({"acme", "ann", {}}))).events.size() ==
        2);
  CHECK(lot.core.audit(about(SubjectKind::pool, "gpu")).events.size() == 5);
  CHECK(lot.core.audit(about(SubjectKind::pool, "cpu")).events.empty());
}

TEST_CASE("pages in either order follow one another without gap or repeat") {
  DrivenScheduler lot(pool_of(1));
  for (int i = 0; i < 30; ++i) lot.submit("");
  for (const auto order : {AuditQuery::Order::oldest_first, AuditQuery::Order::newest_first}) {
    AuditQuery query;
    query.order = order;
    query.limit = 7;
    std::vector<std::uint64_t> seen;
    std::string cursor;
    do {
      query.after = cursor;
      const AuditPage page = lot.core.audit(query);
      for (const AuditEvent& event : page.events) seen.push_back(event.sequence);
      cursor = page.next;
    } while (!cursor.empty());
    REQUIRE(seen.size() == 61);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      CHECK(seen[i] == (order == AuditQuery::Order::oldest_first ? i + 1 : 61 - i));
    }
  }
}

TEST_CASE("a range of time takes its begin and leaves its end") {
  DrivenScheduler lot(pool_of(10));
  lot.submit("a");
  lot.advance(10);
  lot.submit("b");
  lot.advance(10);
  lot.submit("c");
  AuditQuery query;
  query.from = lot.now.wall + Duration{-10};
  query.until = lot.now.wall;
  const AuditPage page = lot.core.audit(query);
  REQUIRE(page.events.size() == 2);
  CHECK(page.events[0].subjects[0].id == "b");
}

TEST_CASE("events show when they are durable, and never if their write failed") {
  DrivenScheduler lot(pool_of(1, StorageKind::file));
  const std::uint64_t before = lot.written_through;
  lot.submit("a");
  CHECK(lot.core.audit(about(SubjectKind::task, "a")).events.empty());
  lot.fail_write();
  lot.reload(before);
  lot.persist();
  CHECK(lot.core.audit(about(SubjectKind::task, "a")).events.empty());
  lot.submit("b");
  lot.persist();
  CHECK(lot.core.audit(about(SubjectKind::task, "b")).events.size() == 2);
}

TEST_CASE("the trail keeps the newest events and no more than configured") {
  Config config = config_of(pool_of(1));
  config.audit.memory_events = 10;
  Scheduler core = *Scheduler::open(config, Now{}, Entropy{1, 2});
  for (int i = 0; i < 50; ++i) {
    core.handle(Now{WallTime{1}, SteadyTime{0}}, submission(0, DrivenScheduler::spec("")));
    while (core.poll()) continue;
  }
  const AuditPage page = core.audit({});
  REQUIRE(page.events.size() == 10);
  CHECK(page.events.back().sequence == 101);
}
