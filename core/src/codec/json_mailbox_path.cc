#include <optional>

#include "parking_lot/erased_name.h"
#include "parking_lot/json.h"

namespace parking_lot {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string encoded(std::string_view part) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : part) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c)) {
      out += c;
    } else {
      out.append(1, '%').append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    }
  }
  return out;
}

std::optional<unsigned> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

/// nullopt: a `%` without two hexadecimal digits, or a part that no key may have.
std::optional<std::string> decoded(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] != '%') {
      out += part[i];
      continue;
    }
    if (i + 2 >= part.size()) return std::nullopt;
    const auto high = hex_value(part[i + 1]);
    const auto low = hex_value(part[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out.empty() || is_valid_name(out) ? std::optional(out) : std::nullopt;
}

}  // namespace

std::string mailbox_path(std::string_view encoded_key) {
  if (is_erased_name(encoded_key)) return std::string(encoded_key);
  const MailboxKey key = decode_mailbox_key(encoded_key);
  std::string path = encoded(key.tenant);
  if (!key.user.empty() || !key.session.empty()) path += '/' + encoded(key.user);
  if (!key.session.empty()) path += ':' + encoded(key.session);
  return path;
}

Result<std::string> parse_mailbox_path(std::string_view path) {
  if (is_erased_name(path)) return std::string(path);
  const auto slash = path.find('/');
  const std::string_view rest = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  const auto colon = rest.find(':');
  const std::string_view session_part =
      colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  const auto tenant = decoded(path.substr(0, slash));
  const auto user = decoded(rest.substr(0, colon));
  const auto session = decoded(session_part);
  if (!tenant || tenant->empty() || !user || !session) {
    return Failure(Error{
        .where = "mailbox",
        .message =
            "is no mailbox; write tenant, tenant/user, tenant/user:session or tenant/:session, each part "
            "percent-encoded, without control characters."});
  }
  return encode_mailbox_key({.tenant = *tenant, .user = *user, .session = *session});
}

}  // namespace parking_lot
