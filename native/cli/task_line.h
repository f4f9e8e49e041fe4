#pragma once

#include <cstdio>
#include <string>

#include "parking_lot/effect.h"
#include "parking_lot/json.h"

namespace parking_lot::cli {

/// Prints a task on one line, for people or as JSON.
inline void print_task(const TaskView& task, const std::string& pool, bool is_json) {
  if (is_json) {
    std::printf("%s\n", task_view_json(task, pool).c_str());
    return;
  }
  std::string status(to_string(task.status));
  if (task.reason != Reason::none) status += " (" + std::string(to_string(task.reason)) + ")";
  std::printf("%-32s %-10s %-22s %-8s units %llu, attempt %u\n", task.task_id.c_str(), pool.c_str(),
              status.c_str(), std::string(to_string(task.priority)).c_str(),
              static_cast<unsigned long long>(task.units), task.attempt);
}

}  // namespace parking_lot::cli
