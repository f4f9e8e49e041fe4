#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/audit.h"
#include "parking_lot/config.h"
#include "parking_lot/effect.h"
#include "parking_lot/input.h"
#include "parking_lot/mailbox.h"
#include "parking_lot/names.h"
#include "parking_lot/result.h"
#include "parking_lot/scheduler.h"
#include "parking_lot/time.h"
#include "parking_lot/types.h"

/// JSON in and out: tasks as their submitters write them, and views as clients read them. Configs: config.h.
namespace parking_lot {

// --- tasks in

/// Why a text is no task, to be shown as `where: message`. `where` is the path of the first bad field in
/// snake_case
/// (`retry.backoff.max`), or the line and column of a syntax error; `message` goes on with further fields.
/// `code` is what a server answers: `invalid_deadline` when the deadline alone is at fault, else
/// `invalid_task`.
struct TaskError : Error {
  Refusal code = Refusal::invalid_task;
};

/// A task as it was read, with the pool's defaults applied. Owns its strings.
struct ParsedTask {
  std::string task_id;         ///< empty: the system names it
  std::string pool;            ///< empty: not named
  std::string tenant;          ///< never empty: its own, else the mailbox key's, else `default`
  std::string mailbox_tenant;  ///< empty: the outcome is not delivered
  std::string mailbox_user;
  std::string mailbox_session;

  Priority priority = Priority::normal;
  ResourceKind kind = ResourceKind::mixed;
  Units units = 1;
  std::map<std::string, Units> resources;  ///< set instead of `units` for pools that count several
  std::vector<Units> resource_units;  ///< the same in the order of the pool's resources, 0 where not named
  WallTime deadline = never_wall;
  WallTime start_after{0};
  Duration timeout{0};
  Duration estimate{0};
  RetryPolicy retry;
  std::uint32_t max_lost = 3;
  OnDisconnect on_disconnect = OnDisconnect::keep;
  Dedup dedup = Dedup::join;

  std::string payload;               ///< canonical JSON; empty: the task has none
  std::uint64_t payload_digest = 0;  ///< `digest_of(payload)`; 0: no payload

  bool has_mailbox() const { return !mailbox_tenant.empty(); }

  /// The specification for `Submit`. Its views point into this task, which must outlive it. The caller gets
  /// one hold on `tenant` and, if there is one, on `mailbox`, and gives them back with `Names::release` once
  /// the submission was handled. `payload.id` is 0: the host sets it when it has stored the bytes.
  TaskSpec spec(Names& names) const;
};

/// Reads one task: a job line, or the body of a request. Takes snake_case and camelCase, `units` for
/// `resource_cost` and `mailbox` for `mailbox_key`. `defaults`: the pool's config, nullptr if it is not known
/// yet (then no limit of size applies). `now`: for relative times. Never aborts on any text. O(length log
/// length).
tl::expected<ParsedTask, TaskError> parse_task(std::string_view json, const PoolConfig* defaults, Now now);

/// 64-bit FNV-1a. Never 0, which stands for no bytes.
std::uint64_t digest_of(std::string_view bytes);

// --- times

/// `250ms`, `30s`, `1.5s`, `5m`, `2h`, `1d`; at most 100 years. The error's message has no subject: "is not a
/// duration; …".
Result<Duration> parse_duration(std::string_view text);

/// A time of RFC 3339 with any offset; digits beyond milliseconds are cut off. The error's message has no
/// subject.
Result<WallTime> parse_rfc3339(std::string_view text);

/// `2026-01-31T12:00:00.000Z`. Times outside the years 0 to 9999 become the nearest that can be written.
std::string format_rfc3339(WallTime time);

// --- views out: one compact object each, snake_case, absent values left out

/// `result`: the result as JSON text, if the host has it at hand; likewise `payload` below. Units of a pool
/// that counts several resources are objects with one number of each, as in the config.
std::string task_view_json(const TaskView& view, std::string_view pool, std::string_view result = {});
std::string explanation_json(const Explanation& explanation, std::string_view pool,
                             std::string_view result = {});
std::string pool_stats_json(const PoolStats& stats, std::string_view pool);
std::string audit_event_json(const AuditEvent& event, std::string_view pool);
std::string mailbox_message_json(const MailboxMessage& message, std::string_view payload = {});

/// An encoded mailbox key as it stands in URLs and audit subjects: `tenant`, `tenant/user`,
/// `tenant/user:session` or `tenant/:session`, each part percent-encoded; an erased name as it is.
std::string mailbox_path(std::string_view encoded_key);
/// The encoded key of such a path.
Result<std::string> parse_mailbox_path(std::string_view path);

// --- vocabularies

/// Every list of codes.h: `{"Priority": [{"name": "low", "number": 0}, …], …}`; refusals with `http` and
/// `sentence`.
std::string codes_json();

}  // namespace parking_lot
