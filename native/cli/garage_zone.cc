#include "cli/garage_zone.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "cli/config_file.h"

namespace parking_lot::cli {
namespace {

constexpr std::size_t header_bytes = 44;
constexpr std::size_t offsets_max = 1000;

std::int64_t big_endian(std::string_view bytes, std::size_t at, int length) {
  std::uint64_t value = (bytes[at] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (int i = 0; i < length; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
  return static_cast<std::int64_t>(value);
}

/// The counts of a header, in the order of RFC 9636, 3.1.
struct Counts {
  std::size_t isut, isstd, leap, time, type, character;

  static Counts of(std::string_view bytes, std::size_t at) {
    const auto count = [&](std::size_t i) {
      return static_cast<std::size_t>(big_endian(bytes, at + 20 + 4 * i, 4));
    };
    return {count(0), count(1), count(2), count(3), count(4), count(5)};
  }
  std::size_t body_bytes(std::size_t time_bytes) const {
    return time * (time_bytes + 1) + type * 6 + character + leap * (time_bytes + 4) + isstd + isut;
  }
};

bool is_name(std::string_view name) {
  return !name.empty() && name.front() != '/' && name.find("..") == std::string_view::npos &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") ==
             std::string_view::npos;
}

}  // namespace

Result<garage::ZoneOffsets> read_zone(const std::string& name) {
  garage::ZoneOffsets offsets;
  if (name == "UTC") return offsets;
  if (!is_name(name)) return Failure(Error{name, "is no name of a time zone; write one like Europe/Berlin."});
  const auto file = read_file("/usr/share/zoneinfo/" + name);
  const Error unusable{name, "is no time zone that this system knows; install tzdata or correct the name."};
  if (!file || file->size() < 2 * header_bytes || file->compare(0, 4, "TZif") != 0 || (*file)[4] < '2')
    return Failure(unusable);
  const std::string_view bytes = *file;
  const std::size_t second = header_bytes + Counts::of(bytes, 0).body_bytes(4);
  if (bytes.size() < second + header_bytes) return Failure(unusable);
  const Counts counts = Counts::of(bytes, second);
  const std::size_t times = second + header_bytes;
  const std::size_t kinds = times + counts.time * 8;
  const std::size_t types = kinds + counts.time;
  if (counts.type == 0 || bytes.size() < times + counts.body_bytes(8)) return Failure(unusable);
  const auto offset_of = [&](std::size_t type) {
    return static_cast<std::int32_t>(big_endian(bytes, types + std::min(type, counts.type - 1) * 6, 4));
  };
  // Before 1970 nobody parked here: of the changes until then the last one counts.
  offsets.push_back({WallTime{0}, offset_of(0)});
  for (std::size_t i = 0; i < counts.time; ++i) {
    const WallTime utc{big_endian(bytes, times + 8 * i, 8) * 1000};
    const std::int32_t offset = offset_of(static_cast<unsigned char>(bytes[kinds + i]));
    if (utc.ms <= 0)
      offsets.front().offset_secs = offset;
    else if (offset != offsets.back().offset_secs)
      offsets.push_back({utc, offset});
  }
  if (offsets.size() > offsets_max) offsets.erase(offsets.begin(), offsets.end() - offsets_max);
  return offsets;
}

}  // namespace parking_lot::cli
