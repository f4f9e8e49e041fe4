#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "faulty_files.h"

namespace parking_lot::test {

/// What accidents and people do to a folder.
class Vandal {
 public:
  Vandal(FaultyDisk& disk, std::uint64_t seed) : disk_(disk), random_(seed) {}

  std::string strike() {
    std::vector<std::string> names = disk_.names();
    std::erase_if(names, [](const std::string& name) { return name == "lock" || name.starts_with("cut-"); });
    if (names.empty()) return "nothing is left";
    const std::string& file = names[below(names.size())];
    std::string& bytes = disk_.contents(file);
    const std::size_t at = bytes.empty() ? 0 : below(bytes.size());
    const std::string where = file + " at " + std::to_string(at);
    switch (below(7)) {
      case 0: {
        FaultyFiles files(disk_);
        REQUIRE(files.lock());
        REQUIRE(files.remove(file));
        return "delete " + file;
      }
      case 1:
        bytes.resize(at);
        return "cut " + where;
      case 2:
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), std::min(below(600), bytes.size() - at),
                    '\0');
        return "zeros in " + where;
      case 3:
        std::swap(bytes, disk_.contents(names[below(names.size())]));
        return "swap " + file;
      case 4:
        bytes += std::string(below(200), 'z');
        return "append to " + file;
      default:
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        return "flip " + where;
    }
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }

  FaultyDisk& disk_;
  std::mt19937_64 random_;
};

}  // namespace parking_lot::test
