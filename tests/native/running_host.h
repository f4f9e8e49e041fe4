#pragma once

#include <sys/types.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>

#include "parking_lot/native/host.h"

namespace parking_lot::test {

/// Far more than anything here takes; a wait that reaches it has failed.
inline constexpr std::chrono::seconds patience{20};

template <class T>
T get(std::future<T>&& future) {
  if (future.wait_for(patience) != std::future_status::ready) throw std::runtime_error("waited in vain");
  return future.get();
}

inline Config config_from(const std::string& json) {
  ParsedConfig parsed = parse_config(json, [](std::string_view) { return std::nullopt; });
  for (const ConfigIssue& issue : parsed.issues) INFO(issue.path << ": " << issue.message);
  if (!parsed.ok()) throw std::runtime_error("the test's config is broken: " + parsed.issues.front().message);
  return std::move(parsed.config);
}

/// A host whose loop runs on a thread of its own until the end of the test.
class RunningHost {
 public:
  explicit RunningHost(const std::string& config,
                       const std::function<void(Host&)>& prepare = processes_everywhere)
      : config_(config_from(config)), host_(Host::open(config_, io_).value()) {
    prepare(*host_);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~RunningHost() {
    boost::asio::post(io_, [this] { host_->close(); });
    work_.reset();
    thread_.join();
  }

  static void processes_everywhere(Host& host) {
    if (host.stats("pool")) REQUIRE(host.run_processes("pool"));
  }

  Host& operator*() { return *host_; }
  Host* operator->() { return host_.get(); }

  Outcome outcome_of(ParsedTask task) { return get(std::move(host_->submit(std::move(task)).outcome)); }

  /// On the loop thread.
  template <class Call>
  auto on_loop(Call call) -> decltype(call(std::declval<Host&>())) {
    std::packaged_task<decltype(call(std::declval<Host&>()))()> task([&] { return call(*host_); });
    auto result = task.get_future();
    boost::asio::post(io_, [&task] { task(); });
    return get(std::move(result));
  }

 private:
  Config config_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<Host> host_;
  std::thread thread_;
};

inline ParsedTask command(const std::vector<std::string>& argv,
                          nlohmann::json more = nlohmann::json::object()) {
  more["argv"] = argv;
  ParsedTask task;
  task.pool = "pool";
  task.payload = more.dump();
  return task;
}

inline ParsedTask shell(const std::string& script) { return command({"/bin/sh", "-c", script}); }

inline nlohmann::json result_of(const Outcome& outcome) {
  return outcome.result == nullptr ? nlohmann::json() : nlohmann::json::parse(*outcome.result);
}

/// Until it holds; false if it never does.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

/// Whether this process runs. One that has ended may wait long for its parent, or for init, to notice.
inline bool is_alive(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  const std::size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.at(name_end + 2) != 'Z';
}

}  // namespace parking_lot::test
