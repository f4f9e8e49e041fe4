#include "cli/units_text.h"

namespace parking_lot::cli {

std::string units_text(Units units, const ResourceUnits& resources) {
  if (resources.empty()) return std::to_string(units) + (units == 1 ? " unit" : " units");
  std::string text;
  for (const auto& [name, amount] : resources)
    text += (text.empty() ? "" : ", ") + name + ' ' + std::to_string(amount);
  return text;
}

std::string use_text(const PoolStats& stats) {
  if (stats.resources.empty())
    return std::to_string(stats.units_in_use) + " of " + std::to_string(stats.units_max) + " units";
  std::string text;
  for (const PoolStats::Resource& each : stats.resources) {
    text += (text.empty() ? "" : ", ") + each.name + ' ' + std::to_string(each.units_in_use) + '/' +
            std::to_string(each.units_max);
  }
  return text;
}

}  // namespace parking_lot::cli
