#include "answers.h"

#include "parking_lot/json.h"

namespace parking_lot::wasm {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      static constexpr char hex[] = "0123456789abcdef";
      out.append("\\u00").append(1, hex[c >> 4]).append(1, hex[c & 15]);
    } else {
      out += c;
    }
  }
  return out += '"';
}

/// The place of a result in JavaScript's table, as JSON; empty for none.
std::string place(PayloadRef result) { return result.id == 0 ? "" : std::to_string(result.id & 0xffffffffu); }

std::string view_text(const TaskView& view, const Scheduler& scheduler) {
  return task_view_json(view, scheduler.pool_name(view.pool), place(view.result));
}

std::string page_text(const TaskPage& page, const Scheduler& scheduler) {
  std::string out = "{\"tasks\":[";
  for (const TaskView& view : page.tasks) {
    if (out.back() != '[') out += ',';
    out += view_text(view, scheduler);
  }
  return out + "],\"next\":" + std::to_string(page.next) + "}";
}

std::string issues_text(const std::vector<ConfigIssue>& issues) {
  std::string out = "[";
  for (const ConfigIssue& issue : issues) {
    if (out.size() > 1) out += ',';
    const bool is_error = issue.severity == ConfigIssue::Severity::error;
    out += std::string("{\"severity\":") + (is_error ? "\"error\"" : "\"warning\"") +
           ",\"path\":" + quoted(issue.path) + ",\"message\":" + quoted(issue.message) + "}";
  }
  return out + "]";
}

}  // namespace

std::string answer_text(const Answer& answer, const Scheduler& scheduler) {
  if (const auto* view = std::get_if<const TaskView*>(&answer)) return view_text(**view, scheduler);
  if (const auto* page = std::get_if<const TaskPage*>(&answer)) return page_text(**page, scheduler);
  const auto* const explanation = std::get_if<const Explanation*>(&answer);
  return explanation ? explanation_json(**explanation, scheduler.pool_name((*explanation)->task.pool))
                     : "null";
}

std::string mailbox_page_text(const std::vector<MailboxMessage>& messages) {
  std::string out = "[";
  for (const MailboxMessage& message : messages) {
    if (out.size() > 1) out += ',';
    out += mailbox_message_json(message, place(message.payload));
  }
  return out + "]";
}

std::string audit_page_text(const AuditPage& page, const Scheduler& scheduler) {
  std::string out = "{\"events\":[";
  for (const AuditEvent& event : page.events) {
    if (out.back() != '[') out += ',';
    out += audit_event_json(event, scheduler.pool_name(event.pool));
  }
  return out + "],\"next\":" + quoted(page.next) + "}";
}

std::string config_text(const ParsedConfig& parsed) {
  std::string out = "{\"issues\":" + issues_text(parsed.issues);
  if (parsed.ok()) {
    out += ",\"unavailable\":" + issues_text(unavailable_features(parsed.config));
    out += ",\"config\":" + effective_config_json(parsed.config);
  }
  return out + "}";
}

}  // namespace parking_lot::wasm
