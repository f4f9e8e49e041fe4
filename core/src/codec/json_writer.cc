#include "codec/json_writer.h"

namespace parking_lot {
namespace {

/// Bytes of the UTF-8 sequence at the front of `text` (RFC 3629, section 4); 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80; };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool is_overlong = first == 0xe0 && second < 0xa0;
    const bool is_surrogate = first == 0xed && second > 0x9f;
    return follows(1) && follows(2) && !is_overlong && !is_surrogate ? 3 : 0;
  }
  if (first < 0xf0 || first > 0xf4 || !follows(1) || !follows(2) || !follows(3)) return 0;
  return (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f) ? 0 : 4;
}

/// Ids may hold any bytes; what is not UTF-8 becomes U+FFFD, since JSON cannot hold it.
void append_escaped(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text.substr(i));
    if (length != 1) {
      out.append(length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(i, length));
      i += length == 0 ? 1 : length;
      continue;
    }
    const char c = text[i++];
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (byte < 0x20) {
          out.append("\\u00").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
        } else {
          out += c;
        }
    }
  }
}

void break_line(std::string& out, std::size_t depth) {
  out += '\n';
  out.append(2 * depth, ' ');
}

}  // namespace

void JsonWriter::separate() {
  if (needs_comma_) text_ += ',';
  needs_comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  text_ += bracket;
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  string(name);
  text_ += ':';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  text_ += '"';
  append_escaped(text_, text);
  text_ += '"';
  return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) { return raw(std::to_string(value)); }

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  text_.append(json);
  return *this;
}

std::string indented_json(std::string_view compact) {
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    const bool was_in_string = in_string;
    if (c == '"') in_string = !in_string;
    if (was_in_string) {
      out += c;
      if (c == '\\' && i + 1 < compact.size()) out += compact[++i];
      continue;
    }
    if (c == '}' || c == ']') {
      const char opener = c == '}' ? '{' : '[';
      --depth;
      if (compact[i - 1] != opener) break_line(out, depth);
    }
    out += c;
    if (c == '{' || c == '[') {
      ++depth;
      const bool is_empty = i + 1 < compact.size() && compact[i + 1] == (c == '{' ? '}' : ']');
      if (!is_empty) break_line(out, depth);
    } else if (c == ',') {
      break_line(out, depth);
    } else if (c == ':') {
      out += ' ';
    }
  }
  return out;
}

}  // namespace parking_lot
