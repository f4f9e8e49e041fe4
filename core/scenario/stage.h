#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/lot.h"
#include "scenario/journal.h"
#include "scenario/spelling.h"

namespace parking_lot::scenario {

/// One start of a task, as its executor would remember it.
struct Run {
  TaskHandle task;
  Lease lease;
};

/// What a script can see and move: one lot, both clocks, and a backend in memory whose writes become durable
/// when the script says so. Everything that comes out is put down as lines of trace.
class Stage {
 public:
  Stage();

  bool is_open() const { return lot_.has_value(); }
  Lot& lot() { return *lot_; }
  Spelling& spelling() { return spelling_; }
  Now now() const { return {.wall = wall_, .steady = steady_}; }

  /// A new lot on the journals as they are, its steady clock at the beginning. Streams are loaded if storage
  /// is automatic.
  Result<bool> open(const Config& config);
  /// The lot and every write that is not durable are gone.
  void crash();

  /// One `handle` each, and everything that it brings about.
  void feed(std::span<const Input> inputs);
  void feed(std::span<const mailbox::Input> inputs);

  /// Moves both clocks and ticks whenever the lot asked for it. False: its timers never come to rest.
  bool advance(Duration length);
  void move_wall(Duration by) { wall_ = wall_ + by; }
  /// Moves both clocks, and nobody notices.
  void stall(Duration length);

  // Streams are called by the name of their pool; `mailbox` is the first mailbox store, `mailbox/1` the
  // second.
  bool has_stream(std::string_view stream) const { return stream_named(stream).has_value(); }
  /// Makes writes up to `through` durable and reports it.
  void persist(std::string_view stream, std::uint64_t through);
  /// Pending writes are lost, and the lot is told. What it writes before `load` is lost too.
  void fail_write(std::string_view stream);
  /// Takes a checkpoint of the whole stream as it is now.
  void checkpoint(std::string_view stream);
  /// Feeds the checkpoint and the durable records, `chunk` with each input (0: all at once), and the end of
  /// recovery.
  void load(std::string_view stream, std::size_t chunk);
  /// Whether writes are durable at once, and are not worth a line.
  void make_automatic(std::string_view stream) { automatic_.insert(std::string(stream)); }
  void make_manual(std::string_view stream) { automatic_.erase(std::string(stream)); }
  std::vector<std::string> streams() const;

  enum class Shown : std::uint8_t { notifications, writes };
  /// Until one of them was called, notifications are hidden, and writes are shown when a script persists them
  /// by hand.
  void show(Shown what) { shown_[what] = true; }
  void hide(Shown what) { shown_[what] = false; }

  /// A number for a command that wants an answer; `asked` is what the answer's line calls it.
  RequestId ask(std::string asked, PoolId pool = {}, std::string_view new_task = {});
  /// All starts of a task, oldest first.
  const std::vector<Run>& runs(PoolId pool, std::string_view symbol);
  /// The cursor of a task's message in the last pages of this mailbox; of the last message if no task is
  /// named.
  std::string cursor(std::string_view mailbox, std::string_view symbol) const;

  /// Puts down one line; line ends inside it begin new ones.
  void print(std::string_view text);
  /// The lines put down since the last call. Equal lines in a row are one.
  std::vector<std::string> take_lines();

 private:
  struct StreamName {
    bool is_pool = true;
    std::uint32_t index = 0;
  };
  struct Asked {
    std::string text;
    PoolId pool;
    std::string new_task;
  };

  std::optional<StreamName> stream_named(std::string_view stream) const;
  std::string store_name(std::uint32_t index) const;
  void settle();
  void drain();
  bool persist_automatic_streams();
  void perform(const Lot::Effect& effect);
  void perform(const Write& write);
  void perform(const mailbox::Write& write);
  void perform(const Start& start);
  void perform(const Reply& reply);
  void perform(const mailbox::Page& page);
  std::string asked(RequestId request) const;
  bool shows(Shown what, bool otherwise) const;
  void print_write(const std::string& stream, const std::string& text, bool is_lost);

  std::optional<Lot> lot_;
  WallTime origin_;
  WallTime wall_;
  SteadyTime steady_;
  Duration elapsed_{0};
  std::uint64_t openings_ = 0;
  Spelling spelling_;

  std::map<std::uint32_t, PoolJournal> pools_;
  std::map<std::uint32_t, StoreJournal> stores_;
  std::set<std::string> automatic_;
  std::set<std::string> failed_;
  std::map<Shown, bool> shown_;

  RequestId last_request_ = 0;
  std::map<RequestId, Asked> asked_;
  std::map<std::pair<std::uint32_t, std::string>, std::vector<Run>> runs_;  // by task id
  std::map<std::pair<std::string, std::string>, std::string> cursors_;
  std::vector<std::string> lines_;
};

}  // namespace parking_lot::scenario
