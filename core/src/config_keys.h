#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "codec/json_reader.h"
#include "codec/json_time.h"
#include "codec/json_words.h"
#include "codec/json_writer.h"
#include "parking_lot/config.h"

/// The keys of a config, declared once each: validation, the effective config and the JSON Schema all read
/// these tables.
namespace parking_lot {

/// Without the schema its texts, which are as long as all the rest of the tables, stay out of the program.
#ifdef PARKING_LOT_WITHOUT_SCHEMA
inline constexpr bool has_schema = false;
#else
inline constexpr bool has_schema = true;
#endif
/// What the schema says of a key.
constexpr std::string_view described(std::string_view meaning) {
  return has_schema ? meaning : std::string_view();
}

/// Writes the members of a special key's schema; without the schema nothing, and what it would have called is
/// left out.
class SchemaWriter {
 public:
  constexpr SchemaWriter() = default;
  template <class Write>
  constexpr SchemaWriter(Write write) : write_(has_schema ? static_cast<Function>(write) : nullptr) {}
  void operator()(JsonWriter& out) const { write_(out); }

 private:
  using Function = void (*)(JsonWriter& out);
  Function write_ = nullptr;
};

enum class KeyType : std::uint8_t { integer, seconds, duration, text, secret, word, texts, object, special };

/// The largest values of keys that have no bound of their own.
inline constexpr std::uint64_t count_max = std::numeric_limits<std::uint32_t>::max();
inline constexpr auto ms_max = static_cast<std::uint64_t>(duration_max.ms);

/// One key of one JSON object, bound to a member of the struct that the object is read into (its owner).
///
/// The owner is passed as `void*`, so that one loop serves all tables; `Table<Owner>` keeps the types
/// together.
struct Key {
  std::string_view name;
  KeyType type = KeyType::special;
  std::string_view meaning;  ///< for the schema
  std::uint64_t min = 0;     ///< integer, or milliseconds
  std::uint64_t max = 0;
  std::span<const Word> words;  ///< word
  std::span<const Key> inner;   ///< object: its keys

  void (*read)(JsonReader& reader, const JsonValue& value, const Key& key, void* owner) = nullptr;
  /// Writes the key and its value, or nothing where the value is absent. nullptr: an alias, which is never
  /// written.
  void (*write)(JsonWriter& out, const Key& key, const void* owner) = nullptr;
  /// special: writes the schema's members (`type` and what belongs to it).
  SchemaWriter schema = {};
  /// object: the owner of the inner keys.
  const void* (*inside)(const void* owner) = nullptr;
};

template <class Owner>
struct Table {
  std::span<const Key> keys;
};

/// Keys and the owner that they fill.
struct Section {
  std::span<const Key> keys;
  void* owner = nullptr;
};

/// Reads all members of an object, each through the first section that knows its key; reports the unknown
/// ones.
void read_members(JsonReader& reader, const JsonValue& object, std::span<const Section> sections);

template <class Owner>
void read_members(JsonReader& reader, const JsonValue& object, Table<Owner> table, Owner& owner) {
  const Section section{.keys = table.keys, .owner = &owner};
  read_members(reader, object, std::span<const Section>(&section, 1));
}

void write_members(JsonWriter& out, std::span<const Key> keys, const void* owner);

template <class Owner>
void write_members(JsonWriter& out, Table<Owner> table, const Owner& owner) {
  write_members(out, table.keys, &owner);
}

/// `"$${"` for `"${"`: written text must read back as itself.
std::string escaped_variables(std::string_view text);
/// Milliseconds as a number of seconds.
void write_seconds(JsonWriter& out, Duration duration);
void read_texts(JsonReader& reader, const JsonValue& value, std::vector<std::string>& texts);

template <class Member>
struct MemberTypes;
template <class O, class V>
struct MemberTypes<V O::*> {
  using Owner = O;
  using Value = V;
};

/// The member that a key is bound to.
template <auto member>
struct Bound {
  using Owner = typename MemberTypes<decltype(member)>::Owner;
  using Value = typename MemberTypes<decltype(member)>::Value;
  static Value& of(void* owner) { return static_cast<Owner*>(owner)->*member; }
  static const Value& of(const void* owner) { return static_cast<const Owner*>(owner)->*member; }
};

template <auto member>
constexpr Key integer_key(std::string_view name, std::uint64_t min, std::uint64_t max,
                          std::string_view meaning) {
  using Value = typename Bound<member>::Value;
  Key key{.name = name,
          .type = KeyType::integer,
          .meaning = described(meaning),
          .min = min,
          .max = max,
          .words = {},
          .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key& self, void* owner) {
    const auto number = reader.integer(value, self.min, self.max);
    if (!number) return;
    if constexpr (std::is_integral_v<Value>) {
      Bound<member>::of(owner) = static_cast<Value>(*number);
    } else {
      Bound<member>::of(owner) = static_cast<typename Value::value_type>(*number);
    }
  };
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    const Value& value = Bound<member>::of(owner);
    if constexpr (std::is_integral_v<Value>) {
      out.member(self.name, value);
    } else if (value) {
      out.member(self.name, *value);
    }
  };
  return key;
}

