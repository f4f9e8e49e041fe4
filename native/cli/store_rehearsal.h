#pragma once

#include <span>
#include <string>

#include "backend/file_journal/inspection.h"
#include "parking_lot/result.h"

namespace parking_lot::cli {

/// A second folder of a store, in which steps of a repair can be done: it is gone when this is destroyed.
/// Files that the steps change are copies, all others are links to those of the store.
class StoreRehearsal {
 public:
  static Result<StoreRehearsal> of(const std::string& directory, std::span<const RepairStep> steps);
  StoreRehearsal(StoreRehearsal&& other) noexcept;
  StoreRehearsal& operator=(StoreRehearsal&&) = delete;
  ~StoreRehearsal();

  const std::string& directory() const { return directory_; }

 private:
  explicit StoreRehearsal(std::string directory) : directory_(std::move(directory)) {}

  std::string directory_;
};

}  // namespace parking_lot::cli
