#include <algorithm>
#include <vector>

#include "parking_lot/config.h"
#include "scenario/arguments.h"
#include "scenario/trace.h"

/// Records as trace text.
namespace parking_lot::scenario {

namespace {

std::string with_reason(std::string line, Reason reason) {
  if (reason != Reason::none) line += " reason=" + std::string(to_string(reason));
  return line;
}

/// The members of a flat JSON object; lists and objects in it stay whole.
std::vector<std::string_view> members_of(std::string_view json) {
  std::vector<std::string_view> members;
  std::size_t start = 1;
  int depth = 0;
  for (std::size_t i = 1; i < json.size(); ++i) {
    const bool is_end = depth == 0 && (json[i] == ',' || json[i] == '}');
    if (is_end && i > start) members.push_back(json.substr(start, i - start));
    if (is_end) start = i + 1;
    depth += json[i] == '{' || json[i] == '[' ? 1 : json[i] == '}' || json[i] == ']' ? -1 : 0;
  }
  return members;
}

/// What differs from the defaults.
std::string text_of_settings(std::string_view json) {
  const std::string usual_json = pool_settings_json(PoolConfig{});
  const auto usual = members_of(usual_json);
  std::string line;
  for (const std::string_view member : members_of(json)) {
    if (std::find(usual.begin(), usual.end(), member) == usual.end()) line += " " + std::string(member);
  }
  return line;
}

std::string text_of_retry(const RetryPolicy& retry) {
  const RetryPolicy usual;
  if (retry == usual) return {};
  std::string line = " attempts=" + std::to_string(retry.max_attempts);
  if (retry.initial != usual.initial) line += " initial=" + duration_text(retry.initial);
  return line;
}

struct PoolFacts {
  PoolId pool;
  Spelling& spelling;

  std::string task(std::uint64_t admission) const { return spelling.admission(pool, admission); }

  std::string operator()(const PoolOpened& fact) const {
    return "opened incarnation=" + spelling.incarnation(fact.incarnation);
  }
  std::string operator()(const PoolStateChanged& fact) const {
    return "state " + std::string(to_string(fact.state));
  }

  std::string operator()(const PoolConfigured& fact) const {
    return "configured" + text_of_settings(fact.settings);
  }

  std::string operator()(const TaskAdmitted& fact) const {
    spelling.name_admission(pool, fact.admission, fact.task_id);
    std::string line = "admitted " + task(fact.admission) + " units=" + std::to_string(fact.units);
    for (const Units units : fact.resources)
      line += (&units == fact.resources.data() ? " resources=" : ",") + std::to_string(units);
    if (fact.priority != Priority::normal) line += " priority=" + std::string(to_string(fact.priority));
    if (fact.tenant != "default") line += " tenant=" + std::string(fact.tenant);
    if (!fact.mailbox.empty()) line += " mailbox=" + Spelling::mailbox(fact.mailbox);
    if (fact.deadline != never_wall) line += " deadline=" + spelling.moment(fact.deadline);
    if (fact.start_after.ms != 0) line += " start_after=" + spelling.moment(fact.start_after);
    if (fact.timeout.ms != 0) line += " timeout=" + duration_text(fact.timeout);
    if (fact.payload.id != 0) line += " payload=" + text_of(fact.payload);
    if (fact.realm != 0) line += " realm=" + std::to_string(fact.realm);
    if (fact.max_lost != 3) line += " max_lost=" + std::to_string(fact.max_lost);
    return line + text_of_retry(fact.retry);
  }

