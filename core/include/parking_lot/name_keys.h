#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parking_lot {

/// Keys under which records keep the names of people: plates, operators, mailboxes. Destroying the key of a
/// name erases it everywhere, and no byte of a record changes.
class NameKeys {
 public:
  virtual ~NameKeys() = default;

  /// Appends what records have in place of the name: the number of its key (varint), the ciphertext, and 16
  /// bytes of authentication. False: the name stays plain. The same name is sealed to the same bytes as long
  /// as its key is remembered.
  virtual bool seal(std::string_view name, std::vector<std::uint8_t>& out) = 0;

  /// Appends the name again, or `erased:` and the key's number if the key was destroyed. Returns what is
  /// wrong, or nothing. `sealed` may be any bytes.
  virtual const char* open(std::span<const std::uint8_t> sealed, std::string& name) = 0;
};

/// What stands in place of an erased name: this and a few digits or letters. No name of a person may look so.
inline constexpr std::string_view erased_prefix = "erased:";
/// In memory, for the mailbox of a user.
inline constexpr std::string_view erased_user = "erased:user";
constexpr bool is_erased_name(std::string_view name) {
  if (name.substr(0, erased_prefix.size()) != erased_prefix || name.size() > 32) return false;
  for (const char c : name.substr(erased_prefix.size())) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'))) return false;
  }
  return name.size() > erased_prefix.size();
}

}  // namespace parking_lot
