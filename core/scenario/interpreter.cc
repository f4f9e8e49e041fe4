#include "scenario/interpreter.h"

#include <utility>

#include "scenario/trace.h"

/// Dispatch, declarations, and the commands that move the stage. The commands that become inputs are in
/// commands.cc.
namespace parking_lot::scenario {

const Interpreter::Command* Interpreter::command_named(std::string_view verb) {
  using I = Interpreter;
  static constexpr Command commands[] = {
      {"pool", Kind::declares, &I::declare_pool},
      {"option", Kind::declares, &I::declare_option},
      {"config", Kind::declares, &I::declare_config},
      {"storage", Kind::declares, &I::declare_storage},
      {"show", Kind::declares, &I::show},
      {"hide", Kind::declares, &I::hide},
      {"submit", Kind::feeds, &I::submit},
      {"cancel", Kind::feeds, &I::cancel},
      {"cancel-tenant", Kind::feeds, &I::cancel_tenant},
      {"set-priority", Kind::feeds, &I::set_priority},
      {"retry", Kind::feeds, &I::retry},
      {"inspect", Kind::feeds, &I::inspect},
      {"explain", Kind::feeds, &I::explain},
      {"list", Kind::feeds, &I::list},
      {"pause", Kind::feeds, &I::set_pool_state},
      {"resume", Kind::feeds, &I::set_pool_state},
      {"drain", Kind::feeds, &I::set_pool_state},
      {"disable", Kind::feeds, &I::set_pool_state},
      {"reconfigure", Kind::feeds, &I::reconfigure},
      {"client-gone", Kind::feeds, &I::client_gone},
      {"executor", Kind::feeds, &I::executor},
      {"executor-gone", Kind::feeds, &I::executor_gone},
      {"running", Kind::feeds, &I::running},
      {"heartbeat", Kind::feeds, &I::heartbeat},
      {"usage", Kind::feeds, &I::usage},
      {"finish", Kind::feeds, &I::finish_run},
      {"fail", Kind::feeds, &I::fail_run},
      {"tick", Kind::feeds, &I::tick},
      {"mailbox", Kind::feeds, &I::mailbox},
      {"advance", Kind::acts, &I::advance},
      {"wall", Kind::acts, &I::wall},
      {"suspend", Kind::acts, &I::suspend},
      {"stall", Kind::acts, &I::stall},
      {"persist", Kind::acts, &I::persist},
      {"fail-write", Kind::acts, &I::fail_write},
      {"checkpoint", Kind::acts, &I::checkpoint},
      {"load", Kind::acts, &I::load},
      {"reload", Kind::acts, &I::load},
      {"crash", Kind::acts, &I::crash},
      {"reopen", Kind::acts, &I::reopen},
      {"stats", Kind::acts, &I::stats},
      {"audit", Kind::acts, &I::audit},
  };
  for (const Command& command : commands) {
    if (command.verb == verb) return &command;
  }
  return nullptr;
}

std::string Interpreter::execute(std::string_view text) {
  Arguments line(text);
  if (line.verb() == "batch") {
    if (line.rest() != "{") return "'batch' is followed by '{', the commands on lines of their own, and '}'";
    if (in_batch_) return "a batch is open already";
    in_batch_ = true;
    return {};
  }
  if (line.verb() == "}") {
    if (!in_batch_) return "no batch is open";
    in_batch_ = false;
    return flush();
  }
  if (line.verb() == "repeat") return repeat(line);
  const Command* command = command_named(line.verb());
  if (command == nullptr) return "there is no command '" + std::string(line.verb()) + "'";
  return execute_command(*command, line);
}

std::string Interpreter::execute_command(const Command& command, Arguments& line) {
  if (in_batch_ && command.kind != Kind::feeds)
    return "'" + std::string(command.verb) + "' is no input: it cannot be in a batch";
  bool needs_lot = command.kind != Kind::declares && command.run != &Interpreter::reopen;
  bool moves_clocks = command.run == &Interpreter::advance || command.run == &Interpreter::wall;
  if (needs_lot && !stage_.is_open() && !(was_opened_ && moves_clocks)) {
    if (was_opened_) return "after a crash the next command is 'reopen'";
    if (std::string error = open(); !error.empty()) return error;
  }
  (this->*command.run)(line);
  if (!line.finish()) return line.error();
  return in_batch_ ? std::string{} : flush();
}

std::string Interpreter::open() {
  auto config = setup_.config();
  if (!config) return "config: " + config.error().where + ": " + config.error().message;
  was_opened_ = true;
  auto opened = stage_.open(*config);
  return opened ? std::string{} : "open: " + opened.error().message;
}

std::string Interpreter::flush() {
  if (!inputs_.empty()) stage_.feed(inputs_);
  if (!mailbox_inputs_.empty()) stage_.feed(mailbox_inputs_);
  inputs_.clear();
  mailbox_inputs_.clear();
  if (stage_.is_open()) {
    for (NameId name : holds_) stage_.lot().scheduler().names().release(name);
  }
  holds_.clear();
  texts_.clear();
  return {};
}

std::string Interpreter::repeat(Arguments& line) {
  std::string_view rest = line.rest();
  std::size_t blank = rest.find(' ');
  auto times = parse_number(rest.substr(0, blank));
  if (!times || *times == 0 || *times > 10000 || blank == std::string_view::npos) {
    return "'repeat' is followed by a number up to 10000 and a command, in which % stands for the round";
  }
  for (std::uint64_t round = 1; round <= *times; ++round) {
    std::string text;
    for (char c : trimmed(rest.substr(blank))) text += c == '%' ? std::to_string(round) : std::string(1, c);
    if (std::string error = execute(text); !error.empty()) return error;
  }
  return {};
}

void Interpreter::declare_pool(Arguments& line) {
  std::string_view name = line.word("the name of a pool");
  setup_.add_pool(name);
  for (auto [key, value] : line.other_options()) setup_.set_pool(name, key, value);
}

void Interpreter::declare_option(Arguments& line) {
  for (auto [key, value] : line.other_options()) setup_.set_option(key, value);
}

void Interpreter::declare_config(Arguments& line) {
  setup_.use_json(line.rest());
  line = Arguments("config");
}

void Interpreter::declare_storage(Arguments& line) {
  std::string_view mode = line.word("'auto' or 'manual'");
  if (mode != "auto" && mode != "manual")
    line.fail("storage is 'auto' or 'manual', not '" + std::string(mode) + "'");
  std::vector<std::string> streams;
  while (line.has_word()) streams.emplace_back(line.word("a stream"));
  if (streams.empty()) line.fail("name the streams: pools, 'mailbox', 'mailbox/1'");
  if (!line.finish()) return;
  for (const std::string& stream : streams)
    mode == "auto" ? stage_.make_automatic(stream) : stage_.make_manual(stream);
}

namespace {

std::optional<Stage::Shown> parse_shown(std::string_view name) {
  if (name == "notifications") return Stage::Shown::notifications;
  if (name == "writes") return Stage::Shown::writes;
  return std::nullopt;
}

}  // namespace

void Interpreter::show(Arguments& line) {
  auto what = parse_shown(line.word("'notifications' or 'writes'"));
  if (!what) return line.fail("what can be shown is 'notifications' or 'writes'");
  stage_.show(*what);
}

void Interpreter::hide(Arguments& line) {
  auto what = parse_shown(line.word("'notifications' or 'writes'"));
  if (!what) return line.fail("what can be hidden is 'notifications' or 'writes'");
  stage_.hide(*what);
}

void Interpreter::advance(Arguments& line) {
  auto length = parse_duration(line.word("a duration"));
  if (!length) line.fail("'advance' takes a duration such as 50ms");
  if (!line.finish()) return;
  if (!stage_.advance(*length)) line.fail("timers never come to rest: next_deadline() stays in the past");
}

void Interpreter::wall(Arguments& line) {
  auto offset = parse_offset(line.word("an offset"));
  if (!offset) line.fail("'wall' takes an offset such as -2s");
  if (line.finish()) stage_.move_wall(*offset);
}

void Interpreter::suspend(Arguments& line) {
  auto length = parse_duration(line.word("a duration"));
  if (!length) line.fail("'suspend' takes a duration such as 1h");
  if (line.finish()) stage_.move_wall(*length);
}

void Interpreter::stall(Arguments& line) {
  auto length = parse_duration(line.word("a duration"));
  if (!length) line.fail("'stall' takes a duration such as 5s");
  if (line.finish()) stage_.stall(*length);
}

std::string Interpreter::stream_word(Arguments& line) {
  std::string name(line.word("a stream: the name of a pool, 'mailbox' or 'mailbox/1'"));
  if (line.error().empty() && !stage_.has_stream(name)) line.fail("there is no stream '" + name + "'");
  return name;
}

void Interpreter::persist(Arguments& line) {
  std::string stream = stream_word(line);
  std::uint64_t through = line.number("through", ~std::uint64_t{0});
  if (line.finish()) stage_.persist(stream, through);
}

void Interpreter::fail_write(Arguments& line) {
  std::string stream = stream_word(line);
  if (line.finish()) stage_.fail_write(stream);
}

void Interpreter::checkpoint(Arguments& line) {
  std::string stream = stream_word(line);
  if (line.finish()) stage_.checkpoint(stream);
}

void Interpreter::load(Arguments& line) {
  std::string stream = stream_word(line);
  std::uint64_t by = line.number("by", 0);
  if (line.finish()) stage_.load(stream, by);
}

void Interpreter::crash(Arguments& line) {
  if (line.finish()) stage_.crash();
}

void Interpreter::reopen(Arguments& line) {
  if (stage_.is_open()) line.fail("the lot is open; 'reopen' comes after 'crash'");
  if (!line.finish()) return;
  if (std::string error = open(); !error.empty()) line.fail(error);
}

void Interpreter::stats(Arguments& line) {
  bool is_named = line.has_word();
  PoolId pool = is_named ? pool_called(line, line.word("a pool")) : pool_option(line);
  if (line.finish()) stage_.print(text_of(stage_.lot().scheduler().stats(pool)));
}

void Interpreter::audit(Arguments& line) {
  AuditQuery query;
  std::string id;
  for (SubjectKind kind : {SubjectKind::task, SubjectKind::tenant, SubjectKind::pool, SubjectKind::mailbox}) {
    auto subject = line.option(to_string(kind));
    if (!subject) continue;
    query.any_subject = false;
    query.kind = kind;
    id = std::string(*subject);
    if (kind == SubjectKind::mailbox)
      id = std::string(stage_.lot().scheduler().names().text(mailbox_name(*subject)));
    if (kind == SubjectKind::task && pool_of_task_.contains(id)) {
      id = std::string(stage_.spelling().id_of(pool_of_task_.find(id)->second, id));
    }
  }
  query.id = id;
  query.from = line.moment("from", stage_.now().wall, WallTime{0});
  query.until = line.moment("until", stage_.now().wall, never_wall);
  query.limit = static_cast<std::uint32_t>(line.number("limit", 100));
  if (auto order = line.option("order")) {
    if (*order != "newest_first" && *order != "oldest_first")
      line.fail("order is oldest_first or newest_first");
    if (*order == "newest_first") query.order = AuditQuery::Order::newest_first;
  }
  std::uint64_t pages = line.number("pages", 1);
  if (!line.finish()) return;
  std::string cursor;
  for (std::uint64_t page_number = 0; page_number < pages; ++page_number) {
    query.after = cursor;
    AuditPage page = stage_.lot().scheduler().audit(query);
    for (const AuditEvent& event : page.events) stage_.print(text_of(event, stage_.spelling()));
    cursor = page.next;
    if (cursor.empty()) return;
    stage_.print("(more)");
  }
}

}  // namespace parking_lot::scenario
