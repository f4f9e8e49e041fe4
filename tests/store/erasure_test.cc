#include "erasure_rig.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

bool is_bruno(std::string_view name) { return name.find("bruno") != std::string_view::npos; }

StoreOptions small_with_audit() {
  StoreOptions options;
  options.segment_bytes = 2000;
  options.audit_retention = Duration{1'000'000'000};
  return options;
}

}  // namespace

TEST_CASE("Names of people stand in no file as they are, and are read again") {
  ErasureRig rig;
  rig.open();
  rig.admit(1,
            "acme\x1f"
            "bruno\x1f");
  rig.enter(1, "B-AB 123");
  REQUIRE(rig.commit() == true);
  CHECK(rig.files_with("acme").size() == 1);
  CHECK(rig.files_with("bruno").empty());
  CHECK(rig.files_with("B-AB 123").empty());
  for (int i = 0; i < 2; ++i) {
    CHECK(rig.mailboxes() == std::vector<std::string>{"acme\x1f"
                                                      "bruno\x1f"});
    CHECK(rig.plates() == std::vector<std::string>{"B-AB 123"});
    rig.verify_all();
    rig.open();
  }
}

TEST_CASE("An erased name is gone from records and checkpoints, also after a crash, and the chain holds") {
  ErasureRig rig;
  rig.open();
  for (std::uint64_t i = 1; i <= 3; ++i) rig.admit(i, i == 2 ? "anna" : "bruno");
  rig.enter(1, "bruno's car");
  rig.enter(2, "B-AB 123");
  REQUIRE(rig.commit() == true);
  // Another opening does not know the name's key and gives it a second one.
  rig.open();
  rig.admit(4, "bruno");
  REQUIRE(rig.store->begin_checkpoint(rig.stream(gpu)));
  TaskRestored restored;
  restored.admitted.admission = 4;
  restored.admitted.mailbox = "bruno";
  const std::vector<Record> state{{4, WallTime{5}, PoolRestored{}}, {4, WallTime{5}, restored}};
  REQUIRE(rig.store->add_to_checkpoint(rig.stream(gpu), state));
  REQUIRE(rig.store->end_checkpoint(rig.stream(gpu)));
  REQUIRE(rig.commit() == true);

  const auto keys = rig.store->erase(is_bruno);
  REQUIRE(keys);
  CHECK(*keys == 3);
  REQUIRE(rig.commit() == true);
  rig.verify_all();
  rig.crash();
  rig.open();
  rig.verify_all();
  CHECK(rig.mailboxes() == std::vector<std::string>{"erased:1", "anna", "erased:1", "erased:9"});
  CHECK(rig.plates() == std::vector<std::string>{"erased:3", "B-AB 123"});
  CHECK(rig.store->erase(is_bruno).value() == 0);
  auto reader = rig.store->load_pool(rig.stream(gpu));
  REQUIRE(reader);
  const auto loaded = reader->next();
  REQUIRE(loaded);
  for (const Record& record : *loaded) {
    if (const auto* task = std::get_if<TaskRestored>(&record.fact))
      CHECK(task->admitted.mailbox == "erased:9");
  }
}

TEST_CASE("A name that is not durable yet is erased too, and one that comes later has a key of its own") {
  ErasureRig rig;
  rig.open();
  rig.admit(1, "bruno");
  CHECK(rig.store->erase(is_bruno).value() == 1);
  rig.admit(2, "bruno");
  REQUIRE(rig.commit() == true);
  CHECK(rig.mailboxes() == std::vector<std::string>{"erased:1", "bruno"});
}

TEST_CASE("What was erased is written again as it is") {
  ErasureRig rig;
  rig.open();
  rig.admit(1, "erased:7");
  REQUIRE(rig.commit() == true);
  CHECK(rig.files_with("erased:7").size() == 1);
  CHECK(rig.files_with("PPLKEYS1").empty());
}

TEST_CASE("Erasing that fails is done with the next commit that succeeds") {
  ErasureRig rig;
  rig.open();
  rig.admit(1, "bruno");
  REQUIRE(rig.commit() == true);
  CHECK(rig.store->erase(is_bruno).value() == 1);
  rig.disk.fail_sync_at = rig.disk.syncs();
  CHECK(rig.commit() == false);
  REQUIRE(rig.store->load_pool(rig.stream(gpu)));
  REQUIRE(rig.commit() == true);
  rig.crash();
  rig.open();
  CHECK(rig.mailboxes() == std::vector<std::string>{"erased:1"});
}

