#include "posix_sync.h"

#include <unistd.h>
#include <cerrno>
#include <utility>

namespace parking_lot {

namespace {

constexpr std::size_t thread_count = 2;

int sync_one(const SyncThreads::Order& order) {
  const int descriptor = order.descriptor->number();
  int result = 0;
  do {
    result = order.is_folder ? ::fsync(descriptor) : ::fdatasync(descriptor);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

}  // namespace

Descriptor::~Descriptor() { ::close(number_); }

SyncThreads::~SyncThreads() {
  {
    const std::lock_guard guard(mutex_);
    is_ending_ = true;
    groups_.clear();
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void SyncThreads::sync(std::vector<Order> orders, Done done) {
  auto group = std::make_shared<Group>();
  group->orders = std::move(orders);
  group->done = std::move(done);
  const bool is_single = group->orders.size() == 1;
  {
    const std::lock_guard guard(mutex_);
    groups_.push_back(std::move(group));
    while (threads_.size() < thread_count) threads_.emplace_back([this] { run(); });
  }
  if (is_single) {
    work_.notify_one();
  } else {
    work_.notify_all();
  }
}

void SyncThreads::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return is_ending_ || !groups_.empty(); });
    if (is_ending_) return;
    const std::shared_ptr<Group> group = groups_.front();
    const std::size_t order = group->taken++;
    if (group->taken == group->orders.size()) groups_.pop_front();
    lock.unlock();
    const int error = sync_one(group->orders[order]);
    lock.lock();
    if (error != 0 && group->outcome.error == 0) group->outcome = {order, error};
    if (++group->ended < group->orders.size() || is_ending_) continue;
    lock.unlock();
    group->done(group->outcome);
    lock.lock();
  }
}

}  // namespace parking_lot
