#include <signal.h>
#include <sys/resource.h>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "running_host.h"
#include "temporary_folder.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

// As long as it lives no file of this process may be written: as on a full disk.
class FullDisk {
 public:
  FullDisk() {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

std::string config_in(const TemporaryFolder& folder, const std::string& queue, const std::string& mailbox) {
  const auto storage = [&](const std::string& name) -> nlohmann::json {
    if (name.empty()) return "in_memory";
    return {{"type", "file"}, {"path", folder.path(name)}};
  };
  nlohmann::json pool{{"max_units", 1},
                      {"executor", "inline"},
                      {"queue", storage(queue)},
                      {"mailbox", {{"storage", storage(mailbox)}}}};
  return nlohmann::json{{"pools", {{"pool", pool}}}}.dump();
}

void run_nothing(Host&) {}

void echo(Host& host) {
  REQUIRE(host.run_function(
      "pool", [](TaskContext& c) -> TaskResult { return std::string(c.payload()); }, 1));
}

ParsedTask task_named(const std::string& id) {
  ParsedTask task;
  task.pool = "pool";
  task.task_id = id;
  task.payload = '"' + id + '"';
  task.payload_digest = digest_of(task.payload);
  task.mailbox_tenant = "acme";
  return task;
}

Receipt receipt_of(RunningHost& host, const std::string& id) {
  return get(std::move(host->submit(task_named(id)).receipt));
}

std::vector<FetchedMessage> messages_of(RunningHost& host) {
  std::promise<std::vector<FetchedMessage>> messages;
  host->fetch({"acme", "", ""}, "", 100,
              [&](const auto& page) { messages.set_value(page ? *page : std::vector<FetchedMessage>{}); });
  return get(messages.get_future());
}

Health health_of(RunningHost& host) {
  return host.on_loop([](Host& h) { return h.health(); });
}

}  // namespace

TEST_CASE("what was parked before a host closed is run by the next one, with its payload") {
  const TemporaryFolder folder;
  const std::string config = config_in(folder, "lot", "lot");
  {
    RunningHost host(config, run_nothing);
    REQUIRE(receipt_of(host, "a"));
    REQUIRE(receipt_of(host, "b"));
  }
  RunningHost host(config, echo);
  const Outcome outcome = host.outcome_of(task_named("a"));
  CHECK(outcome.status == Status::completed);
  CHECK(*outcome.result == "\"a\"");
  CHECK(eventually([&] { return messages_of(host).size() == 2; }));
}

TEST_CASE("an ended task is remembered with its result over a restart, and so is its message") {
  for (const auto& [queue, mailbox] : {std::pair{"lot", "lot"}, {"queue", "mail"}, {"", "mail"}}) {
    const TemporaryFolder folder;
    const std::string config = config_in(folder, queue, mailbox);
    {
      RunningHost host(config, echo);
      CHECK(host.outcome_of(task_named("a")).status == Status::completed);
      REQUIRE(eventually([&] { return messages_of(host).size() == 1; }));
    }
    RunningHost host(config, run_nothing);
    const auto messages = messages_of(host);
    REQUIRE(messages.size() == 1);
    REQUIRE(messages[0].payload != nullptr);
    CHECK(*messages[0].payload == "\"a\"");
    if (std::string(queue).empty()) continue;
    auto again = host->submit(task_named("a"));
    CHECK(get(std::move(again.receipt))->how == Submitted::How::joined);
    const Outcome outcome = get(std::move(again.outcome));
    CHECK(outcome.status == Status::completed);
    CHECK(*outcome.result == "\"a\"");
  }
}

TEST_CASE("a full disk refuses, keeps answering, and is forgotten once there is space") {
  const TemporaryFolder folder;
  RunningHost host(config_in(folder, "lot", "lot"), run_nothing);
  REQUIRE(receipt_of(host, "before"));
  {
    const FullDisk full;
    CHECK(receipt_of(host, "during").error().code == Refusal::unconfirmed);
    const Health health = health_of(host);
    CHECK(health.is_degraded());
    CHECK(health.pools[0].storage == StreamState::failed);
    CHECK_FALSE(health.trouble().empty());
    CHECK(receipt_of(host, "after").error().code == Refusal::storage_unavailable);
  }
  REQUIRE(eventually([&] { return !health_of(host).is_degraded(); }));
  REQUIRE(eventually([&] { return health_of(host).trouble().empty(); }));
  CHECK(receipt_of(host, "during")->how == Submitted::How::admitted);
  CHECK(receipt_of(host, "before")->how == Submitted::How::joined);
}

TEST_CASE("a result that was produced while the disk was full is recorded once there is space") {
  const TemporaryFolder folder;
  std::promise<void> begun;
  std::promise<void> may_end;
  RunningHost host(config_in(folder, "lot", "lot"), [&](Host& opened) {
    REQUIRE(opened.run_function(
        "pool",
        [&](TaskContext& context) -> TaskResult {
          begun.set_value();
          may_end.get_future().wait();
          return std::string(context.payload());
        },
        1));
  });
  auto ticket = host->submit(task_named("a"));
  get(begun.get_future());
  std::optional<FullDisk> full(std::in_place);
  may_end.set_value();
  REQUIRE(eventually([&] { return health_of(host).is_degraded(); }));
  full.reset();
  const Outcome outcome = get(std::move(ticket.outcome));
  CHECK(outcome.status == Status::completed);
  CHECK(outcome.attempt == 1);
  CHECK(*outcome.result == "\"a\"");
  REQUIRE(eventually([&] { return messages_of(host).size() == 1; }));
  CHECK(*messages_of(host)[0].payload == "\"a\"");
}

/// Makes the mailbox store fail, and no queue: a write to it fails, and it cannot be opened again.
class MissingMailboxStore {
 public:
  MissingMailboxStore(RunningHost& host, const std::string& directory)
      : directory_(directory), elsewhere_(directory + "-elsewhere") {
    const std::string cursor = messages_of(host).at(0).message.cursor;
    const FullDisk full;
    std::filesystem::rename(directory_, elsewhere_);
    std::promise<void> refused;
    host->acknowledge({"acme", "", ""}, cursor, [&](const auto& done) {
      CHECK_FALSE(done);
      refused.set_value();
    });
    get(refused.get_future());
  }
  ~MissingMailboxStore() {
    std::filesystem::remove_all(directory_);
    std::filesystem::rename(elsewhere_, directory_);
  }
  MissingMailboxStore(const MissingMailboxStore&) = delete;
  MissingMailboxStore& operator=(const MissingMailboxStore&) = delete;

