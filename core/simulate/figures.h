#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulate/simulation.h"

/// What a simulated trace says about a policy.
namespace parking_lot::simulate {

/// Percentiles are nearest-rank. All zero without samples.
struct Distribution {
  std::uint64_t count = 0;
  double mean = 0;
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
  double max = 0;

  /// Sorts the samples. O(n log n).
  static Distribution of(std::vector<double>& samples);
};

/// Some of the tasks. Waits count for tasks that started, in milliseconds from arrival (or `start_after`).
struct GroupFigures {
  std::string name;
  std::uint64_t tasks = 0;
  std::uint64_t completed = 0;
  std::uint64_t expired = 0;  ///< by deadline, timeout, or killed at the estimate
  std::uint64_t rejected = 0;
  std::uint64_t unfinished = 0;  ///< still waiting when nothing could happen any more
  double unit_seconds = 0;       ///< used by runs
  Distribution wait_ms;
  /// max(1, (wait + run) / max(run, 10 s)) (Feitelson, "Metrics for parallel job scheduling and their
  /// convergence", JSSPP 2001).
  Distribution bounded_slowdown;
};

struct Figures {
  GroupFigures all;
  GroupFigures largest_tenth;  ///< of the tasks, by units; ties go to the earlier
  GroupFigures others;
  std::vector<GroupFigures> priorities;  ///< those that occur, critical first
  std::vector<GroupFigures> tenants;     ///< in the order of their first task
  double capacity = 0;                   ///< units of all pools
  std::string resource;                  ///< that units are of, where tasks cost several
  double utilisation = 0;                ///< of the capacity, from the first arrival to the last end
  double offered_load = 0;  ///< unit-seconds of all tasks, of the capacity from the first to the last arrival
  double makespan_ms = 0;
  double units_peak = 0;
  /// How far what tasks were told of their start as they parked was from it, of those that were told anything
  /// and started; and how many of those who asked were told nothing.
  Distribution eta_error_ms;
  std::uint64_t eta_unknown = 0;
  FairnessLag lag;
};

/// `config` is the one that was simulated. O(n log n).
Figures measure(const Config& config, const Trace& trace, const Simulated& simulated);

/// The largest tenth, as places in the trace in ascending order.
std::vector<std::uint32_t> largest_tenth(const Trace& trace);

/// When the task could have started: its arrival, or its `start_after`.
inline std::int64_t ready_ms(const TraceTask& task) {
  return task.start_after_ms > task.submit_ms ? task.start_after_ms : task.submit_ms;
}

/// One compact object, the figures of a policy; its keys are those of the structures above.
std::string figures_json(const std::string& policy, const Figures& figures);

}  // namespace parking_lot::simulate
