#pragma once

#include <sys/stat.h>
#include <cstdint>
#include <optional>
#include <string>

namespace parking_lot {

/// When a file was changed, in ms since 1970, by the clock of its file system.
std::int64_t changed_ms(const struct stat& file);

/// The live process that owns a folder through Node, which has no lock that the kernel frees: `process 123`.
///
/// Node's owners name themselves in `.owner.<n>`, the highest number counts; what they write and why is in
/// web/src/storage/node-lock.ts. One in another container or on another machine is alive as long as it
/// changes the time of its file; `now_ms` is by the same clock.
std::optional<std::string> node_owner(const std::string& directory, std::int64_t now_ms);

/// Likewise; if there is none, the folder is taken from the one that was the last: should it only have stood
/// still, it will write nothing more. Node's owners look for a native owner's lock after they have named or
/// shown themselves, so a native owner calls this after it has taken the lock.
std::optional<std::string> take_from_node(const std::string& directory, std::int64_t now_ms);

}  // namespace parking_lot
