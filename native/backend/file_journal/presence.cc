#include "presence.h"

#include <algorithm>
#include <string_view>

namespace parking_lot {
namespace {

bool has_file(std::span<const std::string> names, std::string_view prefix) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.rfind(prefix, 0) == 0; });
}

}  // namespace

bool has_records(std::span<const std::string> names) { return has_file(names, "records-"); }

bool has_lost_records(std::span<const std::string> names) {
  return has_file(names, "payloads-") && !has_records(names);
}

}  // namespace parking_lot
