#include "host/loop.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace parking_lot {

namespace asio = boost::asio;

Host::Loop::Loop(asio::io_context& io, Lot lot, std::unique_ptr<Storage> storage, SystemClock clock,
                 HostOptions options)
    : io_(io),
      clock_(clock),
      options_(options),
      lot_(std::move(lot)),
      storage_(std::move(storage)),
      timer_(io) {
  executors_.resize(scheduler().pool_count());
}

bool Host::Loop::post(Command command) {
  {
    const std::lock_guard lock(mutex_);
    if (!takes_commands_) return false;
    commands_.push_back(std::move(command));
    if (has_asked_) return true;
    has_asked_ = true;
  }
  asio::post(io_, [self = shared_from_this()] { self->turn(); });
  return true;
}

void Host::Loop::ask_for_turn() {
  {
    const std::lock_guard lock(mutex_);
    if (has_asked_ || !takes_commands_) return;
    has_asked_ = true;
  }
  asio::post(io_, [self = shared_from_this()] { self->turn(); });
}

void Host::Loop::turn() {
  // Commands own what the inputs point to, so they live until the end of the turn.
  std::vector<Command> commands;
  {
    const std::lock_guard lock(mutex_);
    has_asked_ = false;
    commands.swap(commands_);
  }
  is_in_turn_ = true;
  for (const Command& command : commands) command(*this);
  if (!closed_) handle_all();
  is_in_turn_ = false;
  if (closed_) storage_.reset();
}

void Host::Loop::handle_all() {
  reload_failed();
  handle_inputs();
  announce_progress();
  if (!closed_ && !empty_callbacks_.empty() && is_empty()) {
    for (const auto& callback : std::exchange(empty_callbacks_, {})) callback();
  }
  if (closed_) return;
  if (storage_->advance_checkpoints(lot_)) ask_for_turn();
  storage_->commit();
  arm();
}

void Host::Loop::handle_inputs() {
  const Now now = clock_.now();
  if (inputs_.empty()) inputs_.push_back(Tick{});
  // Effects ask for inputs of the next turn while this one's are still being viewed.
  const std::vector<Input> inputs = std::exchange(inputs_, {});
  const std::vector<mailbox::Input> mailbox_inputs = std::exchange(mailbox_inputs_, {});
  const std::vector<NameId> names = std::exchange(names_to_release_, {});
  const std::deque<PoolConfig> settings = std::exchange(settings_, {});  // that inputs point to
  lot_.handle(now, inputs);
  perform_all();
  if (!closed_ && !mailbox_inputs.empty()) {
    lot_.handle(now, mailbox_inputs);
    perform_all();
  }
  for (const NameId name : names) scheduler().names().release(name);
}

// Progress is announced here and not where it is reported: a subscriber may close the host, and with it the
// executor.
void Host::Loop::announce_progress() {
  for (const auto& [run, progress] : std::exchange(progress_, {})) {
    const auto found = runs_.find(run);
    if (closed_ || found == runs_.end() || found->second.is_stopped) continue;
    const std::string task_id = scheduler().task_id(run.task);
    announce({.kind = TaskEvent::Kind::progressed,
              .pool = scheduler().pool_name(found->second.pool),
              .task_id = task_id,
              .status = Status::running,
              .at = clock_.now().wall,
              .progress = progress});
  }
}

void Host::Loop::arm() {
  const SteadyTime due = lot_.next_deadline().value_or(never_steady);
  if (due == armed_) return;
  armed_ = due;
  timer_.cancel();
  if (due == never_steady) return;
  timer_.expires_at(clock_.moment(due));
  timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error || self->closed_) return;
    self->armed_ = never_steady;
    self->ask_for_turn();
  });
}

bool Host::Loop::is_empty() const {
  for (std::uint32_t i = 0; i < lot_.scheduler().pool_count(); ++i) {
    const PoolStats stats = lot_.scheduler().stats({i});
    if (stats.parked + stats.waiting + stats.backing_off + stats.running + stats.undelivered != 0)
      return false;
  }
  return true;
}

void Host::Loop::close() {
  if (closed_) return;
  closed_ = true;
  std::vector<Command> commands;
  {
    const std::lock_guard lock(mutex_);
    takes_commands_ = false;
    commands.swap(commands_);
  }
  timer_.cancel();
  executors_.clear();
  guardian_.reset();
  for (const Command& command : commands) command(*this);
  answer_all_closed();
  subscribers_.clear();
  subscriptions_.clear();
  if (!is_in_turn_) storage_.reset();
  empty_callbacks_.clear();
}

}  // namespace parking_lot