 private:
  std::string directory_;
  std::string elsewhere_;
};

TEST_CASE("while a mailbox store fails its pool goes on, and the outcomes arrive when it returns") {
  const TemporaryFolder folder;
  const std::string queue = GENERATE("", "queue");
  RunningHost host(config_in(folder, queue, "mail"), echo);
  host.outcome_of(task_named("a"));
  REQUIRE(eventually([&] { return messages_of(host).size() == 1; }));
  {
    const MissingMailboxStore missing(host, folder.path("mail"));
    CHECK(host.outcome_of(task_named("b")).status == Status::completed);
    const Health health = health_of(host);
    CHECK(health.is_degraded());
    CHECK(health.pools[0].storage == StreamState::open);
    CHECK(health.pools[0].delivery_held);
    CHECK(health.pools[0].undelivered == 1);
    CHECK_FALSE(health.trouble().empty());
  }
  REQUIRE(eventually([&] { return !health_of(host).is_degraded(); }));
  REQUIRE(eventually([&] { return messages_of(host).size() == 2; }));
  CHECK(messages_of(host)[1].message.task_id == "b");
  CHECK(*messages_of(host)[1].payload == "\"b\"");
}

TEST_CASE("what a failing mailbox store did not take arrives after a restart, once") {
  const TemporaryFolder folder;
  const std::string config = config_in(folder, "queue", "mail");
  {
    std::optional<RunningHost> host(std::in_place, config, echo);
    host->outcome_of(task_named("a"));
    REQUIRE(eventually([&] { return messages_of(*host).size() == 1; }));
    const MissingMailboxStore missing(*host, folder.path("mail"));
    CHECK(host->outcome_of(task_named("b")).status == Status::completed);
    host.reset();
  }
  for (int start = 0; start < 2; ++start) {
    RunningHost host(config, run_nothing);
    REQUIRE(eventually([&] { return messages_of(host).size() == 2; }));
    CHECK(messages_of(host)[0].message.task_id == "a");
    CHECK(messages_of(host)[1].message.task_id == "b");
    CHECK(*messages_of(host)[1].payload == "\"b\"");
    CHECK_FALSE(health_of(host).is_degraded());
  }
}

namespace {

class CountingLog : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::atomic<int> count{0};

 private:
  void sink_it_(const spdlog::details::log_msg&) override { ++count; }
  void flush_() override {}
};

std::string first_records_of(const std::string& directory) {
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    if (file.path().filename().string().rfind("records-", 0) == 0) return file.path().string();
  }
  throw std::runtime_error("no records in " + directory);
}

// Some bytes in the middle of a store's records, which are durable, are not what they were.
void damage(const std::string& directory) {
  std::fstream file(first_records_of(directory), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file.write("damage", 6);
}

}  // namespace

