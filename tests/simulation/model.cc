#include "simulation/model.h"

#include <algorithm>

#include "scenario/trace.h"

namespace parking_lot::simulation {

Model::Model(const Config& config) : config_(config) {
  for (std::uint32_t i = 0; i < config_.pools.size(); ++i) records_.emplace(i, RecordModel(config_.pools[i]));
}

void Model::blame(std::string violation) {
  if (violation_.empty()) violation_ = std::move(violation);
}

void Model::opened(const Lot& lot) {
  lot_ = &lot;
  living_incarnations_.clear();
}

void Model::crashed() {
  lot_ = nullptr;
  questions_.clear();
  last_cursor_.clear();
  last_page_.clear();
  released_.clear();
  for (OutsideRun& run : runs_) {
    run.is_ghost = true;
    run.has_ended = true;
    run.free_at = SteadyTime{0};
  }
  while (runs_.size() > 200) runs_.pop_front();
  for (auto ticket = tickets_.begin(); ticket != tickets_.end();) {
    ticket = is_durable({ticket->first.first}) ? std::next(ticket) : tickets_.erase(ticket);
  }
  // Messages of a store in memory are gone with it, and owed to nobody.
  for (auto& [key, ticket] : tickets_) {
    if (!config_.pools[key.first].mailbox.storage.is_volatile()) continue;
    ticket.mailbox.clear();
    ticket.messages.clear();
    ticket.is_message_gone = false;
  }
}

void Model::asked(RequestId request, Question question) {
  question.was_acknowledged = is_acknowledged(question.pool, question.task_id);
  if (question.kind == Question::Kind::acknowledge) question.read = last_page_[question.mailbox];
  questions_[request] = std::move(question);
}

void Model::will_submit(PoolId pool, const std::string& task_id, const std::string& mailbox) {
  auto [place, is_new] = tickets_.try_emplace({pool.index, task_id});
  if (is_new) place->second.mailbox = mailbox;
  if (!mailbox.empty() && std::find(mailboxes_.begin(), mailboxes_.end(), mailbox) == mailboxes_.end()) {
    mailboxes_.push_back(mailbox);
  }
}

void Model::will_begin_again(PoolId pool, const std::string& task_id) {
  auto found = tickets_.find({pool.index, task_id});
  if (found != tickets_.end()) found->second.begins_again = true;
}

bool Model::is_acknowledged(PoolId pool, const std::string& task_id) const {
  auto found = tickets_.find({pool.index, task_id});
  return found != tickets_.end() && found->second.is_acknowledged;
}

// --- durability

void Model::read_durable(PoolId pool, const scenario::PoolJournal& journal) {
  DurablePool& known = durable_[pool.index];
  for (; known.read < journal.durable().size(); ++known.read) {
    const Record& record = journal.durable()[known.read];
    if (const auto* admitted = std::get_if<TaskAdmitted>(&record.fact)) {
      known.admissions[std::string(admitted->task_id)] = admitted->admission;
    } else if (const auto* started = std::get_if<TaskStarted>(&record.fact)) {
      known.starts.insert(started->lease);
    } else if (const auto* finished = std::get_if<TaskFinished>(&record.fact)) {
      known.outcomes[finished->admission] = finished->status;
      known.outcome_sequences.insert(record.sequence);
    }
  }
}

void Model::pool_durable(PoolId pool, const scenario::PoolJournal& journal) { read_durable(pool, journal); }

void Model::reloaded(PoolId pool, const scenario::PoolJournal& journal) {
  read_durable(pool, journal);
  records_.at(pool.index).restart(journal.durable(), living_incarnations_[pool.index]);
}

void Model::recovered(PoolId pool) {
  for (const auto& [key, ticket] : tickets_) {
    if (key.first != pool.index || !ticket.is_acknowledged) continue;
    if (!lot_->scheduler().find(pool, key.second))
      return blame("acknowledged task " + key.second + " is lost after recovery");
  }
}

void Model::take(const Write& write, Now now) {
  for (const Record& record : write.records) {
    std::string wrong = records_.at(write.pool.index).take(record, now.wall);
    if (!wrong.empty()) blame("pool " + std::to_string(write.pool.index) + ": " + wrong);
    if (const auto* opened = std::get_if<PoolOpened>(&record.fact)) {
      living_incarnations_[write.pool.index].insert(opened->incarnation);
    } else if (const auto* started = std::get_if<TaskStarted>(&record.fact)) {
      decided_at_[{write.pool.index, started->lease}] = now.steady;
    }
    note_held_units(write.pool, record.fact, now);
  }
  std::string wrong = records_.at(write.pool.index).end_write(now.wall);
  if (!wrong.empty()) blame("pool " + std::to_string(write.pool.index) + ": " + wrong);
}

/// From the record on that leaves a run behind, its units come back after the quarantine at the earliest; a
/// run that is told to stop has the grace before it.
void Model::note_held_units(PoolId pool, const Fact& fact, Now now) {
  const PoolConfig& config = config_.pools[pool.index];
  std::uint64_t admission = 0;
  Duration held = config.quarantine;
  if (const auto* finished = std::get_if<TaskFinished>(&fact); finished && finished->units_held) {
    admission = finished->admission;
    if (finished->reason != Reason::lost && finished->reason != Reason::executor_failed)
      held.ms += config.kill_grace.ms;
  } else if (const auto* requeued = std::get_if<TaskRequeued>(&fact); requeued && requeued->units_held) {
    admission = requeued->admission;
  }
  if (admission == 0) return;
  std::string id = records_.at(pool.index).task_id(admission);
  for (OutsideRun& run : runs_) {
    if (run.has_ended || run.pool != pool || run.task_id != id) continue;
    run.free_at = std::min(run.free_at, now.steady + held);
  }
}

void Model::take(const mailbox::Write& write) {
  for (const mailbox::Record& record : write.records) {
    const auto* stored = std::get_if<mailbox::MessageStored>(&record.fact);
    if (stored == nullptr) continue;
    auto pool = lot_->scheduler().pool(stored->pool);
    if (!pool) return blame("a message comes from no pool");
    if (is_durable(*pool) && !durable_[pool->index].outcome_sequences.contains(stored->pool_sequence)) {
      blame("the outcome of " + std::string(stored->task_id) + " went to its mailbox before it was durable");
    }
  }
}

// --- runs

void Model::run_ended(OutsideRun& run, SteadyTime free_at) {
  run.has_ended = true;
  run.free_at = std::min(run.free_at, free_at);
}

void Model::heartbeat(OutsideRun& run, SteadyTime now) {
  bool is_too_late = now >= run.last_sign + config_.pools[run.pool.index].lease;
  if (!is_too_late) run.last_sign = now;
}

void Model::executor_gone(PoolId pool, ExecutorId executor, ExecutorGone::Death death, SteadyTime now) {
  for (OutsideRun& run : runs_) {
    if (run.pool != pool || run.executor != executor || run.is_ghost) continue;
    bool is_known = death == ExecutorGone::Death::known;
    run_ended(run, is_known ? now : now + config_.pools[pool.index].quarantine);
  }
}

void Model::take(const Start& start, Now now, bool needs_heartbeats) {
  ++starts_;
  std::string id = task_of(start.task);
  if (!leases_.insert({start.pool.index, start.lease}).second)
    blame("the lease of " + id + " was used before");
  if (is_durable(start.pool) && !durable_[start.pool.index].starts.contains(start.lease)) {
    blame(id + " was started before its start was durable");
  }
  auto ticket = tickets_.find({start.pool.index, id});
  if (ticket == tickets_.end()) return blame("task " + id + " was started, but nobody submitted it");
  if (ticket->second.outcome && !ticket->second.begins_again)
    blame(id + " was started after its outcome was told");
  if (start.payload.id != 0 && released_.contains(start.payload.id))
    blame(id + " was started, but its payload was released");
  const PoolConfig& config = config_.pools[start.pool.index];
  Units used = 0;
  std::string others;
  for (const OutsideRun& run : runs_) {
    if (run.pool != start.pool || run.is_ghost || now.steady >= run.free_at) continue;
    bool is_lost = run.needs_heartbeats &&
                   now.steady >= run.last_sign + Duration{config.lease.ms + config.quarantine.ms};
    if (is_lost) continue;
    used += run.units;
    others += " " + run.task_id + ":" + std::to_string(run.units);
  }
  if (start.units > 0 && used + start.units > config.max_units) {
    blame("the start of " + id + " takes pool " + config.name + " to " + std::to_string(used + start.units) +
          " of " + std::to_string(config.max_units) + " units, beside" + others);
  }
  auto decided = decided_at_.find({start.pool.index, start.lease});
  runs_.push_back(OutsideRun{.pool = start.pool,
                             .task_id = id,
                             .task = start.task,
                             .lease = start.lease,
                             .executor = start.executor,
                             .units = start.units,
                             .last_sign = decided == decided_at_.end() ? now.steady : decided->second,
                             .needs_heartbeats = needs_heartbeats});
}

void Model::take(const Stop& stop, Now now) {
  bool is_known = false;
  for (OutsideRun& run : runs_) {
    if (run.pool != stop.pool || run.lease != stop.lease) continue;
    is_known = true;
    const PoolConfig& config = config_.pools[stop.pool.index];
    run.free_at = std::min(run.free_at, now.steady + Duration{config.kill_grace.ms + config.quarantine.ms});
  }
  if (!is_known) blame("a run was stopped that was never started");
}

// --- answers

std::string Model::task_of(TaskHandle task) const { return lot_->scheduler().task_id(task); }

void Model::told_outcome(PoolId pool, const std::string& id, Status status) {
  auto found = tickets_.find({pool.index, id});
  if (found == tickets_.end()) return blame("an outcome was told of " + id + ", which nobody submitted");
  Ticket& ticket = found->second;
  if (ticket.outcome && *ticket.outcome != status && !ticket.begins_again) {
    blame(id + " was " + std::string(to_string(*ticket.outcome)) + " and is now " +
          std::string(to_string(status)));
  }
  ticket.outcome = status;
  if (!is_durable(pool) || ticket.begins_again) return;
  DurablePool& known = durable_[pool.index];
  auto admission = known.admissions.find(id);
  if (admission == known.admissions.end() || !known.outcomes.contains(admission->second)) {
    blame("the outcome of " + id + " was told before it was durable");
  }
}

void Model::judge(const Question& question, const Submitted& submitted) {
  Ticket& ticket = tickets_[{question.pool.index, question.task_id}];
  ticket.is_acknowledged = true;
  if (is_durable(question.pool) && !durable_[question.pool.index].admissions.contains(question.task_id)) {
    blame(question.task_id + " was acknowledged before it was durable");
  }
  if (is_terminal(submitted.status)) told_outcome(question.pool, question.task_id, submitted.status);
}

void Model::judge(const Question& question, const TaskView& view) {
  if (view.task_id != question.task_id)
    return blame("asked for " + question.task_id + ", was told of " + view.task_id);
  Ticket& ticket = tickets_[{question.pool.index, question.task_id}];
  ticket.is_acknowledged = true;
  if (is_terminal(view.status)) {
    told_outcome(question.pool, question.task_id, view.status);
  } else if (ticket.outcome && !ticket.begins_again) {
    blame(question.task_id + " had ended and is " + std::string(to_string(view.status)) + " again");
  }
}

void Model::judge(const Question& question, const Refused& refused) {
  if (refused.code == Refusal::unknown_task && question.was_acknowledged) {
    blame(question.task_id + " was acknowledged and is unknown now");
  }
}

void Model::take(const Reply& reply) {
  auto found = questions_.find(reply.request);
  if (found == questions_.end())
    return blame("request " + std::to_string(reply.request) + " was answered twice");
  Question question = found->second;
  questions_.erase(found);
  if (const auto* refused = std::get_if<Refused>(&reply.answer)) return judge(question, *refused);
  if (const auto* submitted = std::get_if<Submitted>(&reply.answer)) return judge(question, *submitted);
  if (const auto* view = std::get_if<const TaskView*>(&reply.answer)) return judge(question, **view);
}

void Model::take(const Notify& notify) {
  if (notify.event != Notify::Event::ended || !notify.task) return;
  std::string id = task_of(notify.task);
  if (!id.empty()) told_outcome(notify.pool, id, notify.status);
}

void Model::take(const Release& release) {
  if (!released_.insert(release.payload.id).second)
    blame("payload " + std::to_string(release.payload.id) + " was released twice");
}

// --- mailbox

void Model::take(const mailbox::Page& page) {
  auto found = questions_.find(page.request);
  if (found == questions_.end()) return blame("a mailbox was read twice for one request");
  std::string mailbox = found->second.mailbox;
  questions_.erase(found);
  last_page_[mailbox].clear();
  for (const MailboxMessage& message : *page.messages) {
    auto pool = lot_->scheduler().pool(message.pool);
    if (!pool) return blame("a message comes from no pool");
    if (message.payload.id != 0 && released_.contains(message.payload.id))
      blame("a message's result was released");
    TaskKey key{pool->index, message.task_id};
    last_page_[mailbox].push_back(key);
    last_cursor_[mailbox] = message.cursor;
    auto place = tickets_.find(key);
    if (place == tickets_.end()) continue;  // its queue was in memory and crashed
    Ticket& ticket = place->second;
    ticket.messages.insert(message.message_id);
    if (ticket.is_message_gone && !ticket.begins_again) blame("the message of " + key.second + " came back");
    if (ticket.messages.size() > 1 && !ticket.begins_again) blame(key.second + " has two messages");
    told_outcome(*pool, key.second, message.status);
  }
}

std::optional<std::string> Model::unread_cursor(const std::string& mailbox) const {
  auto found = last_cursor_.find(mailbox);
  return found == last_cursor_.end() ? std::nullopt : std::optional(found->second);
}

void Model::take(const mailbox::Acknowledged& acknowledged) {
  auto found = questions_.find(acknowledged.request);
  if (found == questions_.end()) return blame("an acknowledgement was answered twice");
  for (const TaskKey& key : found->second.read) {
    auto ticket = tickets_.find(key);
    if (ticket != tickets_.end()) ticket->second.is_message_gone = true;
  }
  questions_.erase(found);
}

void Model::take(const mailbox::Refused& refused) {
  if (questions_.erase(refused.request) == 0) blame("a mailbox command was answered twice");
}

std::vector<std::pair<PoolId, std::string>> Model::acknowledged_tasks() const {
  std::vector<std::pair<PoolId, std::string>> tasks;
  for (const auto& [key, ticket] : tickets_) {
    if (ticket.is_acknowledged) tasks.push_back({PoolId{key.first}, key.second});
  }
  return tasks;
}

// --- at every moment, and at the end

void Model::check_gauges(Now now) {
  for (auto& [pool, records] : records_) records.see(now.wall);
  for (std::uint32_t i = 0; i < config_.pools.size(); ++i) {
    PoolStats stats = lot_->scheduler().stats({i});
    if (stats.units_in_use > stats.units_max) blame("stats show more units in use than there are");
    if (stats.units_quarantined > stats.units_in_use)
      blame("stats show more units in quarantine than in use");
    if (stats.fairness_lag > stats.fairness_lag_bound) {
      blame("tenants of pool " + std::to_string(i) + " are " + std::to_string(stats.fairness_lag) +
            " unit-milliseconds apart, which is more than " + std::to_string(stats.fairness_lag_bound));
    }
  }
}

void Model::check_end() {
  for (std::uint32_t i = 0; i < config_.pools.size(); ++i) {
    PoolStats stats = lot_->scheduler().stats({i});
    bool is_at_rest =
        stats.units_in_use + stats.running + stats.parked + stats.waiting + stats.backing_off == 0;
    if (!is_at_rest || stats.undelivered != 0) {
      blame("pool " + std::to_string(i) + " never came to rest: " + scenario::text_of(stats));
    }
  }
  if (!questions_.empty()) {
    const auto& [request, question] = *questions_.begin();
    blame("request " + std::to_string(request) + " was never answered (" + question.task_id +
          question.mailbox + ")");
  }
  for (const auto& [key, ticket] : tickets_) {
    if (!ticket.is_acknowledged) continue;
    if (!ticket.outcome) return blame("task " + key.second + " was acknowledged and never ended");
    if (ticket.begins_again || ticket.mailbox.empty() || ticket.is_message_gone) continue;
    if (ticket.messages.empty()) blame("the outcome of " + key.second + " never reached its mailbox");
  }
}

}  // namespace parking_lot::simulation
