#include "scenario/trace.h"

#include "scenario/arguments.h"

namespace parking_lot::scenario {

namespace {

std::string plain(std::string_view text) { return std::string(text); }
std::string plain(std::uint64_t number) { return std::to_string(number); }

template <class Value>
void add(std::string& line, std::string_view key, const Value& value) {
  line += ' ';
  line += key;
  line += '=';
  line += plain(value);
}

void add_number(std::string& line, std::string_view key, std::uint64_t value, std::uint64_t usual = 0) {
  if (value != usual) add(line, key, value);
}

void add_payload(std::string& line, std::string_view key, const PayloadRef& payload) {
  if (payload.id != 0) add(line, key, text_of(payload));
}

void add_outcome(std::string& line, Status status, Reason reason) {
  line += ' ';
  line += to_string(status);
  if (reason != Reason::none) add(line, "reason", to_string(reason));
}

std::string_view to_string(Notify::Event event) {
  switch (event) {
    case Notify::Event::parked:
      return "parked";
    case Notify::Event::started:
      return "started";
    case Notify::Event::requeued:
      return "requeued";
    case Notify::Event::ended:
      return "ended";
    case Notify::Event::pool_changed:
      return "pool_changed";
    case Notify::Event::storage_changed:
      return "storage_changed";
  }
  return "?";
}

/// What of a task's view is worth a word: its state, and what differs from the usual.
std::string text_of(const TaskView& view, Spelling& spelling) {
  std::string line = spelling.task(view.pool, view.task_id);
  add_outcome(line, view.status, view.reason);
  if (view.priority != Priority::normal) add(line, "priority", parking_lot::to_string(view.priority));
  add_number(line, "units", view.units, 1);
  if (view.units_used != view.units) add(line, "used", view.units_used);
  add_number(line, "attempt", view.attempt);
  add_number(line, "lost", view.lost);
  if (!view.mailbox.empty()) add(line, "mailbox", Spelling::mailbox(view.mailbox));
  if (view.deadline != never_wall) add(line, "deadline", spelling.moment(view.deadline));
  if (view.ready_at.ms != 0) add(line, "ready", spelling.moment(view.ready_at));
  add(line, "submitted", spelling.moment(view.submitted_at));
  if (view.started_at.ms != 0) add(line, "started", spelling.moment(view.started_at));
  if (view.finished_at.ms != 0) add(line, "finished", spelling.moment(view.finished_at));
  add_payload(line, "payload", view.payload);
  add_payload(line, "result", view.result);
  return line;
}

std::string text_of(const Submitted& submitted) {
  std::string line = submitted.how == Submitted::How::joined ? "joined" : "admitted";
  add_outcome(line, submitted.status, submitted.reason);
  add_number(line, "position", submitted.position);
  add_payload(line, "result", submitted.result);
  return line;
}

std::string text_of(const Refused& refused) {
  std::string line = "refused " + plain(parking_lot::to_string(refused.code));
  if (!refused.field.empty()) add(line, "field", refused.field);
  if (refused.retry_after.ms != 0) add(line, "retry_after", duration_text(refused.retry_after));
  return line;
}

std::string text_of(const Explanation& explanation, PoolId pool, Spelling& spelling) {
  std::string line = text_of(explanation.task, spelling);
  add(line, "waits_for", parking_lot::to_string(explanation.waits_for));
  if (!explanation.behind_id.empty()) add(line, "behind", spelling.task(pool, explanation.behind_id));
  add_number(line, "position", explanation.position);
  add_number(line, "units_ahead", explanation.units_ahead);
  add(line, "units_free", explanation.units_free);
  if (explanation.expected_at.ms != 0) add(line, "expected", spelling.moment(explanation.expected_at));
  if (explanation.expires_at != never_wall) add(line, "expires", spelling.moment(explanation.expires_at));
  return line;
}

std::string text_of(const TaskPage& page, Spelling& spelling) {
  std::string line = std::to_string(page.tasks.size()) + (page.tasks.size() == 1 ? " task" : " tasks");
  add_number(line, "next", page.next);
  for (const TaskView& view : page.tasks) line += "\n  " + text_of(view, spelling);
  return line;
}

/// `write gpu 3..5: admitted a, parked a`. Equal facts in a row are one.
template <class Writing, class FactText>
std::string write_text(std::string_view stream, const Writing& write, WallTime now, Spelling& spelling,
                       FactText fact_text) {
  std::string line = "write " + std::string(stream);
  if (write.records.empty()) return line + " nothing";
  line += " " + std::to_string(write.records.front().sequence);
  if (write.records.size() > 1) line += ".." + std::to_string(write.records.back().sequence);
  std::string last;
  std::size_t times = 0;
  auto put = [&] {
    if (times > 0) line += last + (times == 1 ? "" : " (x" + std::to_string(times) + ")");
  };
  for (const auto& record : write.records) {
    std::string text = (&record == write.records.data() ? ": " : ", ") + fact_text(record.fact);
    if (record.at != now) text += " at=" + spelling.moment(record.at);
    bool is_same = times > 0 && std::string_view(text).substr(2) == std::string_view(last).substr(2);
    if (!is_same) {
      put();
      last = text;
    }
    times = is_same ? times + 1 : 1;
  }
  put();
  return line;
}

}  // namespace

std::string text_of(const PayloadRef& payload) {
  return std::to_string(payload.id) + (payload.bytes == 100 ? "" : ":" + std::to_string(payload.bytes));
}

std::string text_of(const Write& write, WallTime now, Spelling& spelling) {
  return write_text(spelling.pool(write.pool), write, now, spelling,
                    [&](const Fact& fact) { return text_of(fact, write.pool, spelling); });
}

std::string text_of(const mailbox::Write& write, std::string_view store, WallTime now, Spelling& spelling) {
  return write_text(store, write, now, spelling,
                    [&](const mailbox::Fact& fact) { return text_of(fact, spelling); });
}

std::string text_of(const Start& start, Spelling& spelling) {
  std::string line = "start " + spelling.task(start.pool, start.task);
  add(line, "lease", spelling.lease(start.lease));
  add_number(line, "executor", start.executor);
  add_number(line, "attempt", start.attempt);
  add(line, "units", start.units);
  add_payload(line, "payload", start.payload);
  return line;
}

std::string text_of(const Stop& stop, Spelling& spelling) {
  std::string line = "stop " + spelling.task(stop.pool, stop.task);
  add(line, "lease", spelling.lease(stop.lease));
  add_number(line, "executor", stop.executor);
  add(line, "reason", parking_lot::to_string(stop.reason));
  return line;
}

std::string text_of(const Notify& notify, Spelling& spelling) {
  std::string line = "notify ";
  line += notify.task ? spelling.task(notify.pool, notify.task) : spelling.pool(notify.pool);
  line += ' ';
  line += to_string(notify.event);
  if (notify.task) add_outcome(line, notify.status, notify.reason);
  add_number(line, "attempt", notify.attempt);
  add_payload(line, "result", notify.result);
  return line;
}

std::string text_of(const Release& release, Spelling&) {
  static constexpr std::string_view copies[] = {"", " of queue", " of mailbox"};
  return "release payload " + text_of(release.payload) +
         std::string(copies[static_cast<std::size_t>(release.copies)]);
}

std::string text_of(const Reply& reply, PoolId pool, std::string_view asked, Spelling& spelling) {
  std::string line = "answer to " + std::string(asked) + ": ";
  if (const auto* submitted = std::get_if<Submitted>(&reply.answer)) return line + text_of(*submitted);
  if (const auto* refused = std::get_if<Refused>(&reply.answer)) return line + text_of(*refused);
  if (const auto* done = std::get_if<Done>(&reply.answer)) {
    return line + (done->count == 1 ? "done" : "done, " + std::to_string(done->count) + " tasks");
  }
  if (const auto* view = std::get_if<const TaskView*>(&reply.answer)) return line + text_of(**view, spelling);
  if (const auto* explanation = std::get_if<const Explanation*>(&reply.answer)) {
    return line + text_of(**explanation, pool, spelling);
  }
  return line + text_of(**std::get_if<const TaskPage*>(&reply.answer), spelling);
}

std::string text_of(const mailbox::Page& page, std::string_view asked, Spelling& spelling) {
  std::string line = "answer to " + std::string(asked) + ": " + std::to_string(page.messages->size()) +
                     (page.messages->size() == 1 ? " message" : " messages");
  for (const MailboxMessage& message : *page.messages) {
    line += "\n  " + spelling.task(message.pool, message.task_id);
    add_outcome(line, message.status, message.reason);
    add(line, "from", message.pool);
    add(line, "created", spelling.moment(message.created_at));
    add_payload(line, "payload", message.payload);
  }
  return line;
}

std::string text_of(const AuditEvent& event, Spelling& spelling) {
  std::string line = spelling.pool(event.pool) + " " + std::to_string(event.sequence);
  line += " " + spelling.moment(event.at);
  line += ' ';
  line += to_string(event.action);
  for (const AuditSubject& subject : event.subjects) {
    std::string id = subject.kind == SubjectKind::mailbox ? Spelling::mailbox(subject.id) : subject.id;
    if (subject.kind == SubjectKind::task) id = spelling.task(event.pool, subject.id);
    if (subject.kind == SubjectKind::pool) continue;
    add(line, to_string(subject.kind), id);
  }
  bool has_status =
      event.action != Action::configure && event.action != Action::open && event.action != Action::reject;
  if (has_status) add_outcome(line, event.status, event.reason);
  if (event.action == Action::reject) add(line, "refusal", to_string(event.refusal));
  add_number(line, "number", event.number);
  add_number(line, "attempt", event.attempt);
  if (event.woken) line += " woken";
  return line;
}

std::string text_of(const PoolStats& stats) {
  std::string line = "units=" + std::to_string(stats.units_in_use) + "/" + std::to_string(stats.units_max);
  add_number(line, "quarantined", stats.units_quarantined);
  add_number(line, "parked", stats.parked);
  add_number(line, "waiting", stats.waiting);
  add_number(line, "backing_off", stats.backing_off);
  add_number(line, "running", stats.running);
  add_number(line, "undelivered", stats.undelivered);
  add_number(line, "admitted", stats.admitted);
  add_number(line, "completed", stats.completed);
  add_number(line, "failed", stats.failed);
  add_number(line, "expired", stats.expired);
  add_number(line, "dropped", stats.dropped);
  add_number(line, "rejected", stats.rejected);
  if (stats.state != PoolState::active) add(line, "state", parking_lot::to_string(stats.state));
  if (stats.storage != StreamState::open) add(line, "storage", parking_lot::to_string(stats.storage));
  if (stats.delivery_held) line += " delivery_held";
  return line;
}

}  // namespace parking_lot::scenario
