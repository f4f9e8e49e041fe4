#include "scenario/stage.h"

#include <array>

#include "scenario/arguments.h"
#include "scenario/trace.h"

namespace parking_lot::scenario {

namespace {

constexpr WallTime script_origin{1767225600000};  // 2026-01-01T00:00:00Z
constexpr SteadyTime steady_origin{1000};
constexpr std::uint32_t ticks_max = 100000;

}  // namespace

Stage::Stage()
    : origin_(script_origin), wall_(script_origin), steady_(steady_origin), spelling_(script_origin) {}

Result<bool> Stage::open(const Config& config) {
  steady_ = steady_origin;
  ++openings_;
  // Without the bits by which incarnations of durable pools step: a trace counts them from 1.
  auto opened =
      Lot::open(config, now(), Entropy{.high = 0xc0ffee00 + openings_, .low = 0x9a5c0de5 * openings_});
  if (!opened) return Failure(opened.error());
  lot_.emplace(std::move(*opened));
  spelling_.use(&*lot_);
  failed_.clear();
  settle();
  for (const std::string& stream : streams()) {
    if (automatic_.contains(stream)) load(stream, 0);
  }
  return true;
}

void Stage::crash() {
  lot_.reset();
  spelling_.use(nullptr);
  for (auto& [index, journal] : pools_) journal.lose_pending();
  for (auto& [index, journal] : stores_) journal.lose_pending();
}

void Stage::feed(std::span<const Input> inputs) {
  lot_->handle(now(), inputs);
  settle();
}

void Stage::feed(std::span<const mailbox::Input> inputs) {
  lot_->handle(now(), inputs);
  settle();
}

void Stage::settle() {
  drain();
  while (persist_automatic_streams()) drain();
}

void Stage::drain() {
  while (auto effect = lot_->poll()) perform(*effect);
}

/// One report for each automatic stream with pending writes. True if there was one.
bool Stage::persist_automatic_streams() {
  for (const std::string& name : streams()) {
    if (!automatic_.contains(name) || failed_.contains(name)) continue;
    StreamName stream = *stream_named(name);
    if (stream.is_pool && pools_[stream.index].has_pending()) {
      std::uint64_t through = pools_[stream.index].persist(pools_[stream.index].last());
      lot_->handle(now(), Input(Persisted{.pool = {stream.index}, .through = through}));
      return true;
    }
    if (!stream.is_pool && stores_[stream.index].has_pending()) {
      std::uint64_t through = stores_[stream.index].persist(stores_[stream.index].last());
      lot_->handle(now(), mailbox::Input(mailbox::Persisted{.store = {stream.index}, .through = through}));
      return true;
    }
  }
  return false;
}

bool Stage::advance(Duration length) {
  SteadyTime end = steady_ + length;
  for (std::uint32_t ticks = 0; lot_; ++ticks) {
    auto next = lot_->next_deadline();
    if (!next || *next > end) break;
    if (ticks == ticks_max) return false;
    if (*next > steady_) stall(*next - steady_);
    feed(std::array{Input(Tick{})});
  }
  stall(end - steady_);
  return true;
}

void Stage::stall(Duration length) {
  wall_ = wall_ + length;
  steady_ = steady_ + length;
  elapsed_.ms += length.ms;
}

std::string Stage::store_name(std::uint32_t index) const {
  return index == 0 ? "mailbox" : "mailbox/" + std::to_string(index);
}

std::vector<std::string> Stage::streams() const {
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < lot_->mailbox().store_count(); ++i) {
    if (lot_->mailbox().is_durable({i})) names.push_back(store_name(i));
  }
  for (std::uint32_t i = 0; i < lot_->scheduler().pool_count(); ++i) {
    if (!lot_->scheduler().config({i}).queue.is_volatile()) names.push_back(spelling_.pool({i}));
  }
  return names;
}

std::optional<Stage::StreamName> Stage::stream_named(std::string_view stream) const {
  if (auto pool = lot_->scheduler().pool(stream)) return StreamName{.is_pool = true, .index = pool->index};
  for (std::uint32_t i = 0; i < lot_->mailbox().store_count(); ++i) {
    if (stream == store_name(i)) return StreamName{.is_pool = false, .index = i};
  }
  return std::nullopt;
}

