#include "parking_lot/mailbox.h"

#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace parking_lot;

namespace {

PoolConfig pool_with(std::string name, StorageKind storage, std::string path = {}) {
  PoolConfig pool;
  pool.name = std::move(name);
  pool.max_units = 1;
  pool.mailbox.storage.kind = storage;
  pool.mailbox.storage.path = std::move(path);
  return pool;
}

/// A mailbox with hands: appends outcomes, fetches pages, keeps what is written.
class DrivenMailbox {
 public:
  explicit DrivenMailbox(std::vector<PoolConfig> pools)
      : mailbox(config_with(std::move(pools)), now, Entropy{1, 2}, names) {
    for (std::uint32_t i = 0; i < mailbox.store_count(); ++i) {
      if (mailbox.is_durable(StoreId{i})) feed(mailbox::RecoveryDone{StoreId{i}});
    }
    persist();
  }

  static Config config_with(std::vector<PoolConfig> pools) {
    Config config;
    config.pools = std::move(pools);
    return config;
  }

  void feed(const mailbox::Input& input) {
    mailbox.handle(now, std::span(&input, 1));
    while (const auto effect = mailbox.poll()) hear(*effect);
  }

  NameId key(std::string_view tenant, std::string_view user = {}, std::string_view session = {}) {
    return names.intern(encode_mailbox_key({tenant, user, session}));
  }

  void append(NameId key, std::uint64_t sequence, std::string_view task = "task", std::uint32_t pool = 0,
              std::uint64_t incarnation = 1) {
    Deliver message;
    message.pool = PoolId{pool};
    message.incarnation = incarnation;
    message.sequence = sequence;
    message.mailbox = key;
    message.task_id = names.intern(task);
    message.result = PayloadRef{sequence + 1000 * (pool + 1), 1, 1};
    feed(mailbox::Append{mailbox.store_of(PoolId{pool}), message, pool == 0 ? "first" : "second"});
    names.release(message.task_id);
  }

  std::vector<MailboxMessage> fetch(NameId key, std::string_view after = {}, std::uint32_t limit = 50,
                                    WallTime since = {}) {
    page.clear();
    feed(mailbox::Fetch{1, key, after, since, limit});
    return page;
  }
  std::vector<std::string> tasks(NameId key, std::string_view after = {}) {
    std::vector<std::string> ids;
    for (const MailboxMessage& message : fetch(key, after)) ids.push_back(message.task_id);
    return ids;
  }
  std::optional<std::uint64_t> acknowledge(NameId key, std::string_view cursor) {
    acknowledged.reset();
    feed(mailbox::Acknowledge{1, key, cursor});
    return acknowledged;
  }
  void persist() {
    for (std::uint32_t i = 0; i < mailbox.store_count(); ++i)
      feed(mailbox::Persisted{StoreId{i}, ~std::uint64_t{0}});
  }
  void reload(StoreId store, std::uint64_t identity = 0) {
    const std::vector<mailbox::Record> records(journal[store.index].begin(), journal[store.index].end());
    feed(mailbox::Recovered{store, records});
    feed(mailbox::RecoveryDone{store, identity});
  }
  void advance(std::int64_t ms) {
    now.wall.ms += ms;
    now.steady.ms += ms;
    feed(mailbox::Tick{});
  }

  Now now{WallTime{1'000'000}, SteadyTime{0}};
  Names names;
  Mailbox mailbox;
  std::vector<MailboxMessage> page;
  std::optional<std::uint64_t> acknowledged;
  std::vector<mailbox::Stored> stored;
  std::vector<PayloadRef> dropped;
  std::vector<Refusal> refused;
  std::string refused_field;
  std::vector<NameId> arrived;
  int not_stored = 0;
  std::map<std::uint32_t, std::deque<mailbox::Record>> journal;

