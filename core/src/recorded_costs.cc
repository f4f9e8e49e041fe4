#include "recorded_costs.h"

#include <algorithm>
#include <utility>

#include "codec/json_value.h"

namespace parking_lot {
namespace {

/// `part` millionths of `whole`, rounded up.
Units share_to_units(Units part, Units whole) {
  return whole / share_unit * part + (whole % share_unit * part + share_unit - 1) / share_unit;
}

/// The other way round; scaled down until it fits into 64 bits.
Units units_to_share(Units units, Units whole) {
  while (whole > units_max / share_unit) {
    whole /= 2;
    units = units / 2 + units % 2;
  }
  return whole == 0 ? share_unit : (std::min(units, whole) * share_unit + whole - 1) / whole;
}

PresentCost cost_of_share(const Pool& pool, Units share) {
  if (!pool.has_resources()) return {std::max<Units>(1, share_to_units(share, pool.config.max_units)), {}};
  PresentCost cost{share, {}};
  std::size_t i = 0;
  for (const auto& [name, whole] : pool.config.resources) cost.amounts.of[i++] = share_to_units(share, whole);
  return cost;
}

}  // namespace

std::optional<RecordedCapacity> recorded_capacity(std::string_view settings) {
  const auto document = parse_json(settings);
  const JsonValue* max_units = document ? document->root.find("max_units") : nullptr;
  if (max_units == nullptr) return std::nullopt;
  RecordedCapacity capacity;
  capacity.max_units = max_units->magnitude;
  for (std::size_t i = 0; i < max_units->items.size() && i < max_units->keys.size(); ++i)
    capacity.resources[max_units->keys[i]] = max_units->items[i].magnitude;
  return capacity;
}

PresentCost present_cost(const Pool& pool, Units units, std::span<const std::uint64_t> amounts) {
  PresentCost cost{units, {}};
  const auto& before = pool.recorded_capacity;
  if (!before) {
    if (pool.has_resources())
      std::copy_n(amounts.begin(), std::min(amounts.size(), resources_max), cost.amounts.of.begin());
    return cost;
  }
  if (before->resources.empty()) return cost_of_share(pool, units_to_share(units, before->max_units));
  bool has_any = false;
  std::size_t place = 0;
  for (const auto& [name, whole] : pool.config.resources) {
    const auto known = before->resources.find(name);
    const auto index = static_cast<std::size_t>(std::distance(before->resources.begin(), known));
    if (known != before->resources.end() && index < amounts.size()) cost.amounts.of[place] = amounts[index];
    has_any |= cost.amounts.of[place++] != 0;
  }
  if (!has_any) return cost_of_share(pool, units);
  cost.units = pool.share_of(cost.amounts);
  return cost;
}

}  // namespace parking_lot
