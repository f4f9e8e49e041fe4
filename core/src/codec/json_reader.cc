#include "codec/json_reader.h"

#include <algorithm>

#include "codec/json_spelling.h"
#include "codec/json_time.h"
#include "parking_lot/json.h"

namespace parking_lot {
namespace {

using Kind = JsonValue::Kind;

/// Beyond these a text is not a config with errors but something else; the rest is counted, not listed.
constexpr std::size_t issues_max = 1000;
constexpr std::size_t suggestions_max = 200;

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 20 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

std::string seconds_text(std::uint64_t ms) {
  std::string out = std::to_string(ms / 1000);
  if (ms % 1000 == 0) return out;
  std::string thousandths = std::to_string(1000 + ms % 1000).substr(1);
  while (thousandths.back() == '0') thousandths.pop_back();
  return out + '.' + thousandths;
}

std::string range_text(const std::string& min, const std::string& max) {
  return " from " + min + " to " + max;
}

/// What stands there instead of a number, and what to do about it.
std::string not_a_number(const JsonValue& value) {
  if (value.kind == Kind::string && is_number(value.text)) {
    return ", not a string; write " + value.text + " without quotes";
  }
  return ", not " + std::string(kind_name(value));
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::string_view kind_name(const JsonValue& value) {
  switch (value.kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.is_true ? "true" : "false";
    case Kind::integer:
    case Kind::real:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::array:
      return "an array";
    case Kind::object:
      return "an object";
  }
  return "a value";
}

JsonReader::At::At(JsonReader& reader, std::string_view key) : reader_(reader), length_(reader.path_.size()) {
  if (length_ != 0) reader_.path_ += '.';
  reader_.path_ += printable_key(key);
}

JsonReader::At::At(JsonReader& reader, std::size_t index) : reader_(reader), length_(reader.path_.size()) {
  reader_.path_.append("[").append(std::to_string(index)).append("]");
}

void JsonReader::error(std::string message) {
  if (issues_.size() == issues_max) message = "and more errors follow; correct the first ones.";
  if (issues_.size() > issues_max) return;
  issues_.push_back({.severity = ConfigIssue::Severity::error, .path = path_, .message = std::move(message)});
}

void JsonReader::warning(std::string message) {
  if (issues_.size() >= issues_max) return;
  issues_.push_back(
      {.severity = ConfigIssue::Severity::warning, .path = path_, .message = std::move(message)});
}

void JsonReader::unknown_key(std::string_view key, std::span<const std::string_view> known) {
  const At at(*this, key);
  const std::string_view meant =
      issues_.size() < suggestions_max ? closest_word(key, known) : std::string_view();
  if (!meant.empty()) return error("unknown key; did you mean \"" + std::string(meant) + "\"?");
  std::string message = "unknown key; remove it. Known here: ";
  for (std::size_t i = 0; i < known.size(); ++i) message.append(i == 0 ? "" : ", ").append(known[i]);
  error(std::move(message));
}

std::optional<std::uint64_t> JsonReader::integer(const JsonValue& value, std::uint64_t min,
                                                 std::uint64_t max) {
  const bool is_whole = value.kind == Kind::integer;
  if (is_whole && !(value.is_negative && value.magnitude != 0) && value.magnitude >= min &&
      value.magnitude <= max) {
    return value.magnitude;
  }
  std::string message = "must be a whole number" + range_text(std::to_string(min), std::to_string(max));
  if (is_whole) {
    message += std::string(", not ") + (value.is_negative ? "-" : "") + std::to_string(value.magnitude);
  } else if (value.kind == Kind::real) {
    message += ", not " + value.text.substr(0, 40) + "; write it without a fraction or an exponent";
  } else {
    message += not_a_number(value);
  }
  error(message + '.');
  return std::nullopt;
}

std::optional<Duration> JsonReader::seconds(const JsonValue& value, std::uint64_t min_ms,
                                            std::uint64_t max_ms) {
  std::optional<std::int64_t> ms;
  if (value.kind == Kind::integer && !value.is_negative)
    ms = scaled_decimal(std::to_string(value.magnitude), 1000);
  if (value.kind == Kind::real) ms = scaled_decimal(value.text, 1000);
  if (ms && static_cast<std::uint64_t>(*ms) >= min_ms && static_cast<std::uint64_t>(*ms) <= max_ms)
    return Duration{*ms};
  const bool is_numeric = value.kind == Kind::integer || value.kind == Kind::real;
  error("must be a number of seconds" + range_text(seconds_text(min_ms), seconds_text(max_ms)) +
        (is_numeric ? ", with at most three decimals" : not_a_number(value)) + '.');
  return std::nullopt;
}

std::optional<Duration> JsonReader::duration(const JsonValue& value, std::uint64_t min_ms,
                                             std::uint64_t max_ms) {
  std::optional<std::int64_t> ms;
  if (value.kind == Kind::integer && !value.is_negative)
    ms = scaled_decimal(std::to_string(value.magnitude), 1);
  if (value.kind == Kind::string) {
    const std::optional<std::string> written = text(value);
    if (!written) return std::nullopt;
    const Result<Duration> parsed = parse_duration(*written);
    if (!parsed) {
      error(quoted_text(value.text) + ' ' + parsed.error().message + ", or as a number of milliseconds.");
      return std::nullopt;
    }
    ms = parsed->ms;
  }
  if (ms && static_cast<std::uint64_t>(*ms) >= min_ms && static_cast<std::uint64_t>(*ms) <= max_ms)
    return Duration{*ms};
  error("must be a duration" + range_text(seconds_text(min_ms) + "s", seconds_text(max_ms) + "s") +
        ": a whole number of milliseconds, or text like 250ms, 30s, 5m, 2h, 1d.");
  return std::nullopt;
}

std::optional<WallTime> JsonReader::time(const JsonValue& value, WallTime now) {
  if (value.kind == JsonValue::Kind::integer && !value.is_negative && value.magnitude <= units_max)
    return WallTime{static_cast<std::int64_t>(value.magnitude)};
  if (value.kind == JsonValue::Kind::string) {
    if (const auto absolute = parse_rfc3339(value.text)) return *absolute;
    if (const auto relative = parse_duration(value.text)) return now + *relative;
  }
  const std::string what =
      value.kind == JsonValue::Kind::string ? quoted_text(value.text) : std::string(kind_name(value));
  error(what +
        " is not a time; write it like \"2026-01-31T12:00:00Z\", as whole Unix milliseconds, or relative "
        "like \"30s\".");
  return std::nullopt;
}

std::optional<bool> JsonReader::boolean(const JsonValue& value) {
  if (value.kind == Kind::boolean) return value.is_true;
  error("must be true or false, not " + std::string(kind_name(value)) + '.');
  return std::nullopt;
}

std::optional<std::string> JsonReader::text(const JsonValue& value) {
  if (value.kind == Kind::string)
    return environment_ == nullptr ? std::optional(value.text) : expanded(value.text);
  error("must be a string, not " + std::string(kind_name(value)) + "; put it in double quotes.");
  return std::nullopt;
}

std::optional<std::uint8_t> JsonReader::word(const JsonValue& value, std::span<const Word> words) {
  if (value.kind != Kind::string) {
    error("must be a string, one of " + listed_names(words) + ", not " + std::string(kind_name(value)) + '.');
    return std::nullopt;
  }
  const std::optional<std::string> written = text(value);
  if (!written) return std::nullopt;
  if (const auto number = number_of(words, *written)) return number;
  std::string message = quoted_text(value.text) + " is not one of " + listed_names(words);
  const std::string_view meant = closest_word(value.text, spellings_of(words));
  message += meant.empty() ? "." : "; did you mean \"" + std::string(meant) + "\"?";
  error(std::move(message));
  return std::nullopt;
}

bool JsonReader::is_object(const JsonValue& value, std::string_view example) {
  if (value.kind == Kind::object) return true;
  error("must be an object, not " + std::string(kind_name(value)) + "; write it like " +
        std::string(example) + '.');
  return false;
}

bool JsonReader::is_array(const JsonValue& value, std::string_view example) {
  if (value.kind == Kind::array) return true;
  error("must be an array, not " + std::string(kind_name(value)) + "; write it like " + std::string(example) +
        '.');
  return false;
}

std::optional<std::string> JsonReader::expanded(std::string_view text) {
  std::string out;
  std::size_t from = 0;
  bool is_complete = true;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", from)) {
    if (at > from && text[at - 1] == '$') {
      out.append(text.substr(from, at - 1 - from)).append("${");
      from = at + 2;
      continue;
    }
    out.append(text.substr(from, at - from));
    const std::size_t end = text.find('}', at);
    const std::string_view name =
        end == std::string_view::npos ? std::string_view() : text.substr(at + 2, end - at - 2);
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_character)) {
      error("holds \"${\" without a variable's name and \"}\"; write ${NAME}, or $${ for a plain \"${\".");
      return std::nullopt;
    }
    std::optional<std::string> value;
    if (*environment_) value = (*environment_)(name);
    if (!value)
      error("the environment variable " + std::string(name) +
            " is not set; set it, or write the value here.");
    is_complete = is_complete && value;
    if (value) out += *value;
    from = end + 1;
  }
  out.append(text.substr(from));
  return is_complete ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace parking_lot
