#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "store.h"

/// Whose bytes a payload is, as the records tell, for somebody who hears that it is lost.
namespace parking_lot {

/// By payload's id: `the payload of task T of pool P`, `the result of …`, `the message of task T in mailbox
/// K`, all who name it. Empty where the records cannot be read. O(records that an opening reads).
std::map<std::uint64_t, std::string> payload_owners(Files& files);

}  // namespace parking_lot
