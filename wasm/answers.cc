#include "answers.h"

#include "parking_lot/json.h"

namespace parking_lot::wasm {

namespace {

/// Where a result is, as JSON; empty for none.
std::string place(PayloadRef result, Storage* storage) {
  if (result.id == 0) return "";
  if (!is_stored(result)) return std::to_string(result.id & 0xffffffffu);
  std::string bytes;
  if (!storage || !storage->read(result, bytes)) return "{\"unreadable\":true}";
  return "{\"stored\":" + bytes + "}";
}

std::string view_text(const TaskView& view, const Scheduler& scheduler, Storage* storage) {
  return task_view_json(view, scheduler.pool_name(view.pool), place(view.result, storage));
}

std::string page_text(const TaskPage& page, const Scheduler& scheduler, Storage* storage) {
  std::string out = "{\"tasks\":[";
  for (const TaskView& view : page.tasks) {
    if (out.back() != '[') out += ',';
    out += view_text(view, scheduler, storage);
  }
  return out + "],\"next\":" + std::to_string(page.next) + "}";
}

std::string numbers_text(const std::vector<PoolId>& pools) {
  std::string out = "[";
  for (const PoolId pool : pools) out += (out.size() > 1 ? "," : "") + std::to_string(pool.index);
  return out + "]";
}

std::string stores_text(const Config& config) {
  std::string out = "[";
  for (const StorePlace& place : store_places(config)) {
    if (out.size() > 1) out += ',';
    out += "{\"kind\":" + quoted(to_string(place.kind)) + ",\"location\":" + quoted(place.location) +
           ",\"durability\":" + (place.durability == Durability::strict ? "\"strict\"" : "\"relaxed\"") +
           ",\"queues\":" + numbers_text(place.queues) + ",\"mailboxes\":" + numbers_text(place.mailboxes) +
           "}";
  }
  return out + "]";
}

}  // namespace

std::string answer_text(const Answer& answer, const Scheduler& scheduler, Storage* storage) {
  if (const auto* view = std::get_if<const TaskView*>(&answer)) return view_text(**view, scheduler, storage);
  if (const auto* page = std::get_if<const TaskPage*>(&answer)) return page_text(**page, scheduler, storage);
  const auto* const explanation = std::get_if<const Explanation*>(&answer);
  if (explanation == nullptr) return "null";
  const TaskView& task = (*explanation)->task;
  return explanation_json(**explanation, scheduler.pool_name(task.pool), place(task.result, storage));
}

std::string mailbox_page_text(const std::vector<MailboxMessage>& messages, Storage* storage) {
  std::string out = "[";
  for (const MailboxMessage& message : messages) {
    if (out.size() > 1) out += ',';
    out += mailbox_message_json(message, place(message.payload, storage));
  }
  return out + "]";
}

std::string audit_page_text(const AuditPage& page) {
  std::string out = "{\"events\":[";
  for (const AuditEvent& event : page.events) {
    if (out.back() != '[') out += ',';
    std::string_view pool;
    for (const AuditSubject& subject : event.subjects) {
      if (subject.kind == SubjectKind::pool) pool = subject.id;
    }
    out += audit_event_json(event, pool);
  }
  return out + "],\"next\":" + quoted(page.next) + "}";
}

std::string config_text(const ParsedConfig& parsed, std::span<const StorageKind> built) {
  std::string out = "{\"issues\":" + issues_text(parsed.issues);
  if (parsed.ok()) {
    out += ",\"unavailable\":" + issues_text(unavailable_features(parsed.config, built));
    out += ",\"stores\":" + stores_text(parsed.config);
    out += ",\"config\":" + effective_config_json(parsed.config);
  }
  return out + "}";
}

}  // namespace parking_lot::wasm
