#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "parking_lot/config.h"
#include "parking_lot/result.h"
#include "parking_lot/scheduler.h"

/// A pool as it was at a past time, made of its records.
namespace parking_lot {

/// A scheduler that has this pool alone and only shows it. `replay` gives what it is given the pool's records
/// until `time`, piece by piece, and fails if they are not there.
template <class Replay>
Result<Scheduler> past_scheduler(const PoolConfig& pool, WallTime time, Replay replay) {
  Config config;
  config.pools.push_back(pool);
  const Now then{time, SteadyTime{0}};
  auto scheduler = Scheduler::open(config, then, Entropy{});
  if (!scheduler) return scheduler;
  const auto poll_all = [&] {
    while (scheduler->poll() != nullptr) {
    }
  };
  const PoolId here{0};
  const Result<void> replayed = replay([&](std::span<const Record> records) {
    scheduler->handle(then, Recovered{here, records});
    poll_all();
  });
  if (!replayed) return Failure(replayed.error());
  scheduler->handle(then, RecoveryDone{here, RecoveryDone::Purpose::reading});
  poll_all();
  return scheduler;
}

/// Its tasks, in the order of their admission. A view is valid until `visit` returns.
template <class Visit>
void visit_tasks(Scheduler& past, WallTime time, Visit visit) {
  constexpr std::uint32_t tasks_per_page = 1000;
  ListTasks listing{.request = 1, .pool = PoolId{0}, .limit = tasks_per_page};
  do {
    past.handle({time, SteadyTime{0}}, listing);
    listing.after = 0;
    while (const Effect* effect = past.poll()) {
      const auto* reply = std::get_if<Reply>(effect);
      const auto* page = reply == nullptr ? nullptr : std::get_if<const TaskPage*>(&reply->answer);
      if (page == nullptr) continue;
      for (const TaskView& task : (*page)->tasks) visit(task);
      listing.after = (*page)->next;
    }
  } while (listing.after != 0);
}

}  // namespace parking_lot
