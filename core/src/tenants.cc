#include "tenants.h"

namespace parking_lot {

Amounts Tenant::room() const {
  Amounts room;
  room.of.fill(~Units{0});
  if (!limit) return room;
  for (std::size_t i = 0; i < resources_max; ++i) {
    room.of[i] = in_use.of[i] > limit->of[i] ? 0 : limit->of[i] - in_use.of[i];
  }
  return room;
}

std::uint32_t Tenants::find(NameId name) const {
  const std::uint32_t* found = by_name_.find(name.index);
  return found == nullptr ? no_tenant : *found;
}

std::uint32_t Tenants::add(NameId name, const std::function<void(Tenant&)>& set_up) {
  const auto [place, is_new] = by_name_.try_emplace(name.index, 0);
  if (!is_new) return place;
  std::uint32_t number = static_cast<std::uint32_t>(tenants_.size());
  if (free_.empty()) {
    tenants_.emplace_back();
  } else {
    number = free_.front();
    free_.pop_front();
    tenants_[number] = Tenant{};
  }
  place = number;
  tenants_[number].name = name;
  set_up(tenants_[number]);
  return number;
}

NameId Tenants::note_activity(std::uint32_t number) {
  Tenant& tenant = tenants_[number];
  const bool is_idle = tenant.queued + tenant.running + tenant.parked == 0;
  if (is_idle == (tenant.idle_since != 0)) return {};
  if (!is_idle) {
    idle_.erase({tenant.idle_since, number});
    tenant.idle_since = 0;
    return {};
  }
  tenant.idle_since = ++last_idle_;
  idle_.insert({tenant.idle_since, number});
  if (idle_.size() <= idle_tenants_max) return {};
  const std::uint32_t forgotten = idle_.begin()->second;
  idle_.erase(idle_.begin());
  const NameId name = tenants_[forgotten].name;
  by_name_.erase(name.index);
  tenants_[forgotten] = Tenant{};
  free_.push_back(forgotten);
  return name;
}

void Tenants::clear() {
  tenants_.clear();
  tenants_.emplace_back();
  free_.clear();
  by_name_.clear();
  idle_.clear();
}

std::size_t Tenants::memory_bytes() const {
  return tenants_.size() * (sizeof(Tenant) + 4 * sizeof(void*)) + idle_.size() * 6 * sizeof(void*);
}

}  // namespace parking_lot
