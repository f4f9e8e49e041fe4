#include "garage/free_runs.h"

#include <algorithm>
#include <bit>

namespace parking_lot::garage {

RowRuns::RowRuns(std::uint32_t length) : words_((length + 63) / 64, 0) {
  leaves_ = std::bit_ceil(std::max<std::uint32_t>(1, static_cast<std::uint32_t>(words_.size())));
  nodes_.resize(std::size_t{2} * leaves_);
}

RowRuns::Node RowRuns::node_of(std::uint64_t word) {
  Node node;
  node.leading = static_cast<std::uint32_t>(std::countr_one(word));
  node.trailing = static_cast<std::uint32_t>(std::countl_one(word));
  for (std::uint64_t rest = word; rest != 0; rest &= rest << 1) ++node.longest;
  return node;
}

RowRuns::Node RowRuns::joined(const Node& left, const Node& right, std::uint32_t left_length,
                              std::uint32_t right_length) {
  Node node;
  node.longest = std::max({left.longest, right.longest, left.trailing + right.leading});
  node.leading = left.leading == left_length ? left_length + right.leading : left.leading;
  node.trailing = right.trailing == right_length ? right_length + left.trailing : right.trailing;
  return node;
}

void RowRuns::mark(std::uint32_t position, SpotState state) {
  std::uint64_t& word = words_[position / 64];
  const std::uint64_t bit = std::uint64_t{1} << (position % 64);
  word = state == SpotState::free ? word | bit : word & ~bit;
}

void RowRuns::settle(std::uint32_t first, std::uint32_t count) {
  for (std::uint32_t word = first / 64; word <= (first + count - 1) / 64; ++word) {
    std::uint32_t at = leaves_ + word;
    nodes_[at] = node_of(words_[word]);
    std::uint32_t length = 64;
    while (at > 1) {
      at /= 2;
      nodes_[at] = joined(nodes_[std::size_t{2} * at], nodes_[std::size_t{2} * at + 1], length, length);
      length *= 2;
    }
  }
}

/// Goes down to the left while the run is whole there, else takes the one that crosses the middle, else goes
/// right: that is the order of their first positions.
std::uint32_t RowRuns::find(std::uint32_t count) const {
  std::uint32_t at = 1;
  std::uint32_t length = 64 * leaves_;
  std::uint32_t begin = 0;
  while (at < leaves_) {
    length /= 2;
    const Node& left = nodes_[std::size_t{2} * at];
    const Node& right = nodes_[std::size_t{2} * at + 1];
    if (left.longest >= count) {
      at = 2 * at;
    } else if (left.trailing + right.leading >= count) {
      return begin + length - left.trailing;
    } else {
      at = 2 * at + 1;
      begin += length;
    }
  }
  // Bits that begin a run of `count`: each step doubles the length that is known to be free.
  std::uint64_t starts = words_[at - leaves_];
  std::uint32_t known = 1;
  while (known < count) {
    const std::uint32_t step = std::min(known, count - known);
    starts &= starts >> step;
    known += step;
  }
  return begin + static_cast<std::uint32_t>(std::countr_zero(starts));
}

FreeRuns::FreeRuns(const Layout& layout, Features wanted) : layout_(&layout), wanted_(wanted) {
  rows_.reserve(layout.rows().size());
  for (const Layout::Row& row : layout.rows()) {
    rows_.emplace_back(row.count);
    std::uint32_t length = 0;
    for (std::uint32_t i = row.first; i < row.first + row.count; ++i) {
      length = counts(SpotId{i}) ? length + 1 : 0;
      longest_when_empty_ = std::max(longest_when_empty_, length);
    }
  }
  leaves_ = std::bit_ceil(std::max<std::uint32_t>(1, static_cast<std::uint32_t>(rows_.size())));
}

bool FreeRuns::counts(SpotId spot) const {
  const ParkingSpot& built = layout_->spot(spot);
  return built.kind != SpotKind::compact && may_use(built.features, wanted_);
}

void FreeRuns::set(SpotRange spots, SpotState state) {
  if (spots.count == 0) return;
  const ParkingSpot& built = layout_->spot(spots.first);
  RowRuns& row = rows_[built.row];
  const std::uint32_t before = row.longest();
  for (std::uint32_t i = 0; i < spots.count; ++i) {
    if (counts(SpotId{spots.first.index + i})) row.mark(built.position + i, state);
  }
  row.settle(built.position, spots.count);
  if (row.longest() == before) return;
  for (Tree& tree : trees_) update(tree, built.row);
}

void FreeRuns::update(Tree& tree, std::uint32_t row) const {
  std::uint32_t at = leaves_ + tree.rank_of_row[row];
  std::uint32_t value = rows_[row].longest();
  while (tree.longest[at] != value) {
    tree.longest[at] = value;
    if (at == 1) return;
    at /= 2;
    value = std::max(tree.longest[std::size_t{2} * at], tree.longest[std::size_t{2} * at + 1]);
  }
}

void FreeRuns::use_orders(const std::vector<std::vector<std::uint32_t>>& row_ranks) {
  trees_.clear();
  for (const std::vector<std::uint32_t>& ranks : row_ranks) {
    Tree tree;
    tree.rank_of_row = ranks;
    tree.row_of_rank.resize(ranks.size());
    tree.longest.assign(std::size_t{2} * leaves_, 0);
    for (std::uint32_t row = 0; row < ranks.size(); ++row) {
      tree.row_of_rank[ranks[row]] = row;
      tree.longest[leaves_ + ranks[row]] = rows_[row].longest();
    }
    for (std::uint32_t at = leaves_; at-- > 1;)
      tree.longest[at] = std::max(tree.longest[std::size_t{2} * at], tree.longest[std::size_t{2} * at + 1]);
    trees_.push_back(std::move(tree));
  }
}

SpotRange FreeRuns::find(std::uint32_t order, std::uint32_t count) const {
  const Tree& tree = trees_[order];
  if (tree.longest[1] < count) return {};
  std::uint32_t at = 1;
  while (at < leaves_) at = tree.longest[std::size_t{2} * at] >= count ? 2 * at : 2 * at + 1;
  const std::uint32_t row = tree.row_of_rank[at - leaves_];
  return {SpotId{layout_->rows()[row].first + rows_[row].find(count)}, count};
}

std::size_t FreeRuns::memory_bytes() const {
  std::size_t bytes = 0;
  for (const Layout::Row& row : layout_->rows()) bytes += sizeof(RowRuns) + (row.count / 64 + 1) * 32;
  return bytes + trees_.size() * leaves_ * 16;
}

}  // namespace parking_lot::garage
