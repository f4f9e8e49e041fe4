// A program made to be killed: it submits tasks as fast as they are taken, runs them, reads and acknowledges
// mailboxes, and says on standard output whatever it was promised, one line at the moment it hears of it:
//
//   A id              the submission was acknowledged
//   O id status at    the outcome was told
//   M user cursor id  a message was read; its payload is the id
//   K user cursor     the acknowledgement of everything up to there was confirmed
//   T id status       at the end: a task that the pool knows
//   X sentence        something is wrong
//
// Every run writes `S id units` and `E id units` to the log.

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "parking_lot/native/host.h"

namespace {

using namespace parking_lot;

constexpr unsigned users = 4;
constexpr unsigned outstanding_max = 24;
constexpr std::size_t padding_max = 3000;

void say(const std::string& line) {
  const std::string text = line + "\n";
  if (write(STDOUT_FILENO, text.data(), text.size()) != static_cast<ssize_t>(text.size())) _exit(9);
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

class Client {
 public:
  Client(boost::asio::io_context& io, Host& host, std::string prefix, unsigned seed, unsigned tasks)
      : io_(io), host_(host), prefix_(std::move(prefix)), random_(seed), tasks_left_(tasks), retry_(io) {}

  void begin() {
    for (unsigned user = 0; user < users; ++user) {
      host_.subscribe(address(user), [this, user] { read(user); });
      read(user);
    }
    submit_more();
  }

  /// Submits nothing more, reads all mailboxes to the end, tells what the pool knows, and stops.
  void finish() {
    tasks_left_ = 0;
    host_.drain([this] {
      is_drained_ = true;
      for (unsigned user = 0; user < users; ++user) read(user);
    });
  }

 private:
  static std::string name(unsigned user) { return "user" + std::to_string(user); }
  static MailboxAddress address(unsigned user) { return {"acme", name(user), ""}; }

  void submit_more() {
    while (tasks_left_ > 0 && outstanding_ < outstanding_max) {
      --tasks_left_;
      submit(prefix_ + std::to_string(++last_));
    }
  }

  void submit(const std::string& id) {
    ParsedTask task;
    task.pool = "work";
    task.task_id = id;
    task.units = 1 + random_() % 3;
    task.priority = static_cast<Priority>(random_() % 4);
    task.max_lost = 1000;
    task.mailbox_tenant = "acme";
    task.mailbox_user = name(random_() % users);
    task.payload = quoted(id + ":" + std::string(random_() % padding_max, 'x'));
    task.payload_digest = digest_of(task.payload);
    ++outstanding_;
    host_.submit(
        std::move(task),
        [this, id](const Receipt& receipt) {
          if (receipt) return say("A " + id);
          if (receipt.error().code == Refusal::unconfirmed) say("X " + id + " is unconfirmed");
        },
        [this, id](const Outcome& outcome) {
          --outstanding_;
          if (!outcome.refusal) {
            say("O " + id + " " + std::string(to_string(outcome.status)) + " " +
                std::to_string(outcome.finished_at.ms));
            if (outcome.result == nullptr || *outcome.result != quoted(id))
              say("X the result of " + id + " is gone");
          }
          submit_later();
        });
  }

  void submit_later() {
    retry_.expires_after(std::chrono::milliseconds(1));
    retry_.async_wait([this](boost::system::error_code error) {
      if (!error) submit_more();
    });
  }

  void read(unsigned user) {
    if (is_reading_[user]) {
      reads_again_[user] = true;
      return;
    }
    is_reading_[user] = true;
    host_.fetch(address(user), "", 20, [this, user](const auto& messages) {
      if (!messages) return done_reading(user, 0);
      for (const FetchedMessage& fetched : *messages) {
        const MailboxMessage& message = fetched.message;
        say("M " + name(user) + " " + message.cursor + " " + message.task_id);
        if (fetched.payload == nullptr || *fetched.payload != quoted(message.task_id))
          say("X the message of " + message.task_id + " has lost its payload");
      }
      if (messages->empty()) return done_reading(user, 0);
      const std::string cursor = messages->back().message.cursor;
      host_.acknowledge(address(user), cursor, [this, user, cursor](const auto& count) {
        if (count) say("K " + name(user) + " " + cursor);
        done_reading(user, 1);
      });
    });
  }

  void done_reading(unsigned user, unsigned more) {
    is_reading_[user] = false;
    if (more != 0 || reads_again_[user]) {
      reads_again_[user] = false;
      return read(user);
    }
    if (is_drained_ && ++users_done_ == users) list(0);
  }

  void list(std::uint64_t after) {
    host_.list("work", {.status = {}, .after = after, .limit = 500}, [this](const auto& page) {
      for (const TaskView& task : page->tasks)
        say("T " + task.task_id + " " + std::string(to_string(task.status)));
      if (page->next != 0) return list(page->next);
      io_.stop();
    });
  }

  boost::asio::io_context& io_;
  Host& host_;
  std::string prefix_;
  std::mt19937 random_;
  unsigned tasks_left_;
  boost::asio::steady_timer retry_;
  unsigned last_ = 0;
  unsigned outstanding_ = 0;
  std::map<unsigned, bool> is_reading_;
  std::map<unsigned, bool> reads_again_;
  bool is_drained_ = false;
  unsigned users_done_ = 0;
};

TaskFunction logging_function(int log) {
  return [log](TaskContext& context) -> TaskResult {
    const std::string id(context.task_id());
    const auto write_line = [&](char what) {
      const std::string line = std::string(1, what) + " " + id + " " + std::to_string(context.units()) + "\n";
      if (write(log, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(9);
    };
    if (context.payload().substr(0, id.size() + 2) != "\"" + id + ":")
      say("X " + id + " has a wrong payload");
    write_line('S');
    std::this_thread::sleep_for(std::chrono::microseconds(std::hash<std::string>()(id) % 6000));
    write_line('E');
    return quoted(id);
  };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: crash_client CONFIG LOG PREFIX SEED TASKS (0: finish what is there)\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto parsed = parse_config(text, [](std::string_view) { return std::nullopt; });
  boost::asio::io_context io(1);
  auto host = parsed.ok() ? Host::open(parsed.config, io) : Failure({argv[1], "is no config"});
  if (!host) {
    std::fprintf(stderr, "%s: %s\n", host.error().where.c_str(), host.error().message.c_str());
    return 1;
  }
  const int log = open(argv[2], O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (auto ready = (*host)->run_function("work", logging_function(log), 6); !ready) return 1;
  const auto tasks = static_cast<unsigned>(std::strtoul(argv[5], nullptr, 10));
  Client client(io, **host, argv[3], static_cast<unsigned>(std::strtoul(argv[4], nullptr, 10)), tasks);
  say("ready");
  client.begin();
  if (tasks == 0) client.finish();
  const auto work = boost::asio::make_work_guard(io);
  io.run();
  (*host)->close();
  say("done");
  return 0;
}
