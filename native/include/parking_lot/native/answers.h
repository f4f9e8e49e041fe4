#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/effect.h"
#include "parking_lot/json.h"
#include "parking_lot/mailbox.h"
#include "parking_lot/types.h"

/// What clients of the native host get. What they give is a `ParsedTask` (json.h).
namespace parking_lot {

/// An exact key of the mailbox. `tenant` is never empty.
struct MailboxAddress {
  std::string tenant;
  std::string user;
  std::string session;
};

struct RefusedCommand {
  Refusal code = Refusal::invalid_task;
  std::string field;        ///< of the request, where one is to blame
  Duration retry_after{0};  ///< with `queue_full`; 0: unknown
};

struct Admission {
  std::string task_id;
  Status status = Status::queued;
  Submitted::How how = Submitted::How::admitted;
  std::uint64_t position = 0;  ///< parked tasks that leave before it, plus one; 0 when it is not parked
};

using Receipt = tl::expected<Admission, RefusedCommand>;

struct Outcome {
  std::string pool;
  std::string task_id;
  Status status = Status::completed;
  Reason reason = Reason::none;
  std::optional<Refusal> refusal;  ///< of a rejected task
  std::uint32_t attempt = 0;       ///< of the last run; 0: never started
  WallTime started_at{0};          ///< of the last run; 0: never started
  WallTime finished_at{0};
  std::shared_ptr<const std::string> result;  ///< null: none, or no longer kept
};

struct Ticket {
  std::future<Receipt> receipt;
  std::future<Outcome> outcome;
};

struct FetchedMessage {
  MailboxMessage message;
  std::shared_ptr<const std::string> payload;  ///< null: none, or no longer kept
};

struct TaskEvent {
  enum class Kind : std::uint8_t { parked, started, requeued, progressed, ended };
  Kind kind = Kind::ended;
  std::string_view pool;
  std::string_view task_id;
  Status status = Status::queued;
  Reason reason = Reason::none;
  std::uint32_t attempt = 0;
  WallTime at;
  std::string_view progress;  ///< of `progressed`: one JSON value
};

using ReceiptCallback = std::function<void(const Receipt&)>;
using OutcomeCallback = std::function<void(const Outcome&)>;
using DoneCallback = std::function<void(const tl::expected<std::uint64_t, RefusedCommand>&)>;
using InspectCallback = std::function<void(const tl::expected<TaskView, RefusedCommand>&)>;
using ExplainCallback = std::function<void(const tl::expected<Explanation, RefusedCommand>&)>;
using FetchCallback = std::function<void(const tl::expected<std::vector<FetchedMessage>, RefusedCommand>&)>;
using EventCallback = std::function<void(const TaskEvent&)>;

}  // namespace parking_lot
