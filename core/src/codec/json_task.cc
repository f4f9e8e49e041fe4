#include <algorithm>
#include <utility>

#include "codec/json_reader.h"
#include "codec/json_spelling.h"
#include "codec/json_task_fields.h"
#include "codec/json_value.h"
#include "heap_sort.h"
#include "parking_lot/json.h"

namespace parking_lot {
namespace {

/// Raw text may be longer than the payload it carries, through spaces and escapes, but not without end.
constexpr std::size_t text_per_payload_byte = 8;
constexpr std::size_t text_beside_payload = 64 << 10;

/// Spells the keys of the specification in snake_case, whatever they were, and drops members that are null.
/// The payload's own keys belong to the client and stay; those of a cost may be names from the config.
void normalize_keys(JsonReader& reader, JsonValue& object) {
  std::vector<std::pair<std::string, std::string>> spellings;  // normalized, as written
  std::size_t kept = 0;
  for (std::size_t i = 0; i < object.items.size(); ++i) {
    std::string key = snake_case(object.keys[i]);
    spellings.emplace_back(key, object.keys[i]);
    JsonValue& item = object.items[i];
    const bool is_payload = key == "payload" && reader.path().empty();
    if (!is_payload && item.kind == JsonValue::Kind::null) continue;
    const bool has_own_names = is_payload || key == "resource_cost" || key == "units";
    if (!has_own_names && item.kind == JsonValue::Kind::object) {
      const JsonReader::At at(reader, key);
      normalize_keys(reader, item);
    }
    if (kept != i) object.items[kept] = std::move(item);
    object.keys[kept++] = std::move(key);
  }
  object.items.resize(kept);
  object.keys.resize(kept);
  heap_sort(spellings.begin(), spellings.end());
  for (std::size_t i = 1; i < spellings.size(); ++i) {
    const auto& [key, written] = spellings[i];
    if (key != spellings[i - 1].first || written == spellings[i - 1].second) continue;
    const JsonReader::At at(reader, key);
    reader.error("is given twice, in two spellings; keep one of the two.");
  }
}

TaskError task_error(const std::vector<ConfigIssue>& issues) {
  const bool only_deadline = std::all_of(issues.begin(), issues.end(),
                                         [](const ConfigIssue& issue) { return issue.path == "deadline"; });
  TaskError error;
  error.code = only_deadline ? Refusal::invalid_deadline : Refusal::invalid_task;
  error.where = issues.front().path;
  error.message = issues.front().message;
  constexpr std::size_t listed_max = 10;
  for (std::size_t i = 1; i < std::min(issues.size(), listed_max); ++i) {
    error.message += " Also " + issues[i].path + ": " + issues[i].message;
  }
  return error;
}

tl::unexpected<TaskError> malformed(std::string where, std::string message) {
  TaskError error;
  error.where = std::move(where);
  error.message = std::move(message);
  return tl::unexpected(std::move(error));
}

}  // namespace

tl::expected<ParsedTask, TaskError> parse_task(std::string_view json, const PoolConfig* defaults, Now now) {
  if (defaults != nullptr &&
      json.size() / text_per_payload_byte > defaults->max_payload_bytes + text_beside_payload) {
    return malformed("payload", "is larger than the pool's max_payload_bytes (" +
                                    std::to_string(defaults->max_payload_bytes) +
                                    "); make it smaller or raise that limit.");
  }
  auto document = parse_json(json);
  if (!document) {
    const JsonSyntaxError& error = document.error();
    // A line of a job file has a number of its own.
    const std::string line = error.line == 1 ? "" : "line " + std::to_string(error.line) + ", ";
    return malformed(line + "column " + std::to_string(error.column), error.message);
  }
  std::vector<ConfigIssue> issues;
  JsonReader reader(issues, nullptr);
  for (const JsonDuplicate& duplicate : document->duplicates) {
    issues.push_back({.path = join_path(duplicate.path, printable_key(duplicate.key)),
                      .message = "is given twice; keep one of the two."});
  }
  JsonValue& root = document->root;
  if (root.kind != JsonValue::Kind::object) {
    return malformed({}, "A task must be an object, not " + std::string(kind_name(root)) +
                             "; write it like {\"payload\": {}}.");
  }
  normalize_keys(reader, root);
  TaskDraft draft;
  draft.pool = defaults;
  draft.now = now;
  read_task_fields(reader, root, draft);
  if (!issues.empty()) return tl::unexpected(task_error(issues));
  return std::move(draft.task);
}

std::uint64_t digest_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash == 0 ? 1 : hash;
}

TaskSpec ParsedTask::spec(Names& names) const {
  TaskSpec out;
  out.task_id = task_id;
  out.tenant = names.intern(tenant);
  if (has_mailbox()) {
    out.mailbox = names.intern(
        encode_mailbox_key({.tenant = mailbox_tenant, .user = mailbox_user, .session = mailbox_session}));
  }
  out.priority = priority;
  out.kind = kind;
  out.units = units;
  out.resources = resource_units;
  out.deadline = deadline;
  out.start_after = start_after;
  out.timeout = timeout;
  out.estimate = estimate;
  out.payload = {.id = 0, .bytes = payload.size(), .digest = payload_digest};
  out.retry = retry;
  out.max_lost = max_lost;
  out.on_disconnect = on_disconnect;
  out.dedup = dedup;
  return out;
}

}  // namespace parking_lot