  std::string operator()(const TaskParked& fact) const { return "parked " + task(fact.admission); }
  std::string operator()(const TaskStarted& fact) const {
    return "started " + task(fact.admission) + " lease=" + spelling.lease(fact.lease) +
           " attempt=" + std::to_string(fact.attempt) + (fact.woken ? " woken" : "");
  }
  std::string operator()(const TaskRequeued& fact) const {
    std::string line = with_reason("requeued " + task(fact.admission), fact.reason);
    if (fact.ready_at.ms != 0) line += " ready=" + spelling.moment(fact.ready_at);
    return line + (fact.units_held ? " units held" : "");
  }
  std::string operator()(const PriorityChanged& fact) const {
    return "priority " + task(fact.admission) + " " + std::string(to_string(fact.priority));
  }
  std::string operator()(const UsageRecorded& fact) const {
    return "usage " + task(fact.admission) + " units=" + std::to_string(fact.units);
  }
  std::string operator()(const TaskFinished& fact) const {
    std::string line = "finished " + task(fact.admission) + " " + std::string(to_string(fact.status));
    line = with_reason(line, fact.reason);
    if (fact.result.id != 0) line += " result=" + text_of(fact.result);
    return line + (fact.units_held ? " units held" : "");
  }
  std::string operator()(const UnitsReleased& fact) const {
    return "released " + task(fact.admission) + " lease=" + spelling.lease(fact.lease);
  }
  std::string operator()(const TaskDelivered& fact) const { return "delivered " + task(fact.admission); }
  std::string operator()(const DeliveryOverdue& fact) const {
    return "delivery overdue " + task(fact.admission) + " attempts=" + std::to_string(fact.attempts);
  }
  std::string operator()(const TaskRejected& fact) const {
    std::string line = "rejected";
    if (!fact.task_id.empty()) line += " " + spelling.task(pool, fact.task_id);
    return line + " " + std::string(to_string(fact.code));
  }
  std::string operator()(const RejectionsCounted& fact) const {
    return "rejections " + std::string(to_string(fact.code)) + " count=" + std::to_string(fact.count);
  }
  std::string operator()(const PoolRestored& fact) const {
    return "restored pool next=" + std::to_string(fact.next_admission) + " " +
           std::string(to_string(fact.state));
  }
  std::string operator()(const TaskRestored& fact) const {
    return "restored " + task(fact.admitted.admission) + " " + std::string(to_string(fact.status));
  }
  std::string operator()(const TenantRestored& fact) const {
    return "restored tenant " + std::string(fact.tenant);
  }
  std::string operator()(const UnitsRestored& fact) const {
    return "restored units of " + task(fact.admission) + " lease=" + spelling.lease(fact.lease);
  }
};

struct StoreFacts {
  Spelling& spelling;

  std::string operator()(const mailbox::StoreOpened& fact) const {
    return "opened incarnation=" + spelling.incarnation(fact.incarnation);
  }
  std::string operator()(const mailbox::MessageStored& fact) const {
    std::string line = "stored " + Spelling::mailbox(fact.key) + " " +
                       spelling.task(fact.pool, fact.task_id) + " " + std::string(to_string(fact.status));
    line = with_reason(line, fact.reason);
    line +=
        " outcome=" + spelling.incarnation(fact.pool_incarnation) + "." + std::to_string(fact.pool_sequence);
    if (fact.payload.id != 0) line += " payload=" + text_of(fact.payload);
    return line;
  }
  std::string operator()(const mailbox::MessagesDropped& fact) const {
    return "dropped " + Spelling::mailbox(fact.key) + " through=#" + std::to_string(fact.through);
  }
  std::string operator()(const mailbox::StoreRestored& fact) const {
    return "restored store incarnation=" + spelling.incarnation(fact.incarnation);
  }
  std::string operator()(const mailbox::WatermarkRestored& fact) const {
    return "restored watermark of " + std::string(fact.pool) + " " +
           spelling.incarnation(fact.pool_incarnation) + "." + std::to_string(fact.through);
  }
  std::string operator()(const mailbox::MessageRestored& fact) const {
    return "restored message " + Spelling::mailbox(fact.message.key) + " #" + std::to_string(fact.counter);
  }
};

}  // namespace

std::string text_of(const Fact& fact, PoolId pool, Spelling& spelling) {
  return std::visit(PoolFacts{.pool = pool, .spelling = spelling}, fact);
}

std::string text_of(const mailbox::Fact& fact, Spelling& spelling) {
  return std::visit(StoreFacts{.spelling = spelling}, fact);
}

}  // namespace parking_lot::scenario
