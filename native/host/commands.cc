#include <algorithm>
#include <utility>

#include "host/loop.h"
#include "parking_lot/native/host.h"

/// Commands on tasks and pools that exist.
namespace parking_lot {
namespace {

RefusedCommand refusal_of(const Answer* answer) {
  const auto* refused = answer == nullptr ? nullptr : std::get_if<Refused>(answer);
  if (refused == nullptr) return {.code = Refusal::unconfirmed, .field = {}};
  return {.code = refused->code, .field = std::string(refused->field), .retry_after = refused->retry_after};
}

RefusedCommand refusal_of(const std::vector<ConfigIssue>& issues) {
  RefusedCommand refused{.code = Refusal::invalid_task, .field = {}};
  for (const ConfigIssue& issue : issues) {
    if (issue.severity != ConfigIssue::Severity::error) continue;
    if (refused.field.empty()) refused.field = issue.path;
    refused.message += (refused.message.empty() ? "" : " ") + issue.path + ": " + issue.message;
  }
  return refused;
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

void Host::reconfigure(std::string_view pool, std::string_view settings, DoneCallback on_done) {
  const auto respond = counting(on_done);
  const bool taken =
      loop_->post([pool = std::string(pool), settings = std::string(settings), respond, on_done](Loop& loop) {
        if (loop.is_closed()) return respond(nullptr);
        const auto id = loop.scheduler().pool(pool);
        if (id) return loop.reconfigure(*id, settings, on_done);
        const Answer unknown = Refused{.code = Refusal::unknown_pool, .field = "pool"};
        respond(&unknown);
      });
  if (!taken) respond(nullptr);
}

// Several changes in one turn build on one another: the scheduler has not seen the earlier ones yet.
void Host::Loop::reconfigure(PoolId pool, const std::string& settings, const DoneCallback& on_done) {
  const auto earlier = std::find_if(settings_.rbegin(), settings_.rend(), [&](const auto& each) {
    return each.name == scheduler().pool_name(pool);
  });
  const PoolConfig& current = earlier == settings_.rend() ? scheduler().config(pool) : *earlier;
  ParsedPool parsed = parse_pool_settings(settings, current);
  if (!parsed.ok()) {
    if (on_done) on_done(tl::unexpected(refusal_of(parsed.issues)));
    return;
  }
  settings_.push_back(std::move(parsed.pool));
  add(Reconfigure{.request = expect(counting(on_done)), .pool = pool, .config = &settings_.back()});
}

void Host::inspect(std::string_view pool, std::string_view task_id, InspectCallback on_view) {
  command_on_task(*loop_, pool, task_id, viewing<TaskView>(std::move(on_view)),
                  [](RequestId request, TaskName task) { return Inspect{.request = request, .task = task}; });
}

void Host::explain(std::string_view pool, std::string_view task_id, ExplainCallback on_explanation) {
  command_on_task(*loop_, pool, task_id, viewing<Explanation>(std::move(on_explanation)),
                  [](RequestId request, TaskName task) { return Explain{.request = request, .task = task}; });
}

void Host::retry(std::string_view pool, std::string_view task_id, ReceiptCallback on_receipt) {
  const auto respond = [on_receipt = std::move(on_receipt), id = std::string(task_id)](const Answer* answer) {
    if (!on_receipt) return;
    const auto* submitted = answer == nullptr ? nullptr : std::get_if<Submitted>(answer);
    if (submitted == nullptr) return on_receipt(tl::unexpected(refusal_of(answer)));
    on_receipt(Admission{
        .task_id = id, .status = submitted->status, .how = submitted->how, .position = submitted->position});
  };
  command_on_task(*loop_, pool, task_id, respond,
                  [](RequestId request, TaskName task) { return Retry{.request = request, .task = task}; });
}

void Host::outcome(std::string_view pool, std::string_view task_id, OutcomeCallback on_outcome) {
  const auto refused = [pool = std::string(pool), id = std::string(task_id), on_outcome](RefusedCommand why) {
    const bool is_closed = why.code == Refusal::unconfirmed;
    on_outcome({.pool = pool,
                .task_id = id,
                .status = is_closed ? Status::dropped : Status::rejected,
                .reason = is_closed ? Reason::shut_down : Reason::none,
                .refusal = why.code,
                .result = {}});
  };
  const std::weak_ptr<Loop> weak = loop_;
  const auto respond = [weak, refused, on_outcome](const Answer* answer) {
    const auto* found = answer == nullptr ? nullptr : std::get_if<const TaskView*>(answer);
    const auto loop = weak.lock();
    if (found == nullptr || loop == nullptr) return refused(refusal_of(answer));
    const TaskView& task = **found;
    if (is_terminal(task.status)) return loop->resolve_from_memory(task.pool, task.task, on_outcome);
    loop->await(task.pool, task.task, task.task_id, on_outcome);
  };
  command_on_task(*loop_, pool, task_id, respond,
                  [](RequestId request, TaskName task) { return Inspect{.request = request, .task = task}; });
}

void Host::list(std::string_view pool, const TaskListing& listing, ListCallback on_page) {
  command_on_task(*loop_, pool, {}, viewing<TaskPage>(std::move(on_page)),
                  [listing](RequestId request, TaskName task) {
                    return ListTasks{.request = request,
                                     .pool = task.pool,
                                     .status = listing.status.value_or(Status::queued),
                                     .any_status = !listing.status,
                                     .after = listing.after,
                                     .limit = listing.limit};
                  });
}

void Host::cancel_tenant(std::string_view pool, std::string_view tenant, DoneCallback on_done) {
  const auto respond = counting(std::move(on_done));
  const bool taken =
      loop_->post([pool = std::string(pool), tenant = std::string(tenant), respond](Loop& loop) {
        if (loop.is_closed()) return respond(nullptr);
        const auto id = loop.scheduler().pool(pool);
        if (!id) {
          const Answer unknown = Refused{.code = Refusal::unknown_pool, .field = "pool"};
          return respond(&unknown);
        }
        const NameId name = loop.scheduler().names().intern(tenant);
        loop.release_later(name);
        loop.add(CancelTenant{.request = loop.expect(respond), .pool = *id, .tenant = name});
      });
  if (!taken) respond(nullptr);
}

void Host::disconnect(ClientId client) {
  if (client == 0) return;
  loop_->post([client](Loop& loop) { loop.add(ClientGone{client}); });
}

}  // namespace parking_lot
