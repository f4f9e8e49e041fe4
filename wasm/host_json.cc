#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "codec/json_value.h"

/// `parse_json` of the modules, in the place of the library that the core parses with elsewhere.
///
/// All texts that come here were written by JSON.stringify or by this module, so that what JavaScript's own
/// parser would lose (keys given twice, digits beyond 53 bits) is not in them.

// In `library_json.js`.
extern "C" char* pl_json(const char* text, std::size_t length);

namespace parking_lot {
namespace {

/// The length of the whole stands before it, and need not be looked at.
constexpr std::size_t length_bytes = 4;

/// Reads what `pl_json` has written, which is known to be well formed.
class SpelledValue {
 public:
  explicit SpelledValue(const char* spelled) : next_(spelled) {}

  /// Whether the value is nested no deeper than allowed; the rest is not read then.
  bool read(JsonValue& value, std::size_t depth = 0) {
    const std::string_view written = word();
    switch (written.front()) {
      case '"':
        value.kind = JsonValue::Kind::string;
        value.text = bytes(written);
        return true;
      case '[':
        value.kind = JsonValue::Kind::array;
        return depth < json_depth_max && read_items(value, written, depth);
      case '{':
        value.kind = JsonValue::Kind::object;
        return depth < json_depth_max && read_items(value, written, depth);
      case 'n':
        return true;
      case 't':
      case 'f':
        value.kind = JsonValue::Kind::boolean;
        value.is_true = written.front() == 't';
        return true;
      default:
        read_number(value, written);
        return true;
    }
  }

 private:
  bool read_items(JsonValue& value, std::string_view mark, std::size_t depth) {
    value.items.resize(count_in(mark));
    for (JsonValue& item : value.items) {
      if (value.kind == JsonValue::Kind::object) value.keys.push_back(bytes(word()));
      if (!read(item, depth + 1)) return false;
    }
    return true;
  }

  static void read_number(JsonValue& value, std::string_view written) {
    value.is_negative = written.front() == '-';
    const char* const end = written.data() + written.size();
    const auto read = std::from_chars(written.data() + (value.is_negative ? 1 : 0), end, value.magnitude);
    const bool is_integer = read.ec == std::errc{} && read.ptr == end;
    value.kind = is_integer ? JsonValue::Kind::integer : JsonValue::Kind::real;
    if (!is_integer) value.text = written;
  }

  std::string_view word() {
    const char* const start = next_;
    next_ = std::strchr(start, ' ') + 1;
    return {start, static_cast<std::size_t>(next_ - 1 - start)};
  }

  static std::size_t count_in(std::string_view mark) {
    std::size_t count = 0;
    std::from_chars(mark.data() + 1, mark.data() + mark.size(), count);
    return count;
  }

  std::string bytes(std::string_view mark) {
    std::string text(next_, count_in(mark));
    next_ += text.size();
    return text;
  }

  const char* next_;
};

}  // namespace

tl::expected<JsonDocument, JsonSyntaxError> parse_json(std::string_view text) {
  const std::unique_ptr<char, decltype(&std::free)> spelled(pl_json(text.data(), text.size()), &std::free);
  if (!spelled) return tl::unexpected(JsonSyntaxError{.message = "This is not JSON; correct it."});
  JsonDocument document;
  if (SpelledValue(spelled.get() + length_bytes).read(document.root)) return document;
  return tl::unexpected(json_too_deep());
}

}  // namespace parking_lot
