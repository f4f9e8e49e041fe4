#pragma once

#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/file_journal/store.h"
#include "faulty_files.h"

namespace parking_lot::test {

inline const StreamKey gpu{StreamKind::pool, "gpu"};
inline const StreamKey cpu{StreamKind::pool, "cpu"};
inline const StreamKey inbox{StreamKind::mailbox, "in_memory"};

/// Whose task this is: some have one each, some share one.
inline std::string mailbox_of(std::uint64_t number) {
  return "acme\x1fmember-" + std::to_string(number % 64 == 0 ? number : number % 3) + "\x1f";
}

/// Of the record with this number.
inline WallTime time_of(std::uint64_t number) {
  return WallTime{1'000'000 + static_cast<std::int64_t>(number)};
}

/// Records of a pool with numbers from `first` on; the texts in them live as long as this.
class PoolSample {
 public:
  PoolSample(std::uint64_t first, std::size_t count, std::size_t id_bytes = 12) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t number = first + i;
      std::string& id = ids_.emplace_back("task-" + std::to_string(number));
      id.resize(std::max(id.size(), id_bytes), 'x');
      TaskAdmitted admitted;
      admitted.admission = number;
      admitted.task_id = id;
      admitted.tenant = "acme";
      admitted.mailbox = ids_.emplace_back(mailbox_of(number));
      records_.push_back({number, time_of(number), admitted});
    }
  }
  operator std::span<const Record>() const { return records_; }

 private:
  std::deque<std::string> ids_;
  std::vector<Record> records_;
};

/// So small that a few records fill a segment and make a checkpoint worth while.
inline StoreOptions tiny_segments() {
  StoreOptions options;
  options.segment_bytes = 4096;
  options.payload_segment_bytes = 4096;
  options.checkpoint_bytes_min = 2048;
  return options;
}

/// A store on a faulty disk.
struct Rig {
  explicit Rig(std::uint64_t seed = 1, StoreOptions with = {}) : disk(seed), options(with) {
    options.entropy = {seed, 7};
  }

  StoreResult<void> try_open() {
    store.reset();
    files.reset();
    files = std::make_unique<FaultyFiles>(disk);
    auto opened = FileStore::open(*files, options);
    if (!opened) return tl::unexpected(opened.error());
    store.emplace(std::move(*opened));
    return {};
  }
  void open() {
    const auto opened = try_open();
    INFO((opened ? "" : opened.error().message));
    REQUIRE(opened);
  }
  void crash() {
    store.reset();
    files.reset();
    disk.restart();
  }
  StreamNumber stream(const StreamKey& key) { return store->stream(key).value(); }
  void append(const StreamKey& key, std::uint64_t first, std::size_t count = 1, std::size_t id_bytes = 12) {
    const auto appended = store->append(stream(key), PoolSample(first, count, id_bytes));
    INFO((appended ? "" : appended.error().message));
    REQUIRE(appended);
  }
  /// Whether the commit succeeded; `nullopt`: it has not ended.
  std::optional<bool> commit() {
    auto outcome = std::make_shared<std::optional<bool>>();
    store->commit([outcome](const CommitOutcome& how) { *outcome = how.failure == nullptr; });
    return *outcome;
  }
  /// Numbers of the records that loading a stream gives; state as negative numbers.
  std::vector<std::int64_t> load(const StreamKey& key) {
    auto reader = store->load_pool(stream(key));
    REQUIRE(reader);
    std::vector<std::int64_t> numbers;
    for (;;) {
      const auto records = reader->next();
      INFO((records ? "" : records.error().message));
      REQUIRE(records);
      if (records->empty()) return numbers;
      for (const Record& record : *records) {
        const auto number = static_cast<std::int64_t>(record.sequence);
        const auto* admitted = std::get_if<TaskAdmitted>(&record.fact);
        numbers.push_back(admitted ? number : -number);
        if (!admitted) continue;
        REQUIRE(admitted->task_id.starts_with("task-" + std::to_string(number)));
        REQUIRE(admitted->mailbox == mailbox_of(record.sequence));
      }
    }
  }

  FaultyDisk disk;
  StoreOptions options;
  std::unique_ptr<FaultyFiles> files;
  std::optional<FileStore> store;
};

inline std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> list;
  for (std::int64_t number = first; number <= last; ++number) list.push_back(number);
  return list;
}

}  // namespace parking_lot::test