TEST_CASE("a pool starts without its mailbox store, which gets the outcomes once it opens again") {
  const TemporaryFolder folder;
  const std::string config = config_in(folder, "queue", "mail");
  const std::string mail = folder.path("mail");
  const std::string good = folder.path("good");
  {
    RunningHost host(config, echo);
    host.outcome_of(task_named("a"));
    REQUIRE(eventually([&] { return messages_of(host).size() == 1; }));
  }
  const bool is_damaged = GENERATE(true, false);
  CAPTURE(is_damaged);
  std::filesystem::rename(mail, good);
  if (is_damaged) {
    std::filesystem::copy(good, mail);
    damage(mail);
  }
  RunningHost host(config, echo);
  CHECK(host.outcome_of(task_named("b")).status == Status::completed);
  const Health health = health_of(host);
  CHECK(health.is_degraded());
  CHECK(health.pools[0].storage == StreamState::open);
  CHECK(health.pools[0].undelivered == 1);
  CHECK_THAT(health.trouble(), Catch::Contains(is_damaged ? "records-" : "holds no store any more"));
  CHECK(std::filesystem::exists(mail) == is_damaged);  // nobody makes an empty one in its place
  std::filesystem::remove_all(mail);
  std::filesystem::rename(good, mail);
  REQUIRE(eventually([&] { return !health_of(host).is_degraded(); }));
  REQUIRE(eventually([&] { return messages_of(host).size() == 2; }));
  CHECK(messages_of(host)[0].message.task_id == "a");
  CHECK(*messages_of(host)[1].payload == "\"b\"");
}

TEST_CASE("a damaged mailbox store that somebody takes away is waited for, and not made anew") {
  const TemporaryFolder folder;
  const std::string config = config_in(folder, "queue", "mail");
  const std::string mail = folder.path("mail");
  { RunningHost once(config, run_nothing); }
  std::filesystem::copy(mail, folder.path("good"));
  damage(mail);
  RunningHost host(config, echo);
  host.outcome_of(task_named("a"));
  std::filesystem::remove_all(mail);
  REQUIRE(eventually(
      [&] { return health_of(host).trouble().find("holds no store any more") != std::string::npos; }));
  CHECK_FALSE(std::filesystem::exists(mail));
  std::filesystem::rename(folder.path("good"), mail);
  REQUIRE(eventually([&] { return messages_of(host).size() == 1; }));
  CHECK_FALSE(health_of(host).is_degraded());
}

TEST_CASE("a mailbox store that was never there, or has another owner, is an error at the start") {
  const TemporaryFolder folder;
  const std::string config = config_in(folder, "queue", "mail");
  boost::asio::io_context io;
  std::ofstream(folder.path("mail")) << "a file where the folder should be";
  CHECK_FALSE(Host::open(config_from(config), io));
  std::filesystem::remove(folder.path("mail"));
  { RunningHost once(config, echo); }
  RunningHost other(config_in(folder, "other", "mail"), echo);
  const auto refused = Host::open(config_from(config), io);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains("is in use by process"));
}

TEST_CASE("a mailbox store that stays away is tried with pauses, not with every turn") {
  const TemporaryFolder folder;
  const std::string config = config_in(folder, "queue", "mail");
  { RunningHost once(config, run_nothing); }
  std::filesystem::remove_all(folder.path("mail"));
  RunningHost host(config, echo);
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));  // the first pause is over
  const auto lines = std::make_shared<CountingLog>();
  spdlog::get("parking-lot")->sinks().push_back(lines);
  for (int i = 0; i < 100; ++i) host.outcome_of(task_named("t" + std::to_string(i)));
  host.on_loop([](Host&) { spdlog::get("parking-lot")->sinks().pop_back(); });
  CHECK(lines->count <= 3);
}

TEST_CASE("a store with payloads whose records are gone is not begun anew") {
  const TemporaryFolder folder;
  const std::string config = config_in(folder, "lot", "lot");
  {
    RunningHost host(config, run_nothing);
    REQUIRE(receipt_of(host, "a"));
  }
  std::filesystem::remove(first_records_of(folder.path("lot")));
  boost::asio::io_context io;
  const auto refused = Host::open(config_from(config), io);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains("its records are gone"));
}

TEST_CASE("one store has one owner, and can be read meanwhile without changing it") {
  const TemporaryFolder folder;
  const std::string config = config_in(folder, "lot", "lot");
  RunningHost owner(config, run_nothing);
  REQUIRE(receipt_of(owner, "a"));
  boost::asio::io_context io;
  CHECK_FALSE(Host::open(config_from(config), io));
  auto reader = Host::open(config_from(config), io, {.entropy = {}, .access = HostOptions::Access::reading});
  REQUIRE(reader);
  CHECK((*reader)->stats("pool")->parked == 1);
  std::optional<Receipt> refused;
  (*reader)->submit(task_named("b"), [&](const Receipt& receipt) { refused = receipt; }, {});
  io.run();
  REQUIRE(refused);
  CHECK(refused->error().code == Refusal::storage_unavailable);
}

TEST_CASE("two pools may share a store but not a stream") {
  const TemporaryFolder folder;
  const auto pool = [&](const std::string& spelling) {
    const nlohmann::json queue{{"type", "file"}, {"path", folder.path(spelling)}, {"stream", "same"}};
    return nlohmann::json{{"max_units", 1}, {"executor", "inline"}, {"queue", queue}};
  };
  const nlohmann::json config{{"pools", {{"a", pool("lot")}, {"b", pool("./lot")}}}};
  boost::asio::io_context io;
  const auto host = Host::open(config_from(config.dump()), io);
  REQUIRE_FALSE(host);
  CHECK_THAT(host.error().message, Catch::Contains("same stream as that of pool 'a'"));
}
