#include "config_schema.h"

#include <cstddef>

namespace parking_lot {
namespace {

void write_number_schema(JsonWriter& out, const Key& key) {
  out.member("type", "integer").member("minimum", key.min).member("maximum", key.max);
}

void write_duration_schema(JsonWriter& out, const Key& key) {
  out.key("oneOf").open('[').open('{');
  write_number_schema(out, key);
  out.close('}')
      .open('{')
      .member("type", "string")
      .member("pattern", "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$")
      .close('}')
      .close(']');
}

/// The default as the effective config would show it; nothing where that shows nothing.
void write_default(JsonWriter& out, const Key& key, const void* owner) {
  if (owner == nullptr || key.write == nullptr || key.type == KeyType::object || key.type == KeyType::special)
    return;
  JsonWriter shown;
  key.write(shown, key, owner);
  const std::string text = std::move(shown).text();
  const std::size_t value_at = key.name.size() + 3;  // after the quotes and the colon
  if (text.size() > value_at) out.key("default").raw(std::string_view(text).substr(value_at));
}

void write_key_schema(JsonWriter& out, const Key& key, const void* owner) {
  out.key(key.name).open('{').member("description", key.meaning);
  switch (key.type) {
    case KeyType::integer:
      write_number_schema(out, key);
      break;
    case KeyType::seconds:
      out.member("type", "number").key("minimum");
      write_seconds(out, Duration{static_cast<std::int64_t>(key.min)});
      out.key("maximum");
      write_seconds(out, Duration{static_cast<std::int64_t>(key.max)});
      break;
    case KeyType::duration:
      write_duration_schema(out, key);
      break;
    case KeyType::text:
    case KeyType::secret:
      out.member("type", "string");
      break;
    case KeyType::word:
      write_words_schema(out, key.words);
      break;
    case KeyType::texts:
      out.member("type", "array").key("items").open('{').member("type", "string").close('}');
      break;
    case KeyType::object:
      write_object_schema(out, key.inner, key.inside(owner));
      break;
    case KeyType::special:
      key.schema(out);
      break;
  }
  write_default(out, key, owner);
  out.close('}');
}

}  // namespace

void write_object_schema(JsonWriter& out, std::span<const Key> keys, const void* defaults) {
  write_object_schema(out, {{keys, defaults}});
}

void write_object_schema(JsonWriter& out, std::initializer_list<SchemaSection> sections) {
  out.member("type", "object").key("additionalProperties").boolean(false).key("properties").open('{');
  for (const SchemaSection& section : sections) {
    for (const Key& key : section.keys) write_key_schema(out, key, section.defaults);
  }
  out.close('}');
}

void write_elements_schema(JsonWriter& out, std::initializer_list<SchemaSection> sections) {
  out.member("type", "array").key("items").open('{');
  write_object_schema(out, sections);
  out.close('}');
}

void write_words_schema(JsonWriter& out, std::span<const Word> words) {
  out.member("type", "string").key("enum").open('[');
  for (const Word& word : words) out.string(word.name);
  out.close(']');
}

}  // namespace parking_lot
