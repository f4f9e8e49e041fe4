#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string_view>

#include "backend/file_journal/past.h"
#include "sample.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

StoreOptions small_segments() {
  StoreOptions options;
  options.segment_bytes = 64 << 10;
  options.payload_segment_bytes = 64 << 10;
  options.checkpoint_bytes_min = 32 << 10;
  return options;
}

void take_checkpoint(Rig& rig, const StreamKey& key, std::uint64_t last) {
  const StreamNumber stream = rig.stream(key);
  REQUIRE(rig.store->begin_checkpoint(stream));
  REQUIRE(rig.store->add_to_checkpoint(stream, std::vector<Record>{{last, WallTime{5}, PoolRestored{}}}));
  REQUIRE(rig.store->end_checkpoint(stream));
}

/// Records 1 to 10,000, which a checkpoint covers and the audit retention keeps for 5 s.
void fill_and_checkpoint(Rig& rig) {
  rig.options.audit_retention = Duration{5'000};
  rig.open();
  for (std::uint64_t number = 1; number <= 10'000; number += 20) {
    rig.append(gpu, number, 20);
    REQUIRE(rig.commit() == true);
  }
  take_checkpoint(rig, gpu, 10'000);
  REQUIRE(rig.commit() == true);
}

}  // namespace

TEST_CASE("Loading gives the state and then the records after its number") {
  Rig rig;
  rig.open();
  rig.append(gpu, 1, 5);
  REQUIRE(rig.commit() == true);
  take_checkpoint(rig, gpu, 5);
  REQUIRE(rig.commit() == true);
  rig.append(gpu, 6, 2);
  REQUIRE(rig.commit() == true);
  const std::vector<std::int64_t> expected = {-5, 6, 7};
  CHECK(rig.load(gpu) == expected);
  rig.open();
  CHECK(rig.load(gpu) == expected);
}

TEST_CASE("State of a later step comes after the record whose number it has") {
  Rig rig;
  rig.open();
  rig.append(gpu, 1, 5);
  REQUIRE(rig.commit() == true);
  const StreamNumber stream = rig.stream(gpu);
  REQUIRE(rig.store->begin_checkpoint(stream));
  REQUIRE(rig.store->add_to_checkpoint(stream, std::vector<Record>{{5, WallTime{5}, PoolRestored{}}}));
  rig.append(gpu, 6, 3);
  REQUIRE(rig.commit() == true);
  REQUIRE(rig.store->add_to_checkpoint(stream, std::vector<Record>{{8, WallTime{5}, UnitsRestored{}}}));
  REQUIRE(rig.store->end_checkpoint(stream));
  rig.append(gpu, 9, 1);
  REQUIRE(rig.commit() == true);
  rig.open();
  CHECK(rig.load(gpu) == std::vector<std::int64_t>{-5, 6, 7, 8, -8, 9});
}

TEST_CASE("A checkpoint without its end does not count, and its file goes") {
  Rig rig;
  rig.open();
  rig.append(gpu, 1, 5);
  REQUIRE(rig.commit() == true);
  REQUIRE(rig.store->begin_checkpoint(rig.stream(gpu)));
  REQUIRE(
      rig.store->add_to_checkpoint(rig.stream(gpu), std::vector<Record>{{5, WallTime{5}, PoolRestored{}}}));
  REQUIRE(rig.commit() == true);
  rig.open();
  CHECK(rig.load(gpu) == numbers(1, 5));
  CHECK(rig.store->stats().checkpoint_bytes == 0);
  for (const std::string& name : rig.disk.names()) CHECK_FALSE(name.starts_with("checkpoint-"));
}

TEST_CASE("Checkpoints replace the records before them: the disk does not grow with time") {
  Rig rig(1, small_segments());
  rig.open();
  std::uint64_t most = 0;
  for (std::uint64_t number = 1; number <= 20'000; number += 20) {
    rig.append(gpu, number, 20);
    if (number % 1000 == 1) rig.append(cpu, number / 1000 + 1, 1);
    for (const StreamKey& key : {gpu, cpu}) {
      const StreamNumber stream = rig.stream(key);
      if (rig.store->wants_checkpoint(stream)) {
        take_checkpoint(rig, key, key == gpu ? number + 19 : number / 1000 + 1);
      }
    }
    REQUIRE(rig.commit() == true);
    most = std::max(most, rig.disk.bytes());
  }
  CHECK(most < 300'000);
  rig.open();
  CHECK(rig.load(gpu).back() == 20'000);
  CHECK(rig.store->durable(rig.stream(cpu)) == 20);
}

TEST_CASE("Records stay as long as the audit retention says, although a checkpoint replaces them") {
  Rig rig(1, small_segments());
  fill_and_checkpoint(rig);
  rig.append(gpu, 10'001, 1);
  REQUIRE(rig.commit() == true);
  const std::uint64_t all = rig.store->stats().record_bytes;
  // Record number n was written at 1,000,000 + n.
  rig.store->trim(WallTime{1'000'000 + 10'000});
  REQUIRE(rig.store->wants_commit());
  REQUIRE(rig.commit() == true);
  const std::uint64_t half = rig.store->stats().record_bytes;
  CHECK(half < all * 7 / 10);
  CHECK(half > all * 4 / 10);
  rig.store->trim(WallTime{2'000'000});
  REQUIRE(rig.commit() == true);
  CHECK(rig.store->stats().record_bytes < 100'000);
  rig.open();
  CHECK(rig.load(gpu) == std::vector<std::int64_t>{-10'000, 10'001});
}

TEST_CASE("Checkpoints stay an eighth of the retention apart, as long as the past is told from them") {
  Rig rig;
  rig.options.audit_retention = Duration{8'000};
  rig.open();
  const auto files = [&](std::string_view prefix) {
    const auto names = rig.disk.names();
    return std::count_if(names.begin(), names.end(),
                         [&](const auto& name) { return name.starts_with(prefix); });
  };
  const auto is_told = [&](std::uint64_t number) {
    std::uint64_t last = 0;
    const auto done =
        replay_until<Record>(*rig.store, rig.stream(gpu), time_of(number),
                             [&](std::span<const Record> records) { last = records.back().sequence; });
    REQUIRE(done);
    return *done && last == number;
  };
  std::uint64_t number = 0;
  std::int64_t most = 0;
  const auto live = [&](std::uint64_t until) {
    while (number < until) {
      rig.append(gpu, number + 1, 100);
      number += 100;
      rig.store->trim(time_of(number));
      // By time alone: there is far too little for one by size.
      if (rig.store->wants_checkpoint(rig.stream(gpu))) {
        REQUIRE(rig.store->begin_checkpoint(rig.stream(gpu)));
        const std::vector<Record> state{{number, time_of(number), PoolRestored{}}};
        REQUIRE(rig.store->add_to_checkpoint(rig.stream(gpu), state));
        REQUIRE(rig.store->end_checkpoint(rig.stream(gpu)));
      }
      REQUIRE(rig.commit() == true);
      most = std::max(most, files("checkpoint-"));
    }
  };
  live(40'000);
  CHECK(files("checkpoint-") >= 7);
  CHECK(most <= 11);
  CHECK(files("records-") < 16);
  for (const bool is_opened_again : {false, true}) {
    if (is_opened_again) rig.open();
    for (std::uint64_t each = 32'000; each <= 40'000; each += 50) REQUIRE(is_told(each));
    CHECK_FALSE(is_told(28'000));
  }
  live(60'000);
  for (std::uint64_t each = 52'000; each <= 60'000; each += 50) REQUIRE(is_told(each));
  CHECK(most <= 11);
}

TEST_CASE("Released payloads vanish from disk, and what is needed moves out of sparse segments") {
  Rig rig(1, small_segments());
  rig.open();
  const std::string bytes(1000, 'x');
  for (std::uint64_t id = 1; id <= 2000; ++id) {
    REQUIRE(rig.store->put(id, bytes));
    if (id % 20 == 0) REQUIRE(rig.commit() == true);
  }
  for (std::uint64_t id = 1; id <= 2000; ++id) {
    if (id % 10 != 0) rig.store->release(id);
  }
  int commits = 0;
  for (; rig.store->wants_commit() && commits < 100; ++commits) REQUIRE(rig.commit() == true);
  CHECK(commits < 100);
  const FileStoreStats stats = rig.store->stats();
  CHECK(stats.payloads == 200);
  CHECK(stats.payload_bytes < stats.payload_bytes_live * 13 / 10 + 256 * 1024);
  std::string read;
  for (std::uint64_t id = 10; id <= 2000; id += 10) {
    REQUIRE(rig.store->read_payload(id, read));
    CHECK(read == bytes);
  }
  rig.open();
  CHECK(rig.store->stats().payloads >= 200);
  for (std::uint64_t id = 10; id <= 2000; id += 10) REQUIRE(rig.store->read_payload(id, read));
  const std::vector<std::uint64_t> named = {10, 20};
  rig.store->release_all_but(named, 3000);
  CHECK(rig.store->stats().payloads == 2);
}

TEST_CASE("When nothing is needed any more, no payload is left on disk") {
  Rig rig(1, small_segments());
  rig.open();
  for (std::uint64_t id = 1; id <= 300; ++id) REQUIRE(rig.store->put(id, std::string(1000, 'x')));
  REQUIRE(rig.commit() == true);
  for (std::uint64_t id = 1; id <= 300; ++id) rig.store->release(id);
  for (int i = 0; i < 10 && rig.store->wants_commit(); ++i) REQUIRE(rig.commit() == true);
  CHECK_FALSE(rig.store->wants_commit());
  CHECK(rig.store->stats().payload_bytes <= 64 << 10);
}

TEST_CASE("Under churn the disk holds at most three times what is live and retained, and less at rest") {
  Rig rig(1, small_segments());
  constexpr std::uint64_t retained = 20'000;  // record number n is written at n milliseconds
  rig.options.audit_retention = Duration{retained};
  rig.open();
  constexpr std::uint64_t live_payloads = 10'000;
  const std::string payload(1000, 'x');
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> live;
  std::uint64_t number = 0;
  std::uint64_t payload_id = 0;
  std::uint64_t record_bytes = 0;  // of one
  double most = 0;
  const auto ratio = [&] {
    const std::uint64_t records = std::min(number, retained) * record_bytes;
    const std::uint64_t needed = rig.store->stats().payload_bytes_live + records;
    return static_cast<double>(rig.disk.bytes()) / static_cast<double>(needed);
  };
  while (number < 100'000) {
    rig.append(gpu, number + 1, 50);
    number += 50;
    for (int i = 0; i < 40; ++i) {
      REQUIRE(rig.store->put(++payload_id, payload));
      live.push_back(payload_id);
    }
    while (live.size() > live_payloads) {
      const std::size_t place = random() % live.size();
      rig.store->release(live[place]);
      live[place] = live.back();
      live.pop_back();
    }
    rig.store->trim(time_of(number));
    if (rig.store->wants_checkpoint(rig.stream(gpu))) take_checkpoint(rig, gpu, number);
    REQUIRE(rig.commit() == true);
    if (number == 1'000) record_bytes = rig.store->stats().record_bytes / number;
    if (live.size() == live_payloads) most = std::max(most, ratio());
  }
  CHECK(most < 3);
  for (int i = 0; i < 100 && rig.store->wants_commit(); ++i) REQUIRE(rig.commit() == true);
  CHECK(ratio() < 1.3);
  std::string read;
  for (const std::uint64_t id : live) REQUIRE(rig.store->read_payload(id, read));
}

TEST_CASE("The index of payloads needs less than 40 bytes for each") {
  Rig rig;
  rig.open();
  for (std::uint64_t id = 1; id <= 50'000; ++id) {
    REQUIRE(rig.store->put(id, "x"));
    if (id % 1000 == 0) REQUIRE(rig.commit() == true);
  }
  CHECK(rig.store->stats().index_memory_bytes < 30 * 50'000);
  for (std::uint64_t id = 1; id <= 50'000; ++id) {
    if (id % 3 != 0) rig.store->release(id);
  }
  const FileStoreStats stats = rig.store->stats();
  CHECK(stats.index_memory_bytes < 42 * stats.payloads);
}

TEST_CASE("A release waits until the record that allows it is durable") {
  Rig rig;
  rig.open();
  REQUIRE(rig.store->put(1, "needed"));
  rig.append(gpu, 1);
  REQUIRE(rig.commit() == true);
  rig.append(gpu, 2);
  rig.store->release(1);
  CHECK(rig.store->holds_payload(1));
  REQUIRE(rig.commit() == true);
  CHECK_FALSE(rig.store->holds_payload(1));
}

TEST_CASE("No record goes on the strength of a checkpoint that was damaged since, and it is made anew") {
  Rig rig(1, small_segments());
  fill_and_checkpoint(rig);
  const auto records = [&] { return rig.store->stats().record_bytes; };
  const std::uint64_t all = records();
  char& byte = rig.disk.contents("checkpoint-0000000001").at(300);
  byte = static_cast<char>(byte ^ 4);

  rig.store->trim(WallTime{2'000'000});
  REQUIRE(rig.commit() == true);
  CHECK(records() >= all);
  CHECK_FALSE(rig.store->wants_commit());
  REQUIRE(rig.store->wants_checkpoint(rig.stream(gpu)));
  SECTION("at once") {}
  SECTION("by the next owner") {
    rig.open();
    CHECK(rig.load(gpu) == numbers(1, 10'000));
    REQUIRE(rig.store->wants_checkpoint(rig.stream(gpu)));
  }
  take_checkpoint(rig, gpu, 10'000);
  REQUIRE(rig.commit() == true);
  CHECK_FALSE(rig.store->wants_checkpoint(rig.stream(gpu)));
  rig.append(gpu, 10'001, 1);
  REQUIRE(rig.commit() == true);
  rig.store->trim(WallTime{2'000'000});
  REQUIRE(rig.commit() == true);
  CHECK(records() < all / 4);
  rig.open();
  CHECK(rig.load(gpu) == std::vector<std::int64_t>{-10'000, 10'001});
}
