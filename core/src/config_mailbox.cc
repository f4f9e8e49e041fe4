#include "config_mailbox.h"

#include "codec/json_time.h"
#include "config_checks.h"
#include "config_schema.h"
#include "config_storage.h"

namespace parking_lot {
namespace {

constexpr std::string_view notifier_types[] = {"http"};

/// The only type there is; it is checked and not kept.
void read_notifier_type(JsonReader& reader, const JsonValue& value, const Key&, void*) {
  static constexpr Word words[] = {{"http", 0}};
  reader.word(value, words);
}
void write_notifier_type(JsonWriter& out, const Key& key, const void*) {
  out.member(key.name, notifier_types[0]);
}
void write_notifier_type_schema(JsonWriter& out) { out.member("const", notifier_types[0]); }

constexpr Key notifier_keys[] = {
    special_key("type", read_notifier_type, write_notifier_type, write_notifier_type_schema,
                "How outcomes are announced."),
    text_key<&NotifierConfig::base_url>("base_url",
                                        "Where outcomes are posted, following Standard Webhooks."),
    secret_key<&NotifierConfig::auth_header>("auth_header",
                                             "Value of the Authorization header. Never shown."),
    secret_key<&NotifierConfig::signing_secret>("signing_secret", "Key of the signatures. Never shown."),
};

void require(JsonReader& reader, const JsonValue& value, std::string_view key, std::string_view remedy) {
  if (value.find(key) != nullptr) return;
  const JsonReader::At at(reader, key);
  reader.error("is missing; " + std::string(remedy) + '.');
}

void reject_control_characters(JsonReader& reader, std::string_view key, std::string_view text) {
  if (text.empty() || is_plain_text(text)) return;
  const JsonReader::At at(reader, key);
  reader.error("holds control characters, such as a line break; remove them.");
}

void read_notifier(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& mailbox = *static_cast<MailboxConfig*>(owner);
  if (!reader.is_object(value, "{\"type\": \"http\", \"base_url\": \"https://...\"}")) return;
  NotifierConfig& notifier = mailbox.notifier.emplace();
  read_members(reader, value, Table<NotifierConfig>{notifier_keys}, notifier);
  require(reader, value, "type", "add \"type\": \"http\"");
  require(reader, value, "base_url", "give the address that outcomes are posted to");
  if (!notifier.base_url.empty() && !is_http_url(notifier.base_url)) {
    const JsonReader::At at(reader, "base_url");
    reader.error(
        "must be an http or https address without a user name or password in it (use auth_header for "
        "those).");
  }
  reject_control_characters(reader, "auth_header", notifier.auth_header);
  reject_control_characters(reader, "signing_secret", notifier.signing_secret);
}

void write_notifier(JsonWriter& out, const Key& key, const void* owner) {
  const auto& mailbox = *static_cast<const MailboxConfig*>(owner);
  if (!mailbox.notifier) return;
  out.key(key.name).open('{');
  write_members(out, Table<NotifierConfig>{notifier_keys}, *mailbox.notifier);
  out.close('}');
}

void write_notifier_schema(JsonWriter& out) {
  const NotifierConfig defaults;
  out.key("required").open('[').string("type").string("base_url").close(']');
  write_object_schema(out, notifier_keys, &defaults);
}

void read_mailbox_storage(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  read_storage(reader, value, StorageRole::mailbox, static_cast<MailboxConfig*>(owner)->storage);
}
void write_mailbox_storage(JsonWriter& out, const Key& key, const void* owner) {
  write_storage(out.key(key.name), static_cast<const MailboxConfig*>(owner)->storage);
}
void write_mailbox_storage_schema(JsonWriter& out) { write_storage_schema(out, StorageRole::mailbox); }

constexpr Key mailbox_keys[] = {
    special_key("storage", read_mailbox_storage, write_mailbox_storage, write_mailbox_storage_schema,
                "Where outcomes are kept."),
    special_key("notifier", read_notifier, write_notifier, write_notifier_schema,
                "Announces stored outcomes."),
    seconds_key<&MailboxConfig::retention>("retention_secs", 0, ms_max,
                                           "How long outcomes are kept; 0: until they are acknowledged."),
    integer_key<&MailboxConfig::retention_count>("retention_count", 1, count_max,
                                                 "Outcomes kept per mailbox."),
    integer_key<&MailboxConfig::delivery_attempts_max>("delivery_attempts_max", 1, count_max,
                                                       "Failed deliveries until an audit event says so."),
};

}  // namespace

void read_mailbox(JsonReader& reader, const JsonValue& value, const Key&, void* pool) {
  MailboxConfig& mailbox = static_cast<PoolConfig*>(pool)->mailbox;
  if (value.kind == JsonValue::Kind::string)
    return read_storage(reader, value, StorageRole::mailbox, mailbox.storage);
  if (value.kind != JsonValue::Kind::object) {
    return reader.error("must be a string or an object, not " + std::string(kind_name(value)) +
                        "; write \"in_memory\" or {\"storage\": {\"type\": \"in_memory\"}}.");
  }
  if (value.find("type") != nullptr && value.find("storage") == nullptr) {
    const JsonReader::At at(reader, "type");
    return reader.error("belongs inside storage; write {\"storage\": {\"type\": ...}}.");
  }
  read_members(reader, value, Table<MailboxConfig>{mailbox_keys}, mailbox);
}

void write_mailbox(JsonWriter& out, const Key& key, const void* pool) {
  out.key(key.name).open('{');
  write_members(out, Table<MailboxConfig>{mailbox_keys}, static_cast<const PoolConfig*>(pool)->mailbox);
  out.close('}');
}

void write_mailbox_schema(JsonWriter& out) {
  const MailboxConfig defaults;
  out.key("oneOf").open('[').open('{').member("type", "string").key("enum").open('[');
  for (const Word& word : WordsOf<StorageKind>::list) {
    if (static_cast<StorageKind>(word.number) != StorageKind::pgmq) out.string(word.name);
  }
  out.close(']').close('}').open('{');
  write_object_schema(out, mailbox_keys, &defaults);
  out.close('}').close(']');
}

}  // namespace parking_lot