void Stage::persist(std::string_view name, std::uint64_t through) {
  StreamName stream = *stream_named(name);
  if (stream.is_pool) {
    feed(std::array{
        Input(Persisted{.pool = {stream.index}, .through = pools_[stream.index].persist(through)})});
  } else {
    std::uint64_t durable = stores_[stream.index].persist(through);
    feed(std::array{mailbox::Input(mailbox::Persisted{.store = {stream.index}, .through = durable})});
  }
}

void Stage::fail_write(std::string_view name) {
  StreamName stream = *stream_named(name);
  failed_.insert(std::string(name));
  if (stream.is_pool) {
    pools_[stream.index].lose_pending();
    feed(std::array{Input(PersistFailed{.pool = {stream.index}})});
  } else {
    stores_[stream.index].lose_pending();
    feed(std::array{mailbox::Input(mailbox::PersistFailed{.store = {stream.index}})});
  }
}

void Stage::checkpoint(std::string_view name) {
  StreamName stream = *stream_named(name);
  const auto take = [](const auto& machine, auto id, auto& journal) {
    CheckpointPlace next = 0;
    while (next != end_of_checkpoint && next != no_checkpoint)
      next = checkpoint_step(machine, id, journal, next, 16);
  };
  if (stream.is_pool) {
    take(lot_->scheduler(), PoolId{stream.index}, pools_[stream.index]);
  } else {
    take(lot_->mailbox(), StoreId{stream.index}, stores_[stream.index]);
  }
}

namespace {

/// Recovery as a backend does it: the records in pieces, then the end.
template <class SomeInput, class SomeRecovered, class SomeDone, class Entry, class Name>
void feed_recovery(Stage& stage, Name name, const std::vector<Entry>& records, std::size_t chunk) {
  if (chunk == 0) chunk = records.size() + 1;
  std::span<const Entry> left(records);
  while (!left.empty()) {
    std::span<const Entry> piece = left.first(std::min(chunk, left.size()));
    stage.feed(std::array{SomeInput(SomeRecovered{name, piece})});
    left = left.subspan(piece.size());
  }
  stage.feed(std::array{SomeInput(SomeDone{name})});
}

}  // namespace

void Stage::load(std::string_view name, std::size_t chunk) {
  StreamName stream = *stream_named(name);
  failed_.erase(std::string(name));
  if (stream.is_pool) {
    pools_[stream.index].lose_pending();
    feed_recovery<Input, Recovered, RecoveryDone>(*this, PoolId{stream.index},
                                                  pools_[stream.index].recovery(), chunk);
  } else {
    stores_[stream.index].lose_pending();
    feed_recovery<mailbox::Input, mailbox::Recovered, mailbox::RecoveryDone>(
        *this, StoreId{stream.index}, stores_[stream.index].recovery(), chunk);
  }
}

RequestId Stage::ask(std::string text, PoolId pool, std::string_view new_task) {
  asked_[++last_request_] = Asked{.text = std::move(text), .pool = pool, .new_task = std::string(new_task)};
  return last_request_;
}

std::string Stage::asked(RequestId request) const {
  auto found = asked_.find(request);
  return found == asked_.end() ? "?" : found->second.text;
}

const std::vector<Run>& Stage::runs(PoolId pool, std::string_view symbol) {
  return runs_[{pool.index, std::string(spelling_.id_of(pool, symbol))}];
}

std::string Stage::cursor(std::string_view mailbox, std::string_view symbol) const {
  auto found = cursors_.find({std::string(mailbox), std::string(symbol)});
  return found == cursors_.end() ? std::string{} : found->second;
}

