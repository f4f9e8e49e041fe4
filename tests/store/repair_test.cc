#include <algorithm>
#include <catch2/catch.hpp>

#include "backend/file_journal/past.h"
#include "mending.h"
#include "vandal.h"
#include "workload.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

using Ends = std::map<std::string, std::uint64_t>;

std::optional<Ends> ends_of(FaultyDisk& disk) {
  FaultyFiles files(disk);
  const auto opened = FileStore::open_read_only(files);
  if (!opened) return std::nullopt;
  Ends ends;
  const std::vector<StreamKey> streams = opened->streams();
  for (std::uint32_t i = 0; i < streams.size(); ++i) ends[streams[i].name] = opened->durable({i});
  return ends;
}

/// That each time of the pools' past can be told, or is known not to be.
void require_readable_past(FaultyDisk& disk, const Held& held) {
  FaultyFiles files(disk);
  auto store = FileStore::open_read_only(files);
  REQUIRE(store);
  for (const auto& [name, last] : held.last) {
    const auto stream = store->stream({StreamKind::pool, name});
    if (!stream) continue;
    for (std::uint64_t number = last > 150 ? last - 150 : 1; number <= last; number += 7) {
      std::uint64_t reached = 0;
      const auto told =
          replay_until<Record>(*store, *stream, time_of(number),
                               [&](std::span<const Record> records) { reached = records.back().sequence; });
      INFO(name << " at " << number << ": " << (told ? "" : told.error().message));
      REQUIRE(told);
      if (*told) CHECK(reached == std::min(number, store->durable(*stream)));
    }
  }
}

}  // namespace

TEST_CASE(
    "Whatever happens to the files: what verify calls sound opens, and a repair leaves it sound and loses no "
    "record") {
  int mended = 0;
  int given_up = 0;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    Rig rig(seed, tiny_segments());
    if (seed % 3 == 1) rig.options.audit_retention = Duration{1'000'000'000};
    if (seed % 3 == 2) rig.options.audit_retention = Duration{80};
    if (seed % 5 == 0) rig.options.durability = SyncMode::relaxed;
    Held held;
    {
      rig.open();
      Workload workload(rig, seed);
      workload.run(150);
      rig.store.reset();
      rig.files.reset();
      held = workload.promised();
    }
    Vandal vandal(rig.disk, seed);
    std::string struck = "seed " + std::to_string(seed);
    for (std::uint64_t i = 0; i <= seed % 3; ++i) struck += ", " + vandal.strike();
    INFO(struck);

    const auto before = ends_of(rig.disk);
    FaultyFiles files(rig.disk);
    const auto found = verify(files);
    const auto plan = plan_repair(files);
    if (!found) {
      CHECK_FALSE(plan);
      continue;
    }
    if (found->damages.empty() && found->segments > 0) {
      REQUIRE(before);
      require_readable_past(rig.disk, held);
    }
    if (!plan) {
      ++given_up;
      CHECK_FALSE(found->damages.empty());
      continue;
    }
    std::string told;
    for (const RepairStep& step : *plan) told += "\n" + step.file + ": " + step.message;
    INFO(told);
    REQUIRE(plan->empty() == found->damages.empty());
    mended += plan->empty() ? 0 : 1;
    mend(rig.disk, *plan);
    FaultyFiles again(rig.disk);
    const auto after = verify(again);
    REQUIRE(after);
    for (const Damage& damage : after->damages)
      FAIL_CHECK(damage.file << " " << damage.offset << " " << damage.message);
    REQUIRE(after->damages.empty());
    const auto ends = ends_of(rig.disk);
    if (found->segments > 0) REQUIRE(ends);
    for (const auto& [stream, end] : before.value_or(Ends())) CHECK(ends->at(stream) >= end);
    if (ends) require_readable_past(rig.disk, held);
    const auto second = plan_repair(again);
    REQUIRE(second);
    CHECK(second->empty());
    if (found->segments == 0) continue;
    // All that counts can be looked through for a name.
    rig.open();
    ErasureSearch searched;
    const auto looked = rig.store->search([](std::string_view) { return false; }, searched);
    INFO((looked ? "" : looked.error().message));
    REQUIRE(looked);
  }
  // Both happen often: the test would say little if every store were given up.
  CHECK(mended > 300);
  CHECK(given_up > 50);
}
