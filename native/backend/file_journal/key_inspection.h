#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "key_files.h"

/// What is wrong with the keys of a store, and what can be done about it.
namespace parking_lot {

/// A place in a key file that is not as it was written, or a file that is not there.
struct KeyDamage {
  std::string file;
  std::uint64_t number = 0;  ///< of the file
  std::uint64_t offset = 0;
  std::string message;
  bool is_missing = false;  ///< there is no such file
  bool is_surplus = false;  ///< all from there on belongs to nobody
  Bytes remedy;             ///< to be written there: then the store opens
  std::string loss;         ///< what is lost by that
};

/// Looks at every byte of all key files. Keys that names need, which are those in `used`, must be whole or
/// destroyed. Where keys are missing, the remedy fills their file: none of its numbers is given to another
/// name.
StoreResult<std::vector<KeyDamage>> verify_keys(Files& files, const KeyNumbers& used);

}  // namespace parking_lot
