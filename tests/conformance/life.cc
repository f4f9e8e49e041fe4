#include "conformance/life.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <utility>

namespace parking_lot::conformance {
namespace {

// What a command of the host answers to its callback.
template <class Answer, class Ask>
Answer asked(Ask ask) {
  const auto promise = std::make_shared<std::promise<Answer>>();
  ask([promise](const Answer& answer) { promise->set_value(answer); });
  return test::get(promise->get_future());
}

using Done = tl::expected<std::uint64_t, RefusedCommand>;
using Viewed = tl::expected<TaskView, RefusedCommand>;
using Fetched = tl::expected<std::vector<FetchedMessage>, RefusedCommand>;

template <class Answer>
auto checked(const Answer& answer) {
  if (!answer) throw std::runtime_error("refused: " + std::string(to_string(answer.error().code)));
  return *answer;
}

void write_all(int fd, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(fd, text.data() + written, text.size() - written);
    if (count <= 0) _exit(2);
    written += static_cast<std::size_t>(count);
  }
}

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(fd, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  return text;
}

[[noreturn]] void live_and_die(const json& config, const Prepare& prepare,
                               const std::function<json(Life&)>& live, int answers) {
  alarm(static_cast<unsigned>(2 * test::patience.count()));
  try {
    Life life(config, prepare);
    write_all(answers, json{{"answer", live(life)}}.dump());
    kill(getpid(), SIGKILL);
  } catch (const std::exception& error) {
    write_all(answers, json{{"failure", error.what()}}.dump());
  }
  _exit(1);
}

}  // namespace

json config_at(const Place& place, const json& more) {
  json pool{{"max_units", 1},         {"executor", "inline"},
            {"queue", place.queue()}, {"mailbox", {{"storage", place.mailbox()}}},
            {"heartbeat_secs", 1},    {"lease_secs", 1},
            {"quarantine_secs", 0}};
  pool.merge_patch(more);
  return {{"pools", {{"pool", pool}}}};
}

ParsedTask task_named(const std::string& id) {
  ParsedTask task;
  task.pool = "pool";
  task.task_id = id;
  task.payload = '"' + id + '"';
  task.payload_digest = digest_of(task.payload);
  task.mailbox_tenant = "acme";
  return task;
}

WallTime in(Duration duration) {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return WallTime{std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()} + duration;
}

void run_nothing(Host&) {}

void echo(Host& host) {
  const auto ready = host.run_function(
      "pool", [](TaskContext& context) -> TaskResult { return std::string(context.payload()); }, 1);
  if (!ready) throw std::runtime_error(ready.error().message);
}

Prepare StartOrder::prepare() {
  return [this](Host& host) {
    host.on_event([this](const TaskEvent& event) {
      if (event.kind != TaskEvent::Kind::started) return;
      const std::lock_guard lock(mutex_);
      ids_.emplace_back(event.task_id);
    });
    echo(host);
  };
}

std::vector<std::string> StartOrder::ids() const {
  const std::lock_guard lock(mutex_);
  return ids_;
}

std::string Life::answer_to(ParsedTask task) {
  const Receipt receipt = submit(std::move(task));
  if (!receipt) return std::string(to_string(receipt.error().code));
  return receipt->how == Submitted::How::joined ? "joined" : "admitted";
}

Outcome Life::outcome(const std::string& id, const std::string& pool) {
  return asked<Outcome>([&](auto answer) { host_->outcome(pool, id, answer); });
}

std::string Life::status(const std::string& id, const std::string& pool) {
  const Viewed view = asked<Viewed>([&](auto answer) { host_->inspect(pool, id, answer); });
  if (!view) return std::string(to_string(view.error().code));
  std::string text(to_string(view->status));
  if (view->reason != Reason::none) text += ": " + std::string(to_string(view->reason));
  return text;
}

TaskView Life::inspect(const std::string& id) {
  return checked(asked<Viewed>([&](auto answer) { host_->inspect("pool", id, answer); }));
}

void Life::cancel(const std::string& id, const std::string& pool) {
  checked(asked<Done>([&](auto answer) { host_->cancel(pool, id, answer); }));
}

void Life::set_state(PoolState state, const std::string& pool) {
  checked(asked<Done>([&](auto answer) { host_->set_pool_state(pool, state, answer); }));
}

std::vector<FetchedMessage> Life::messages(const std::string& after) {
  return checked(asked<Fetched>([&](auto answer) { host_->fetch({"acme", "", ""}, after, 10000, answer); }));
}

std::vector<std::string> Life::message_ids() {
  std::vector<std::string> ids;
  for (const FetchedMessage& each : messages()) ids.push_back(each.message.task_id);
  return ids;
}

std::vector<std::string> Life::message_ids(std::size_t count) {
  test::eventually([&] { return message_ids().size() == count && stats().undelivered == 0; });
  return message_ids();
}

std::uint64_t Life::acknowledge(const std::string& cursor) {
  return checked(asked<Done>([&](auto answer) { host_->acknowledge({"acme", "", ""}, cursor, answer); }));
}

// Records of a stream become durable in their order, and the answer to a command rests on its own.
void Life::settle() {
  set_state(PoolState::paused);
  set_state(PoolState::active);
}

PoolStats Life::stats(const std::string& pool) {
  return host_.on_loop([&](Host& host) { return host.stats(pool); }).value();
}

Health Life::health() {
  return host_.on_loop([](Host& host) { return host.health(); });
}

json killed_life(const json& config, const Prepare& prepare, const std::function<json(Life&)>& live) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t process = fork();
  if (process == -1) throw std::runtime_error("no process");
  if (process == 0) {
    close(ends[0]);
    live_and_die(config, prepare, live, ends[1]);
  }
  close(ends[1]);
  const std::string text = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  waitpid(process, &status, 0);
  const json told = json::parse(text, nullptr, false);
  if (told.is_object() && told.contains("failure"))
    throw std::runtime_error("in the life before: " + told["failure"].get<std::string>());
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL || !told.is_object())
    throw std::runtime_error("the life before ended by itself");
  return told["answer"];
}

}  // namespace parking_lot::conformance
