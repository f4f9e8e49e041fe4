#include <utility>

#include "scenario/interpreter.h"

/// The commands that become inputs.
namespace parking_lot::scenario {

PoolId Interpreter::pool_called(Arguments& line, std::string_view name) {
  auto pool = stage_.lot().scheduler().pool(name);
  if (!pool && line.error().empty()) line.fail("there is no pool '" + std::string(name) + "'");
  return pool.value_or(PoolId{});
}

PoolId Interpreter::pool_option(Arguments& line) {
  if (auto name = line.option("pool")) return pool_called(line, *name);
  if (stage_.lot().scheduler().pool_count() != 1) line.fail("say which pool: there are several");
  return PoolId{};
}

TaskName Interpreter::task_word(Arguments& line) {
  std::string_view symbol = line.word("a task");
  auto found = pool_of_task_.find(symbol);
  PoolId pool;
  if (auto name = line.option("pool")) {
    pool = pool_called(line, *name);
  } else {
    pool = found == pool_of_task_.end() ? pool_option(line) : found->second;
  }
  std::string_view id = stage_.spelling().id_of(pool, symbol);
  return TaskName{.pool = pool, .handle = {}, .task_id = kept(std::string(id.empty() ? symbol : id))};
}

Run Interpreter::run_of(Arguments& line) {
  std::string symbol(line.word("a task"));
  auto found = pool_of_task_.find(symbol);
  if (found == pool_of_task_.end()) {
    line.fail("no task '" + symbol + "' was submitted");
    return {};
  }
  const std::vector<Run>& runs = stage_.runs(found->second, symbol);
  std::uint64_t which = line.number("run", runs.size());
  if (which == 0 || which > runs.size()) {
    line.fail("'" + symbol + "' was started " + std::to_string(runs.size()) + " times");
    return {};
  }
  return runs[which - 1];
}

NameId Interpreter::held(NameId name) {
  holds_.push_back(name);
  return name;
}

NameId Interpreter::mailbox_name(std::string_view path) {
  std::size_t user = path.find('/');
  std::size_t session = user == std::string_view::npos ? user : path.find('/', user + 1);
  MailboxKey key{.tenant = path.substr(0, user), .user = {}, .session = {}};
  if (user != std::string_view::npos)
    key.user = path.substr(user + 1, session == path.npos ? session : session - user - 1);
  if (session != std::string_view::npos) key.session = path.substr(session + 1);
  return held(stage_.lot().scheduler().mailbox_key(key));
}

std::string_view Interpreter::kept(std::string text) {
  texts_.push_back(std::move(text));
  return texts_.back();
}

/// `~` stands for a blank, `^` for a control character, and `@129` for 129 letters.
std::string_view Interpreter::unescaped(std::string_view text) {
  if (auto letters = parse_number(text.substr(text.empty() ? 0 : 1));
      letters && text.front() == '@' && *letters < 10000) {
    return kept(std::string(*letters, 'x'));
  }
  std::string plain(text);
  for (char& c : plain) {
    if (c == '~') c = ' ';
    if (c == '^') c = '\x01';
  }
  return kept(std::move(plain));
}

RequestId Interpreter::ask(Arguments& line, PoolId pool, std::string_view new_task) {
  std::string text(line.verb());
  std::string_view first = line.rest().substr(0, line.rest().find(' '));
  if (first.find('=') == std::string_view::npos && first != "-" && !first.empty())
    text += " " + std::string(first);
  return stage_.ask(std::move(text), pool, new_task);
}

void Interpreter::submit(Arguments& line) {
  std::string symbol(line.word("a name for the task, or '-'"));
  PoolId pool{};
  if (auto index = line.option("pool-index")) {
    pool.index = static_cast<std::uint32_t>(parse_number(*index).value_or(0));
  } else {
    pool = pool_option(line);
  }
  bool is_nameless = symbol == "-";
  std::string_view id = line.option("id").value_or(is_nameless ? "-" : std::string_view(symbol));
  TaskSpec spec;
  spec.task_id = id == "-" ? std::string_view{} : unescaped(id);
  if (auto tenant = line.option("tenant"))
    spec.tenant = held(stage_.lot().scheduler().names().intern(unescaped(*tenant)));
  if (auto path = line.option("mailbox")) spec.mailbox = mailbox_name(*path);
  WallTime wall = stage_.now().wall;
  spec.priority = line.one_of("priority", parse_Priority, Priority::normal);
  spec.kind = line.one_of("kind", parse_ResourceKind, ResourceKind::mixed);
  spec.units = line.number("units", 1);
  spec.resources = line.numbers("resources", resources_.emplace_back());
  spec.deadline = line.moment("deadline", wall, never_wall);
  spec.start_after = line.moment("start_after", wall, WallTime{0});
  spec.timeout = line.duration("timeout", {});
  spec.estimate = line.duration("estimate", {});
  spec.payload = line.payload("payload");
  spec.retry.max_attempts = static_cast<std::uint32_t>(line.number("attempts", 1));
  spec.retry.initial = line.duration("backoff", spec.retry.initial);
  spec.retry.max = line.duration("backoff_max", spec.retry.max);
  spec.retry.factor_percent = static_cast<std::uint32_t>(line.number("factor", spec.retry.factor_percent));
  spec.retry.jitter_percent = static_cast<std::uint32_t>(line.number("jitter", 0));
  spec.max_lost = static_cast<std::uint32_t>(line.number("max_lost", 3));
  spec.on_disconnect = line.one_of("on_disconnect", parse_OnDisconnect, OnDisconnect::keep);
  spec.dedup = line.one_of("dedup", parse_Dedup, Dedup::join);
  spec.realm = static_cast<RealmId>(line.number("realm", 0));
  auto client = static_cast<ClientId>(line.number("client", 0));
  if (!line.finish()) return;
  if (!is_nameless) {
    pool_of_task_[symbol] = pool;
    if (!spec.task_id.empty()) stage_.spelling().name_task(pool, spec.task_id, symbol);
  }
  bool is_named_later = !is_nameless && spec.task_id.empty();
  RequestId request = ask(line, pool, is_named_later ? std::string_view(symbol) : std::string_view{});
  inputs_.push_back(Submit{.request = request, .pool = pool, .client = client, .spec = spec});
}

void Interpreter::cancel(Arguments& line) {
  TaskName task = task_word(line);
  if (line.finish()) inputs_.push_back(Cancel{.request = ask(line, task.pool), .task = task});
}

void Interpreter::cancel_tenant(Arguments& line) {
  std::string tenant(line.word("a tenant"));
  PoolId pool = pool_option(line);
  if (!line.finish()) return;
  NameId name = held(stage_.lot().scheduler().names().intern(tenant));
  inputs_.push_back(CancelTenant{.request = ask(line, pool), .pool = pool, .tenant = name});
}

void Interpreter::set_priority(Arguments& line) {
  TaskName task = task_word(line);
  auto priority = parse_Priority(line.word("a priority"));
  if (!priority) line.fail("a priority is low, normal, high or critical");
  if (line.finish())
    inputs_.push_back(SetPriority{.request = ask(line, task.pool), .task = task, .priority = *priority});
}

void Interpreter::retry(Arguments& line) {
  TaskName task = task_word(line);
  if (line.finish()) inputs_.push_back(Retry{.request = ask(line, task.pool), .task = task});
}

void Interpreter::inspect(Arguments& line) {
  TaskName task = task_word(line);
  if (line.finish()) inputs_.push_back(Inspect{.request = ask(line, task.pool), .task = task});
}

void Interpreter::explain(Arguments& line) {
  TaskName task = task_word(line);
  if (line.finish()) inputs_.push_back(Explain{.request = ask(line, task.pool), .task = task});
}

void Interpreter::list(Arguments& line) {
  PoolId pool = pool_option(line);
  ListTasks list{.request = 0, .pool = pool};
  if (line.option("status")) {
    list.any_status = false;
    list.status = line.one_of("status", parse_Status, Status::queued);
  }
  list.after = line.number("after", 0);
  list.limit = static_cast<std::uint32_t>(line.number("limit", 50));
  if (!line.finish()) return;
  list.request = ask(line, pool);
  inputs_.push_back(list);
}

void Interpreter::set_pool_state(Arguments& line) {
  PoolId pool = line.has_word() ? pool_called(line, line.word("a pool")) : pool_option(line);
  PoolState state = PoolState::active;
  if (line.verb() == "pause") state = PoolState::paused;
  if (line.verb() == "drain") state = PoolState::draining;
  if (line.verb() == "disable") state = PoolState::disabled;
  if (line.finish())
    inputs_.push_back(SetPoolState{.request = ask(line, pool), .pool = pool, .state = state});
}

void Interpreter::reconfigure(Arguments& line) {
  PoolId pool = line.has_word() ? pool_called(line, line.word("a pool")) : pool_option(line);
  Setup changes;
  for (const auto& [key, value] : line.other_options()) changes.set_option(key, value);
  if (!line.finish()) return;
  ParsedPool parsed = parse_pool_settings(changes.options_json(), stage_.lot().scheduler().config(pool));
  if (!parsed.ok()) return line.fail(parsed.issues.front().path + " " + parsed.issues.front().message);
  configs_.push_back(std::move(parsed.pool));
  inputs_.push_back(Reconfigure{.request = ask(line, pool), .pool = pool, .config = &configs_.back()});
}

void Interpreter::client_gone(Arguments& line) {
  auto client = parse_number(line.word("a client's number"));
  if (!client) line.fail("a client is a number");
  if (line.finish()) inputs_.push_back(ClientGone{.client = static_cast<ClientId>(*client)});
}

void Interpreter::executor(Arguments& line) {
  ExecutorReady ready;
  ready.pool = line.has_word() ? pool_called(line, line.word("a pool")) : pool_option(line);
  ready.executor = static_cast<ExecutorId>(line.number("id", 1));
  ready.realm = static_cast<RealmId>(line.number("realm", 0));
  ready.credits = static_cast<std::uint32_t>(line.number("credits", endless_credits));
  if (auto liveness = line.option("liveness")) {
    if (*liveness != "certain" && *liveness != "heartbeats") line.fail("liveness is certain or heartbeats");
    if (*liveness == "heartbeats") ready.liveness = ExecutorReady::Liveness::heartbeats;
  }
  if (line.finish()) inputs_.push_back(ready);
}

void Interpreter::executor_gone(Arguments& line) {
  ExecutorGone gone;
  gone.pool = line.has_word() ? pool_called(line, line.word("a pool")) : pool_option(line);
  gone.executor = static_cast<ExecutorId>(line.number("id", 1));
  if (auto death = line.option("death")) {
    if (*death != "known" && *death != "unknown") line.fail("death is known or unknown");
    if (*death == "known") gone.death = ExecutorGone::Death::known;
  }
  if (line.finish()) inputs_.push_back(gone);
}

void Interpreter::running(Arguments& line) {
  Run run = run_of(line);
  if (line.finish()) inputs_.push_back(Running{.task = run.task, .lease = run.lease});
}

void Interpreter::heartbeat(Arguments& line) {
  Run run = run_of(line);
  if (line.finish()) inputs_.push_back(Heartbeat{.task = run.task, .lease = run.lease});
}

void Interpreter::usage(Arguments& line) {
  Run run = run_of(line);
  Units units = line.number("units", 0);
  if (line.finish()) inputs_.push_back(UsageReported{.task = run.task, .lease = run.lease, .units = units});
}

void Interpreter::finish_run(Arguments& line) {
  Run run = run_of(line);
  PayloadRef result = line.payload("result");
  auto credits = static_cast<std::uint32_t>(line.number("credits", 1));
  if (line.finish())
    inputs_.push_back(Finished{.task = run.task, .lease = run.lease, .result = result, .credits = credits});
}

void Interpreter::fail_run(Arguments& line) {
  Run run = run_of(line);
  Failed failed;
  failed.task = run.task;
  failed.lease = run.lease;
  failed.reason = line.one_of("reason", parse_Reason, Reason::task_failed);
  failed.result = line.payload("result");
  failed.credits = static_cast<std::uint32_t>(line.number("credits", 1));
  if (auto units = line.option("units")) {
    if (*units != "freed" && *units != "unknown") line.fail("units are freed or unknown");
    if (*units == "unknown") failed.units = Failed::Units::unknown;
  }
  if (line.finish()) inputs_.push_back(failed);
}

void Interpreter::tick(Arguments& line) {
  if (line.finish()) inputs_.push_back(Tick{});
}

void Interpreter::mailbox(Arguments& line) {
  std::string_view action = line.word("'fetch', 'ack', 'subscribe' or 'unsubscribe'");
  std::string path(line.word("a mailbox: tenant, tenant/user or tenant/user/session"));
  auto after = line.option("after");
  auto through = line.option("through");
  auto raw_cursor = line.option("cursor");
  WallTime since = line.moment("since", stage_.now().wall, WallTime{0});
  auto limit = static_cast<std::uint32_t>(line.number("limit", 50));
  if (!line.finish()) return;
  NameId key = mailbox_name(path);
  std::string asked = "mailbox " + std::string(action) + " " + path;
  if (action == "fetch") {
    std::string_view cursor =
        after ? kept(stage_.cursor(path, *after == "last" ? "" : *after)) : std::string_view{};
    if (raw_cursor) cursor = kept(std::string(*raw_cursor));
    mailbox_inputs_.push_back(mailbox::Fetch{
        .request = stage_.ask(asked, {}, path), .key = key, .after = cursor, .since = since, .limit = limit});
  } else if (action == "ack") {
    std::string_view cursor =
        kept(raw_cursor ? std::string(*raw_cursor) : stage_.cursor(path, through.value_or("")));
    mailbox_inputs_.push_back(
        mailbox::Acknowledge{.request = stage_.ask(asked), .key = key, .cursor = cursor});
  } else if (action == "subscribe") {
    mailbox_inputs_.push_back(mailbox::Subscribe{.key = key});
  } else if (action == "unsubscribe") {
    mailbox_inputs_.push_back(mailbox::Unsubscribe{.key = key});
  } else {
    line.fail("'mailbox' is followed by fetch, ack, subscribe or unsubscribe");
  }
}

}  // namespace parking_lot::scenario
