#include "scenario/arguments.h"

#include <charconv>

namespace parking_lot::scenario {

namespace {

struct TimeUnit {
  std::string_view name;
  std::int64_t ms;
};

// `ms` comes before `m` and `s`, whose letters it ends with or begins with.
constexpr TimeUnit time_units[] = {{"ms", 1}, {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}};
constexpr std::int64_t longest_ms = std::int64_t{1} << 53;

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<Duration> parse_duration(std::string_view text) {
  for (const TimeUnit& unit : time_units) {
    if (!text.ends_with(unit.name)) continue;
    auto count = parse_number(text.substr(0, text.size() - unit.name.size()));
    if (!count || *count > static_cast<std::uint64_t>(longest_ms / unit.ms)) return std::nullopt;
    return Duration{static_cast<std::int64_t>(*count) * unit.ms};
  }
  return std::nullopt;
}

std::optional<Duration> parse_offset(std::string_view text) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  auto length = parse_duration(text.substr(1));
  if (!length) return std::nullopt;
  return text.front() == '-' ? Duration{-length->ms} : *length;
}

std::string duration_text(Duration duration) {
  for (std::string_view name : {"d", "h", "m", "s"}) {
    for (const TimeUnit& unit : time_units) {
      if (unit.name == name && duration.ms != 0 && duration.ms % unit.ms == 0) {
        return std::to_string(duration.ms / unit.ms) + std::string(name);
      }
    }
  }
  return std::to_string(duration.ms) + "ms";
}

std::string offset_text(Duration duration) { return (duration.ms < 0 ? "" : "+") + duration_text(duration); }

Arguments::Arguments(std::string_view line) {
  line = trimmed(line);
  std::size_t verb_end = 0;
  while (verb_end < line.size() && !is_blank(line[verb_end])) ++verb_end;
  verb_ = line.substr(0, verb_end);
  rest_ = trimmed(line.substr(verb_end));
  std::string_view left = rest_;
  while (!left.empty()) {
    std::size_t end = 0;
    while (end < left.size() && !is_blank(left[end])) ++end;
    std::string_view token = left.substr(0, end);
    left = trimmed(left.substr(end));
    std::size_t equals = token.find('=');
    if (equals == std::string_view::npos) {
      words_.push_back(token);
    } else {
      options_.push_back(Option{.key = token.substr(0, equals), .value = token.substr(equals + 1)});
    }
  }
}

void Arguments::fail(std::string message) {
  if (error_.empty()) error_ = std::move(message);
}

std::string_view Arguments::word(std::string_view what) {
  if (has_word()) return words_[next_word_++];
  fail("'" + std::string(verb_) + "' needs " + std::string(what));
  return {};
}

std::optional<std::string_view> Arguments::option(std::string_view key) {
  std::optional<std::string_view> found;
  for (Option& option : options_) {
    if (option.key != key) continue;
    if (found) fail("option '" + std::string(key) + "' is given twice");
    option.taken = true;
    found = option.value;
  }
  return found;
}

std::uint64_t Arguments::number(std::string_view key, std::uint64_t absent) {
  auto text = option(key);
  if (!text) return absent;
  auto value = parse_number(*text);
  if (!value) fail(std::string(key) + " is a whole number, not '" + std::string(*text) + "'");
  return value.value_or(absent);
}

std::span<const std::uint64_t> Arguments::numbers(std::string_view key, std::vector<std::uint64_t>& numbers) {
  auto text = option(key);
  if (!text) return {};
  for (std::string_view left = *text;;) {
    std::size_t comma = left.find(',');
    auto value = parse_number(left.substr(0, comma));
    if (!value)
      fail(std::string(key) + " are whole numbers such as 2,4096, not '" + std::string(*text) + "'");
    numbers.push_back(value.value_or(0));
    if (comma == std::string_view::npos) return numbers;
    left = left.substr(comma + 1);
  }
}

Duration Arguments::duration(std::string_view key, Duration absent) {
  auto text = option(key);
  if (!text) return absent;
  auto value = parse_duration(*text);
  if (!value) fail(std::string(key) + " is a duration such as 50ms or 5s, not '" + std::string(*text) + "'");
  return value.value_or(absent);
}

WallTime Arguments::moment(std::string_view key, WallTime now, WallTime absent) {
  auto text = option(key);
  if (!text) return absent;
  if (auto offset = parse_offset(*text)) return now + *offset;
  if (auto unix_ms = parse_number(*text)) return WallTime{static_cast<std::int64_t>(*unix_ms)};
  fail(std::string(key) + " is a moment such as +5s or a number of Unix milliseconds, not '" +
       std::string(*text) + "'");
  return absent;
}

PayloadRef Arguments::payload(std::string_view key) {
  auto text = option(key);
  if (!text) return {};
  std::uint64_t parts[3] = {0, 100, 0};
  std::size_t count = 0;
  std::string_view left = *text;
  for (bool more = true; more && count < 3; ++count) {
    std::size_t colon = left.find(':');
    more = colon != std::string_view::npos;
    auto value = parse_number(left.substr(0, colon));
    if (!value)
      fail(std::string(key) + " is id, id:bytes or id:bytes:digest, not '" + std::string(*text) + "'");
    parts[count] = value.value_or(0);
    if (more) left = left.substr(colon + 1);
  }
  return PayloadRef{.id = parts[0], .bytes = parts[1], .digest = count == 3 ? parts[2] : parts[0]};
}

std::vector<std::pair<std::string_view, std::string_view>> Arguments::other_options() {
  std::vector<std::pair<std::string_view, std::string_view>> others;
  for (Option& option : options_) {
    if (option.taken) continue;
    option.taken = true;
    others.push_back({option.key, option.value});
  }
  return others;
}

bool Arguments::finish() {
  if (has_word())
    fail("'" + std::string(verb_) + "' has a word too many: '" + std::string(words_[next_word_]) + "'");
  for (const Option& option : options_) {
    if (!option.taken) fail("'" + std::string(verb_) + "' has no option '" + std::string(option.key) + "'");
  }
  return error_.empty();
}

}  // namespace parking_lot::scenario
