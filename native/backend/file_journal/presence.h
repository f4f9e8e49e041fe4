#pragma once

#include <span>
#include <string>

/// What is left of a store in the folder where it is expected.
namespace parking_lot {

/// `names`: of the files in the folder.
bool has_records(std::span<const std::string> names);

/// Whether the records of a store that has payloads are gone, which only somebody else can have done: the
/// opening's own commit brings the first records, and no payloads.
bool has_lost_records(std::span<const std::string> names);
inline constexpr const char* records_are_gone =
    "has payloads, but its records are gone: were files deleted? Bring them back, or name another directory.";

}  // namespace parking_lot
