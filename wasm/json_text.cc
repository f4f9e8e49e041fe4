#include "json_text.h"

namespace parking_lot::wasm {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      static constexpr char hex[] = "0123456789abcdef";
      out.append("\\u00").append(1, hex[c >> 4]).append(1, hex[c & 15]);
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string issues_text(const std::vector<ConfigIssue>& issues) {
  std::string out = "[";
  for (const ConfigIssue& issue : issues) {
    if (out.size() > 1) out += ',';
    const bool is_error = issue.severity == ConfigIssue::Severity::error;
    out += std::string("{\"severity\":") + (is_error ? "\"error\"" : "\"warning\"") +
           ",\"path\":" + quoted(issue.path) + ",\"message\":" + quoted(issue.message) + "}";
  }
  return out + "]";
}

std::string failure_text(const Error& error) {
  return "{\"where\":" + quoted(error.where) + ",\"failure\":" + quoted(error.message) + "}";
}

}  // namespace parking_lot::wasm
