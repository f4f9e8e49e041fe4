#include "codec/json_task_fields.h"

#include <algorithm>

#include "codec/json_spelling.h"
#include "codec/json_time.h"
#include "config_keys.h"
#include "config_pool.h"
#include "parking_lot/names.h"

namespace parking_lot {
namespace {

using Kind = JsonValue::Kind;

constexpr auto ms_max = static_cast<std::uint64_t>(duration_max.ms);

ParsedTask& task_of(void* owner) { return static_cast<TaskDraft*>(owner)->task; }

// --- names

/// A name; a whole number stands for its digits, since other systems number their tasks and users.
void read_name(JsonReader& reader, const JsonValue& value, std::string& name) {
  if (value.kind == Kind::integer && !value.is_negative) {
    name = std::to_string(value.magnitude);
    return;
  }
  auto text = reader.text(value);
  if (!text) return;
  if (!is_valid_name(*text))
    return reader.error("must have 1 to 128 bytes and no control characters; shorten it, or leave it out.");
  name = std::move(*text);
}

template <auto member>
void read_name_of(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  read_name(reader, value, task_of(owner).*member);
}

template <auto member>
constexpr Key name_key(std::string_view name) {
  return special_key(name, read_name_of<member>, nullptr, nullptr, {});
}

constexpr Key mailbox_keys[] = {
    name_key<&ParsedTask::mailbox_tenant>("tenant"),      name_key<&ParsedTask::mailbox_user>("user_id"),
    name_key<&ParsedTask::mailbox_session>("session_id"), name_key<&ParsedTask::mailbox_user>("user"),
    name_key<&ParsedTask::mailbox_session>("session"),
};

/// Two keys of one meaning in one object.
void reject_both(JsonReader& reader, const JsonValue& object, std::string_view key, std::string_view same) {
  if (object.find(key) == nullptr || object.find(same) == nullptr) return;
  const JsonReader::At at(reader, key);
  reader.error("says the same as " + std::string(same) + "; keep one of the two.");
}

void read_mailbox_key(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (!reader.is_object(value, "{\"tenant\": \"acme\", \"user_id\": \"ann\"}")) return;
  const Section section{.keys = mailbox_keys, .owner = owner};
  read_members(reader, value, std::span<const Section>(&section, 1));
  reject_both(reader, value, "user", "user_id");
  reject_both(reader, value, "session", "session_id");
  if (value.find("tenant") != nullptr) return;
  const JsonReader::At at(reader, "tenant");
  reader.error("is missing; a mailbox belongs to a tenant, like {\"tenant\": \"acme\"}.");
}

// --- cost

void read_units(JsonReader& reader, const JsonValue& value, TaskDraft& draft) {
  if (draft.pool != nullptr && !draft.pool->resources.empty()) {
    return reader.error("the pool counts several resources; write a number for each, like {\"" +
                        draft.pool->resources.begin()->first + "\": 1}.");
  }
  if (const auto units = reader.integer(value, 0, units_max)) draft.task.units = *units;
}

void read_cost_kind(JsonReader& reader, const JsonValue& value, ParsedTask& task) {
  JsonValue word = value;
  word.text = snake_case(word.text);
  if (const auto kind = reader.word(word, WordsOf<ResourceKind>::list))
    task.kind = static_cast<ResourceKind>(*kind);
}

void read_several(JsonReader& reader, const JsonValue& value, TaskDraft& draft) {
  std::vector<std::string_view> known;
  if (draft.pool != nullptr) {
    for (const auto& [name, units] : draft.pool->resources) known.push_back(name);
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string& written = value.keys[i];
    const bool is_known = std::find(known.begin(), known.end(), written) != known.end();
    const std::string name = is_known ? written : snake_case(written);
    if (draft.pool != nullptr && !draft.pool->resources.contains(name)) {
      reader.unknown_key(written, known);
      continue;
    }
    const JsonReader::At at(reader, name);
    if (const auto units = reader.integer(value.items[i], 0, units_max)) draft.task.resources[name] = *units;
  }
}

void read_cost(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  static constexpr std::string_view known[] = {"kind", "units"};
  auto& draft = *static_cast<TaskDraft*>(owner);
  if (!reader.is_object(value, "{\"kind\": \"mixed\", \"units\": 4}")) return;
  const bool names_one =
      value.items.empty() || value.find("kind") != nullptr || value.find("units") != nullptr;
  const bool may_be_several = draft.pool == nullptr || !draft.pool->resources.empty();
  if (!names_one && may_be_several) return read_several(reader, value, draft);
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string& key = value.keys[i];
    if (key != "kind" && key != "units") {
      reader.unknown_key(key, known);
      continue;
    }
    const JsonReader::At at(reader, key);
    if (key == "kind") read_cost_kind(reader, value.items[i], draft.task);
    if (key == "units") read_units(reader, value.items[i], draft);
  }
}

void read_short_units(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& draft = *static_cast<TaskDraft*>(owner);
  if (value.kind != Kind::object) return read_units(reader, value, draft);
  if (draft.pool == nullptr || !draft.pool->resources.empty()) return read_several(reader, value, draft);
  reader.error("the pool counts units; write one number, like 2.");
}

// --- times

void read_deadline(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (const auto time = reader.time(value, static_cast<TaskDraft*>(owner)->now.wall))
    task_of(owner).deadline = *time;
}
void read_start_after(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (const auto time = reader.time(value, static_cast<TaskDraft*>(owner)->now.wall))
    task_of(owner).start_after = *time;
}

template <auto member>
void read_duration_of(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (const auto duration = reader.duration(value, 1, ms_max)) task_of(owner).*member = *duration;
}

// --- the rest

void read_payload(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  const auto& draft = *static_cast<TaskDraft*>(owner);
  ParsedTask& task = task_of(owner);
  task.payload = canonical_json(value);
  task.payload_digest = digest_of(task.payload);
  if (draft.pool == nullptr || task.payload.size() <= draft.pool->max_payload_bytes) return;
  reader.error("has " + std::to_string(task.payload.size()) +
               " bytes, more than the pool's max_payload_bytes (" +
               std::to_string(draft.pool->max_payload_bytes) + "); make it smaller or raise that limit.");
}

void read_retry(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (!reader.is_object(value, "{\"max_attempts\": 3}")) return;
  read_members(reader, value, retry_keys(), task_of(owner).retry);
  finish_retry(reader, value, task_of(owner).retry);
}

void read_max_lost(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (const auto number = reader.integer(value, 0, 1'000'000))
    task_of(owner).max_lost = static_cast<std::uint32_t>(*number);
}

template <auto member>
void read_word_of(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  using Value = typename Bound<member>::Value;
  if (const auto number = reader.word(value, WordsOf<Value>::list))
    task_of(owner).*member = static_cast<Value>(*number);
}

constexpr Key field(std::string_view name, decltype(Key::read) read) {
  return special_key(name, read, nullptr, nullptr, {});
}

constexpr Key task_keys[] = {
    name_key<&ParsedTask::task_id>("task_id"),
    name_key<&ParsedTask::pool>("pool"),
    name_key<&ParsedTask::tenant>("tenant"),
    field("priority", read_word_of<&ParsedTask::priority>),
    field("resource_cost", read_cost),
    field("units", read_short_units),
    field("deadline", read_deadline),
    field("timeout", read_duration_of<&ParsedTask::timeout>),
    field("start_after", read_start_after),
    field("estimate", read_duration_of<&ParsedTask::estimate>),
    field("mailbox_key", read_mailbox_key),
    field("mailbox", read_mailbox_key),
    field("payload", read_payload),
    field("retry", read_retry),
    field("max_lost", read_max_lost),
    field("on_disconnect", read_word_of<&ParsedTask::on_disconnect>),
    field("dedup", read_word_of<&ParsedTask::dedup>),
};

}  // namespace

