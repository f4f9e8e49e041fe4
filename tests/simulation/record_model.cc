#include "simulation/record_model.h"

#include "parking_lot/names.h"

namespace parking_lot::simulation {

void RecordModel::restart(std::span<const Record> durable, const std::set<std::uint64_t>& living) {
  WallTime latest_wall = latest_wall_;
  *this = RecordModel(config_);
  latest_wall_ = latest_wall;
  for (const Record& record : durable) take(record, WallTime{0});
  overtakings_.clear();
  for (auto run = runs_.begin(); run != runs_.end();) {
    run = living.contains(run->first.second.incarnation) ? std::next(run) : runs_.erase(run);
  }
}

std::string RecordModel::task_id(std::uint64_t admission) const {
  auto found = tasks_.find(admission);
  return found == tasks_.end() ? std::string{} : found->second.id;
}

void RecordModel::enqueue(std::uint64_t admission, Task& task) {
  task.is_queued = true;
  if (task.starts == 0 && task.deadline != never_wall) deadlines_.insert({task.deadline, admission});
  if (!task.is_delayed && !task.is_pinned) {
    queue_.insert(key(admission, task));
  } else {
    hidden_.insert(admission);
  }
}

void RecordModel::dequeue(std::uint64_t admission, Task& task) {
  task.is_queued = false;
  deadlines_.erase({task.deadline, admission});
  queue_.erase(key(admission, task));
  hidden_.erase(admission);
}

Units RecordModel::units_in_use() const {
  Units sum = 0;
  for (const auto& [run, units] : runs_) sum += units;
  return sum;
}

std::string RecordModel::check_order(std::uint64_t admission, const Task& task) {
  if (task.units == 0 || task.is_pinned) return {};
  Units used = units_in_use();
  Units free = used > config_.max_units ? 0 : config_.max_units - used;
  // Whose turn it is, or who is old enough, is not to be seen from records: then only one's own line counts.
  bool has_lines = config_.fairness == Fairness::tenant || config_.ageing.ms > 0;
  if (config_.policy == Policy::backfill) {
    if (!has_lines) check_backfill(admission, task, free);
    return {};
  }
  for (const QueueKey& earlier : queue_) {
    if (earlier >= key(admission, task)) break;
    const Task& waiting = tasks_.at(earlier.second);
    if (waiting.units > config_.max_units) continue;
    if (has_lines && (waiting.tenant != task.tenant || waiting.priority != task.priority)) continue;
    if (config_.ageing.ms > 0 && (waiting.was_moved || task.was_moved)) continue;
    bool is_passed_wrongly = config_.policy == Policy::strict || waiting.units <= free;
    if (!is_passed_wrongly) continue;
    return "task " + task.id + " (#" + std::to_string(admission) + ") started before " + waiting.id + " (#" +
           std::to_string(earlier.second) + ", " + std::to_string(waiting.units) + " units of " +
           std::to_string(free) + " free), which leaves earlier";
  }
  return {};
}

/// The first that waits is passed only if it does not fit, and by a task without an estimate only if the two
/// fit the pool side by side. (Whether an end was estimated to come in time is judged by the unit tests.)
bool RecordModel::may_be_passed(const Task& head, const Task& by, Units free) const {
  bool has_no_estimate = by.estimate.ms == 0 && config_.estimates == Estimates::declared;
  bool delays = has_no_estimate && by.units + head.units > config_.max_units;
  return head.units > free && !delays;
}

void RecordModel::check_backfill(std::uint64_t admission, const Task& task, Units free) {
  if (!hidden_.empty()) return;
  for (const QueueKey& earlier : queue_) {
    if (earlier >= key(admission, task)) return;
    const Task& head = tasks_.at(earlier.second);
    if (head.units > config_.max_units) continue;
    if (!may_be_passed(head, task, free)) overtakings_.push_back({admission, earlier, free});
    return;
  }
}

void RecordModel::excuse(std::uint64_t admission, const Task& arrival) {
  std::erase_if(overtakings_, [&](const Overtaking& overtaking) {
    return key(admission, arrival) < overtaking.head && arrival.units <= config_.max_units &&
           may_be_passed(arrival, tasks_.at(overtaking.start), overtaking.free);
  });
}

std::string RecordModel::end_write(WallTime wall) {
  auto overtakings = std::exchange(overtakings_, {});
  if (!overtakings.empty()) {
    const auto& [start, head, free] = overtakings.front();
    return "task " + task_id(start) + " (#" + std::to_string(start) + ") passed " + task_id(head.second) +
           " (#" + std::to_string(head.second) + ", " + std::to_string(tasks_.at(head.second).units) +
           " units of " + std::to_string(free) + " free)";
  }
  bool is_late = !deadlines_.empty() && deadlines_.begin()->first < wall;
  if (!is_late) return {};
  return "task " + task_id(deadlines_.begin()->second) + " waits although its deadline has passed";
}

std::string RecordModel::check_start(std::uint64_t admission, const Task& task, const TaskStarted& fact,
                                     const Record& record, WallTime wall) {
  if (task.has_ended) return "task " + task.id + " started after its outcome";
  if (!task.is_queued) return "task " + task.id + " started while it was running";
  if (task.units > 0 && units_in_use() + task.units > config_.max_units) {
    std::string others;
    for (const auto& [run, units] : runs_) others += " " + task_id(run.first) + ":" + std::to_string(units);
    return "the start of " + task.id + ":" + std::to_string(task.units) +
           " takes the pool above its capacity of " + std::to_string(config_.max_units) + ", beside" + others;
  }
  if (task.starts == 0 && record.at == wall && wall > task.deadline)
    return "task " + task.id + " started after its deadline";
  if (latest_wall_ < task.start_after) return "task " + task.id + " started before start_after";
  if (fact.lease.number == 0 || fact.lease.incarnation == 0)
    return "task " + task.id + " started without a lease";
  return check_order(admission, task);
}

std::string RecordModel::apply(const TaskAdmitted& fact) {
  Task& task = tasks_[fact.admission];
  if (task.units != 0 || task.is_queued || task.has_ended)
    return "admission number " + std::to_string(fact.admission) + " came back";
  task.id = fact.task_id.empty() ? "#" + std::to_string(fact.admission) : std::string(fact.task_id);
  task.tenant = std::string(fact.tenant);
  task.priority = fact.priority;
  task.units = fact.units;
  task.estimate = fact.estimate;
  task.deadline = fact.deadline;
  task.start_after = fact.start_after;
  task.is_pinned = fact.realm != 0;
  task.is_delayed = fact.start_after.ms != 0;
  enqueue(fact.admission, task);
  if (queue_.contains(key(fact.admission, task))) excuse(fact.admission, task);
  return {};
}

std::string RecordModel::apply(const TaskStarted& fact, const Record& record, WallTime wall) {
  Task& task = tasks_[fact.admission];
  std::string wrong = check_start(fact.admission, task, fact, record, wall);
  dequeue(fact.admission, task);
  ++task.starts;
  task.lease = fact.lease;
  runs_[{fact.admission, fact.lease}] = task.units;
  return wrong;
}

std::string RecordModel::apply(const TaskRequeued& fact) {
  Task& task = tasks_[fact.admission];
  if (task.is_queued || task.has_ended) return "task " + task.id + " was queued again without running";
  if (!fact.units_held) release(fact.admission, task.lease);
  task.is_delayed = true;
  enqueue(fact.admission, task);
  return {};
}

std::string RecordModel::apply(const TaskFinished& fact) {
  Task& task = tasks_[fact.admission];
  if (task.has_ended) return "task " + task.id + " has two outcomes";
  task.has_ended = true;
  if (task.is_queued) {
    dequeue(fact.admission, task);
  } else if (!fact.units_held) {
    release(fact.admission, task.lease);
  }
  return {};
}

std::string RecordModel::take(const Record& record, WallTime wall) {
  see(wall);
  if (record.sequence != sequence_ + 1) {
    return "sequence " + std::to_string(record.sequence) + " follows " + std::to_string(sequence_);
  }
  if (record.at < at_) return "record " + std::to_string(record.sequence) + " lies before the one before it";
  sequence_ = record.sequence;
  at_ = record.at;
  if (const auto* admitted = std::get_if<TaskAdmitted>(&record.fact)) return apply(*admitted);
  if (const auto* started = std::get_if<TaskStarted>(&record.fact)) return apply(*started, record, wall);
  if (const auto* requeued = std::get_if<TaskRequeued>(&record.fact)) return apply(*requeued);
  if (const auto* finished = std::get_if<TaskFinished>(&record.fact)) return apply(*finished);
  if (const auto* released = std::get_if<UnitsReleased>(&record.fact))
    release(released->admission, released->lease);
  if (const auto* usage = std::get_if<UsageRecorded>(&record.fact)) {
    auto run = runs_.find({usage->admission, tasks_[usage->admission].lease});
    if (run != runs_.end()) run->second = usage->units;
  }
  if (const auto* changed = std::get_if<PriorityChanged>(&record.fact)) {
    Task& task = tasks_[changed->admission];
    bool was_queued = task.is_queued;
    if (was_queued) dequeue(changed->admission, task);
    task.priority = changed->priority;
    task.was_moved = true;
    if (was_queued) enqueue(changed->admission, task);
  }
  return {};
}

}  // namespace parking_lot::simulation
