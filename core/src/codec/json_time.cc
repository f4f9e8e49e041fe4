#include "codec/json_time.h"

#include <algorithm>

#include "parking_lot/json.h"

namespace parking_lot {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr Unit time_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, and back.
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil and civil_from_days.
struct Date {
  std::int64_t year = 1970;
  unsigned month = 1;
  unsigned day = 1;
};

std::int64_t days_of(Date date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

Date date_of(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  Date date;
  date.day = static_cast<unsigned>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  date.month = static_cast<unsigned>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

unsigned days_in(std::int64_t year, unsigned month) {
  static constexpr unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && is_leap ? 29 : days[month - 1];
}

/// Reads fixed-width fields off the front of a text.
class Fields {
 public:
  explicit Fields(std::string_view text) : text_(text) {}

  unsigned number(std::size_t width, unsigned min, unsigned max) {
    unsigned value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (i >= text_.size() || !is_digit(text_[i])) return fail();
      value = value * 10 + static_cast<unsigned>(text_[i] - '0');
    }
    text_.remove_prefix(width);
    return value < min || value > max ? fail() : value;
  }
  char one_of(std::string_view characters) {
    if (text_.empty() || characters.find(text_[0]) == std::string_view::npos) {
      fail();
      return 0;
    }
    const char c = text_[0];
    text_.remove_prefix(1);
    return c;
  }
  bool starts_with(char c) const { return !text_.empty() && text_[0] == c; }
  /// Digits after the point, as milliseconds; further digits are cut off.
  unsigned milliseconds() {
    unsigned value = 0;
    std::size_t count = 0;
    for (; count < text_.size() && is_digit(text_[count]); ++count) {
      if (count < 3) value = value * 10 + static_cast<unsigned>(text_[count] - '0');
    }
    if (count == 0) return fail();
    text_.remove_prefix(count);
    for (; count < 3; ++count) value *= 10;
    return value;
  }
  bool ok() const { return !failed_; }
  bool finished() const { return !failed_ && text_.empty(); }

 private:
  unsigned fail() {
    failed_ = true;
    return 0;
  }

  std::string_view text_;
  bool failed_ = false;
};

void append_padded(std::string& out, std::int64_t value, std::size_t width) {
  const std::string digits = std::to_string(value);
  out.append(width > digits.size() ? width - digits.size() : 0, '0').append(digits);
}

}  // namespace

std::optional<std::int64_t> scaled_decimal(std::string_view number, std::int64_t unit_ms) {
  const auto point = number.find('.');
  const std::string_view whole = number.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : number.substr(point + 1);
  if (whole.empty() || whole.size() > 15 || fraction.size() > 3) return std::nullopt;
  if (point != std::string_view::npos && fraction.empty()) return std::nullopt;
  if (!std::all_of(whole.begin(), whole.end(), is_digit)) return std::nullopt;
  if (!std::all_of(fraction.begin(), fraction.end(), is_digit)) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : whole) value = value * 10 + (c - '0');
  std::int64_t thousandths = 0;
  for (std::size_t i = 0; i < 3; ++i)
    thousandths = thousandths * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  if (value > duration_max.ms / unit_ms) return std::nullopt;
  if ((thousandths * unit_ms) % 1000 != 0) return std::nullopt;
  const std::int64_t scaled = value * unit_ms + thousandths * unit_ms / 1000;
  return scaled > duration_max.ms ? std::nullopt : std::optional(scaled);
}

Result<Duration> parse_duration(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
  const auto length = static_cast<std::size_t>(end - text.begin());
  for (const Unit& unit : time_units) {
    if (text.substr(length) != unit.name) continue;
    if (const auto ms = scaled_decimal(text.substr(0, length), unit.ms)) return Duration{*ms};
  }
  return Failure(
      Error{.where = {}, .message = "is not a duration; write it like 250ms, 30s, 1.5s, 5m, 2h or 1d"});
}

Result<WallTime> parse_rfc3339(std::string_view text) {
  Fields fields(text);
  Date date;
  date.year = fields.number(4, 0, 9999);
  fields.one_of("-");
  date.month = fields.number(2, 1, 12);
  fields.one_of("-");
  if (fields.ok()) date.day = fields.number(2, 1, days_in(date.year, date.month));
  fields.one_of("Tt ");
  const unsigned hours = fields.number(2, 0, 23);
  fields.one_of(":");
  const unsigned minutes = fields.number(2, 0, 59);
  fields.one_of(":");
  const unsigned seconds = fields.number(2, 0, 60);  // a leap second is the first instant of the next minute
  unsigned milliseconds = 0;
  if (fields.starts_with('.')) {
    fields.one_of(".");
    milliseconds = fields.milliseconds();
  }
  std::int64_t offset_minutes = 0;
  const char zone = fields.one_of("Zz+-");
  if (zone == '+' || zone == '-') {
    offset_minutes = fields.number(2, 0, 23) * 60;
    fields.one_of(":");
    offset_minutes += fields.number(2, 0, 59);
    if (zone == '-') offset_minutes = -offset_minutes;
  }
  if (!fields.finished()) {
    return Failure(Error{.where = {}, .message = "is not a time; write it like 2026-01-31T12:00:00Z"});
  }
  const std::int64_t minutes_in_all = days_of(date) * 1440 + hours * 60 + minutes - offset_minutes;
  return WallTime{(minutes_in_all * 60 + seconds) * 1000 + milliseconds};
}

std::string format_rfc3339(WallTime time) {
  static constexpr std::int64_t first = -62'167'219'200'000;  // 0000-01-01T00:00:00.000Z
  static constexpr std::int64_t last = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z
  static constexpr std::int64_t day_ms = 86'400'000;
  const std::int64_t ms = std::clamp(time.ms, first, last);
  const std::int64_t days = ms / day_ms - (ms % day_ms < 0 ? 1 : 0);
  const std::int64_t rest = ms - days * day_ms;
  const Date date = date_of(days);
  std::string out;
  append_padded(out, date.year, 4);
  append_padded(out += '-', date.month, 2);
  append_padded(out += '-', date.day, 2);
  append_padded(out += 'T', rest / 3'600'000, 2);
  append_padded(out += ':', rest / 60'000 % 60, 2);
  append_padded(out += ':', rest / 1000 % 60, 2);
  append_padded(out += '.', rest % 1000, 3);
  return out += 'Z';
}

}  // namespace parking_lot
