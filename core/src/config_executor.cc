#include "config_executor.h"

#include "config_checks.h"
#include "config_schema.h"

namespace parking_lot {
namespace {

constexpr Key executor_keys[] = {
    word_key<&ExecutorConfig::kind>(
        "type", "process: start a program; http: post the payload; inline: a function of the host."),
    text_key<&ExecutorConfig::url>("url", "http: where payloads are posted."),
    texts_key<&ExecutorConfig::commands>("commands",
                                         "process: the programs that may be started; absent: any."),
};

}  // namespace

void read_executor(JsonReader& reader, const JsonValue& value, const Key&, void* pool) {
  ExecutorConfig& executor = static_cast<PoolConfig*>(pool)->executor;
  executor.is_explicit = true;
  if (value.kind == JsonValue::Kind::string) {
    if (const auto number = reader.word(value, WordsOf<ExecutorKind>::list))
      executor.kind = static_cast<ExecutorKind>(*number);
    return;
  }
  if (value.kind != JsonValue::Kind::object) {
    return reader.error("must be a string or an object, not " + std::string(kind_name(value)) +
                        "; write {\"type\": \"process\"}.");
  }
  read_members(reader, value, Table<ExecutorConfig>{executor_keys}, executor);
  if (value.find("type") == nullptr) {
    const JsonReader::At at(reader, "type");
    reader.error("is missing; add \"type\", one of process, http, inline.");
  }
  if (!executor.url.empty() && !is_http_url(executor.url)) {
    const JsonReader::At at(reader, "url");
    reader.error("must be an http or https address without a user name or password in it.");
  }
  const JsonValue* commands = value.find("commands");
  if (commands != nullptr && commands->kind == JsonValue::Kind::array && commands->items.empty()) {
    const JsonReader::At at(reader, "commands");
    reader.error("names no program; name those that may be started, or leave it out to allow any.");
  }
  for (std::size_t i = 0; i < executor.commands.size(); ++i) {
    if (is_plain_text(executor.commands[i])) continue;
    const JsonReader::At at(reader, "commands");
    reader.error("holds an empty name or control characters; give names or paths of programs.");
  }
}

void write_executor(JsonWriter& out, const Key& key, const void* pool) {
  const ExecutorConfig& executor = static_cast<const PoolConfig*>(pool)->executor;
  if (!executor.is_explicit) return;
  out.key(key.name).open('{');
  write_members(out, Table<ExecutorConfig>{executor_keys}, executor);
  out.close('}');
}

void write_executor_schema(JsonWriter& out) {
  const ExecutorConfig defaults;
  out.key("oneOf").open('[').open('{');
  write_words_schema(out, WordsOf<ExecutorKind>::list);
  out.close('}').open('{').key("required").open('[').string("type").close(']');
  write_object_schema(out, executor_keys, &defaults);
  out.close('}').close(']');
}

}  // namespace parking_lot
