#include "codec/json_spelling.h"

#include <algorithm>
#include <numeric>

namespace parking_lot {
namespace {

constexpr std::size_t length_max = 64;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || is_upper(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.' || c == ' ';
}

std::string folded(std::string_view word) {
  std::string out;
  for (const char c : word.substr(0, length_max)) {
    if (c == '_' || c == '-' || c == ' ') continue;
    out += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
    }
    before_last = last;
    last.swap(current);
  }
  return last[b.size()];
}

}  // namespace

std::string_view closest_word(std::string_view written, std::span<const std::string_view> candidates) {
  const std::string wanted = folded(written);
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t candidate_distance = distance(wanted, folded(candidate));
    if (candidate_distance >= best_distance) continue;
    best = candidate;
    best_distance = candidate_distance;
  }
  return best;
}

std::string quoted_text(std::string_view text) {
  const bool is_word = text.size() <= 40 && std::all_of(text.begin(), text.end(), is_plain);
  return is_word ? '"' + std::string(text) + '"' : "the given text";
}

std::string printable_key(std::string_view key) {
  std::string out;
  for (const char c : key.substr(0, length_max))
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return key.size() > length_max ? out + "..." : out;
}

std::string listed_names(std::span<const Word> words) {
  std::string out;
  std::optional<std::uint8_t> last;
  for (const Word& word : words) {
    if (word.number == last) continue;
    last = word.number;
    if (!out.empty()) out += ", ";
    out += word.name;
  }
  return out;
}

std::vector<std::string_view> spellings_of(std::span<const Word> words) {
  std::vector<std::string_view> out;
  for (const Word& word : words) out.push_back(word.name);
  return out;
}

std::string snake_case(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (is_upper(c)) {
      out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace parking_lot
