#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/audit.h"
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

/// Chosen by the host.
using SubscriptionId = std::uint64_t;

struct RefusedCommand {
  Refusal code = Refusal::invalid_task;
  std::string field;         ///< of the request, where one is to blame
  Duration retry_after{0};   ///< with `queue_full`; 0: unknown
  std::string message = {};  ///< all that is wrong with settings, in sentences with their places; else empty
};

/// What erasing a user has taken away.
struct Erasure {
  std::uint64_t messages = 0;  ///< dropped from mailboxes
  std::uint64_t keys = 0;      ///< under which stores had sealed the names
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
  std::optional<Refusal> refusal;  ///< of a rejected task; `unconfirmed`: whether it was taken is not known
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

/// Which tasks of a pool, in the order of admission.
struct TaskListing {
  std::optional<Status> status;  ///< none: all
  std::uint64_t after = 0;       ///< admission number of the last one seen: `TaskPage::next`
  std::uint32_t limit = 50;
};

struct PooledAuditEvent {
  AuditEvent event;
  std::string pool;
};

struct AuditAnswer {
  std::vector<PooledAuditEvent> events;
  std::string next;  ///< cursor of the next page; empty: this was the last one
};

/// What can be relied on right now.
struct Health {
  struct OfPool {
    std::string pool;
    bool is_durable = false;
    StreamState storage = StreamState::open;
    bool delivery_held = false;     ///< the mailbox store is failing; outcomes wait in the pool
    std::uint64_t undelivered = 0;  ///< outcomes that the mailbox store does not hold yet
    /// Why its storage or that of its mailboxes fails, a sentence; empty while they do not. To a reader its
    /// owner's.
    std::string trouble;
    bool is_degraded() const;
  };
  struct OfStore {
    std::string store;  ///< of mailboxes: `in_memory`, or `file:` and its directory
    bool is_durable = false;
    StreamState storage = StreamState::open;
    std::uint64_t messages = 0;
    std::string trouble;
  };
  std::vector<OfPool> pools;
  std::vector<OfStore> stores;
  /// Another process may own a store of this host by now: what failed because of it stays failed.
  bool is_fenced = false;

  /// Something is loading, failing or held.
  bool is_degraded() const;
  /// The first sentence that says why; empty if nothing does.
  std::string trouble() const;
};

/// Payloads or results that are lost: somebody else has changed the files.
struct MissingPayloads {
  std::string stream;  ///< `pool NAME`, or `mailboxes`
  std::vector<std::uint64_t> ids;
};

using ReceiptCallback = std::function<void(const Receipt&)>;
using OutcomeCallback = std::function<void(const Outcome&)>;
using DoneCallback = std::function<void(const tl::expected<std::uint64_t, RefusedCommand>&)>;
using InspectCallback = std::function<void(const tl::expected<TaskView, RefusedCommand>&)>;
using ExplainCallback = std::function<void(const tl::expected<Explanation, RefusedCommand>&)>;
using ErasureCallback = std::function<void(const tl::expected<Erasure, RefusedCommand>&)>;
using FetchCallback = std::function<void(const tl::expected<std::vector<FetchedMessage>, RefusedCommand>&)>;
using ListCallback = std::function<void(const tl::expected<TaskPage, RefusedCommand>&)>;
using AuditCallback = std::function<void(const tl::expected<AuditAnswer, RefusedCommand>&)>;
using ArrivalCallback = std::function<void()>;
using EventCallback = std::function<void(const TaskEvent&)>;

}  // namespace parking_lot