TEST_CASE("More names than a key file holds go on in the next one") {
  ErasureRig rig;
  rig.open();
  std::vector<std::string> expected;
  for (std::uint64_t i = 1; i <= 5000; ++i) rig.admit(i, expected.emplace_back("user-" + std::to_string(i)));
  REQUIRE(rig.commit() == true);
  CHECK(rig.disk.contents("keys-0000000004").size() == 65536);
  CHECK(rig.mailboxes() == expected);
  rig.open();
  CHECK(rig.mailboxes() == expected);
  CHECK(rig.store->erase([](std::string_view name) { return name == "user-4000"; }).value() == 1);
  REQUIRE(rig.commit() == true);
  expected[3999] = "erased:4003";
  CHECK(rig.mailboxes() == expected);
}

TEST_CASE("A checkpoint that counts and cannot be read is no reason to say that nobody is in it") {
  ErasureRig rig;
  rig.open();
  rig.admit(1, "anna");
  REQUIRE(rig.commit() == true);
  REQUIRE(rig.store->begin_checkpoint(rig.stream(gpu)));
  TaskRestored restored;
  restored.admitted.admission = 1;
  restored.admitted.mailbox = "bruno";  // nowhere else
  const std::vector<Record> state{{1, WallTime{5}, PoolRestored{}}, {1, WallTime{5}, restored}};
  REQUIRE(rig.store->add_to_checkpoint(rig.stream(gpu), state));
  const std::string file = "checkpoint-0000000001";
  SECTION("one that is complete") {
    REQUIRE(rig.store->end_checkpoint(rig.stream(gpu)));
    REQUIRE(rig.commit() == true);
    if (GENERATE(false, true)) rig.open();
    std::string& bytes = rig.disk.contents(file);
    const std::string whole = bytes;
    SECTION("a changed byte") { bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1); }
    SECTION("cut off") { bytes.resize(bytes.size() - 1); }
    SECTION("zeros") { std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), '\0'); }
    const auto erased = rig.store->erase(is_bruno);
    REQUIRE_FALSE(erased);
    CHECK(erased.error().fault == StoreFault::corrupt);
    CHECK(erased.error().file == file);
    rig.disk.contents(file) = whole;
    CHECK(rig.store->erase(is_bruno).value() == 1);
  }
  SECTION("one that was never finished may be cut off anywhere") {
    REQUIRE(rig.commit() == true);
    std::string& bytes = rig.disk.contents(file);
    bytes.resize(bytes.size() - 1);
    CHECK(rig.store->erase([](std::string_view name) { return name == "anna"; }).value() == 1);
  }
}

TEST_CASE("A search that is repeated looks only at what was written since") {
  ErasureRig rig(small_with_audit());
  rig.open();
  std::uint64_t last = 0;
  while (rig.disk.names().size() < 5) {
    ++last;
    rig.admit(last, last == 1 ? "bruno" : "anna");
    REQUIRE(rig.commit() == true);
  }
  ErasureSearch found;
  REQUIRE(rig.store->search(is_bruno, found));
  CHECK(found.keys.size() == 1);
  // Another opening gives the name another key.
  rig.open();
  rig.admit(++last, "bruno");
  REQUIRE(rig.commit() == true);
  rig.open();
  std::string& first = rig.disk.contents("records-0000000001");
  first[200] = static_cast<char>(first[200] ^ 1);
  ErasureSearch anew;
  CHECK_FALSE(rig.store->search(is_bruno, anew));
  REQUIRE(rig.store->search(is_bruno, found));
  CHECK(found.keys.size() == 2);
  first[200] = static_cast<char>(first[200] ^ 1);
  CHECK(rig.store->erase(is_bruno, found) == 2);
  REQUIRE(rig.commit() == true);
  for (const std::string& name : rig.mailboxes()) CHECK_FALSE(is_bruno(name));
}

