#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "amounts.h"
#include "number_index.h"
#include "parking_lot/codes.h"
#include "parking_lot/time.h"
#include "parking_lot/types.h"

namespace parking_lot {

inline constexpr std::size_t levels = 4;          // priority classes, critical first
inline constexpr std::size_t resource_kinds = 4;  // as in codes.h
inline constexpr std::uint32_t no_tenant = 0xffffffff;

/// Tenants that are idle are remembered up to this many; then the one idle for longest is forgotten.
inline constexpr std::size_t idle_tenants_max = 10000;

/// What one tenant has used of one class of a pool, in unit-milliseconds. Its *service* is that, divided by
/// its weight: the tenant with the least service leaves first.
struct Account {
  std::int64_t base = 0;        ///< of the service: raised when the tenant wakes
  std::uint64_t settled = 0;    ///< by runs that have ended, since then
  std::uint64_t in_flight = 0;  ///< charged for runs that have not
  std::uint32_t queued = 0;     ///< tasks in the queue
};

/// The last two run times of one kind of task.
struct RunHistory {
  std::array<std::int64_t, 2> ms{};  ///< newest first; 0: none
};

struct Tenant {
  NameId name;
  std::uint32_t weight = 1;
  std::optional<Amounts> limit;  ///< of what it may use at once
  std::uint32_t max_queued = 0xffffffff;
  Amounts in_use;
  std::uint64_t parked = 0;
  std::uint64_t queued = 0;  ///< over all classes; includes what arrived in this batch
  std::uint64_t running = 0;
  std::array<Account, levels> accounts;
  std::array<RunHistory, resource_kinds> history;
  std::uint64_t idle_since = 0;  ///< number among the idle ones; 0: it is not idle

  std::int64_t service(std::size_t level) const {
    const Account& account = accounts[level];
    return account.base + static_cast<std::int64_t>((account.settled + account.in_flight) / weight);
  }
  /// What it may still use; unlimited resources are without bound.
  Amounts room() const;
};

/// Tenants of one pool by number. Numbers are used again once a tenant is forgotten. Number 0 stands for all
/// tenants that need not be told apart.
class Tenants {
 public:
  Tenants() : tenants_(1) {}

  /// The number of a tenant that is known, or `no_tenant`.
  std::uint32_t find(NameId name) const;
  /// `set_up` is called for a new one.
  std::uint32_t add(NameId name, const std::function<void(Tenant&)>& set_up);
  Tenant& operator[](std::uint32_t number) { return tenants_[number]; }
  const Tenant& operator[](std::uint32_t number) const { return tenants_[number]; }

  /// Notes whether the tenant has anything going on. Returns the name of one that is forgotten for it, if one
  /// is: whoever holds names gives it back.
  NameId note_activity(std::uint32_t number);

  /// Calls `visit(number)` for each, in the order of their numbers.
  template <class Visit>
  void visit(Visit visit) const {
    for (std::uint32_t i = 0; i < tenants_.size(); ++i) {
      if (tenants_[i].name) visit(i);
    }
  }
  void clear();
  std::size_t memory_bytes() const;

 private:
  std::deque<Tenant> tenants_;
  std::deque<std::uint32_t> free_;
  NumberIndex by_name_;
  std::set<std::pair<std::uint64_t, std::uint32_t>> idle_;
  std::uint64_t last_idle_ = 0;
};

}  // namespace parking_lot
