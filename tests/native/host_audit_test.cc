#include <atomic>
#include <catch2/catch.hpp>
#include <set>

#include "running_host.h"
#include "temporary_folder.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

using Page = tl::expected<AuditAnswer, RefusedCommand>;

void run_nothing(Host&) {}

Page ask(RunningHost& host, const AuditQuery& query) {
  std::promise<Page> answer;
  host->audit(query, [&](const Page& page) { answer.set_value(page); });
  return get(answer.get_future());
}

ParsedTask task_of(const std::string& pool, const std::string& id, const std::string& tenant = "acme") {
  ParsedTask task;
  task.pool = pool;
  task.task_id = id;
  task.mailbox_tenant = tenant;
  return task;
}

nlohmann::json pool_in(const std::string& directory, const std::string& stream) {
  return {{"max_units", 1},
          {"max_queue_depth", 1'000'000},
          {"executor", "inline"},
          {"queue", {{"type", "file"}, {"path", directory}, {"stream", stream}}}};
}

}  // namespace

TEST_CASE("streams of the same name in two stores are told apart, page by page and in both orders") {
  const TemporaryFolder folder;
  const nlohmann::json config{
      {"pools", {{"a", pool_in(folder.path("x"), "same")}, {"b", pool_in(folder.path("y"), "same")}}}};
  constexpr int tasks = 200;
  RunningHost host(config.dump(), run_nothing);
  std::vector<Ticket> tickets;
  for (int i = 0; i < tasks; ++i) {
    for (const std::string pool : {"a", "b"})
      tickets.push_back(host->submit(task_of(pool, pool + "-" + std::to_string(i))));
  }
  for (Ticket& ticket : tickets) REQUIRE(get(std::move(ticket.receipt)));
  for (const AuditQuery::Order order : {AuditQuery::Order::oldest_first, AuditQuery::Order::newest_first}) {
    AuditQuery query;
    query.order = order;
    query.limit = 1;
    std::set<std::pair<std::string, std::uint64_t>> seen;
    std::set<std::pair<std::int64_t, std::uint64_t>> positions;
    std::size_t events = 0;
    std::size_t submitted = 0;
    for (std::string after;;) {
      query.after = after;
      const Page page = ask(host, query);
      REQUIRE(page);
      for (const PooledAuditEvent& event : page->events) {
        ++events;
        REQUIRE(seen.emplace(event.pool, event.event.sequence).second);
        positions.emplace(event.event.at.ms, event.event.sequence);
        for (const AuditSubject& subject : event.event.subjects) {
          if (subject.kind != SubjectKind::task) continue;
          REQUIRE(subject.id.substr(0, 1) == event.pool);
          if (event.event.action == Action::submit) ++submitted;
        }
      }
      if (page->next.empty()) break;
      after = page->next;
    }
    CHECK(submitted == 2 * tasks);
    // Both pools had an event with this number at this time: the cursor had to tell them apart.
    CHECK(positions.size() < events);
  }
}

TEST_CASE("while the host writes records and their indexes, every question is answered in full") {
  const TemporaryFolder folder;
  const nlohmann::json config{{"pools", {{"pool", pool_in(folder.path("lot"), "pool")}}}};
  const std::string index = folder.path("lot/audit-0000000001");
  RunningHost host(config.dump(), run_nothing);
  const std::string tenant(120, 't');
  std::atomic<int> confirmed{0};
  std::atomic<bool> is_over{false};
  std::thread submitter([&] {
    // Until a segment of 16 MiB is full and has its index, and some more.
    constexpr int at_once = 500;
    int more = 10;
    for (int i = 0; i < 200'000 && more > 0 && !is_over; i += at_once) {
      if (std::filesystem::exists(index)) --more;
      std::vector<Ticket> tickets;
      for (int j = i; j < i + at_once; ++j) {
        ParsedTask task = task_of("pool", "task-" + std::to_string(j) + "-" + std::string(100, 'x'), tenant);
        tickets.push_back(host->submit(std::move(task)));
      }
      for (Ticket& ticket : tickets) {
        if (ticket.receipt.wait_for(patience) != std::future_status::ready || !ticket.receipt.get()) return;
      }
      confirmed += at_once;
    }
    is_over = true;
  });
  int asked = 0;
  for (; !is_over && asked < 1'000'000; ++asked) {
    const int known = confirmed;
    if (known == 0) continue;
    const std::string id = "task-" + std::to_string(asked * 7919 % known) + "-" + std::string(100, 'x');
    AuditQuery query;
    query.any_subject = false;
    query.kind = asked % 2 ? SubjectKind::task : SubjectKind::tenant;
    query.id = asked % 2 ? id : tenant;
    query.limit = 200;
    const Page page = ask(host, query);
    if (!page || page->events.size() < (asked % 2 ? 1U : static_cast<unsigned>(std::min(200, known)))) {
      is_over = true;
      INFO(query.id << " of " << known);
      CHECK(page);
      CHECK(page->events.size() >= 1);
    }
  }
  submitter.join();
  CHECK(asked > 20);
  CHECK(std::filesystem::exists(index));
}

TEST_CASE("a cursor that is none is refused, and nothing else is asked for it") {
  const TemporaryFolder folder;
  const nlohmann::json config{{"pools", {{"pool", pool_in(folder.path("lot"), "pool")}}}};
  RunningHost host(config.dump(), run_nothing);
  AuditQuery query;
  query.after = "yesterday";
  const Page answer = ask(host, query);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Refusal::invalid_task);
  CHECK(answer.error().field == "after");
}