TEST_CASE("The audit trail tells an erased name no more, also not from an index") {
  ErasureRig rig(small_with_audit());
  rig.open();
  for (std::uint64_t i = 1; i <= 60; ++i) {
    rig.admit(i, i % 2 == 0 ? "bruno" : "anna");
    if (i % 10 == 0) REQUIRE(rig.commit() == true);
  }
  AuditLog log(*rig.files);
  REQUIRE(log.refresh(rig.store->log_end()));
  int written = 0;
  while (const auto index = log.unwritten()) {
    REQUIRE(write_index(*rig.files, *index));
    log.written(index->segment);
    ++written;
  }
  CHECK(written > 0);
  const auto events_of = [&](std::string_view mailbox) {
    AuditQuery query;
    query.kind = SubjectKind::mailbox;
    query.id = mailbox;
    query.any_subject = false;
    query.limit = 1000;
    const auto found = log.query(query, std::nullopt);
    REQUIRE(found);
    return found->events.size();
  };
  CHECK(events_of("bruno") == 30);
  CHECK_FALSE(rig.store->erase(is_bruno).value() == 0);
  REQUIRE(rig.commit() == true);
  log.forget();
  REQUIRE(log.refresh(rig.store->log_end()));
  CHECK(events_of("bruno") == 0);
  CHECK(events_of("erased:2") == 30);
  CHECK(events_of("anna") == 30);
  while (const auto index = log.unwritten()) {
    REQUIRE(write_index(*rig.files, *index));
    log.written(index->segment);
  }
  CHECK(rig.files_with("bruno").empty());
  rig.verify_all();
}

TEST_CASE("Keys that nothing needs any more leave the disk, and those of names that never fall silent stay") {
  StoreOptions options;
  options.segment_bytes = 64 << 10;
  options.audit_retention = Duration{1};
  ErasureRig rig(options);
  rig.open();
  std::uint64_t number = 0;
  std::size_t most = 0;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 500; ++i) {
      ++number;
      rig.admit(number, number % 10 == 0 ? "anna" : "user-" + std::to_string(number));
    }
    REQUIRE(rig.store->begin_checkpoint(rig.stream(gpu)));
    const std::vector<Record> state{{number, WallTime{5}, PoolRestored{}}};
    REQUIRE(rig.store->add_to_checkpoint(rig.stream(gpu), state));
    REQUIRE(rig.store->end_checkpoint(rig.stream(gpu)));
    rig.store->trim(WallTime{1'000'000'000});
    REQUIRE(rig.commit() == true);
    std::size_t files = 0;
    for (const std::string& file : rig.disk.names()) files += file.starts_with("keys-") ? 1 : 0;
    most = std::max(most, files);
  }
  CHECK(number == 50'000);
  CHECK(most < 16);
  for (const std::string& name : rig.mailboxes()) REQUIRE((name == "anna" || name.starts_with("user-")));
  rig.verify_all();
}

TEST_CASE(
    "Names from before they were sealed are not passed over: the store says that it cannot erase them") {
  ErasureRig rig;
  rig.disk.has_random = false;
  rig.open();
  rig.admit(1, "bruno");
  rig.enter(1, "B-AB 123");
  REQUIRE(rig.commit() == true);
  CHECK(rig.files_with("bruno").size() == 1);
  rig.disk.has_random = true;
  rig.open();
  rig.admit(2, "bruno");
  rig.admit(3, "anna");
  REQUIRE(rig.commit() == true);
  const auto erased = rig.store->erase(is_bruno);
  REQUIRE_FALSE(erased);
  CHECK(erased.error().fault == StoreFault::unsealed);
  CHECK_THAT(erased.error().message, Catch::Contains("1 records name them in plain text"));
  ErasureSearch found;
  CHECK_FALSE(rig.store->search(is_bruno, found));
  CHECK(rig.store->erase([](std::string_view name) { return name == "anna"; }).value() == 1);
  REQUIRE(rig.commit() == true);
  CHECK(rig.mailboxes() == std::vector<std::string>{"bruno", "bruno", "erased:2"});
}

TEST_CASE("A record that cannot be read is no reason to say that nobody is in it") {
  ErasureRig rig(small_with_audit());
  rig.open();
  for (std::uint64_t i = 1; i <= 60; ++i) {
    rig.admit(i, i == 5 ? "bruno" : "anna");
    if (i % 10 == 0) REQUIRE(rig.commit() == true);
  }
  std::string& bytes = rig.disk.contents("records-0000000001");
  char& byte = bytes[bytes.size() / 2];
  byte = static_cast<char>(byte ^ 1);
  const auto erased = rig.store->erase(is_bruno);
  REQUIRE_FALSE(erased);
  CHECK(erased.error().fault == StoreFault::corrupt);
  CHECK(erased.error().file == "records-0000000001");
  byte = static_cast<char>(byte ^ 1);
  CHECK(rig.store->erase(is_bruno).value() == 1);
}
