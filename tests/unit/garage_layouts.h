#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "parking_lot/garage/garage_config.h"

namespace parking_lot::garage {

/// SplitMix64: the same numbers everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(next() % end); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

inline Tariff free_of_charge() {
  Tariff tariff;
  tariff.name = "free";
  return tariff;
}

/// `rows` rows of `length` equal spots on one level, entrances at both ends.
inline GarageConfig plain_garage(std::uint32_t rows, std::uint32_t length,
                                 SpotKind kind = SpotKind::regular) {
  GarageConfig config;
  config.name = "plain";
  LevelConfig level{.name = "P1", .rows = {}};
  for (std::uint32_t row = 0; row < rows; ++row)
    level.rows.push_back({.name = std::to_string(row + 1), .zone = {}, .spots = {{length, kind, {}}}});
  config.levels.push_back(level);
  config.entrances = {{.name = "front", .distances = {}},
                      {.name = "back", .distances = {{"P1/" + std::to_string(rows), 0}, {"P1", 5}}}};
  config.tariffs = {free_of_charge()};
  return config;
}

/// Rows of mixed kinds and features, some of them longer than a word.
inline GarageConfig mixed_garage(Dice& dice) {
  GarageConfig config;
  config.name = "mixed";
  const std::uint32_t levels = 1 + dice.below(3);
  for (std::uint32_t l = 0; l < levels; ++l) {
    LevelConfig level{.name = "L" + std::to_string(l), .rows = {}};
    const std::uint32_t rows = 1 + dice.below(4);
    for (std::uint32_t r = 0; r < rows; ++r) {
      RowConfig row{.name = "R" + std::to_string(r),
                    .zone = dice.one_in(2) ? "" : "Z" + std::to_string(dice.below(3)),
                    .spots = {}};
      const std::uint32_t runs = 1 + dice.below(4);
      for (std::uint32_t i = 0; i < runs; ++i) {
        const auto features = dice.one_in(3) ? static_cast<std::uint8_t>(dice.below(8)) : std::uint8_t{0};
        const std::uint32_t count = dice.one_in(10) ? 60 + dice.below(90) : 1 + dice.below(12);
        row.spots.push_back({count, static_cast<SpotKind>(dice.below(3)), Features(features)});
      }
      level.rows.push_back(row);
    }
    config.levels.push_back(level);
  }
  config.entrances = {{.name = "A", .distances = {}},
                      {.name = "B", .distances = {{"L0", 40}, {"L0/R1", 3}}},
                      {.name = "C", .distances = {{"L" + std::to_string(levels - 1), 0}}}};
  config.tariffs = {free_of_charge()};
  return config;
}

}  // namespace parking_lot::garage
