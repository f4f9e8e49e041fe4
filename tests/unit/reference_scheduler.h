#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "parking_lot/codes.h"

/// A scheduler that is surely right and surely slow: lists, sorted anew at every step, every task looked at
/// every time. It shares no line with the real one.
namespace parking_lot::reference {

struct Job {
  std::int64_t submit = 0;
  std::int64_t duration = 0;
  std::int64_t estimate = 0;
  std::uint64_t units = 0;
  int priority = 0;  // higher leaves first
};

class Schedule {
 public:
  Schedule(std::vector<Job> jobs, std::uint64_t capacity, Policy policy, std::size_t candidates)
      : jobs_(std::move(jobs)), free_(capacity), policy_(policy), candidates_(candidates) {
    starts_.assign(jobs_.size(), -1);
  }

  /// When each job starts.
  std::vector<std::int64_t> run() {
    std::map<std::int64_t, std::vector<std::size_t>> arrivals;
    for (std::size_t i = 0; i < jobs_.size(); ++i) arrivals[jobs_[i].submit].push_back(i);
    while (!arrivals.empty() || !running_.empty()) {
      const std::int64_t next_arrival = arrivals.empty() ? never : arrivals.begin()->first;
      now_ = std::min(next_arrival, first_end());
      if (end_what_ends_now()) pass();
      if (next_arrival != now_) continue;
      for (const std::size_t job : arrivals.begin()->second) queue_.push_back(job);
      arrivals.erase(arrivals.begin());
      pass();
    }
    return starts_;
  }

 private:
  static constexpr std::int64_t never = INT64_MAX;

  std::int64_t end_of(std::size_t job) const { return starts_[job] + jobs_[job].duration; }
  std::int64_t first_end() const {
    std::int64_t first = never;
    for (const std::size_t job : running_) first = std::min(first, end_of(job));
    return first;
  }
  bool end_what_ends_now() {
    const std::size_t before = running_.size();
    for (std::size_t i = 0; i < running_.size();) {
      if (end_of(running_[i]) != now_) {
        ++i;
        continue;
      }
      free_ += jobs_[running_[i]].units;
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return running_.size() < before;
  }
  void start(std::size_t job) {
    starts_[job] = now_;
    free_ -= jobs_[job].units;
    running_.push_back(job);
    queue_.erase(std::find(queue_.begin(), queue_.end(), job));
  }

  void pass() {
    std::stable_sort(queue_.begin(), queue_.end(), [this](std::size_t a, std::size_t b) {
      return jobs_[a].priority != jobs_[b].priority ? jobs_[a].priority > jobs_[b].priority : a < b;
    });
    while (!queue_.empty() && jobs_[queue_.front()].units <= free_) start(queue_.front());
    if (policy_ == Policy::backfill && !queue_.empty()) backfill();
  }

  void backfill() {
    const std::uint64_t needed = jobs_[queue_.front()].units;
    std::vector<std::int64_t> ends;
    for (const std::size_t job : running_) ends.push_back(starts_[job] + jobs_[job].estimate);
    std::sort(ends.begin(), ends.end());
    std::int64_t shadow = never;
    for (const std::int64_t end : ends) {
      if (free_at(end) < needed) continue;
      shadow = end;
      break;
    }
    std::uint64_t spare = shadow == never ? 0 : free_at(shadow) - needed;
    std::size_t looked_at = 0;
    const std::vector<std::size_t> waiting(queue_.begin() + 1, queue_.end());
    for (const std::size_t job : waiting) {
      if (jobs_[job].units > free_) continue;
      if (candidates_ != 0 && looked_at == candidates_) return;
      ++looked_at;
      const bool ends_in_time = now_ + jobs_[job].estimate <= shadow;
      if (!ends_in_time && jobs_[job].units > spare) continue;
      if (!ends_in_time) spare -= jobs_[job].units;
      start(job);
    }
  }
  std::uint64_t free_at(std::int64_t time) const {
    std::uint64_t free = free_;
    for (const std::size_t job : running_) {
      if (starts_[job] + jobs_[job].estimate <= time) free += jobs_[job].units;
    }
    return free;
  }

  std::vector<Job> jobs_;
  std::vector<std::int64_t> starts_;
  std::vector<std::size_t> queue_;
  std::vector<std::size_t> running_;
  std::uint64_t free_;
  Policy policy_;
  std::size_t candidates_;
  std::int64_t now_ = 0;
};

}  // namespace parking_lot::reference
