#pragma once

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "executor/executor.h"
#include "parking_lot/native/task_function.h"

namespace parking_lot {

/// Runs one C++ function for every task of a pool, on threads of its own. As many credits as threads.
///
/// Stopping is cooperative: the function's stop token is requested. Destruction requests all of them and
/// waits for the functions that are running.
class ThreadPool final : public Executor {
 public:
  /// `io` and `observer` outlive the pool. `threads` is at least 1.
  ThreadPool(boost::asio::io_context& io, RunObserver& observer, TaskFunction function, unsigned threads);
  ~ThreadPool() override;

  std::uint32_t credits() const override;
  void start(RunOrder order) override;
  void stop(RunName run) override;
  void kill_all() override;

 private:
  class Run;
  class Reports;

  void work();

  TaskFunction function_;
  std::shared_ptr<Reports> reports_;
  std::map<RunName, std::shared_ptr<Run>> runs_;  // the host's thread alone

  std::mutex mutex_;
  std::condition_variable wanted_;
  std::deque<std::shared_ptr<Run>> queue_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace parking_lot
