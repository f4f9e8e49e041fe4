#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/erased_name.h"

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

  /// Hears of each name that is read and was not sealed.
  virtual void saw_plain(std::string_view name) { (void)name; }
};

}  // namespace parking_lot
