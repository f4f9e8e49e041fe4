#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Texts that reports are made of: decimals without the C library's locale, JSON members, escapes.
namespace parking_lot::simulate {

/// With exactly `places` (at most 6) digits after the point, rounded half away from zero.
std::string decimal(double value, unsigned places);

/// For text and attribute values of XML and HTML.
std::string escaped_markup(std::string_view text);

/// Compact JSON objects, front to back. Calls must form a valid document.
class JsonText {
 public:
  void open() { begin_value('{'); }
  void open(std::string_view key) {
    write_key(key);
    begin_value('{');
  }
  void close();
  void text(std::string_view key, std::string_view value);
  void whole(std::string_view key, std::uint64_t value);
  /// At most `places` digits after the point; zeros at the end are left out.
  void number(std::string_view key, double value, unsigned places);
  /// Text that is JSON already.
  void raw(std::string_view key, std::string_view json);

  std::string finish() && { return std::move(text_); }

 private:
  void write_key(std::string_view key);
  void begin_value(char bracket);

  std::string text_;
  bool needs_comma_ = false;
};

/// The text as a JSON string with its quotes.
std::string json_string(std::string_view text);

}  // namespace parking_lot::simulate
