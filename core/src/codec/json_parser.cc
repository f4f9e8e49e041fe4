#include <algorithm>
#include <nlohmann/json.hpp>

#include "codec/json_spelling.h"
#include "codec/json_value.h"
#include "heap_sort.h"

namespace parking_lot {
namespace {

constexpr std::size_t duplicates_listed_max = 100;

/// Keeps what nlohmann's tree would lose: the order of members, duplicate keys and the spelling of numbers.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TreeBuilder(JsonDocument& document) : document_(document) {}

  bool too_deep() const { return too_deep_; }
  std::size_t error_position() const { return error_position_; }
  const std::string& error_text() const { return error_text_; }

  bool null() override {
    next();
    return true;
  }
  bool boolean(bool value) override {
    JsonValue& node = next();
    node.kind = JsonValue::Kind::boolean;
    node.is_true = value;
    return true;
  }
  bool number_integer(number_integer_t value) override {
    JsonValue& node = next();
    node.kind = JsonValue::Kind::integer;
    node.is_negative = value < 0;
    node.magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    JsonValue& node = next();
    node.kind = JsonValue::Kind::integer;
    node.magnitude = value;
    return true;
  }
  bool number_float(number_float_t, const string_t& written) override {
    JsonValue& node = next();
    node.kind = JsonValue::Kind::real;
    node.text = written;
    return true;
  }
  bool string(string_t& value) override {
    JsonValue& node = next();
    node.kind = JsonValue::Kind::string;
    node.text = std::move(value);
    return true;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(JsonValue::Kind::object); }
  bool start_array(std::size_t) override { return open(JsonValue::Kind::array); }
  bool key(string_t& value) override {
    open_.back()->keys.push_back(std::move(value));
    return true;
  }
  bool end_object() override {
    note_duplicates(*open_.back());
    open_.pop_back();
    return true;
  }
  bool end_array() override {
    open_.pop_back();
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    error_position_ = position;
    error_text_ = error.what();
    return false;
  }

 private:
  JsonValue& next() {
    if (open_.empty()) return document_.root;
    open_.back()->items.emplace_back();
    return open_.back()->items.back();
  }

  bool open(JsonValue::Kind kind) {
    too_deep_ = open_.size() >= json_depth_max;
    if (too_deep_) return false;
    JsonValue& node = next();
    node.kind = kind;
    open_.push_back(&node);
    return true;
  }

  void note_duplicates(const JsonValue& object) {
    std::vector<std::string_view> sorted(object.keys.begin(), object.keys.end());
    heap_sort(sorted.begin(), sorted.end());
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      const bool is_second = sorted[i] == sorted[i - 1] && (i < 2 || sorted[i] != sorted[i - 2]);
      if (!is_second || document_.duplicates.size() >= duplicates_listed_max) continue;
      document_.duplicates.push_back({.path = path_of_open(), .key = std::string(sorted[i])});
    }
  }

  std::string path_of_open() const {
    std::string path;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      const JsonValue& node = *open_[i];
      const bool is_object = node.kind == JsonValue::Kind::object;
      path = is_object ? join_path(path, printable_key(node.keys.back()))
                       : path + '[' + std::to_string(node.items.size() - 1) + ']';
    }
    return path;
  }

  JsonDocument& document_;
  std::vector<JsonValue*>
      open_;  // the containers around the current place; a parent stays put while a child is open
  std::size_t error_position_ = 0;
  std::string error_text_;
  bool too_deep_ = false;
};

/// The library's explanation without its prefix and without the text it read, which may be half a secret.
std::string reason_in(const std::string& what) {
  std::string reason = what;
  constexpr std::string_view overflow = "number overflow parsing '";
  if (const auto at = reason.find(overflow); at != std::string::npos) {
    const std::string number = reason.substr(at + overflow.size());
    return "the number " + number.substr(0, number.find('\'')) + " is too large";
  }
  if (const auto quoted = reason.find("; last read: '"); quoted != std::string::npos) {
    const auto rest = reason.rfind("'; expected ");
    reason.erase(quoted, rest == std::string::npos || rest < quoted ? std::string::npos : rest + 1 - quoted);
  }
  if (const auto dash = reason.find(" - "); dash != std::string::npos) return reason.substr(dash + 3);
  if (const auto colon = reason.find(": "); colon != std::string::npos) return reason.substr(colon + 2);
  return reason;
}

std::string hint_at(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return "the text ends too early; close what is open";
  const char here = text[offset];
  const auto before = text.find_last_not_of(" \t\r\n", offset == 0 ? 0 : offset - 1);
  if ((here == '}' || here == ']') && before != std::string_view::npos && before < offset &&
      text[before] == ',') {
    return "remove the comma before the bracket";
  }
  if (here == '/' || here == '#' || (here == '*' && offset > 0 && text[offset - 1] == '/')) {
    return "JSON has no comments; remove it";
  }
  if (here == '\'') return "use double quotes";
  return "correct it there";
}

JsonSyntaxError locate(std::string_view text, std::size_t position, const std::string& what) {
  const std::size_t offset = position == 0 ? 0 : std::min(position - 1, text.size());
  const std::string_view before = text.substr(0, offset);
  JsonSyntaxError error;
  error.line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const auto line_start = before.rfind('\n');
  error.column = 1 + offset - (line_start == std::string_view::npos ? 0 : line_start + 1);
  error.message = "This is not JSON: " + reason_in(what) + "; " + hint_at(text, offset) + ".";
  return error;
}

}  // namespace

tl::expected<JsonDocument, JsonSyntaxError> parse_json(std::string_view text) {
  JsonDocument document;
  TreeBuilder builder(document);
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return document;
  if (builder.too_deep()) return tl::unexpected(json_too_deep());
  return tl::unexpected(locate(text, builder.error_position(), builder.error_text()));
}

}  // namespace parking_lot
