#include "session.h"

#include <algorithm>
#include <utility>

#include "answers.h"
#include "parking_lot/check.h"

namespace parking_lot::wasm {
namespace {

constexpr std::uint64_t answers_shift = 32;

std::int32_t low(std::uint64_t number) { return static_cast<std::int32_t>(number & 0xffffffffu); }
std::int32_t high(std::uint64_t number) { return static_cast<std::int32_t>(number >> 32); }
std::int32_t word(std::uint32_t number) { return static_cast<std::int32_t>(number); }

template <class Code>
std::int32_t number(Code code) {
  return static_cast<std::int32_t>(code);
}

Answers answers_of(RequestId request) { return static_cast<Answers>((request >> answers_shift) & 1); }
bool is_submission(RequestId request) { return (request >> answers_shift & number(Asked::command)) == 0; }

}  // namespace

PayloadRef payload_at(PayloadTable table, std::uint32_t index) {
  return {.id = std::uint64_t{static_cast<std::uint32_t>(table)} << 32 | index};
}

Session::Session(Lot lot, std::unique_ptr<Storage> storage, std::uint32_t inputs_expected)
    : lot_(std::move(lot)), storage_(std::move(storage)) {
  inputs_.reserve(inputs_expected);
  lot_.scheduler().listen(Listening::outcomes);
}

void Session::watch(Watch watch) {
  watch_ = watch;
  lot_.scheduler().listen(watch == Watch::everything ? Listening::everything : Listening::outcomes);
}

std::string_view Session::keep(std::string_view text) { return texts_.keep(text); }

std::span<const Units> Session::keep(std::span<const double> units) {
  if (units.empty()) return {};
  Units* const kept = costs_.emplace_back(new Units[units.size()]).get();
  for (std::size_t i = 0; i < units.size(); ++i) kept[i] = static_cast<Units>(units[i]);
  return {kept, units.size()};
}

std::vector<ConfigIssue> Session::reconfigure(RequestId request, PoolId pool, std::string_view settings) {
  const PoolConfig* current = &pool_config(pool);
  for (const auto& earlier : settings_) {
    if (earlier->name == current->name) current = earlier.get();
  }
  ParsedPool parsed = parse_pool_settings(settings, *current);
  if (!parsed.ok()) return parsed.issues;
  settings_.push_back(std::make_unique<PoolConfig>(std::move(parsed.pool)));
  queue(Reconfigure{.request = request, .pool = pool, .config = settings_.back().get()});
  return {};
}

void Session::flush(Now now) {
  lot_.handle(now, inputs_);
  inputs_.clear();
  drain();
  if (!mailbox_inputs_.empty()) {
    lot_.handle(now, mailbox_inputs_);
    mailbox_inputs_.clear();
    drain();
  }
  if (storage()) turn(now);
  texts_.clear();
  costs_.clear();
  settings_.clear();
  for (const NameId name : released_) lot_.scheduler().names().release(name);
  released_.clear();
}

/// Carries out what the storage has to say, which may be that what was just written has failed.
void Session::turn(Now now) {
  while (storage()->feed(lot_, now)) drain();
  storage()->turn(lot_, now);
}

std::optional<SteadyTime> Session::next_deadline() const {
  const auto machines = lot_.next_deadline();
  const auto stored = storage() ? storage()->next_deadline() : std::nullopt;
  if (!machines || !stored) return machines ? machines : stored;
  return std::min(*machines, *stored);
}

PayloadRef Session::payload_of_submission(PoolId pool, std::uint32_t request, double stored) const {
  if (!storage() || !storage()->is_durable(pool)) return payload_at(PayloadTable::tasks, request);
  return stored > 0 ? storage()->ref(static_cast<std::uint64_t>(stored)) : PayloadRef{};
}

PayloadRef Session::result_by(double number) const {
  const PayloadRef result{.id = static_cast<std::uint64_t>(number)};
  if (is_stored(result)) return storage()->ref(result.id);
  return result.id == 0 ? PayloadRef{}
                        : payload_at(PayloadTable::results, static_cast<std::uint32_t>(result.id));
}

void Session::comes_with(std::uint32_t request, PayloadRef payload) {
  if (is_stored(payload)) submitted_payloads_[request] = payload.id;
}

void Session::settle_payload(RequestId request, bool is_kept) {
  if (!storage() || !is_submission(request)) return;
  const auto found = submitted_payloads_.find(static_cast<std::uint32_t>(request & 0xffffffffu));
  if (found == submitted_payloads_.end()) return;
  if (!is_kept) storage()->withdraw(found->second);
  submitted_payloads_.erase(found);
}

std::size_t Session::take() {
  if (full_taken_ == full_.size()) {
    full_.clear();
    full_taken_ = 0;
    std::swap(written_, current_);
    written_.entries.clear();
    written_.text.clear();
  } else {
    current_ = std::move(full_[full_taken_++]);
  }
  return current_.entries.size();
}

Entry& Session::next_entry(EntryKind kind) {
  if (written_.entries.size() == entries_per_take) {
    full_.push_back(std::move(written_));
    written_ = {};
    written_.entries.reserve(entries_per_take);
  }
  return written_.entries.emplace_back(Entry{{number(kind)}});
}

void Session::drain() {
  while (const auto effect = lot_.poll()) {
    if (const auto* start = std::get_if<Start>(&*effect))
      write_or_keep(*start);
    else if (const auto* notify = std::get_if<Notify>(&*effect))
      write_or_keep(*notify);
    else if (const auto* release = std::get_if<Release>(&*effect)) {
      if (release->copies == Release::Copies::all) write_release(release->payload);
    } else if (const auto* reply = std::get_if<Reply>(&*effect))
      write(*reply);
    else if (const auto* stop = std::get_if<Stop>(&*effect))
      write_or_keep(*stop);
    else
      write_mailbox(*effect);
  }
  if (!storage()) return;
  for (const Later& order : later_) std::visit([this](const auto& each) { write(each); }, order);
  later_.clear();
}

void Session::write_mailbox(const Lot::Effect& effect) {
  if (const auto* page = std::get_if<mailbox::Page>(&effect)) {
    write_text(page->request, mailbox_page_text(*page->messages, storage()));
  } else if (const auto* done = std::get_if<mailbox::Acknowledged>(&effect)) {
    write_done(done->request, done->count);
  } else if (const auto* arrived = std::get_if<mailbox::Arrived>(&effect)) {
    Entry& e = next_entry(EntryKind::arrived);
    e.words[1] = word(arrived->key.index);
  } else if (const auto* refused = std::get_if<mailbox::Refused>(&effect)) {
    write_refusal(refused->request, {.code = refused->code, .field = refused->field});
  } else if (const auto* task_records = std::get_if<parking_lot::Write>(&effect)) {
    PARKING_LOT_CHECK(storage() != nullptr);
    storage()->append(task_records->pool, task_records->records);
  } else if (const auto* message_records = std::get_if<mailbox::Write>(&effect)) {
    PARKING_LOT_CHECK(storage() != nullptr);
    storage()->append(message_records->store, message_records->records);
  }
}

void Session::write(const Start& start) {
  auto task_entry = static_cast<std::uint32_t>(start.payload.id & 0xffffffffu);
  if (storage() && storage()->is_durable(start.pool)) {
    const Owner* const known = owner(start.task);
    task_entry = known ? known->entry : 0;
  }
  Entry& e = next_entry(EntryKind::start);
  e.words[1] = word(task_entry);
  e.words[2] = word(open_run(start));
  e.words[3] = word(start.attempt);
  e.words[4] = low(start.units);
  e.words[5] = high(start.units);
  e.words[6] = word(start.pool.index);
  e.words[7] = word(start.executor);
  e.words[8] = word(start.task.slot);
  e.words[9] = word(start.task.generation);
  if (!is_stored(start.payload)) return;
  e.words[10] = low(start.payload.id);
  e.words[11] = high(start.payload.id);
}

void Session::write(const Stop& stop) {
  if (!run_of_slot_.reaches(stop.task.slot) || run_of_slot_[stop.task.slot] == 0) return;
  const std::uint32_t run_number = run_of_slot_[stop.task.slot] - 1;
  const Run& run = runs_[run_number];
  if (run.task != stop.task || run.lease != stop.lease) return;
  Entry& e = next_entry(EntryKind::stop);
  e.words[1] = word(run_number);
  e.words[2] = number(stop.reason);
}

void Session::write(const Reply& reply) {
  if (const auto* submitted = std::get_if<Submitted>(&reply.answer))
    write(*submitted, reply.request);
  else if (const auto* refused = std::get_if<Refused>(&reply.answer))
    write_refusal(reply.request, *refused);
  else if (const auto* done = std::get_if<Done>(&reply.answer))
    write_done(reply.request, done->count);
  else
    write_text(reply.request, answer_text(reply.answer, lot_.scheduler(), storage()));
}

void Session::write(const Submitted& submitted, RequestId request) {
  const auto asked = static_cast<std::uint32_t>(request & 0xffffffffu);
  const bool is_new = submitted.how == Submitted::How::admitted;
  settle_payload(request, is_new);
  if (is_new && is_submission(request)) {
    own(submitted.task, asked, answers_of(request));
    if (answers_of(request) == Answers::failures) return;
  } else if (is_submission(request) && !owner(submitted.task) && submitted.status < Status::completed) {
    // Its submitter was of an earlier life of this lot.
    own(submitted.task, asked, answers_of(request));
  }
  const Owner* const known = owner(submitted.task);
  Entry& e = next_entry(EntryKind::submitted);
  e.words[1] = word(asked);
  e.words[2] = number(submitted.status);
  e.words[3] = number(submitted.reason);
  e.words[4] = number(submitted.how);
  e.words[5] = low(submitted.position);
  e.words[6] = low(submitted.result.id);
  e.words[7] = high(submitted.result.id);
  e.words[8] = word(submitted.task.slot);
  e.words[9] = word(submitted.task.generation);
  e.words[10] = known ? word(known->entry) : 0;
  e.words[11] = is_submission(request) ? 0 : 1;
}

void Session::write(const Notify& notify) {
  const Owner* const known = owner(notify.task);
  if (watch_ == Watch::listeners) {
    if (!known || notify.event != Notify::Event::ended) return;
    const bool is_durable = storage() && storage()->is_durable(notify.pool);
    if (known->answers == Answers::failures && notify.status == Status::completed && !is_durable) return;
  }
  Entry& e = next_entry(EntryKind::notify);
  e.words[1] = known ? word(known->entry) : 0;
  e.words[2] = number(notify.event) | number(notify.status) << 8 | number(notify.reason) << 16;
  e.words[3] = word(notify.attempt);
  e.words[4] = low(notify.result.id);
  e.words[5] = high(notify.result.id);
  e.words[6] = word(notify.task.slot);
  e.words[7] = word(notify.task.generation);
  e.words[8] = word(notify.pool.index);
  e.words[10] = low(static_cast<std::uint64_t>(notify.at.ms));
  e.words[11] = high(static_cast<std::uint64_t>(notify.at.ms));
}

void Session::write_done(RequestId request, std::uint64_t count) {
  if (request == 0) return;
  Entry& e = next_entry(EntryKind::done);
  e.words[1] = low(request);
  e.words[2] = low(count);
}

void Session::write_refusal(RequestId request, const Refused& refused) {
  if (request == 0) return;
  settle_payload(request, false);
  Entry& e = next_entry(EntryKind::refused);
  e.words[1] = low(request);
  e.words[2] = is_submission(request) ? 0 : 1;
  e.words[3] = number(refused.code);
  e.words[4] = static_cast<std::int32_t>(written_.text.size());
  e.words[5] = static_cast<std::int32_t>(refused.field.size());
  e.words[6] = low(static_cast<std::uint64_t>(refused.retry_after.ms));
  written_.text += refused.field;
}

void Session::write_text(RequestId request, std::string_view text) {
  Entry& e = next_entry(EntryKind::text);
  e.words[1] = low(request);
  e.words[4] = static_cast<std::int32_t>(written_.text.size());
  e.words[5] = static_cast<std::int32_t>(text.size());
  written_.text += text;
}

void Session::write_release(PayloadRef payload) {
  if (payload.id == 0) return;
  if (is_stored(payload)) return storage()->release(payload);
  Entry& e = next_entry(EntryKind::release);
  e.words[1] = low(payload.id);
  e.words[2] = high(payload.id);
}

void Session::own(TaskHandle task, std::uint32_t entry_number, Answers answers) {
  owners_.grown_to(task.slot) = {.generation = task.generation, .entry = entry_number, .answers = answers};
  admitted_.grown_to(entry_number) = task;
}

const Session::Owner* Session::owner(TaskHandle task) const {
  if (!task || !owners_.reaches(task.slot) || owners_[task.slot].generation != task.generation)
    return nullptr;
  return &owners_[task.slot];
}

std::uint32_t Session::open_run(const Start& start) {
  std::uint32_t run_number = 0;
  if (free_runs_.empty()) {
    run_number = static_cast<std::uint32_t>(runs_.size());
    runs_.emplace_back();
  } else {
    run_number = free_runs_.back();
    free_runs_.pop_back();
  }
  runs_[run_number] = {.task = start.task,
                       .lease = start.lease,
                       .pool = start.pool,
                       .executor = start.executor,
                       .is_open = true};
  run_of_slot_.grown_to(start.task.slot) = run_number + 1;
  return run_number;
}

const Session::Run* Session::run(std::uint32_t run_number) const {
  return run_number < runs_.size() && runs_[run_number].is_open ? &runs_[run_number] : nullptr;
}

void Session::close_run(std::uint32_t run_number) {
  Run& run = runs_[run_number];
  if (run_of_slot_[run.task.slot] == run_number + 1) run_of_slot_[run.task.slot] = 0;
  run.is_open = false;
  free_runs_.push_back(run_number);
}

void Session::close_runs_of(PoolId pool, ExecutorId executor) {
  for (std::uint32_t i = 0; i < runs_.size(); ++i) {
    if (runs_[i].is_open && runs_[i].pool == pool && runs_[i].executor == executor) close_run(i);
  }
}

namespace {
std::unique_ptr<Session> open_one;
}

Session* session() { return open_one.get(); }

void open_session(Lot lot, std::unique_ptr<Storage> storage) {
  // Beyond this many queued inputs the host flushes; room for them is made once.
  constexpr std::uint32_t inputs_expected = 1024;
  open_one = std::make_unique<Session>(std::move(lot), std::move(storage), inputs_expected);
}

void close_session() { open_one.reset(); }

}  // namespace parking_lot::wasm