void read_task_fields(JsonReader& reader, const JsonValue& object, TaskDraft& draft) {
  ParsedTask& task = draft.task;
  if (draft.pool != nullptr) {
    task.retry = draft.pool->retry;
    task.max_lost = draft.pool->max_lost;
    task.timeout = draft.pool->default_timeout;
  }
  const Section section{.keys = task_keys, .owner = &draft};
  read_members(reader, object, std::span<const Section>(&section, 1));
  reject_both(reader, object, "units", "resource_cost");
  reject_both(reader, object, "mailbox", "mailbox_key");
  if (draft.pool != nullptr && !draft.pool->resources.empty()) {
    const JsonReader::At at(reader, "units");
    if (object.find("resource_cost") == nullptr && object.find("units") == nullptr)
      reader.error("is missing; the pool counts several resources, so write a number for each, like {\"" +
                   draft.pool->resources.begin()->first + "\": 1}.");
    for (const auto& [name, units] : draft.pool->resources) {
      const auto asked = task.resources.find(name);
      task.resource_units.push_back(asked == task.resources.end() ? 0 : asked->second);
    }
  }
  if (task.tenant.empty()) task.tenant = task.mailbox_tenant.empty() ? "default" : task.mailbox_tenant;
}

}  // namespace parking_lot