void Stage::perform(const Lot::Effect& effect) {
  if (const auto* write = std::get_if<Write>(&effect)) return perform(*write);
  if (const auto* write = std::get_if<mailbox::Write>(&effect)) return perform(*write);
  if (const auto* start = std::get_if<Start>(&effect)) return perform(*start);
  if (const auto* reply = std::get_if<Reply>(&effect)) return perform(*reply);
  if (const auto* page = std::get_if<mailbox::Page>(&effect)) return perform(*page);
  if (const auto* stop = std::get_if<Stop>(&effect)) return print(text_of(*stop, spelling_));
  if (const auto* release = std::get_if<Release>(&effect)) return print(text_of(*release, spelling_));
  if (const auto* notify = std::get_if<Notify>(&effect)) {
    if (shows(Shown::notifications, false)) print(text_of(*notify, spelling_));
    return;
  }
  if (const auto* done = std::get_if<mailbox::Acknowledged>(&effect)) {
    return print("answer to " + asked(done->request) + ": acknowledged, " + std::to_string(done->count) +
                 " dropped");
  }
  if (const auto* arrived = std::get_if<mailbox::Arrived>(&effect)) {
    return print("arrived " + Spelling::mailbox(lot_->scheduler().names().text(arrived->key)));
  }
  if (const auto* refused = std::get_if<mailbox::Refused>(&effect)) {
    return print("answer to " + asked(refused->request) + ": refused " +
                 std::string(to_string(refused->code)) +
                 (refused->field.empty() ? "" : " field=" + std::string(refused->field)));
  }
}

bool Stage::shows(Shown what, bool otherwise) const {
  auto found = shown_.find(what);
  return found == shown_.end() ? otherwise : found->second;
}

void Stage::print_write(const std::string& stream, const std::string& text, bool is_lost) {
  if (is_lost) {
    print(text + " (lost: the stream has failed)");
  } else if (shows(Shown::writes, !automatic_.contains(stream))) {
    print(text);
  }
}

void Stage::perform(const Write& write) {
  std::string name = spelling_.pool(write.pool);
  std::string text = text_of(write, wall_, spelling_);
  bool is_lost = failed_.contains(name);
  if (!is_lost) pools_[write.pool.index].append(write.records);
  print_write(name, text, is_lost);
}

void Stage::perform(const mailbox::Write& write) {
  std::string name = store_name(write.store.index);
  bool is_lost = failed_.contains(name);
  if (!is_lost) stores_[write.store.index].append(write.records);
  print_write(name, text_of(write, name, wall_, spelling_), is_lost);
}

void Stage::perform(const Start& start) {
  runs_[{start.pool.index, lot_->scheduler().task_id(start.task)}].push_back(
      Run{.task = start.task, .lease = start.lease});
  print(text_of(start, spelling_));
}

void Stage::perform(const Reply& reply) {
  const Asked& asked = asked_[reply.request];
  if (const auto* submitted = std::get_if<Submitted>(&reply.answer); submitted && !asked.new_task.empty()) {
    spelling_.name_task(asked.pool, lot_->scheduler().task_id(submitted->task), asked.new_task);
  }
  print(text_of(reply, asked.pool, asked.text, spelling_));
}

void Stage::perform(const mailbox::Page& page) {
  const Asked& asked = asked_[page.request];
  for (const MailboxMessage& message : *page.messages) {
    cursors_[{asked.new_task, spelling_.task(message.pool, message.task_id)}] = message.cursor;
    cursors_[{asked.new_task, std::string{}}] = message.cursor;
  }
  print(text_of(page, asked.text, spelling_));
}

void Stage::print(std::string_view text) {
  Duration wall_ahead = (wall_ - origin_);
  wall_ahead.ms -= elapsed_.ms;
  std::string time =
      "[" + offset_text(elapsed_) + (wall_ahead.ms == 0 ? "" : " wall" + offset_text(wall_ahead)) + "] ";
  std::size_t end = text.find('\n');
  lines_.push_back(time + std::string(text.substr(0, end)));
  while (end != std::string_view::npos) {
    text.remove_prefix(end + 1);
    end = text.find('\n');
    lines_.push_back(std::string(time.size(), ' ') + std::string(text.substr(0, end)));
  }
}

std::vector<std::string> Stage::take_lines() {
  std::vector<std::string> merged;
  for (std::size_t i = 0; i < lines_.size();) {
    std::size_t same = i;
    while (same < lines_.size() && lines_[same] == lines_[i]) ++same;
    merged.push_back(lines_[i] + (same - i == 1 ? "" : " (x" + std::to_string(same - i) + ")"));
    i = same;
  }
  lines_.clear();
  return merged;
}

}  // namespace parking_lot::scenario
