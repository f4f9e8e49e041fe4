#include "parking_lot/native/host.h"

#include <utility>

#include "host/loop.h"
#include "host/system.h"

namespace parking_lot {
namespace {

RefusedCommand refusal_of(const Answer* answer) {
  const auto* refused = answer == nullptr ? nullptr : std::get_if<Refused>(answer);
  if (refused == nullptr) return {.code = Refusal::unconfirmed, .field = {}};
  return {.code = refused->code, .field = std::string(refused->field), .retry_after = refused->retry_after};
}

std::function<void(const Answer*)> counting(DoneCallback on_done) {
  return [on_done = std::move(on_done)](const Answer* answer) {
    if (!on_done) return;
    const auto* done = answer == nullptr ? nullptr : std::get_if<Done>(answer);
    if (done != nullptr) return on_done(done->count);
    on_done(tl::unexpected(refusal_of(answer)));
  };
}

template <class View, class Callback>
std::function<void(const Answer*)> viewing(Callback on_view) {
  return [on_view = std::move(on_view)](const Answer* answer) {
    const auto* view = answer == nullptr ? nullptr : std::get_if<const View*>(answer);
    if (view != nullptr) return on_view(**view);
    on_view(tl::unexpected(refusal_of(answer)));
  };
}

}  // namespace

Result<std::unique_ptr<Host>> Host::open(const Config& config, boost::asio::io_context& io,
                                         HostOptions options) {
  for (const ConfigIssue& missing : unavailable_features(config))
    return Failure({missing.path, missing.message});
  if (!options.entropy) {
    auto entropy = system_entropy();
    if (!entropy) return Failure(std::move(entropy.error()));
    options.entropy = *entropy;
  }
  const SystemClock clock;
  auto lot = Lot::open(config, clock.now(), *options.entropy);
  if (!lot) return Failure(std::move(lot.error()));
  return std::unique_ptr<Host>(new Host(std::make_shared<Loop>(io, std::move(*lot), clock, options)));
}

Host::Host(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {}

Host::~Host() { close(); }

Result<void> Host::run_processes(std::string_view pool) {
  return loop_->pool_without_executor(pool).and_then([this](PoolId id) { return loop_->run_processes(id); });
}

Result<void> Host::run_function(std::string_view pool, TaskFunction function, unsigned threads) {
  return loop_->pool_without_executor(pool).map(
      [&](PoolId id) { loop_->run_function(id, std::move(function), threads); });
}

void Host::on_event(EventCallback callback) { loop_->on_event(std::move(callback)); }

std::optional<PoolStats> Host::stats(std::string_view pool) const {
  const auto id = loop_->scheduler().pool(pool);
  if (!id) return std::nullopt;
  return loop_->scheduler().stats(*id);
}

void Host::close() { loop_->close(); }

namespace {

// A command that names a task: looks the pool up, keeps the id alive for the turn, and asks for the answer.
template <class Loop, class MakeInput>
void command_on_task(Loop& loop, std::string_view pool, std::string_view task_id,
                     std::function<void(const Answer*)> answer, MakeInput make_input) {
  const auto respond = std::make_shared<std::function<void(const Answer*)>>(std::move(answer));
  const bool taken =
      loop.post([pool = std::string(pool), task_id = std::string(task_id), respond, make_input](Loop& open) {
        const auto id = open.scheduler().pool(pool);
        if (open.is_closed()) return (*respond)(nullptr);
        if (!id) {
          const Answer unknown = Refused{.code = Refusal::unknown_pool, .field = "pool"};
          return (*respond)(&unknown);
        }
        open.add(make_input(open.expect(*respond), TaskName{.pool = *id, .handle = {}, .task_id = task_id}));
      });
  if (!taken) (*respond)(nullptr);
}

}  // namespace

void Host::cancel(std::string_view pool, std::string_view task_id, DoneCallback on_done) {
  command_on_task(*loop_, pool, task_id, counting(std::move(on_done)),
                  [](RequestId request, TaskName task) { return Cancel{.request = request, .task = task}; });
}

void Host::set_priority(std::string_view pool, std::string_view task_id, Priority priority,
                        DoneCallback on_done) {
  command_on_task(*loop_, pool, task_id, counting(std::move(on_done)),
                  [priority](RequestId request, TaskName task) {
                    return SetPriority{.request = request, .task = task, .priority = priority};
                  });
}

void Host::set_pool_state(std::string_view pool, PoolState state, DoneCallback on_done) {
  command_on_task(*loop_, pool, {}, counting(std::move(on_done)), [state](RequestId request, TaskName task) {
    return SetPoolState{.request = request, .pool = task.pool, .state = state};
  });
}

void Host::inspect(std::string_view pool, std::string_view task_id, InspectCallback on_view) {
  command_on_task(*loop_, pool, task_id, viewing<TaskView>(std::move(on_view)),
                  [](RequestId request, TaskName task) { return Inspect{.request = request, .task = task}; });
}

void Host::explain(std::string_view pool, std::string_view task_id, ExplainCallback on_explanation) {
  command_on_task(*loop_, pool, task_id, viewing<Explanation>(std::move(on_explanation)),
                  [](RequestId request, TaskName task) { return Explain{.request = request, .task = task}; });
}

}  // namespace parking_lot
