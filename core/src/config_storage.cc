#include "config_storage.h"

#include <algorithm>

#include "codec/json_spelling.h"
#include "config_checks.h"
#include "config_keys.h"

namespace parking_lot {

std::string StorageConfig::place() const {
  std::string text(to_string(kind));
  const std::string& where = kind == StorageKind::file    ? path
                             : kind == StorageKind::idbfs ? database
                             : kind == StorageKind::opfs  ? directory
                                                          : table;
  return where.empty() ? text : text + ":" + where;
}

namespace {

constexpr unsigned bit(StorageKind kind) { return 1U << static_cast<unsigned>(kind); }

/// A key of the long form, the kinds that have it, and what it may hold.
struct StorageKey {
  Key key;
  unsigned kinds;
  bool (*is_valid)(std::string_view text);
  std::string_view remedy;
};

constexpr StorageKey storage_keys[] = {
    {text_key<&StorageConfig::path>("path", "Directory of the journal, relative to the config file."),
     bit(StorageKind::file), is_folder, "give a directory"},
    {text_key<&StorageConfig::stream>("stream",
                                      "Name of the stream in the journal; default: the pool's name."),
     bit(StorageKind::file), is_pool_name, "use 1 to 64 letters, digits, _ - ."},
    {text_key<&StorageConfig::database>("database",
                                        "Name of the browser database; one for the whole config."),
     bit(StorageKind::idbfs), is_pool_name, "use 1 to 64 letters, digits, _ - ."},
    {text_key<&StorageConfig::directory>(
         "directory", "Directory in the browser's private file system; one for the whole config."),
     bit(StorageKind::opfs), is_pool_name, "use 1 to 64 letters, digits, _ - ."},
    {secret_key<&StorageConfig::dsn>(
         "dsn", "Connection string; default: the environment variables of libpq. Never shown."),
     bit(StorageKind::postgres) | bit(StorageKind::pgmq), is_plain_text,
     "give a connection string, best as ${NAME}"},
    {text_key<&StorageConfig::table>("table", "Table, with or without its schema."),
     bit(StorageKind::postgres), is_table_name, "use an SQL name: letters, digits and _, at most one dot"},
    {text_key<&StorageConfig::queue_name>("queue_name", "Name of the pgmq queue; default: the pool's name."),
     bit(StorageKind::pgmq), is_queue_name, "use 1 to 47 lower-case letters, digits and _"},
};

bool is_allowed(StorageKind kind, StorageRole role) {
  if (role == StorageRole::garage && kind == StorageKind::postgres) return false;
  return role == StorageRole::queue || kind != StorageKind::pgmq;
}

bool has_key(const StorageKey& key, StorageKind kind, StorageRole role) {
  if (role != StorageRole::queue && key.key.name == "stream") return false;
  return (key.kinds & bit(kind)) != 0 && is_allowed(kind, role);
}

/// The names of the kinds that satisfy `is_wanted`, with `separator` between them.
template <class Wanted>
std::string names_of(Wanted is_wanted, std::string_view separator) {
  std::string names;
  for (const Word& word : WordsOf<StorageKind>::list) {
    if (!is_wanted(static_cast<StorageKind>(word.number))) continue;
    names.append(names.empty() ? "" : separator).append(word.name);
  }
  return names;
}

std::string allowed_kinds(StorageRole role) {
  return names_of([role](StorageKind kind) { return is_allowed(kind, role); }, ", ");
}

void read_kind(JsonReader& reader, const JsonValue& value, StorageRole role, StorageConfig& storage) {
  const auto number = reader.word(value, WordsOf<StorageKind>::list);
  if (!number) return;
  storage.kind = static_cast<StorageKind>(*number);
  if (is_allowed(storage.kind, role)) return;
  reader.error((storage.kind == StorageKind::pgmq ? "pgmq holds queues only; use one of "
                                                  : "postgres does not hold garages; use one of ") +
               allowed_kinds(role) + '.');
}

std::string kinds_with(const StorageKey& key, StorageRole role) {
  return names_of([&](StorageKind kind) { return has_key(key, kind, role); }, " or ");
}

void read_member(JsonReader& reader, std::string_view name, const JsonValue& value, StorageRole role,
                 StorageConfig& storage) {
  std::vector<std::string_view> known = {"type"};
  for (const StorageKey& candidate : storage_keys) {
    if (candidate.key.name != name) {
      if (has_key(candidate, storage.kind, role)) known.push_back(candidate.key.name);
      continue;
    }
    const JsonReader::At at(reader, name);
    if (!has_key(candidate, storage.kind, role)) {
      const std::string kinds = kinds_with(candidate, role);
      return reader.error("does not belong to storage of type " + std::string(to_string(storage.kind)) +
                          "; remove it" + (kinds.empty() ? "." : ", or use type " + kinds + '.'));
    }
    const auto text = reader.text(value);
    if (text && !candidate.is_valid(*text))
      return reader.error("is not usable; " + std::string(candidate.remedy) + '.');
    if (text) candidate.key.read(reader, value, candidate.key, &storage);
    return;
  }
  if (name == "durability" && role == StorageRole::queue) {
    const JsonReader::At at(reader, name);
    return reader.error("belongs to the pool, beside \"queue\"; move it there.");
  }
  reader.unknown_key(name, known);
}

}  // namespace

void read_storage(JsonReader& reader, const JsonValue& value, StorageRole role, StorageConfig& storage) {
  if (value.kind == JsonValue::Kind::string) return read_kind(reader, value, role, storage);
  if (value.kind != JsonValue::Kind::object) {
    return reader.error("must be a string or an object, not " + std::string(kind_name(value)) +
                        "; write \"in_memory\" or {\"type\": \"file\", \"path\": \"./data\"}.");
  }
  if (const JsonValue* type = value.find("type")) {
    const JsonReader::At at(reader, "type");
    read_kind(reader, *type, role, storage);
  } else {
    const JsonReader::At at(reader, "type");
    return reader.error("is missing; add \"type\", one of " + allowed_kinds(role) + '.');
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (value.keys[i] != "type") read_member(reader, value.keys[i], value.items[i], role, storage);
  }
}

void complete_storage(StorageRole role, std::string_view pool, StorageConfig& storage) {
  const auto fill = [](std::string& text, std::string_view value) {
    if (text.empty()) text = value;
  };
  const bool is_queue = role == StorageRole::queue;
  switch (storage.kind) {
    case StorageKind::in_memory:
      return;
    case StorageKind::file:
      fill(storage.path, "./parking-lot-data");
      if (is_queue) fill(storage.stream, pool);
      return;
    case StorageKind::idbfs:
      return fill(storage.database, "parking-lot");
    case StorageKind::opfs:
      return fill(storage.directory, "parking-lot");
    case StorageKind::postgres:
      return fill(storage.table, is_queue ? "pl_queue_jobs" : "pl_mailbox_messages");
    case StorageKind::pgmq:
      return fill(storage.queue_name, queue_name_for(pool));
  }
}

void write_storage(JsonWriter& out, const StorageConfig& storage) {
  out.open('{').member("type", to_string(storage.kind));
  for (const StorageKey& candidate : storage_keys) {
    if ((candidate.kinds & bit(storage.kind)) != 0) candidate.key.write(out, candidate.key, &storage);
  }
  out.close('}');
}

void write_storage_schema(JsonWriter& out, StorageRole role) {
  const auto write_kinds = [&] {
    out.open('{').member("type", "string").key("enum").open('[');
    for (const Word& word : WordsOf<StorageKind>::list) {
      if (is_allowed(static_cast<StorageKind>(word.number), role)) out.string(word.name);
    }
    out.close(']').close('}');
  };
  out.key("oneOf").open('[');
  write_kinds();
  out.open('{').member("type", "object").key("additionalProperties").boolean(false);
  out.key("required").open('[').string("type").close(']').key("properties").open('{').key("type");
  write_kinds();
  for (const StorageKey& candidate : storage_keys) {
    if (kinds_with(candidate, role).empty()) continue;
    out.key(candidate.key.name)
        .open('{')
        .member("type", "string")
        .member("description", candidate.key.meaning)
        .close('}');
  }
  out.close('}').close('}').close(']');
}

}  // namespace parking_lot
