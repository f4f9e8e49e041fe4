#include "config_keys.h"

namespace parking_lot {

void read_members(JsonReader& reader, const JsonValue& object, std::span<const Section> sections) {
  std::vector<std::string_view> known;
  for (const Section& section : sections) {
    for (const Key& key : section.keys) known.push_back(key.name);
  }
  for (std::size_t i = 0; i < object.items.size(); ++i) {
    bool is_known = false;
    for (const Section& section : sections) {
      for (const Key& key : section.keys) {
        if (is_known || key.name != object.keys[i]) continue;
        const JsonReader::At at(reader, key.name);
        key.read(reader, object.items[i], key, section.owner);
        is_known = true;
      }
    }
    if (!is_known) reader.unknown_key(object.keys[i], known);
  }
}

void write_members(JsonWriter& out, std::span<const Key> keys, const void* owner) {
  for (const Key& key : keys) {
    if (key.write != nullptr) key.write(out, key, owner);
  }
}

std::string escaped_variables(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "${") out += '$';
    out += text[i];
  }
  return out;
}

void write_seconds(JsonWriter& out, Duration duration) {
  std::string text = std::to_string(duration.ms / 1000);
  if (duration.ms % 1000 != 0) {
    text += '.' + std::to_string(1000 + duration.ms % 1000).substr(1);
    while (text.back() == '0') text.pop_back();
  }
  out.raw(text);
}

void read_texts(JsonReader& reader, const JsonValue& value, std::vector<std::string>& texts) {
  if (!reader.is_array(value, "[\"...\"]")) return;
  texts.clear();
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, i);
    if (auto text = reader.text(value.items[i])) texts.push_back(std::move(*text));
  }
}

}  // namespace parking_lot
