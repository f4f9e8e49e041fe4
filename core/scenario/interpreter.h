#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/arguments.h"
#include "scenario/setup.h"
#include "scenario/stage.h"

namespace parking_lot::scenario {

/// Carries out the commands of a script, one line at a time. The lot is opened by the first command that
/// needs it.
class Interpreter {
 public:
  /// Returns what is wrong with the line; empty if nothing is. A line with an error does nothing.
  std::string execute(std::string_view line);
  /// Trace lines since the last call.
  std::vector<std::string> take_lines() { return stage_.take_lines(); }
  /// What is missing at the end of the script; empty if nothing is.
  std::string finish() const { return in_batch_ ? "'batch {' is never closed" : ""; }

 private:
  enum class Kind : std::uint8_t { declares, feeds, acts };
  struct Command {
    std::string_view verb;
    Kind kind;
    void (Interpreter::*run)(Arguments& line);
  };
  static const Command* command_named(std::string_view verb);
  std::string execute_command(const Command& command, Arguments& line);
  std::string open();
  std::string flush();

  void declare_pool(Arguments& line);
  void declare_option(Arguments& line);
  void declare_config(Arguments& line);
  void declare_storage(Arguments& line);
  void show(Arguments& line);
  void hide(Arguments& line);

  void submit(Arguments& line);
  void cancel(Arguments& line);
  void cancel_tenant(Arguments& line);
  void set_priority(Arguments& line);
  void retry(Arguments& line);
  void inspect(Arguments& line);
  void explain(Arguments& line);
  void list(Arguments& line);
  void set_pool_state(Arguments& line);
  void reconfigure(Arguments& line);
  void client_gone(Arguments& line);
  void executor(Arguments& line);
  void executor_gone(Arguments& line);
  void running(Arguments& line);
  void heartbeat(Arguments& line);
  void usage(Arguments& line);
  void finish_run(Arguments& line);
  void fail_run(Arguments& line);
  void tick(Arguments& line);
  void mailbox(Arguments& line);

  void advance(Arguments& line);
  void wall(Arguments& line);
  void suspend(Arguments& line);
  void stall(Arguments& line);
  void persist(Arguments& line);
  void fail_write(Arguments& line);
  void checkpoint(Arguments& line);
  void load(Arguments& line);
  void crash(Arguments& line);
  void reopen(Arguments& line);
  void stats(Arguments& line);
  void audit(Arguments& line);

  std::string repeat(Arguments& line);

  PoolId pool_called(Arguments& line, std::string_view name);
  /// The pool of the option `pool`, else the only one there is.
  PoolId pool_option(Arguments& line);
  /// The next word, a task, in the pool in which the script submitted it.
  TaskName task_word(Arguments& line);
  Run run_of(Arguments& line);
  std::string stream_word(Arguments& line);
  NameId held(NameId name);
  NameId mailbox_name(std::string_view path);
  /// Keeps a text until the pending inputs have been handed over.
  std::string_view kept(std::string text);
  std::string_view unescaped(std::string_view text);
  RequestId ask(Arguments& line, PoolId pool, std::string_view new_task = {});

  Setup setup_;
  Stage stage_;
  bool was_opened_ = false;
  bool in_batch_ = false;
  bool automatic_from_start_ = false;

  std::vector<Input> inputs_;
  std::vector<mailbox::Input> mailbox_inputs_;
  std::deque<std::string> texts_;
  std::deque<PoolConfig> configs_;
  std::deque<std::vector<std::uint64_t>> resources_;
  std::vector<NameId> holds_;
  std::map<std::string, PoolId, std::less<>> pool_of_task_;
};

}  // namespace parking_lot::scenario
