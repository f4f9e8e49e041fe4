#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parking_lot/lot.h"
#include "scenario/journal.h"
#include "simulation/record_model.h"

namespace parking_lot::simulation {

/// What a command was about, so that its answer can be judged.
struct Question {
  enum class Kind : std::uint8_t { submit, inspect, other, fetch, acknowledge } kind = Kind::other;
  PoolId pool;
  std::string task_id;
  std::string mailbox;
  bool was_acknowledged = false;                                 ///< the task, when the question was put
  std::vector<std::pair<std::uint32_t, std::string>> read = {};  ///< messages that an acknowledgement covers
};

/// One run as its executor sees it.
struct OutsideRun {
  PoolId pool;
  std::string task_id;
  TaskHandle task;
  Lease lease;
  ExecutorId executor = 0;
  Units units = 0;
  SteadyTime last_sign;               ///< of life: decision, then heartbeats
  SteadyTime free_at = never_steady;  ///< when the lot may count its units as free at the earliest
  bool needs_heartbeats = false;
  bool has_ended = false;
  bool is_ghost = false;  ///< its host crashed
};

/// The laws, judged from the outside alone: from what went in, what came out, and what was durable at that
/// moment.
class Model {
 public:
  explicit Model(const Config& config);

  const std::string& violation() const { return violation_; }
  /// The first one counts.
  void blame(std::string violation);
  std::uint64_t starts() const { return starts_; }

  // What happened around the lot.
  void opened(const Lot& lot);
  void crashed();
  void asked(RequestId request, Question question);
  void will_submit(PoolId pool, const std::string& task_id, const std::string& mailbox);
  /// Another task takes over this id (a retry by hand, a replacement): outcomes and messages may be several.
  void will_begin_again(PoolId pool, const std::string& task_id);
  /// Records up to `through` were reported as durable, or read back by a recovery.
  void pool_durable(PoolId pool, const scenario::PoolJournal& journal);
  /// A stream was read back after a failure or a crash; what it did not hold is lost.
  void reloaded(PoolId pool, const scenario::PoolJournal& journal);
  void recovered(PoolId pool);
  void run_ended(OutsideRun& run, SteadyTime free_at);
  void heartbeat(OutsideRun& run, SteadyTime now);
  /// Only less than declared counts here: a start may have been decided before a run turned out to need more.
  void usage(OutsideRun& run, Units units) { run.units = std::min(run.units, units); }
  void executor_gone(PoolId pool, ExecutorId executor, ExecutorGone::Death death, SteadyTime now);

  // What came out of it.
  void take(const Write& write, Now now);
  void take(const mailbox::Write& write);
  void take(const Start& start, Now now, bool needs_heartbeats);
  void take(const Stop& stop, Now now);
  void take(const Reply& reply);
  void take(const Notify& notify);
  void take(const Release& release);
  void take(const mailbox::Page& page);
  void take(const mailbox::Acknowledged& acknowledged);
  void take(const mailbox::Refused& refused);

  /// Gauges that hold at every moment.
  void check_gauges(Now now);
  /// Everything has settled: nothing may be left open.
  void check_end();

  std::deque<OutsideRun>& runs() { return runs_; }
  bool is_acknowledged(PoolId pool, const std::string& task_id) const;
  std::optional<std::string> unread_cursor(const std::string& mailbox) const;
  std::size_t open_questions() const { return questions_.size(); }
  std::vector<std::pair<PoolId, std::string>> acknowledged_tasks() const;
  const std::vector<std::string>& mailboxes() const { return mailboxes_; }

 private:
  struct Ticket {
    bool is_acknowledged = false;  ///< somebody was told that the task exists
    bool begins_again = false;
    std::optional<Status> outcome;  ///< that somebody was told
    std::set<std::string> messages;
    bool is_message_gone = false;  ///< acknowledged by its reader, and that confirmed
    std::string mailbox;
  };
  using TaskKey = std::pair<std::uint32_t, std::string>;
  struct DurablePool {
    std::size_t read = 0;
    std::set<Lease> starts;
    std::map<std::string, std::uint64_t> admissions;
    std::map<std::uint64_t, Status> outcomes;  // by admission
    std::set<std::uint64_t> outcome_sequences;
  };

  bool is_durable(PoolId pool) const { return !config_.pools[pool.index].queue.is_volatile(); }
  void read_durable(PoolId pool, const scenario::PoolJournal& journal);
  void judge(const Question& question, const Submitted& submitted);
  void judge(const Question& question, const TaskView& view);
  void judge(const Question& question, const Refused& refused);
  void told_outcome(PoolId pool, const std::string& task_id, Status status);
  std::string task_of(TaskHandle task) const;
  void note_held_units(PoolId pool, const Fact& fact, Now now);

  Config config_;
  const Lot* lot_ = nullptr;
  std::string violation_;
  std::map<TaskKey, Ticket> tickets_;
  std::map<RequestId, Question> questions_;
  std::map<std::uint32_t, DurablePool> durable_;
  std::map<std::uint32_t, RecordModel> records_;
  std::map<std::uint32_t, std::set<std::uint64_t>> living_incarnations_;
  std::map<std::pair<std::uint32_t, Lease>, SteadyTime> decided_at_;
  std::set<std::pair<std::uint32_t, Lease>> leases_;
  std::deque<OutsideRun> runs_;
  std::set<std::uint64_t> released_;
  std::vector<std::string> mailboxes_;
  std::map<std::string, std::string> last_cursor_;
  std::map<std::string, std::vector<TaskKey>> last_page_;
  std::uint64_t starts_ = 0;
};

}  // namespace parking_lot::simulation
