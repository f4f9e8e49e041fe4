#include "parking_lot/native/past_pool.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <random>

#include "native/temporary_folder.h"
#include "parking_lot/json.h"
#include "store/written_store.h"
#include "unit/driven_scheduler.h"

using namespace parking_lot;
using test::TemporaryFolder;
using test::WrittenStore;

namespace {

std::string text_of(Scheduler& scheduler, Now now) {
  const PoolId gpu{0};
  const PoolStats stats = scheduler.stats(gpu);
  std::string text = std::string(to_string(stats.state)) + " max " + std::to_string(stats.units_max) +
                     " in use " + std::to_string(stats.units_in_use) + " running " +
                     std::to_string(stats.running) + " parked " + std::to_string(stats.parked) +
                     " backing off " + std::to_string(stats.backing_off);
  scheduler.handle(now, ListTasks{.request = 1'000'000, .pool = gpu, .limit = 1000});
  while (const Effect* effect = scheduler.poll()) {
    const auto* reply = std::get_if<Reply>(effect);
    if (reply == nullptr || reply->request != 1'000'000) continue;
    for (const TaskView& task : std::get<const TaskPage*>(reply->answer)->tasks)
      text += "\n" + task_view_json(task, "gpu");
  }
  return text;
}

/// A pool that lives through something each minute, and what it looked like then.
class EventfulPool {
 public:
  EventfulPool() : driven_(pool()) {}

  /// An ended task is forgotten by the next decision after its time, which no record tells of: here it stays.
  static PoolConfig pool() {
    PoolConfig config = pool_of(8, StorageKind::file);
    config.task_retention = Duration::seconds(100 * 86400);
    return config;
  }

