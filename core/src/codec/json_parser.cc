#include <algorithm>

#include "codec/json_spelling.h"
#include "codec/json_value.h"
#include "codec/json_writer.h"

// A parser of its own, since it is a third of the size of the library's in WebAssembly, keeps the order of
// members, duplicate keys and the spelling of numbers, and says what is wrong without quoting what it read.
namespace parking_lot {
namespace {

constexpr std::size_t duplicates_listed_max = 100;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  Parser(std::string_view text, JsonDocument& document) : text_(text), document_(document) {}

  /// False: `problem()` says why, `offset()` where.
  bool parse() {
    if (text_.substr(0, 3) == "\xef\xbb\xbf") at_ = 3;
    if (!value(document_.root)) return false;
    skip_space();
    return at_ == text_.size() || fail("there is text after the end");
  }

  std::size_t offset() const { return at_; }
  std::string_view problem() const { return problem_; }

 private:
  using Kind = JsonValue::Kind;

  /// Keeps the first problem.
  bool fail(std::string_view problem) {
    if (problem_.empty()) problem_ = problem;
    return false;
  }

  bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool take(char c) {
    if (!is_at(c)) return false;
    ++at_;
    return true;
  }

  void skip_space() {
    while (is_at(' ') || is_at('\n') || is_at('\r') || is_at('\t')) ++at_;
  }

  bool value(JsonValue& out) {
    skip_space();
    if (is_at('{') || is_at('[')) return container(out);
    if (is_at('"')) {
      out.kind = Kind::string;
      return string(out.text);
    }
    if (is_at('-') || (at_ < text_.size() && is_digit(text_[at_]))) return number(out);
    out.is_true = is_at('t');
    out.kind = is_at('n') ? Kind::null : Kind::boolean;
    for (const std::string_view word : {"null", "true", "false"}) {
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return true;
    }
    return fail("expected a value");
  }

  bool container(JsonValue& out) {
    if (open_.size() >= json_depth_max) return fail("the nesting is deeper than 64 levels; flatten it");
    const char close = text_[at_] == '{' ? '}' : ']';
    out.kind = close == '}' ? Kind::object : Kind::array;
    ++at_;
    open_.push_back(&out);
    skip_space();
    if (!take(close)) {
      do {
        if (out.kind == Kind::object && !key(out)) return false;
        if (!value(out.items.emplace_back())) return false;
        skip_space();
      } while (take(','));
      if (!take(close)) return fail(close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
    }
    if (out.kind == Kind::object) note_duplicates(out);
    open_.pop_back();
    return true;
  }

  bool key(JsonValue& object) {
    skip_space();
    if (!is_at('"')) return fail("expected a key in double quotes");
    if (!string(object.keys.emplace_back())) return false;
    skip_space();
    return take(':') || fail("expected ':'");
  }

  bool string(std::string& out) {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (take('"')) return true;
      if (c == '\\') {
        if (!escape(out)) return false;
        continue;
      }
      if (static_cast<unsigned char>(c) < 0x20)
        return fail("a string holds a control character or a line break; write it as \\n or \\u00XX");
      const std::size_t length = utf8_length(text_.substr(at_));
      if (length == 0) return fail("the text is not UTF-8");
      out.append(text_.substr(at_, length));
      at_ += length;
    }
    return fail("a string has no end");
  }

  bool escape(std::string& out) {
    static constexpr std::string_view letters = "\"\\/bfnrt";
    static constexpr std::string_view characters = "\"\\/\b\f\n\r\t";
    const std::size_t letter = at_ + 1 < text_.size() ? letters.find(text_[at_ + 1]) : std::string_view::npos;
    if (letter != std::string_view::npos) {
      out += characters[letter];
      at_ += 2;
      return true;
    }
    unsigned code = 0;
    if (!code_unit(code)) return fail("a backslash begins no escape of JSON");
    if (code >= 0xd800 && code < 0xdc00) {
      unsigned low = 0;
      if (!code_unit(low) || low < 0xdc00 || low > 0xdfff) return fail("half of a surrogate pair is missing");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code <= 0xdfff) {
      return fail("half of a surrogate pair is missing");
    }
    append_utf8(out, code);
    return true;
  }

