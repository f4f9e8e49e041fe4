#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "parking_lot/types.h"

namespace parking_lot {

/// The bytes of payloads and results that no store holds, or not yet, by id. The core knows only their
/// `PayloadRef`.
///
/// Ids count from 1, or from where `begin_at` says, and never return. Readers share the bytes, so a release
/// never pulls them from under a run. All operations are O(1) expected. Belongs to one thread.
class Payloads {
 public:
  /// The next id, if it is above all that were given.
  void begin_at(std::uint64_t id) { last_id_ = std::max(last_id_, id - 1); }

  /// Keeps the bytes until `release`. Empty bytes are stored like any others.
  PayloadRef put(std::string bytes);

  /// Keeps bytes under an id that they have already, if it is not kept yet.
  void keep(std::uint64_t id, std::shared_ptr<const std::string> bytes);

  /// The bytes, or nullptr if they were released or never stored.
  std::shared_ptr<const std::string> get(PayloadRef ref) const;

  /// Forgets the bytes. Unknown ids, the null id and a second release change nothing.
  void release(PayloadRef ref);

  std::size_t size() const { return kept_.size(); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::unordered_map<std::uint64_t, std::shared_ptr<const std::string>> kept_;
  std::uint64_t last_id_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace parking_lot
