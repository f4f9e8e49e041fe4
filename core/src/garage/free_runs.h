#pragma once

#include <cstdint>
#include <vector>

#include "garage/layout.h"

namespace parking_lot::garage {

/// Free runs of one row: bits of its free spots in words, and over each pair of words the longest run, the
/// run at the beginning and the run at the end. Searches and settling a word are O(64 + log words).
class RowRuns {
 public:
  explicit RowRuns(std::uint32_t length);

  /// Takes effect with `settle` of a range that contains it.
  void mark(std::uint32_t position, SpotState state);
  void settle(std::uint32_t first, std::uint32_t count);
  std::uint32_t longest() const { return nodes_[1].longest; }
  /// The first position of the first run of at least `count`; there must be one.
  std::uint32_t find(std::uint32_t count) const;

 private:
  struct Node {
    std::uint32_t longest = 0;
    std::uint32_t leading = 0;
    std::uint32_t trailing = 0;
  };
  static Node node_of(std::uint64_t word);
  static Node joined(const Node& left, const Node& right, std::uint32_t left_length,
                     std::uint32_t right_length);

  std::vector<std::uint64_t> words_;
  std::vector<Node> nodes_;  // a heap: children of i are 2i and 2i+1; leaves are the words
  std::uint32_t leaves_ = 1;
};

/// Where vehicles find spots beside each other: the longest free run of each row, over all rows in the orders
/// of the strategy in use. Only spots count that are regular or bigger and offer what is wanted.
class FreeRuns {
 public:
  FreeRuns(const Layout& layout, Features wanted);

  /// All of them have this state now. O(their number), and once O(log rows) for each order.
  void set(SpotRange spots, SpotState state);
  /// The longest run of a garage with nobody in it.
  std::uint32_t longest_when_empty() const { return longest_when_empty_; }

  /// Ranks of the rows, one vector for each order: the rank of a row is the place of its first spot in the
  /// order.
  void use_orders(const std::vector<std::vector<std::uint32_t>>& row_ranks);

  /// In the first row of the order that has such a run, the first one; `count` 0: there is none.
  SpotRange find(std::uint32_t order, std::uint32_t count) const;
  std::uint32_t longest() const { return trees_.empty() ? 0 : trees_[0].longest[1]; }
  std::size_t memory_bytes() const;

 private:
  struct Tree {
    std::vector<std::uint32_t> rank_of_row;
    std::vector<std::uint32_t> row_of_rank;
    std::vector<std::uint32_t> longest;  // a heap over the ranks
  };
  bool counts(SpotId spot) const;
  void update(Tree& tree, std::uint32_t row) const;

  const Layout* layout_;
  Features wanted_;
  std::vector<RowRuns> rows_;
  std::vector<Tree> trees_;
  std::uint32_t leaves_ = 1;
  std::uint32_t longest_when_empty_ = 0;
};

}  // namespace parking_lot::garage
