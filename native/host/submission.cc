#include <boost/asio/post.hpp>
#include <utility>

#include "host/loop.h"
#include "parking_lot/native/host.h"

namespace parking_lot {
namespace {

/// One submission on its way: lives from the call until its outcome is passed on or awaited.
struct Submission {
  ParsedTask task;
  ReceiptCallback on_receipt;
  OutcomeCallback on_outcome;
  ClientId client = 0;
  PoolId pool;
  PayloadRef payload;
};

void refuse(const Submission& submission, RefusedCommand refused) {
  if (submission.on_receipt) submission.on_receipt(tl::unexpected(refused));
  if (!submission.on_outcome) return;
  Outcome outcome{
      .pool = submission.task.pool, .task_id = submission.task.task_id, .refusal = {}, .result = {}};
  outcome.refusal = refused.code;
  outcome.status = Status::rejected;
  if (refused.code == Refusal::unconfirmed) {
    outcome.status = Status::dropped;
    outcome.reason = Reason::shut_down;
  }
  submission.on_outcome(outcome);
}

template <class Loop>
void take_answer(Loop& loop, Submission& submission, const Answer* answer) {
  const auto* submitted = answer == nullptr ? nullptr : std::get_if<Submitted>(answer);
  if (submitted == nullptr || submitted->how == Submitted::How::joined)
    loop.storage().release(submission.payload);
  if (submitted == nullptr) {
    const auto* refused = answer == nullptr ? nullptr : std::get_if<Refused>(answer);
    if (refused == nullptr) return refuse(submission, {.code = Refusal::unconfirmed, .field = {}});
    return refuse(submission, {refused->code, std::string(refused->field), refused->retry_after});
  }
  std::string task_id = loop.scheduler().task_id(submitted->task);
  // Whoever waits for the outcome is entered first: the callback of the receipt may close the host.
  if (submission.on_outcome) {
    if (is_terminal(submitted->status)) {
      loop.resolve_from_memory(submission.pool, submitted->task, std::move(submission.on_outcome));
    } else {
      loop.await(submission.pool, submitted->task, task_id, std::move(submission.on_outcome));
    }
  }
  if (submission.on_receipt) {
    submission.on_receipt(Admission{.task_id = std::move(task_id),
                                    .status = submitted->status,
                                    .how = submitted->how,
                                    .position = submitted->position});
  }
}

template <class Loop>
void enter(Loop& loop, const std::shared_ptr<Submission>& submission) {
  if (loop.is_closed()) return refuse(*submission, {.code = Refusal::unconfirmed, .field = {}});
  const auto pool = loop.scheduler().pool(submission->task.pool);
  if (!pool) return refuse(*submission, {.code = Refusal::unknown_pool, .field = "pool"});
  submission->pool = *pool;
  TaskSpec spec = submission->task.spec(loop.scheduler().names());
  loop.release_later(spec.tenant);
  if (spec.mailbox) loop.release_later(spec.mailbox);
  if (!submission->task.payload.empty()) {
    submission->payload = loop.storage().put(std::move(submission->task.payload));
    spec.payload = submission->payload;
  }
  const RequestId request =
      loop.expect([&loop, submission](const Answer* answer) { take_answer(loop, *submission, answer); });
  loop.add(Submit{.request = request, .pool = *pool, .client = submission->client, .spec = spec});
}

}  // namespace

void Host::submit(ParsedTask task, ReceiptCallback on_receipt, OutcomeCallback on_outcome) {
  submit(0, std::move(task), std::move(on_receipt), std::move(on_outcome));
}

void Host::submit(ClientId client, ParsedTask task, ReceiptCallback on_receipt, OutcomeCallback on_outcome) {
  const auto submission = std::make_shared<Submission>(
      Submission{std::move(task), std::move(on_receipt), std::move(on_outcome), client, {}, {}});
  const bool taken = loop_->post([submission](Loop& loop) { enter(loop, submission); });
  if (!taken) refuse(*submission, {.code = Refusal::unconfirmed, .field = {}});
}

Ticket Host::submit(ParsedTask task) {
  const auto receipt = std::make_shared<std::promise<Receipt>>();
  const auto outcome = std::make_shared<std::promise<Outcome>>();
  Ticket ticket{receipt->get_future(), outcome->get_future()};
  submit(
      std::move(task), [receipt](const Receipt& value) { receipt->set_value(value); },
      [outcome](const Outcome& value) { outcome->set_value(value); });
  return ticket;
}

void Host::stop_starting(std::function<void()> on_stopped) {
  loop_->post([on_stopped = std::move(on_stopped)](Loop& loop) {
    if (loop.is_closed()) return;
    loop.stop_starting();
    // Only the turn after this one is sure to have nothing that started meanwhile.
    boost::asio::post(loop.io(), on_stopped);
  });
}

void Host::settle(std::function<void()> on_settled) {
  loop_->post([on_settled = std::move(on_settled)](Loop& loop) {
    if (loop.is_closed()) return;
    // What this turn appends belongs to it, and the callback may close the host.
    boost::asio::post(loop.io(), [self = loop.shared_from_this(), on_settled] {
      if (!self->is_closed())
        self->storage().settle([self, on_settled] { boost::asio::post(self->io(), on_settled); });
    });
  });
}

void Host::drain(std::function<void()> on_empty) {
  loop_->post([on_empty = std::move(on_empty)](Loop& loop) {
    if (loop.is_closed()) return;
    for (std::uint32_t i = 0; i < loop.scheduler().pool_count(); ++i) {
      loop.add(SetPoolState{.request = 0, .pool = {i}, .state = PoolState::draining});
    }
    loop.on_empty(on_empty);
  });
}

}  // namespace parking_lot
