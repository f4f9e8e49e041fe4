#include "executor/thread_pool.h"

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "executor/process_result.h"

namespace parking_lot {

namespace asio = boost::asio;

/// Carries what threads say to the host's thread. Outlives its pool as long as something is on its way, and
/// is silent from then on.
class ThreadPool::Reports : public std::enable_shared_from_this<Reports> {
 public:
  Reports(asio::io_context& io, RunObserver& observer, ThreadPool& pool)
      : io_(io), observer_(observer), pool_(&pool) {}

  template <class Report>
  void post(Report report) {
    asio::post(io_, [self = shared_from_this(), report = std::move(report)]() mutable {
      if (self->pool_ != nullptr) report(self->observer_);
    });
  }

  void ended(RunName run, RunEnd end) {
    asio::post(io_, [self = shared_from_this(), run, end = std::move(end)]() mutable {
      if (self->pool_ == nullptr) return;
      self->pool_->runs_.erase(run);
      self->observer_.ended(run, std::move(end));
    });
  }

  void silence() { pool_ = nullptr; }

 private:
  asio::io_context& io_;
  RunObserver& observer_;
  ThreadPool* pool_;  // null once it is gone; the host's thread alone reads and writes it
};

class ThreadPool::Run final : public TaskContext {
 public:
  Run(RunOrder order, std::shared_ptr<Reports> reports)
      : order_(std::move(order)), reports_(std::move(reports)) {}

  std::string_view task_id() const override { return order_.task_id; }
  std::uint32_t attempt() const override { return order_.attempt; }
  Units units() const override { return order_.units; }
  std::string_view payload() const override { return *order_.payload; }
  std::stop_token stop_token() const override { return stop_.get_token(); }

  void progress(std::string json) override {
    reports_->post([run = order_.name, json = std::move(json)](RunObserver& observer) mutable {
      observer.progressed(run, std::move(json));
    });
  }

  void report_usage(Units units) override {
    reports_->post([run = order_.name, units](RunObserver& observer) { observer.used(run, units); });
  }

  void request_stop() { stop_.request_stop(); }

  void execute(const TaskFunction& function) {
    // Stopped before a thread was free: its outcome is fixed already.
    if (stop_.stop_requested()) return reports_->ended(order_.name, {Reason::task_failed, {}});
    reports_->post([run = order_.name](RunObserver& observer) { observer.running(run); });
    reports_->ended(order_.name, call(function));
  }

 private:
  RunEnd call(const TaskFunction& function) {
    try {
      TaskResult result = function(*this);
      if (result) return {Reason::none, std::move(*result)};
      return {Reason::task_failed, failure_result(result.error())};
    } catch (const std::exception& exception) {
      return {Reason::task_failed, failure_result(exception.what())};
    } catch (...) {
      return {Reason::task_failed, failure_result("The function threw something that is no std::exception.")};
    }
  }

  RunOrder order_;
  std::shared_ptr<Reports> reports_;
  std::stop_source stop_;
};

ThreadPool::ThreadPool(asio::io_context& io, RunObserver& observer, TaskFunction function, unsigned threads)
    : function_(std::move(function)), reports_(std::make_shared<Reports>(io, observer, *this)) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
  reports_->silence();
  kill_all();
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wanted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::uint32_t ThreadPool::credits() const { return static_cast<std::uint32_t>(threads_.size()); }

void ThreadPool::start(RunOrder order) {
  const RunName name = order.name;
  auto run = std::make_shared<Run>(std::move(order), reports_);
  runs_.emplace(name, run);
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(run));
  }
  wanted_.notify_one();
}

void ThreadPool::stop(RunName run) {
  const auto found = runs_.find(run);
  if (found != runs_.end()) found->second->request_stop();
}

void ThreadPool::kill_all() {
  for (const auto& [name, run] : runs_) run->request_stop();
}

void ThreadPool::work() {
  for (;;) {
    std::shared_ptr<Run> run;
    {
      std::unique_lock lock(mutex_);
      wanted_.wait(lock, [this] { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      run = std::move(queue_.front());
      queue_.pop_front();
    }
    run->execute(function_);
  }
}

}  // namespace parking_lot