  void live(int minutes) {
    for (int i = 0; i < minutes; ++i) {
      driven_.advance(60'000);
      act();
      driven_.persist();
      states[driven_.now.wall.ms] = text_of(driven_.core, driven_.now);
    }
  }
  const std::deque<Record>& journal() const { return driven_.journal; }
  const Scheduler& core() const { return driven_.core; }

  std::map<std::int64_t, std::string> states;

 private:
  std::uint64_t random(std::uint64_t below) { return random_() % below; }

  void act() {
    switch (random(9)) {
      case 0:
        return (void)driven_.command(
            SetPoolState{0, DrivenScheduler::gpu, random(2) == 0 ? PoolState::paused : PoolState::active});
      case 1:
      case 2:
      case 3: {
        if (driven_.starts.empty()) return;
        const Start run = driven_.starts.back();
        driven_.starts.pop_back();
        if (random(4) != 0) return driven_.feed({Finished{run.task, run.lease, {}, 1}});
        return driven_.feed({Failed{run.task, run.lease, Reason::task_failed, {}, 1, Failed::Units::freed}});
      }
      case 4:
        return (void)driven_.cancel("t" + std::to_string(random(submitted_ + 1)));
      default: {
        const std::string id = "t" + std::to_string(++submitted_);
        TaskSpec spec = DrivenScheduler::spec(id, 1 + random(4));
        spec.priority = static_cast<Priority>(random(4));
        spec.retry.max_attempts = 2;
        driven_.submit(spec);
      }
    }
  }

  std::mt19937_64 random_{7};
  DrivenScheduler driven_;
  std::uint64_t submitted_ = 0;
};

}  // namespace

TEST_CASE("a pool as of any of 1,000 past moments is what it was then") {
  const TemporaryFolder folder;
  EventfulPool pool;
  pool.live(1000);
  {
    WrittenStore written(folder.path("store"));
    for (const Record& record : pool.journal()) REQUIRE(written.store.append(written.stream, {&record, 1}));
    written.commit();
  }
  REQUIRE(pool.states.size() == 1000);
  for (const auto& [time, state] : pool.states) {
    auto then = pool_as_of(EventfulPool::pool(), folder.path("store"), WallTime{time});
    REQUIRE(then);
    REQUIRE(text_of(*then, {WallTime{time}, SteadyTime{0}}) == state);
  }
  CHECK_FALSE(pool_as_of(EventfulPool::pool(), folder.path("store"), WallTime{1'000}));
}

TEST_CASE(
    "a pool whose first records are gone is shown as of the times since its checkpoint, and no earlier") {
  const TemporaryFolder folder;
  EventfulPool pool;
  WrittenStore written(folder.path("store"), Duration{1});
  std::size_t next = 0;
  const auto write = [&] {
    for (; next < pool.journal().size(); ++next)
      REQUIRE(written.store.append(written.stream, {&pool.journal()[next], 1}));
    written.commit();
  };
  pool.live(300);
  write();
  std::vector<Record> state;
  REQUIRE(written.store.begin_checkpoint(written.stream));
  REQUIRE(pool.core().checkpoint(PoolId{0}, 0, 1'000'000, state) == end_of_checkpoint);
  REQUIRE(written.store.add_to_checkpoint(written.stream, std::span<const Record>(state)));
  REQUIRE(written.store.end_checkpoint(written.stream));
  const WallTime covered{pool.states.rbegin()->first};
  written.commit();
  pool.live(100);
  write();
  written.store.trim({never_wall.ms - 1});
  written.commit();

  for (const auto& [time, text] : pool.states) {
    auto then = pool_as_of(EventfulPool::pool(), folder.path("store"), WallTime{time});
    if (WallTime{time} < covered) {
      CHECK_FALSE(then);
    } else {
      REQUIRE(then);
      REQUIRE(text_of(*then, {WallTime{time}, SteadyTime{0}}) == text);
    }
  }
}

TEST_CASE("a pool is shown as of any time within the audit retention, whatever has gone before it") {
  constexpr int retention_minutes = 600;
  const TemporaryFolder folder;
  EventfulPool pool;
  std::optional<WrittenStore> written;
  std::size_t next = 0;
  int checkpoints = 0;
  const auto write = [&] {
    for (; next < pool.journal().size(); ++next)
      REQUIRE(written->store.append(written->stream, {&pool.journal()[next], 1}));
    written->commit();
  };
  // In steps, between which the pool lives on.
  const auto take_checkpoint = [&] {
    REQUIRE(written->store.begin_checkpoint(written->stream));
    for (CheckpointPlace place = 0; place != end_of_checkpoint;) {
      std::vector<Record> state;
      place = pool.core().checkpoint(PoolId{0}, place, 100, state);
      REQUIRE(written->store.add_to_checkpoint(written->stream, std::span<const Record>(state)));
      pool.live(1);
      write();
    }
    REQUIRE(written->store.end_checkpoint(written->stream));
    written->commit();
    ++checkpoints;
  };
  const auto now = [&] { return WallTime{pool.states.rbegin()->first}; };
  for (int hour = 0; hour < 36; ++hour) {
    if (hour % 7 == 0) {
      written.reset();
      written.emplace(folder.path("store"), Duration::seconds(60 * retention_minutes));
    }
    pool.live(60);
    write();
    written->store.trim(now());
    if (written->store.wants_checkpoint(written->stream)) take_checkpoint();
    written->commit();
  }
  CHECK(checkpoints > 12);

  const auto files = written->files.list();
  REQUIRE(files);
  CHECK(std::find(files->begin(), files->end(), "records-0000000001") == files->end());
  for (const auto& [time, text] : pool.states) {
    const std::int64_t age_minutes = (now().ms - time) / 60'000;
    if (age_minutes % 7 != 0) continue;
    auto then = pool_as_of(EventfulPool::pool(), folder.path("store"), WallTime{time});
    INFO("a state of " << age_minutes << " minutes ago");
    if (age_minutes <= retention_minutes) REQUIRE(then);
    if (age_minutes > retention_minutes * 3 / 2) CHECK_FALSE(then);
    if (then) REQUIRE(text_of(*then, {WallTime{time}, SteadyTime{0}}) == text);
  }
}
