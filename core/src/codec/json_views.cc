#include "codec/json_writer.h"
#include "parking_lot/json.h"

namespace parking_lot {
namespace {

void write_time(JsonWriter& out, std::string_view name, WallTime time) {
  if (time.ms != 0 && time != never_wall) out.member(name, format_rfc3339(time));
}

void write_mailbox_key(JsonWriter& out, std::string_view encoded_key) {
  if (encoded_key.empty()) return;
  const MailboxKey key = decode_mailbox_key(encoded_key);
  out.key("mailbox_key").open('{').member("tenant", key.tenant);
  if (!key.user.empty()) out.member("user_id", key.user);
  if (!key.session.empty()) out.member("session_id", key.session);
  out.close('}');
}

void write_reason(JsonWriter& out, Reason reason) {
  if (reason != Reason::none) out.member("reason", to_string(reason));
}

/// A number, or of a pool that counts several resources one of each, as in the config.
void write_units(JsonWriter& out, std::string_view name, Units units, const ResourceUnits& resources) {
  if (resources.empty()) {
    out.member(name, units);
    return;
  }
  out.key(name).open('{');
  for (const auto& [resource, amount] : resources) out.member(resource, amount);
  out.close('}');
}

void write_task(JsonWriter& out, const TaskView& view, std::string_view pool) {
  out.member("task_id", view.task_id).member("pool", pool).member("tenant", view.tenant);
  write_mailbox_key(out, view.mailbox);
  out.member("status", to_string(view.status));
  write_reason(out, view.reason);
  out.member("priority", to_string(view.priority));
  out.key("resource_cost").open('{');
  if (view.resources.empty()) out.member("kind", to_string(view.kind)).member("units", view.units);
  for (const auto& [name, units] : view.resources) out.member(name, units);
  out.close('}');
  // A run reports one number, which says nothing of several resources.
  write_units(out, "units_used", view.units_used, view.resources);
  out.member("attempt", view.attempt).member("lost", view.lost);
  out.member("admission", view.admission);
  write_time(out, "submitted_at", view.submitted_at);
  write_time(out, "ready_at", view.ready_at);
  write_time(out, "started_at", view.started_at);
  write_time(out, "finished_at", view.finished_at);
  write_time(out, "deadline", view.deadline);
}

ResourceUnits of_each(const PoolStats& stats, Units PoolStats::Resource::*figure) {
  ResourceUnits units;
  for (const PoolStats::Resource& resource : stats.resources)
    units.emplace_back(resource.name, resource.*figure);
  return units;
}

/// What an event adds to its action and subjects.
void write_detail(JsonWriter& out, const AuditEvent& event) {
  out.key("detail").open('{');
  if (event.action == Action::reject) {
    out.member("refusal", to_string(event.refusal)).member("count", event.number == 0 ? 1 : event.number);
  } else {
    if (event.status != Status::submitted) out.member("status", to_string(event.status));
    write_reason(out, event.reason);
  }
  if (event.action == Action::start) out.member("lease", event.number).key("woken").boolean(event.woken);
  if (event.action == Action::submit || event.action == Action::usage) out.member("units", event.number);
  if (event.attempt != 0) out.member("attempt", event.attempt);
  out.close('}');
}

}  // namespace

std::string task_view_json(const TaskView& view, std::string_view pool, std::string_view result) {
  JsonWriter out;
  out.open('{');
  write_task(out, view, pool);
  if (!result.empty()) out.key("result").raw(result);
  out.close('}');
  return std::move(out).text();
}

std::string explanation_json(const Explanation& explanation, std::string_view pool, std::string_view result) {
  JsonWriter out;
  out.open('{');
  write_task(out, explanation.task, pool);
  if (!result.empty()) out.key("result").raw(result);
  out.member("waits_for", to_string(explanation.waits_for));
  if (!explanation.behind_id.empty()) out.member("behind", explanation.behind_id);
  if (explanation.position != 0) out.member("position", explanation.position);
  write_units(out, "units_ahead", explanation.units_ahead, explanation.resources_ahead);
  write_units(out, "units_free", explanation.units_free, explanation.resources_free);
  write_time(out, "expected_at", explanation.expected_at);
  write_time(out, "expires_at", explanation.expires_at);
  out.close('}');
  return std::move(out).text();
}

std::string pool_stats_json(const PoolStats& stats, std::string_view pool) {
  JsonWriter out;
  out.open('{')
      .member("pool", pool)
      .member("state", to_string(stats.state))
      .member("storage", to_string(stats.storage));
  write_units(out, "units_max", stats.units_max, of_each(stats, &PoolStats::Resource::units_max));
  write_units(out, "units_in_use", stats.units_in_use, of_each(stats, &PoolStats::Resource::units_in_use));
  write_units(out, "units_quarantined", stats.units_quarantined,
              of_each(stats, &PoolStats::Resource::units_quarantined));
  out.member("parked", stats.parked)
      .member("waiting", stats.waiting)
      .member("backing_off", stats.backing_off);
  out.member("running", stats.running).member("undelivered", stats.undelivered);
  out.member("admitted", stats.admitted).member("completed", stats.completed).member("failed", stats.failed);
  out.member("expired", stats.expired).member("dropped", stats.dropped).member("rejected", stats.rejected);
  if (stats.fairness_lag_bound != 0) {
    const std::uint64_t per_ms = service_per_ms(stats.units_max);
    const auto whole_ms = [&](std::uint64_t service) { return service / per_ms + (service % per_ms != 0); };
    out.member("fairness_lag", whole_ms(stats.fairness_lag));
    if (stats.fairness_lag_bound == fairness_unbounded) {
      out.key("fairness_lag_bound").raw("null");
    } else {
      out.member("fairness_lag_bound", whole_ms(stats.fairness_lag_bound));
    }
  }
  out.key("delivery_held").boolean(stats.delivery_held).close('}');
  return std::move(out).text();
}

std::string audit_event_json(const AuditEvent& event, std::string_view pool) {
  JsonWriter out;
  out.open('{').member("seq", event.sequence).member("at", format_rfc3339(event.at)).member("pool", pool);
  out.member("action", to_string(event.action)).key("subjects").open('[');
  for (const AuditSubject& subject : event.subjects) {
    const bool is_mailbox = subject.kind == SubjectKind::mailbox;
    out.open('{').member("kind", to_string(subject.kind));
    out.member("id", is_mailbox ? mailbox_path(subject.id) : subject.id).close('}');
  }
  out.close(']');
  write_detail(out, event);
  out.close('}');
  return std::move(out).text();
}

std::string mailbox_message_json(const MailboxMessage& message, std::string_view payload) {
  JsonWriter out;
  out.open('{')
      .member("message_id", message.message_id)
      .member("task_id", message.task_id)
      .member("pool", message.pool);
  out.member("status", to_string(message.status));
  write_reason(out, message.reason);
  if (!payload.empty()) out.key("payload").raw(payload);
  out.member("created_at", format_rfc3339(message.created_at)).member("cursor", message.cursor).close('}');
  return std::move(out).text();
}

}  // namespace parking_lot
