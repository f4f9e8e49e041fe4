#pragma once

#include <array>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "number_index.h"
#include "parked_order.h"
#include "sum_tree.h"
#include "tenants.h"

namespace parking_lot {

/// The cost of a task where a pool counts one resource.
struct SingleCost {
  Units units = std::numeric_limits<Units>::max();
  static SingleCost of(const Amounts& amounts) { return {amounts.of[0]}; }
  bool fits(const Amounts& free) const { return units <= free.of[0]; }
  void lower(const SingleCost& other) { units = std::min(units, other.units); }
  friend bool operator==(const SingleCost&, const SingleCost&) = default;
  static constexpr bool is_exact = true;  // the least of several costs fits if and only if one of them does
};

/// The cost where it counts several.
struct VectorCost {
  Amounts amounts;
  VectorCost() { amounts.of.fill(std::numeric_limits<Units>::max()); }
  static VectorCost of(const Amounts& amounts) {
    VectorCost cost;
    cost.amounts = amounts;
    return cost;
  }
  bool fits(const Amounts& free) const { return amounts.fits(free); }
  void lower(const VectorCost& other) {
    for (std::size_t i = 0; i < resources_max; ++i)
      amounts.of[i] = std::min(amounts.of[i], other.amounts.of[i]);
  }
  friend bool operator==(const VectorCost&, const VectorCost&) = default;
  static constexpr bool is_exact = false;
};

/// Whether tenants take turns by their service, or all tasks of a class leave by admission.
enum class Turns : std::uint8_t { by_service, by_admission };

/// One line for each (class, tenant), in each of them first come, first served. The lines of a class stand in
/// a tree in leaving order, which knows the least cost in any range of lines; so does each line.
template <class Cost>
class TenantLines final : public ParkedOrder {
 public:
  /// `tenants` outlives the lines.
  TenantLines(const Tenants& tenants, Turns turns) : tenants_(tenants), turns_(turns) {}

  void insert(const ParkedTask& task) override;
  void erase(const ParkedTask& task) override;
  std::optional<FoundTask> first_that_fits(const Amounts& free) const override;
  std::optional<FoundTask> next_candidate(Walk& walk, const Amounts& free) override;
  Place place_of(const ParkedTask& task) const override;
  TaskQueue::Ahead ahead_of(const ParkedTask& task) const override;
  std::optional<std::int64_t> least_service(std::uint8_t level, const Amounts& capacity) const override;
  bool can_run(std::uint8_t level, std::uint32_t tenant, const Amounts& capacity) const override;
  std::optional<FoundTask> first_blocked(std::uint8_t level, std::int64_t service, const Amounts& capacity,
                                         const Amounts& free) const override;
  std::vector<std::uint32_t> upcoming(std::size_t limit, Charge charge, const void* context) const override;
  void refresh(std::uint32_t tenant) override;
  void visit_heads(void (*visit)(void* context, std::uint32_t slot), void* context) const override;
  std::uint64_t size() const override { return size_; }
  std::size_t memory_bytes() const override;

 private:
  struct Sum {
    Cost least;
    std::uint64_t tasks = 0;
    std::uint64_t lines = 0;
    Units units = 0;
    void add(const Sum& other) {
      least.lower(other.least);
      tasks += other.tasks;
      lines += other.lines;
      units += other.units;
    }
  };
  using Tasks = SumTree<std::uint64_t, Sum>;  // by admission
  struct LinePlace {
    std::int64_t service = 0;
    std::uint64_t head = 0;
    friend auto operator<=>(const LinePlace&, const LinePlace&) = default;
  };
  struct Line {
    std::uint8_t level = 0;
    std::uint32_t tenant = 0;
    Tasks tasks;
    LinePlace place;
    std::uint64_t walk = 0;            // the last one that looked at it
    std::uint64_t looked_through = 0;  // by that walk, up to this admission
  };
  using Lines = SumTree<LinePlace, Sum>;

  static std::uint64_t id_of(std::uint8_t level, std::uint32_t tenant) {
    return std::uint64_t{tenant} << 2 | level;
  }
  static std::uint64_t admission_of(QueueKey key) { return Place::of(key).admission; }
  Line& line_of(const ParkedTask& task);
  const Line* find_line(std::uint8_t level, std::uint32_t tenant) const;
  void list(Line& line, std::uint32_t number);
  void relist(std::uint32_t number);
  Sum sum_of(const Line& line) const;
  LinePlace place_now(const Line& line) const;
  Amounts within_room(const Line& line, const Amounts& free) const;
  std::uint64_t candidates_max(std::uint8_t level) const;
  const typename Tasks::Item* item_in_line(const Line& line, const Amounts& free, std::uint64_t after,
                                           std::uint64_t searched_max) const;
  std::optional<FoundTask> first_in_line(const Line& line, const Amounts& free, std::uint64_t after,
                                         std::uint64_t searched_max) const;
  std::uint64_t searched_max(std::uint8_t level) const;
  FoundTask found(const Line& line, const typename Tasks::Item& item) const;
  std::optional<FoundTask> first_by_admission(std::uint8_t level, const Amounts& free,
                                              std::uint64_t after) const;
  std::optional<FoundTask> first_by_service(std::uint8_t level, const Amounts& free,
                                            std::uint64_t& lines_seen) const;

  const Tenants& tenants_;
  Turns turns_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::vector<std::uint32_t> free_;
  NumberIndex by_id_;
  std::array<Lines, levels> classes_;
  std::uint64_t size_ = 0;
};

extern template class TenantLines<SingleCost>;
extern template class TenantLines<VectorCost>;

}  // namespace parking_lot
