#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/lot.h"
#include "scenario/journal.h"
#include "simulation/model.h"
#include "simulation/random.h"

namespace parking_lot::simulation {

/// One seed: a lot with faulty surroundings. Storage delays, fails and loses writes; executors are late,
/// lost, silent or tell things twice; clocks jump; the host crashes. After every step the model is asked
/// whether a law was broken.
class World {
 public:
  enum class Logging : std::uint8_t { off, on };

  World(std::uint64_t seed, Logging logging);

  /// Lives through this many steps, then all faults stop and everything must finish. Returns what went wrong.
  std::string live(std::uint32_t steps);

  std::uint32_t steps_done() const { return steps_done_; }
  std::uint64_t starts() const { return model_.starts(); }

 private:
  struct StreamName {
    bool is_pool = true;
    std::uint32_t index = 0;
  };
  struct Executor {
    PoolId pool;
    ExecutorId id = 0;
    RealmId realm = 0;
  };

  // world.cc: the lot, its clocks, and what becomes of effects
  void open();
  void crash();
  void feed(const Input& input);
  void feed(std::span<const Input> inputs);
  void feed(const mailbox::Input& input);
  void settle();
  void perform(const Lot::Effect& effect);
  bool is_connected(PoolId pool, ExecutorId id) const;
  void advance(Duration length);
  void move_clock();
  void heal();
  bool is_quiet() const;
  void ask_for_everything();
  void log(std::string_view text);
  void log_records(const Write& write);

  // storage.cc: the faulty backend
  void load(StreamName stream);
  void fail(StreamName stream);
  void persist(StreamName stream, std::uint32_t percent);
  void report(StreamName stream);
  void storage_step();
  void checkpoint(StreamName stream);
  bool has_pending(StreamName stream);
  bool is_closed(StreamName stream) const { return closed_.contains({stream.is_pool, stream.index}); }

  // workload.cc: clients and executors
  void client_step();
  void executor_step();
  void submit(PoolId pool, std::vector<Input>& inputs);
  void command_on_task();
  void command_on_pool();
  void read_mailbox();
  void connect(PoolId pool);
  void report_on(OutsideRun& run);
  void end(OutsideRun& run);
  void lose_executor();
  RequestId ask(Question question);

  Random random_;
  Logging logging_;
  Config config_;
  Model model_;
  std::optional<Lot> lot_;
  Now now_{.wall = {1767225600000}, .steady = {0}};
  std::uint64_t openings_ = 0;
  std::uint32_t steps_done_ = 0;
  bool has_faults_ = true;

  std::vector<StreamName> streams_;
  std::map<std::uint32_t, scenario::PoolJournal> pools_;
  std::map<std::uint32_t, scenario::StoreJournal> stores_;
  std::set<std::pair<bool, std::uint32_t>> closed_;  // streams that are not loaded, or have failed
  std::map<std::pair<bool, std::uint32_t>, CheckpointPlace>
      checkpoints_;  // that have begun: where they go on

  std::vector<Executor> executors_;
  RequestId last_request_ = 0;
  std::uint64_t last_task_ = 0;
  std::uint64_t last_payload_ = 0;
  ExecutorId last_executor_ = 0;
  std::vector<std::pair<PoolId, std::string>> recent_tasks_;
  std::vector<NameId> holds_;
  std::deque<std::string> texts_;
};

}  // namespace parking_lot::simulation
