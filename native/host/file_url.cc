#include "host/file_url.h"

#include <optional>
#include <string_view>

namespace parking_lot {
namespace {

constexpr std::string_view scheme = "file:";

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

Failure failure(const std::string& url, const std::string& why) {
  return Failure(
      {url, "names no folder of this machine: " + why + ". Give a path, or a URL like file:///var/lib/lot."});
}

}  // namespace

Result<std::string> folder_named(const std::string& given) {
  if (!given.starts_with(scheme)) return given;
  std::string_view rest = std::string_view(given).substr(scheme.size());
  rest = rest.substr(0, rest.find_first_of("?#"));
  if (rest.starts_with("//")) {
    const std::string_view host = rest.substr(2, rest.find('/', 2) - 2);
    if (!host.empty() && host != "localhost")
      return failure(given, "'" + std::string(host) + "' is another host");
    rest.remove_prefix(2 + host.size());
  }
  std::string path = rest.starts_with('/') ? "" : "/";
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != '%') {
      path += rest[i];
      continue;
    }
    const auto high = i + 2 < rest.size() ? hex_digit(rest[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(rest[i + 2]) : std::nullopt;
    if (!low) return failure(given, "a % without two hexadecimal digits");
    const auto byte = static_cast<char>(*high * 16 + *low);
    if (byte == '/' || byte == '\0') return failure(given, "a name in it has an encoded / or zero byte");
    path += byte;
    i += 2;
  }
  return path;
}

}  // namespace parking_lot
