#pragma once

#include <optional>
#include <string>

namespace parking_lot {

/// The live process that owns a folder through Node, which has no lock that the kernel frees: `process 123`.
/// Node's owners name themselves in `.owner.<n>`, the highest number counts; what they write and why is in
/// web/src/storage/node-lock.ts. They look for a native owner's lock after they have named themselves, so a
/// native owner asks for them after it has taken the lock.
std::optional<std::string> node_owner_of(const std::string& directory);

}  // namespace parking_lot
