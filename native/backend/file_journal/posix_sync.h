#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace parking_lot {

/// An open descriptor, closed with its last user.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int number() const { return number_; }

 private:
  int number_;
};

/// Two threads that sync descriptors, so that two files of one commit go to the disk side by side.
class SyncThreads {
 public:
  struct Order {
    std::shared_ptr<Descriptor> descriptor;
    bool is_folder = false;  ///< needs `fsync`; for files `fdatasync` is enough
  };
  /// Position of the order that failed first and its `errno`; `error` 0: all went well.
  struct Outcome {
    std::size_t order = 0;
    int error = 0;
  };
  using Done = std::function<void(Outcome)>;

  SyncThreads() = default;
  SyncThreads(const SyncThreads&) = delete;
  SyncThreads& operator=(const SyncThreads&) = delete;
  /// Waits for the orders that run; those that wait are given up.
  ~SyncThreads();

  /// Syncs all; `done` is called on one of the threads when the last one has ended.
  void sync(std::vector<Order> orders, Done done);

 private:
  struct Group {
    std::vector<Order> orders;
    std::size_t taken = 0;
    std::size_t ended = 0;
    Outcome outcome;
    Done done;
  };
  void run();

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::shared_ptr<Group>> groups_;
  bool is_ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace parking_lot
