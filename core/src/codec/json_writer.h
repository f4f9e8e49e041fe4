#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace parking_lot {

/// Writes compact JSON front to back. Calls must form a valid document; commas and escapes are its business.
class JsonWriter {
 public:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& boolean(bool value);
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json);

  JsonWriter& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  JsonWriter& member(std::string_view name, std::uint64_t value) { return key(name).number(value); }

  std::string text() && { return std::move(text_); }

 private:
  void separate();

  std::string text_;
  bool needs_comma_ = false;
};

/// The same document with two spaces of indent and one member a line, for people. `compact` must be valid
/// JSON.
std::string indented_json(std::string_view compact);

}  // namespace parking_lot