 private:
  void hear(const mailbox::Effect& effect) {
    if (const auto* each = std::get_if<mailbox::Write>(&effect)) keep(*each);
    if (const auto* each = std::get_if<mailbox::Stored>(&effect)) stored.push_back(*each);
    if (const auto* each = std::get_if<mailbox::Page>(&effect)) page = *each->messages;
    if (const auto* each = std::get_if<mailbox::Acknowledged>(&effect)) acknowledged = each->count;
    if (const auto* each = std::get_if<mailbox::Refused>(&effect)) {
      refused.push_back(each->code);
      refused_field = each->field;
    }
    if (const auto* each = std::get_if<mailbox::Arrived>(&effect)) arrived.push_back(each->key);
    if (const auto* each = std::get_if<mailbox::Dropped>(&effect)) dropped.push_back(each->payload);
    if (std::get_if<mailbox::NotStored>(&effect) != nullptr) ++not_stored;
  }
  void keep(const mailbox::Write& write) {
    for (mailbox::Record record : write.records) {
      std::visit(
          [this](auto& fact) {
            if constexpr (requires { fact.key; }) fact.key = texts_.emplace_back(fact.key);
            if constexpr (requires { fact.pool; }) fact.pool = texts_.emplace_back(fact.pool);
            if constexpr (requires { fact.task_id; }) fact.task_id = texts_.emplace_back(fact.task_id);
          },
          record.fact);
      auto& kept = journal[write.store.index];
      while (!kept.empty() && kept.back().sequence >= record.sequence) kept.pop_back();
      kept.push_back(record);
    }
  }
  std::deque<std::string> texts_;
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a mailbox is read by its exact key and by no other") {
  DrivenMailbox box({pool_with("first", StorageKind::in_memory)});
  box.append(box.key("acme", "ann", "s1"), 1, "of the session");
  box.append(box.key("acme", "ann"), 2, "of ann");
  box.append(box.key("acme"), 3, "of acme");
  box.append(box.key("acme", "", "ann"), 4, "of a session called ann");
  CHECK(box.tasks(box.key("acme", "ann", "s1")) == Ids{"of the session"});
  CHECK(box.tasks(box.key("acme", "ann")) == Ids{"of ann"});
  CHECK(box.tasks(box.key("acme")) == Ids{"of acme"});
  CHECK(box.tasks(box.key("acme", "", "ann")) == Ids{"of a session called ann"});
  CHECK(box.tasks(box.key("acme", "bob")).empty());
  CHECK(box.tasks(box.key("ACME", "ann")).empty());
}

TEST_CASE("messages come oldest first and pages follow one another by cursor") {
  DrivenMailbox box({pool_with("first", StorageKind::in_memory)});
  const NameId ann = box.key("acme", "ann");
  for (std::uint64_t i = 1; i <= 7; ++i) box.append(ann, i, "task-" + std::to_string(i));
  const auto first = box.fetch(ann, {}, 3);
  REQUIRE(first.size() == 3);
  CHECK(first[0].task_id == "task-1");
  const auto second = box.fetch(ann, first.back().cursor, 3);
  CHECK(second.front().task_id == "task-4");
  CHECK(box.tasks(ann, second.back().cursor) == Ids{"task-7"});
  CHECK(box.fetch(ann, {}, 50, box.now.wall + Duration{1}).empty());
  CHECK(box.fetch(ann, {}, 50, box.now.wall).size() == 7);
}

TEST_CASE("an acknowledged message never returns and its payload is given up once") {
  DrivenMailbox box({pool_with("first", StorageKind::in_memory)});
  const NameId ann = box.key("acme", "ann");
  for (std::uint64_t i = 1; i <= 3; ++i) box.append(ann, i);
  const std::string cursor = box.fetch(ann)[1].cursor;
  CHECK(box.acknowledge(ann, cursor) == 2);
  CHECK(box.acknowledge(ann, cursor) == 0);
  CHECK(box.dropped.size() == 2);
  CHECK(box.fetch(ann).size() == 1);
  box.append(ann, 1);  // delivered again: the answer got lost
  CHECK(box.fetch(ann).size() == 1);
  CHECK(box.stored.size() == 4);
}

TEST_CASE("redelivery is ignored per pool and incarnation") {
  DrivenMailbox box(
      {pool_with("first", StorageKind::in_memory), pool_with("second", StorageKind::in_memory)});
  REQUIRE(box.mailbox.store_count() == 1);
  const NameId ann = box.key("acme", "ann");
  box.append(ann, 5, "a", 0, 1);
  box.append(ann, 5, "again", 0, 1);
  box.append(ann, 4, "older", 0, 1);
  box.append(ann, 5, "b", 1, 1);
  box.append(ann, 2, "c", 0, 2);
  CHECK(box.tasks(ann) == Ids{"a", "b", "c"});
  CHECK(box.stored.size() == 5);
}

TEST_CASE("each message has an id of its own that names pool, incarnation and sequence") {
  DrivenMailbox box({pool_with("first", StorageKind::in_memory)});
  const NameId ann = box.key("acme", "ann");
  box.append(ann, 1);
  box.append(ann, 2);
  const auto messages = box.fetch(ann);
  CHECK(messages[0].message_id == "first-0000000000000001-1");
  CHECK(messages[1].message_id == "first-0000000000000001-2");
}

TEST_CASE("messages beyond the number that is kept go, oldest first") {
  PoolConfig pool = pool_with("first", StorageKind::in_memory);
  pool.mailbox.retention_count = 3;
  DrivenMailbox box({pool});
  const NameId ann = box.key("acme", "ann");
  box.append(box.key("acme", "bob"), 1, "bob's");
  for (std::uint64_t i = 2; i <= 8; ++i) box.append(ann, i, "task-" + std::to_string(i));
  CHECK(box.tasks(ann) == Ids{"task-6", "task-7", "task-8"});
  CHECK(box.tasks(box.key("acme", "bob")) == Ids{"bob's"});
  CHECK(box.dropped.size() == 4);
}

TEST_CASE("messages that are too old go by themselves, at the moment that the mailbox asked for") {
  PoolConfig pool = pool_with("first", StorageKind::in_memory);
  pool.mailbox.retention = Duration{1000};
  DrivenMailbox box({pool});
  const NameId ann = box.key("acme", "ann");
  box.append(ann, 1);
  box.advance(500);
  box.append(ann, 2);
  REQUIRE(box.mailbox.next_deadline());
  box.advance(box.mailbox.next_deadline()->ms - box.now.steady.ms);
  CHECK(box.fetch(ann).size() == 1);
  box.advance(box.mailbox.next_deadline()->ms - box.now.steady.ms);
  CHECK(box.fetch(ann).empty());
  CHECK(box.mailbox.stats(StoreId{0}).messages == 0);
}

TEST_CASE("a fetch over several stores merges them by time under one cursor") {
  DrivenMailbox box(
      {pool_with("first", StorageKind::in_memory), pool_with("second", StorageKind::file, "./there")});
  REQUIRE(box.mailbox.store_count() == 2);
  const NameId ann = box.key("acme", "ann");
  for (std::uint64_t i = 1; i <= 6; ++i) {
    box.append(ann, i, "task-" + std::to_string(i), static_cast<std::uint32_t>(i % 2));
    box.persist();
    box.advance(10);
  }
  CHECK(box.tasks(ann) == Ids{"task-1", "task-2", "task-3", "task-4", "task-5", "task-6"});
  const std::string middle = box.fetch(ann)[2].cursor;
  CHECK(box.tasks(ann, middle) == Ids{"task-4", "task-5", "task-6"});
  CHECK(box.acknowledge(ann, middle) == std::nullopt);  // the drop is not durable yet
  box.persist();
  CHECK(box.acknowledged == 3);
  CHECK(box.tasks(ann) == Ids{"task-4", "task-5", "task-6"});
}

TEST_CASE("a cursor that is none is refused by the field that has it") {
  DrivenMailbox box({pool_with("first", StorageKind::in_memory)});
  for (const char* cursor :
       {"x", "1.2.3", "1.", "-1", "99999999999999999999999", "1-", "1-aaaaaa", "1-aaaaaa.1", "1.1-aaaaaa"}) {
    box.refused.clear();
    box.fetch(box.key("acme"), cursor);
    CHECK(box.refused == std::vector<Refusal>{Refusal::invalid_cursor});
    CHECK(box.refused_field == "after");
    CHECK(box.acknowledge(box.key("acme"), cursor) == std::nullopt);
    CHECK(box.refused_field == "cursor");
  }
}

namespace {

const PoolConfig in_x = pool_with("first", StorageKind::file, "/data/x");
const PoolConfig in_y = pool_with("second", StorageKind::file, "/data/y");

/// Three unread messages in each store, at numbers that every store has.
NameId fill(DrivenMailbox& box, std::uint32_t pools) {
  const NameId ann = box.key("acme", "ann");
  for (std::uint64_t i = 1; i <= 3 * pools; ++i) {
    box.append(ann, i, "task-" + std::to_string(i), static_cast<std::uint32_t>(i % pools));
    box.persist();
    box.advance(10);
  }
  return ann;
}

}  // namespace

TEST_CASE("a cursor of another store is refused, and nothing is dropped for it") {
  DrivenMailbox other({in_y});
  const std::string cursor = other.fetch(fill(other, 1)).back().cursor;
  DrivenMailbox box({in_x});
  const NameId ann = fill(box, 1);
  CHECK(box.acknowledge(ann, cursor) == std::nullopt);
  CHECK(box.refused == std::vector<Refusal>{Refusal::invalid_cursor});
  CHECK(box.fetch(ann).size() == 3);
}

TEST_CASE("a cursor of one store drops nothing of the lot's other stores") {
  for (const std::vector<PoolConfig>& pools : {std::vector{in_x, in_y}, std::vector{in_y, in_x}}) {
    DrivenMailbox one({in_y});
    one.advance(1000);  // it was read after all that is in the box
    const std::string cursor = one.fetch(fill(one, 1)).back().cursor;
    DrivenMailbox box(pools);
    const NameId ann = fill(box, 2);
    const bool is_y_first = pools[0].name == in_y.name;
    CHECK(box.tasks(ann, cursor) ==
          (is_y_first ? Ids{"task-1", "task-3", "task-5"} : Ids{"task-2", "task-4", "task-6"}));
    box.acknowledge(ann, cursor);
    box.persist();
    CHECK(box.acknowledged == 3);
    CHECK(box.tasks(ann) ==
          (is_y_first ? Ids{"task-1", "task-3", "task-5"} : Ids{"task-2", "task-4", "task-6"}));
  }
}

TEST_CASE("a cursor goes on where a store was taken away") {
  DrivenMailbox both({in_x, in_y});
  const std::string cursor = both.fetch(fill(both, 2)).back().cursor;
  DrivenMailbox one({in_y});
  const NameId ann = fill(one, 1);
  CHECK(one.tasks(ann, cursor).empty());
  CHECK(one.refused.empty());
}

TEST_CASE("a cursor from before a store lost its end covers nothing that was created later") {
  const std::vector<PoolConfig> pools = {pool_with("a", StorageKind::in_memory)};
  DrivenMailbox lost(pools);
  const NameId ann = lost.key("acme", "ann");
  for (std::uint64_t i = 1; i <= 4; ++i) {
    lost.append(ann, i, "task-" + std::to_string(i));
    lost.advance(10);
  }
  lost.persist();
  const std::string cursor = lost.fetch(ann).back().cursor;

  DrivenMailbox box(pools);  // the same store, of which a copy with two messages is left
  REQUIRE(box.key("acme", "ann") == ann);
  for (std::uint64_t i = 1; i <= 2; ++i) {
    box.append(ann, i, "task-" + std::to_string(i));
    box.advance(10);
  }
  box.advance(1000);
  box.append(ann, 3, "task-3-again");
  box.persist();
  CHECK(box.tasks(ann, cursor) == Ids{"task-3-again"});
  CHECK(box.acknowledge(ann, cursor) == 2);
  CHECK(box.tasks(ann) == Ids{"task-3-again"});
}

TEST_CASE("a clock that is set back makes no message come twice to who pages, and none be passed over") {
  DrivenMailbox box({pool_with("a", StorageKind::in_memory)});
  const NameId ann = box.key("acme", "ann");
  for (std::uint64_t i = 1; i <= 6; ++i) {
    box.append(ann, i, "task-" + std::to_string(i));
    box.now.wall.ms += i % 2 == 0 ? -3'600'000 : 1000;
  }
  box.persist();
  Ids seen;
  std::string after;
  for (auto page = box.fetch(ann, after, 2); !page.empty(); page = box.fetch(ann, after, 2)) {
    for (const MailboxMessage& message : page) seen.push_back(message.task_id);
    after = page.back().cursor;
    REQUIRE(seen.size() <= 6);
  }
  CHECK(seen == Ids{"task-1", "task-2", "task-3", "task-4", "task-5", "task-6"});
  CHECK(box.acknowledge(ann, after) == 6);
}

TEST_CASE("a plain number is a cursor of a lot with one mailbox store, and of no other") {
  DrivenMailbox one({in_x});
  const NameId ann = fill(one, 1);
  const std::string cursor = one.fetch(ann)[1].cursor;
  CHECK(one.tasks(ann, cursor.substr(0, cursor.find('-'))) == Ids{"task-3"});
  DrivenMailbox two({in_x, in_y});
  two.fetch(fill(two, 2), "3");
  CHECK(two.refused == std::vector<Refusal>{Refusal::invalid_cursor});
  CHECK(two.acknowledge(two.key("acme", "ann"), "3.3") == std::nullopt);
  CHECK(two.tasks(two.key("acme", "ann")).size() == 6);
}

TEST_CASE("a cursor stays one of its store where that is moved, and is none of another in its place") {
  const auto opened = [](const char* path, std::uint64_t identity) {
    auto box = std::make_unique<DrivenMailbox>(std::vector{pool_with("first", StorageKind::file, path)});
    box->feed(mailbox::PersistFailed{StoreId{0}});
    box->reload(StoreId{0}, identity);
    return box;
  };
  const auto before = opened("/data/x", 7);
  const std::string cursor = before->fetch(fill(*before, 1))[1].cursor;
  const auto moved = opened("/elsewhere/x/", 7);
  CHECK(moved->tasks(fill(*moved, 1), cursor) == Ids{"task-3"});
  const auto other = opened("/data/x", 8);
  CHECK(other->acknowledge(fill(*other, 1), cursor) == std::nullopt);
  CHECK(other->refused == std::vector<Refusal>{Refusal::invalid_cursor});
}

TEST_CASE("stores that end in the same folder name are told apart") {
  DrivenMailbox box(
      {pool_with("first", StorageKind::file, "/a/mail"), pool_with("second", StorageKind::file, "/b/mail")});
  const NameId ann = fill(box, 2);
  const std::string cursor = box.fetch(ann)[2].cursor;
  CHECK(box.tasks(ann, cursor) == Ids{"task-4", "task-5", "task-6"});
}

TEST_CASE("a message is seen, confirmed and announced once it is durable") {
  DrivenMailbox box({pool_with("first", StorageKind::file)});
  const NameId ann = box.key("acme", "ann");
  box.feed(mailbox::Subscribe{ann});
  box.append(ann, 1);
  CHECK(box.stored.empty());
  CHECK(box.arrived.empty());
  CHECK(box.fetch(ann).empty());
  box.persist();
  CHECK(box.stored.size() == 1);
  CHECK(box.arrived == std::vector<NameId>{ann});
  CHECK(box.fetch(ann).size() == 1);
  box.feed(mailbox::Unsubscribe{ann});
  box.append(ann, 2);
  box.persist();
  CHECK(box.arrived.size() == 1);
}

TEST_CASE("a store whose write failed takes nothing until it is reloaded, then what its journal says") {
  DrivenMailbox box({pool_with("first", StorageKind::file)});
  const NameId ann = box.key("acme", "ann");
  box.append(ann, 1, "durable");
  box.persist();
  box.append(ann, 2, "uncertain");
  box.feed(mailbox::PersistFailed{StoreId{0}});
  CHECK(box.not_stored == 1);
  box.append(ann, 2, "uncertain");
  CHECK(box.not_stored == 2);
  box.fetch(ann);
  CHECK(box.refused == std::vector<Refusal>{Refusal::storage_unavailable});
  box.journal[0].pop_back();
  box.reload(StoreId{0});
  box.persist();
  CHECK(box.tasks(ann) == Ids{"durable"});
  box.append(ann, 2, "uncertain");
  box.persist();
  CHECK(box.tasks(ann) == Ids{"durable", "uncertain"});
}

TEST_CASE("a reader who waits hears of a message that only the journal knew of") {
  DrivenMailbox box({pool_with("first", StorageKind::file)});
  const NameId ann = box.key("acme", "ann");
  box.feed(mailbox::Subscribe{ann});
  box.append(ann, 1);
  box.feed(mailbox::PersistFailed{StoreId{0}});  // although the record is in the journal
  box.reload(StoreId{0});
  box.append(ann, 1);
  box.persist();
  CHECK(box.fetch(ann).size() == 1);
  CHECK(box.arrived == std::vector<NameId>{ann});
}

TEST_CASE("messages are the same after a reload, also when the wall clock went back") {
  DrivenMailbox box({pool_with("first", StorageKind::file)});
  const NameId ann = box.key("acme", "ann");
  for (std::uint64_t i = 1; i <= 4; ++i) {
    box.append(ann, i, "task-" + std::to_string(i));
    box.now.wall.ms += i == 2 ? -5000 : 100;
  }
  box.persist();
  box.acknowledge(ann, box.fetch(ann)[0].cursor);
  box.persist();
  const auto before = box.fetch(ann);
  box.feed(mailbox::PersistFailed{StoreId{0}});
  box.reload(StoreId{0});
  box.persist();
  const auto after = box.fetch(ann);
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    CHECK(after[i].message_id == before[i].message_id);
    CHECK(after[i].task_id == before[i].task_id);
    CHECK(after[i].cursor == before[i].cursor);
    CHECK(after[i].created_at == before[i].created_at);
    CHECK(after[i].payload == before[i].payload);
    if (i > 0) CHECK(after[i].created_at >= after[i - 1].created_at);
  }
}

TEST_CASE("the memory of messages that were read is given back") {
  DrivenMailbox box({pool_with("first", StorageKind::in_memory)});
  const NameId ann = box.key("acme", "ann");
  for (std::uint64_t i = 1; i <= 50'000; ++i) {
    box.append(ann, i);
    if (i % 100 == 0) box.acknowledge(ann, box.fetch(ann, {}, 1000).back().cursor);
  }
  CHECK(box.mailbox.memory_bytes() < 200'000);
  CHECK(box.names.size() == 1);  // the key; ids of tasks are gone
}
