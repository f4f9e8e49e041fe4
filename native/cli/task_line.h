#pragma once

#include <cstdio>
#include <string>

#include "cli/units_text.h"
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
  std::printf("%-32s %-10s %-22s %-8s %s, attempt %u\n", task.task_id.c_str(), pool.c_str(), status.c_str(),
              std::string(to_string(task.priority)).c_str(), units_text(task.units, task.resources).c_str(),
              task.attempt);
}

}  // namespace parking_lot::cli
