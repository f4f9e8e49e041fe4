#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "parking_lot/lot.h"

namespace parking_lot::scenario {

/// How a script names things: tasks by the name that the script gave them, incarnations of volatile streams
/// by the order in which they appear, moments by their distance from the start of the script.
class Spelling {
 public:
  explicit Spelling(WallTime origin) : origin_(origin) {}

  /// The lot whose handles are spelled from now on; may be null between a crash and the next opening.
  void use(const Lot* lot) { lot_ = lot; }

  /// From now on `symbol` stands for this task id in this pool.
  void name_task(PoolId pool, std::string_view task_id, std::string_view symbol);
  /// The id behind a symbol; empty if the script has not named it.
  std::string_view id_of(PoolId pool, std::string_view symbol) const;
  void name_admission(PoolId pool, std::uint64_t admission, std::string_view task_id);

  std::string task(PoolId pool, TaskHandle task) const;
  std::string task(PoolId pool, std::string_view task_id) const;
  std::string task(std::string_view pool_name, std::string_view task_id) const;
  std::string admission(PoolId pool, std::uint64_t admission) const;
  /// `incarnation.number`.
  std::string lease(Lease lease);
  std::string incarnation(std::uint64_t incarnation);
  std::string moment(WallTime time) const;
  std::string pool(PoolId pool) const { return std::string(lot_->scheduler().pool_name(pool)); }
  /// `tenant/user/session`, as far as they are there.
  static std::string mailbox(std::string_view encoded_key);

 private:
  using TaskKey = std::pair<std::uint32_t, std::string>;

  WallTime origin_;
  const Lot* lot_ = nullptr;
  std::map<TaskKey, std::string> symbols_;  // by id
  std::map<TaskKey, std::string> ids_;      // by symbol
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::string> admissions_;
  std::map<std::uint64_t, std::uint32_t> volatile_incarnations_;
};

}  // namespace parking_lot::scenario
