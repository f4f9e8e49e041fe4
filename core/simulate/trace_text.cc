#include "simulate/trace_text.h"

#include <algorithm>
#include <numeric>

namespace parking_lot::simulate {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t quoted_bytes_max = 40;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class T>
void reorder(std::vector<T>& items, const std::vector<std::uint32_t>& order) {
  std::vector<T> ordered;
  ordered.reserve(items.size());
  for (const std::uint32_t place : order) ordered.push_back(std::move(items[place]));
  items = std::move(ordered);
}

}  // namespace

Lines::Lines(std::string_view text) : rest_(text) {
  if (rest_.substr(0, byte_order_mark.size()) == byte_order_mark) rest_.remove_prefix(byte_order_mark.size());
}

bool Lines::next() {
  if (rest_.empty()) return false;
  const std::size_t end = std::min(rest_.find('\n'), rest_.size());
  line = rest_.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  ++number;
  return true;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, quoted_bytes_max)) out += c >= ' ' && c < 0x7f ? c : '?';
  return out + (text.size() > quoted_bytes_max ? "…'" : "'");
}

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  if (text.empty() || text.size() > 16) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value > units_max) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_thousandths(std::string_view text) {
  const bool is_negative = !text.empty() && text.front() == '-';
  if (is_negative) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point < text.size() ? text.substr(point + 1) : std::string_view();
  if (whole.empty() || whole.size() > 12) return std::nullopt;
  const auto units = parse_whole(whole);
  if (!units || !std::all_of(fraction.begin(), fraction.end(), is_digit)) return std::nullopt;
  auto value = static_cast<std::int64_t>(*units);
  for (std::size_t i = 0; i < 3; ++i) value = value * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  return is_negative ? -value : value;
}

std::uint32_t NameList::place_of(std::string_view name) {
  if (last_ < names_.size() && names_[last_] == name) return last_;
  const auto [place, is_new] =
      places_.try_emplace(std::string(name), static_cast<std::uint32_t>(names_.size()));
  if (is_new) names_.emplace_back(name);
  return last_ = place->second;
}

void order_by_arrival(Trace& trace) {
  const auto is_earlier = [](const TraceTask& a, const TraceTask& b) { return a.submit_ms < b.submit_ms; };
  if (std::is_sorted(trace.tasks.begin(), trace.tasks.end(), is_earlier)) return;
  std::vector<std::uint32_t> order(trace.tasks.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return is_earlier(trace.tasks[a], trace.tasks[b]);
  });
  reorder(trace.tasks, order);
  reorder(trace.ids, order);
  if (!trace.costs.empty()) reorder(trace.costs, order);
}

}  // namespace parking_lot::simulate
