#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace parking_lot {

/// Where a payload's bytes lie.
struct PayloadPlace {
  std::uint32_t segment = 0;
  std::uint32_t offset = 0;  ///< of its entry in the segment
  std::uint32_t bytes = 0;
  friend bool operator==(const PayloadPlace&, const PayloadPlace&) = default;
};

/// Payload ids and their places, in the order of the ids.
///
/// Ids mostly come rising, so they lie in sorted runs of at most 128 which fill up to the brim: about 21
/// bytes for an id, at most 40 when many were erased in between. All operations are O(log n).
class PayloadIndex {
 public:
  /// Adds the id or moves it.
  void set(std::uint64_t id, PayloadPlace place);
  std::optional<PayloadPlace> find(std::uint64_t id) const;
  void erase(std::uint64_t id);

  std::uint64_t size() const { return size_; }
  std::uint64_t largest() const;
  void visit(const std::function<void(std::uint64_t id, PayloadPlace place)>& visit) const;
  std::uint64_t memory_bytes() const;

 private:
  struct Entry {
    std::uint32_t id_low;
    std::uint32_t id_high;
    PayloadPlace place;
    std::uint64_t id() const { return std::uint64_t{id_high} << 32 | id_low; }
  };
  using Run = std::vector<Entry>;
  using Runs = std::map<std::uint64_t, Run>;  ///< by a lower bound of the run's ids

  static std::size_t position(const Run& run, std::uint64_t id);
  void split(Runs::iterator run);
  void join(Runs::iterator run);

  Runs runs_;
  std::uint64_t size_ = 0;
};

}  // namespace parking_lot