  /// `\u` and four hexadecimal digits.
  bool code_unit(unsigned& code) {
    if (text_.substr(at_, 2) != "\\u" || at_ + 6 > text_.size()) return false;
    for (const char c : text_.substr(at_ + 2, 4)) {
      static constexpr std::string_view digits = "0123456789abcdef";
      const std::size_t digit = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
      if (digit == std::string_view::npos) return false;
      code = code * 16 + static_cast<unsigned>(digit);
    }
    at_ += 6;
    return true;
  }

  static void append_utf8(std::string& out, unsigned code) {
    const auto follow = [&](unsigned shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xc0 | (code >> 6));
      follow(0);
    } else if (code < 0x10000) {
      out += static_cast<char>(0xe0 | (code >> 12));
      follow(6);
      follow(0);
    } else {
      out += static_cast<char>(0xf0 | (code >> 18));
      follow(12);
      follow(6);
      follow(0);
    }
  }

  std::string_view digits() {
    const std::size_t from = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }

  bool number(JsonValue& out) {
    const std::size_t from = at_;
    out.is_negative = take('-');
    const std::string_view whole = digits();
    if (whole.empty()) return fail("a number has no digits");
    if (whole.size() > 1 && whole[0] == '0') return fail("a number begins with 0");
    bool is_integer = true;
    std::string_view fraction;
    if (take('.')) {
      is_integer = false;
      fraction = digits();
      if (fraction.empty()) return fail("a number ends with a point");
    }
    int exponent = 0;
    if (take('e') || take('E')) {
      is_integer = false;
      const bool is_negative = take('-');
      if (!is_negative) take('+');
      const std::string_view written = digits();
      if (written.empty()) return fail("a number has an empty exponent");
      for (const char c : written) exponent = std::min(exponent * 10 + (c - '0'), 1'000'000);
      if (is_negative) exponent = -exponent;
    }
    if (is_integer && fits(whole, out.magnitude)) {
      out.kind = Kind::integer;
      return true;
    }
    out.kind = Kind::real;
    out.text = text_.substr(from, at_ - from);
    return is_finite(whole, fraction, exponent) || fail("a number is too large");
  }

  static bool fits(std::string_view whole, std::uint64_t& magnitude) {
    std::uint64_t value = 0;
    for (const char c : whole) {
      const auto digit = static_cast<std::uint64_t>(c - '0');
      if (value > (~std::uint64_t{0} - digit) / 10) return false;
      value = value * 10 + digit;
    }
    magnitude = value;
    return true;
  }

  /// Whether a double can hold the number: at most 1.7976931348623158e308.
  static bool is_finite(std::string_view whole, std::string_view fraction, int exponent) {
    const std::string all = std::string(whole).append(fraction);
    const std::size_t first = all.find_first_not_of('0');
    if (first == std::string::npos) return true;
    const std::int64_t power =
        exponent + static_cast<std::int64_t>(whole.size()) - 1 - static_cast<std::int64_t>(first);
    if (power != 308) return power < 308;
    std::string significant = all.substr(first, 17);
    significant.resize(17, '0');
    return significant <= "17976931348623158";
  }

  void note_duplicates(const JsonValue& object) {
    std::vector<std::string_view> sorted(object.keys.begin(), object.keys.end());
    std::sort(sorted.begin(), sorted.end());
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
      path = node.kind == Kind::object ? join_path(path, printable_key(node.keys.back()))
                                       : path + '[' + std::to_string(node.items.size() - 1) + ']';
    }
    return path;
  }

  std::string_view text_;
  JsonDocument& document_;
  std::size_t at_ = 0;
  std::string_view problem_;
  std::vector<JsonValue*>
      open_;  // the containers around the current place; a parent stays put while a child is open
};

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

JsonSyntaxError locate(std::string_view text, std::size_t offset, std::string_view problem) {
  const std::string_view before = text.substr(0, offset);
  const auto line_start = before.rfind('\n');
  JsonSyntaxError error;
  error.line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  error.column = 1 + offset - (line_start == std::string_view::npos ? 0 : line_start + 1);
  error.message = "This is not JSON: " + std::string(problem) + "; " + hint_at(text, offset) + '.';
  return error;
}

}  // namespace

tl::expected<JsonDocument, JsonSyntaxError> parse_json(std::string_view text) {
  JsonDocument document;
  Parser parser(text, document);
  if (parser.parse()) return document;
  return tl::unexpected(locate(text, parser.offset(), parser.problem()));
}

}  // namespace parking_lot
