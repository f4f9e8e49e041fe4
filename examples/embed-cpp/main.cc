#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "parking_lot/native/host.h"

using namespace parking_lot;

// Runs on a thread of the pool; an error or an exception fails the task.
TaskResult make_thumbnail(TaskContext& task) {
  if (task.stop_token().stop_requested()) return tl::make_unexpected(std::string("stopped"));
  return std::to_string(task.units()) + " units for picture " + std::string(task.payload());
}

int main() {
  const char* text = R"({"pools": {"thumbnails": {"max_units": 6, "executor": "inline"}}})";
  const ParsedConfig parsed = parse_config(text, [](std::string_view) { return std::nullopt; });
  for (const ConfigIssue& issue : parsed.issues)
    std::fprintf(stderr, "%s: %s\n", issue.path.c_str(), issue.message.c_str());
  if (!parsed.ok()) return 2;

  boost::asio::io_context io(1);
  auto host = Host::open(parsed.config, io).value();
  if (!host->run_function("thumbnails", make_thumbnail, 4)) return 2;
  auto work = boost::asio::make_work_guard(io);
  std::thread loop([&io] { io.run(); });

  std::vector<Ticket> tickets;  // from any thread
  for (Units units = 1; units <= 4; ++units) {
    ParsedTask task;
    task.pool = "thumbnails";
    task.task_id = "thumbnail-" + std::to_string(units);
    task.units = units;
    task.payload = std::to_string(units);
    tickets.push_back(host->submit(std::move(task)));
  }
  for (Ticket& ticket : tickets) {
    const Outcome outcome = ticket.outcome.get();
    const char* result = outcome.result ? outcome.result->c_str() : "";
    std::printf("%s: %s, %s\n", outcome.task_id.c_str(), std::string(to_string(outcome.status)).c_str(),
                result);
  }

  boost::asio::post(io, [&host] { host->close(); });
  work.reset();
  loop.join();
}
