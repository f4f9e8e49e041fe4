#include "codec/json_writer.h"

namespace parking_lot {
namespace {

void append_escaped(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
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