template <auto member>
constexpr Key seconds_key(std::string_view name, std::uint64_t min_ms, std::uint64_t max_ms,
                          std::string_view meaning) {
  Key key{.name = name,
          .type = KeyType::seconds,
          .meaning = described(meaning),
          .min = min_ms,
          .max = max_ms,
          .words = {},
          .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key& self, void* owner) {
    if (const auto read = reader.seconds(value, self.min, self.max)) Bound<member>::of(owner) = *read;
  };
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    out.key(self.name);
    write_seconds(out, Bound<member>::of(owner));
  };
  return key;
}

/// Milliseconds, or text such as `30s`.
template <auto member>
constexpr Key duration_key(std::string_view name, std::uint64_t min_ms, std::uint64_t max_ms,
                           std::string_view meaning) {
  Key key{.name = name,
          .type = KeyType::duration,
          .meaning = described(meaning),
          .min = min_ms,
          .max = max_ms,
          .words = {},
          .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key& self, void* owner) {
    if (const auto read = reader.duration(value, self.min, self.max)) Bound<member>::of(owner) = *read;
  };
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    out.member(self.name, static_cast<std::uint64_t>(Bound<member>::of(owner).ms));
  };
  return key;
}

template <auto member>
constexpr Key text_key(std::string_view name, std::string_view meaning) {
  Key key{.name = name, .type = KeyType::text, .meaning = described(meaning), .words = {}, .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    if (auto read = reader.text(value)) Bound<member>::of(owner) = std::move(*read);
  };
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    const std::string& text = Bound<member>::of(owner);
    if (!text.empty()) out.member(self.name, escaped_variables(text));
  };
  return key;
}

/// A text that is never shown.
template <auto member>
constexpr Key secret_key(std::string_view name, std::string_view meaning) {
  Key key = text_key<member>(name, meaning);
  key.type = KeyType::secret;
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    if (!Bound<member>::of(owner).empty()) out.member(self.name, "***");
  };
  return key;
}

template <auto member>
constexpr Key texts_key(std::string_view name, std::string_view meaning) {
  Key key{.name = name, .type = KeyType::texts, .meaning = described(meaning), .words = {}, .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    read_texts(reader, value, Bound<member>::of(owner));
  };
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    if (Bound<member>::of(owner).empty()) return;
    out.key(self.name).open('[');
    for (const std::string& text : Bound<member>::of(owner)) out.string(escaped_variables(text));
    out.close(']');
  };
  return key;
}

template <auto member>
constexpr Key word_key(std::string_view name, std::string_view meaning) {
  using Value = typename Bound<member>::Value;
  Key key{.name = name,
          .type = KeyType::word,
          .meaning = described(meaning),
          .words = WordsOf<Value>::list,
          .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key& self, void* owner) {
    if (const auto number = reader.word(value, self.words))
      Bound<member>::of(owner) = static_cast<Value>(*number);
  };
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    out.member(self.name, name_of(self.words, static_cast<std::uint8_t>(Bound<member>::of(owner))));
  };
  return key;
}

/// An object with keys of its own, read into a member.
template <auto member>
constexpr Key object_key(std::string_view name, Table<typename Bound<member>::Value> table,
                         std::string_view meaning) {
  Key key{
      .name = name, .type = KeyType::object, .meaning = described(meaning), .words = {}, .inner = table.keys};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key& self, void* owner) {
    const Section section{.keys = self.inner, .owner = &Bound<member>::of(owner)};
    if (reader.is_object(value, "{...}")) read_members(reader, value, std::span<const Section>(&section, 1));
  };
  key.write = [](JsonWriter& out, const Key& self, const void* owner) {
    out.key(self.name).open('{');
    write_members(out, self.inner, &Bound<member>::of(owner));
    out.close('}');
  };
  if (has_schema) key.inside = [](const void* owner) -> const void* { return &Bound<member>::of(owner); };
  return key;
}

/// A key with functions of its own.
constexpr Key special_key(std::string_view name, decltype(Key::read) read, decltype(Key::write) write,
                          SchemaWriter schema, std::string_view meaning) {
  Key key{.name = name, .meaning = described(meaning), .words = {}, .inner = {}};
  key.read = read;
  key.write = write;
  key.schema = schema;
  return key;
}

}  // namespace parking_lot
