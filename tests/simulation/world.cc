#include "simulation/world.h"

#include <iostream>

#include "scenario/trace.h"
#include "simulation/setting.h"

namespace parking_lot::simulation {

namespace {

constexpr std::uint32_t heal_rounds_max = 2000;
constexpr std::uint32_t ticks_max = 100000;

}  // namespace

World::World(std::uint64_t seed, Logging logging)
    : random_(seed), logging_(logging), config_(random_config(random_)), model_(config_) {
  open();
  for (StreamName stream : streams_) load(stream);
}

void World::log(std::string_view text) {
  if (logging_ == Logging::off) return;
  std::cout << "step " << steps_done_ << " steady " << now_.steady.ms << " wall " << now_.wall.ms << ": "
            << text << "\n";
}

void World::log_records(const Write& write) {
  if (logging_ == Logging::off) return;
  scenario::Spelling spelling(now_.wall);
  spelling.use(&*lot_);
  log(scenario::text_of(write, now_.wall, spelling));
}

void World::open() {
  log("opens");
  ++openings_;
  now_.steady = SteadyTime{static_cast<std::int64_t>(random_.below(5000))};
  auto opened = Lot::open(config_, now_, Entropy{.high = random_.next(), .low = random_.next()});
  lot_.emplace(std::move(*opened));
  model_.opened(*lot_);
  streams_.clear();
  for (std::uint32_t i = 0; i < lot_->scheduler().pool_count(); ++i) {
    if (!lot_->scheduler().config({i}).queue.is_volatile()) streams_.push_back({.is_pool = true, .index = i});
  }
  for (std::uint32_t i = 0; i < lot_->mailbox().store_count(); ++i) {
    if (lot_->mailbox().is_durable({i})) streams_.push_back({.is_pool = false, .index = i});
  }
  closed_.clear();
  for (StreamName stream : streams_) closed_.insert({stream.is_pool, stream.index});
  settle();
}

void World::crash() {
  log("crashes");
  for (StreamName stream : streams_) persist(stream, 50);
  lot_.reset();
  for (auto& [index, journal] : pools_) journal.lose_pending();
  for (auto& [index, journal] : stores_) journal.lose_pending();
  executors_.clear();
  // What is gone with its pool is not asked for again: another task of that id would be another task.
  std::erase_if(recent_tasks_,
                [&](const auto& task) { return config_.pools[task.first.index].queue.is_volatile(); });
  model_.crashed();
  if (random_.chance(50)) now_.wall = now_.wall + Duration{static_cast<std::int64_t>(random_.below(20000))};
  open();
}

void World::feed(const Input& input) { feed(std::span<const Input>(&input, 1)); }

void World::feed(std::span<const Input> inputs) {
  lot_->handle(now_, inputs);
  settle();
  for (NameId name : holds_) lot_->scheduler().names().release(name);
  holds_.clear();
  texts_.clear();
}

void World::feed(const mailbox::Input& input) {
  lot_->handle(now_, input);
  settle();
  for (NameId name : holds_) lot_->scheduler().names().release(name);
  holds_.clear();
}

void World::settle() {
  while (auto effect = lot_->poll()) perform(*effect);
  model_.check_gauges(now_);
}

void World::perform(const Lot::Effect& effect) {
  if (const auto* write = std::get_if<Write>(&effect)) {
    if (closed_.contains({true, write->pool.index})) return;
    pools_[write->pool.index].append(write->records);
    log_records(*write);
    model_.take(*write, now_);
  } else if (const auto* stored = std::get_if<mailbox::Write>(&effect)) {
    for (const mailbox::Record& record : stored->records) {
      scenario::Spelling spelling(now_.wall);
      spelling.use(&*lot_);
      if (logging_ == Logging::on) log("mailbox: " + scenario::text_of(record.fact, spelling));
    }
    if (closed_.contains({false, stored->store.index})) return;
    stores_[stored->store.index].append(stored->records);
    model_.take(*stored);
  } else if (const auto* start = std::get_if<Start>(&effect)) {
    log("start " + lot_->scheduler().task_id(start->task) + " units " + std::to_string(start->units) +
        " lease " + std::to_string(start->lease.number) + " executor " + std::to_string(start->executor));
    if (!is_connected(start->pool, start->executor))
      model_.blame("a task was started on an executor that is not there");
    model_.take(*start, now_, start->executor % 2 == 0);
  } else if (const auto* stop = std::get_if<Stop>(&effect)) {
    log("stop " + lot_->scheduler().task_id(stop->task) + " lease " + std::to_string(stop->lease.number));
    model_.take(*stop, now_);
  } else if (const auto* reply = std::get_if<Reply>(&effect)) {
    model_.take(*reply);
  } else if (const auto* notify = std::get_if<Notify>(&effect)) {
    model_.take(*notify);
  } else if (const auto* release = std::get_if<Release>(&effect)) {
    log("release payload " + std::to_string(release->payload.id));
    if (release->copies == Release::Copies::all) model_.take(*release);
  } else if (const auto* page = std::get_if<mailbox::Page>(&effect)) {
    for (const MailboxMessage& message : *page->messages) {
      log("read " + message.task_id + " " + message.message_id + " " + message.cursor);
    }
    model_.take(*page);
  } else if (const auto* acknowledged = std::get_if<mailbox::Acknowledged>(&effect)) {
    model_.take(*acknowledged);
  } else if (const auto* refused = std::get_if<mailbox::Refused>(&effect)) {
    log("the mailbox refuses: " + std::string(to_string(refused->code)));
    model_.take(*refused);
  }
}

bool World::is_connected(PoolId pool, ExecutorId id) const {
  for (const Executor& executor : executors_) {
    if (executor.pool == pool && executor.id == id) return true;
  }
  return false;
}

void World::advance(Duration length) {
  SteadyTime end = now_.steady + length;
  for (std::uint32_t ticks = 0; ticks < ticks_max; ++ticks) {
    auto next = lot_->next_deadline();
    if (!next || *next > end) break;
    if (*next > now_.steady) {
      now_.wall = now_.wall + (*next - now_.steady);
      now_.steady = *next;
    }
    feed(Input(Tick{}));
  }
  now_.wall = now_.wall + (end - now_.steady);
  now_.steady = end;
}

void World::move_clock() {
  auto length = Duration{static_cast<std::int64_t>(random_.below(random_.chance(20) ? 10000 : 500))};
  std::uint64_t kind = random_.below(100);
  if (kind < 90) return advance(length);
  log("the clock jumps");
  if (kind < 93) {
    now_.wall = now_.wall + Duration{-length.ms};
  } else if (kind < 97) {
    now_.wall = now_.wall + length;
  } else {
    now_.wall = now_.wall + length;
    now_.steady = now_.steady + length;
  }
}

std::string World::live(std::uint32_t steps) {
  for (; steps_done_ < steps && model_.violation().empty(); ++steps_done_) {
    std::uint64_t kind = random_.below(1000);
    if (kind < 3) {
      crash();
    } else if (kind < 350) {
      client_step();
    } else if (kind < 650) {
      executor_step();
    } else if (kind < 900) {
      storage_step();
    } else {
      move_clock();
    }
  }
  if (model_.violation().empty()) heal();
  return model_.violation();
}

/// Storage works, executors answer, pools are open, and time goes by: everything must come to its end.
void World::heal() {
  log("all faults stop");
  has_faults_ = false;
  std::uint32_t quiet_rounds = 0;
  for (std::uint32_t round = 0; round < heal_rounds_max && model_.violation().empty(); ++round) {
    for (StreamName stream : streams_) {
      load(stream);
      persist(stream, 100);
      report(stream);
    }
    if (round == 0) {
      for (std::uint32_t i = 0; i < config_.pools.size(); ++i) {
        feed(Input(SetPoolState{.request = 0, .pool = {i}, .state = PoolState::active}));
        connect({i});
      }
    }
    for (std::size_t i = 0; i < model_.runs().size(); ++i) {
      if (!model_.runs()[i].has_ended) end(model_.runs()[i]);
    }
    quiet_rounds = is_quiet() ? quiet_rounds + 1 : 0;
    if (quiet_rounds == 20) ask_for_everything();
    if (quiet_rounds > 30 && model_.open_questions() == 0) break;
    advance(Duration{quiet_rounds < 20 ? 1000 : 1});
  }
  model_.check_end();
}

void World::ask_for_everything() {
  for (auto& [pool, id] : model_.acknowledged_tasks()) {
    RequestId request = ask({.kind = Question::Kind::inspect, .pool = pool, .task_id = id, .mailbox = {}});
    feed(Input(Inspect{.request = request, .task = {.pool = pool, .handle = {}, .task_id = id}}));
  }
  for (const std::string& mailbox : model_.mailboxes()) {
    RequestId request = ask({.kind = Question::Kind::fetch, .pool = {}, .task_id = {}, .mailbox = mailbox});
    NameId key = lot_->scheduler().mailbox_key({.tenant = mailbox, .user = {}, .session = {}});
    holds_.push_back(key);
    feed(mailbox::Input(mailbox::Fetch{.request = request, .key = key, .after = {}, .limit = 100000}));
  }
}

bool World::is_quiet() const {
  for (std::uint32_t i = 0; i < config_.pools.size(); ++i) {
    PoolStats stats = lot_->scheduler().stats({i});
    if (stats.parked + stats.waiting + stats.backing_off + stats.running + stats.undelivered +
            stats.units_in_use !=
        0) {
      return false;
    }
  }
  return true;
}

}  // namespace parking_lot::simulation
