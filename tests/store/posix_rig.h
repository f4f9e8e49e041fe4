#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "backend/file_journal/posix_files.h"
#include "backend/file_journal/store.h"

/// Stores on the real disk.
namespace parking_lot::test {

/// What posted functions wait in until the test's thread runs them.
class Queue {
 public:
  void post(std::function<void()> work) {
    {
      const std::lock_guard guard(mutex_);
      waiting_.push_back(std::move(work));
    }
    arrived_.notify_one();
  }
  void run_one() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !waiting_.empty(); });
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
  }
  PosixFiles::Post poster() {
    return [this](std::function<void()> work) { post(std::move(work)); };
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> waiting_;
};

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "parking-lot-store-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    path_ = pattern + "/deep/store";
    root_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(root_); }
  const std::string& path() const { return path_; }

 private:
  std::string root_;
  std::string path_;
};

inline void commit(FileStore& store, Queue& queue) {
  std::optional<bool> outcome;
  store.commit([&](const CommitOutcome& how) { outcome = how.failure == nullptr; });
  while (!outcome) queue.run_one();
  REQUIRE(*outcome);
}

}  // namespace parking_lot::test
