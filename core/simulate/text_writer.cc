#include "simulate/text_writer.h"

#include <cmath>

namespace parking_lot::simulate {
namespace {

constexpr double powers[] = {1, 10, 100, 1e3, 1e4, 1e5, 1e6};
constexpr double largest = 9e12;  // times a million it still fits 64 bits

}  // namespace

std::string decimal(double value, unsigned places) {
  if (std::abs(value) > largest || std::isnan(value)) places = 0;
  if (std::abs(value) > 9e18 || std::isnan(value)) return "0";
  const auto scaled = static_cast<std::uint64_t>(std::llround(std::abs(value) * powers[places]));
  const auto power = static_cast<std::uint64_t>(powers[places]);
  std::string out = value < 0 && scaled > 0 ? "-" : "";
  out += std::to_string(scaled / power);
  if (places == 0) return out;
  const std::string fraction = std::to_string(power + scaled % power);
  return out + '.' + fraction.substr(1);
}

std::string escaped_markup(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string json_string(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= ' ') {
      out += c;
    } else {
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out + '"';
}

void JsonText::begin_value(char bracket) {
  text_ += bracket;
  needs_comma_ = false;
}

void JsonText::close() {
  text_ += '}';
  needs_comma_ = true;
}

void JsonText::write_key(std::string_view key) {
  if (needs_comma_) text_ += ',';
  text_ += json_string(key);
  text_ += ':';
  needs_comma_ = true;
}

void JsonText::text(std::string_view key, std::string_view value) { raw(key, json_string(value)); }

void JsonText::whole(std::string_view key, std::uint64_t value) { raw(key, std::to_string(value)); }

void JsonText::number(std::string_view key, double value, unsigned places) {
  std::string written = decimal(value, places);
  if (written.find('.') != std::string::npos) {
    written.erase(written.find_last_not_of('0') + 1);
    if (written.back() == '.') written.pop_back();
  }
  raw(key, written);
}

void JsonText::raw(std::string_view key, std::string_view json) {
  write_key(key);
  text_ += json;
}

}  // namespace parking_lot::simulate
