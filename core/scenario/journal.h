#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "parking_lot/mailbox.h"
#include "parking_lot/record.h"

namespace parking_lot::scenario {

/// Replaces every view in a fact by what `keep` returns for it.
template <class Keep>
void own_texts(Fact& fact, Keep keep) {
  if (auto* admitted = std::get_if<TaskAdmitted>(&fact)) {
    admitted->task_id = keep(admitted->task_id);
    admitted->tenant = keep(admitted->tenant);
    admitted->mailbox = keep(admitted->mailbox);
  } else if (auto* rejected = std::get_if<TaskRejected>(&fact)) {
    rejected->task_id = keep(rejected->task_id);
    rejected->tenant = keep(rejected->tenant);
  }
}

template <class Keep>
void own_texts(mailbox::Fact& fact, Keep keep) {
  if (auto* stored = std::get_if<mailbox::MessageStored>(&fact)) {
    stored->key = keep(stored->key);
    stored->pool = keep(stored->pool);
    stored->task_id = keep(stored->task_id);
  } else if (auto* dropped = std::get_if<mailbox::MessagesDropped>(&fact)) {
    dropped->key = keep(dropped->key);
  }
}

/// One stream as a backend in memory keeps it: deep copies of records, of which a prefix is durable. The rest
/// is what a crash or a failed write loses.
template <class Entry>
class Journal {
 public:
  /// Takes one atomic write. Its end is the earliest point behind the former one up to which a prefix may be
  /// durable.
  void append(std::span<const Entry> records) {
    for (const Entry& record : records) {
      Entry copy = record;
      own_texts(copy.fact, [this](std::string_view text) -> std::string_view {
        if (text.empty()) return {};
        texts_.emplace_back(text);
        return texts_.back();
      });
      records_.push_back(copy);
    }
    ends_.push_back(records_.size());
  }

  /// Makes whole writes durable, up to the one that ends at or below `through`. Returns the last durable
  /// sequence.
  std::uint64_t persist(std::uint64_t through) {
    while (!ends_.empty() && records_[ends_.front() - 1].sequence <= through) {
      durable_ = ends_.front();
      ends_.pop_front();
    }
    return durable_through();
  }

  void lose_pending() {
    records_.resize(durable_);
    ends_.clear();
  }

  bool has_pending() const { return !ends_.empty(); }
  std::size_t pending_writes() const { return ends_.size(); }
  /// The last sequence of the oldest pending write. There must be one.
  std::uint64_t first_pending_end() const { return records_[ends_.front() - 1].sequence; }
  std::uint64_t durable_through() const { return durable_ == 0 ? 0 : records_[durable_ - 1].sequence; }
  std::uint64_t last() const { return records_.empty() ? 0 : records_.back().sequence; }
  std::span<const Entry> durable() const { return {records_.data(), durable_}; }
  std::span<const Entry> all() const { return records_; }

 private:
  std::vector<Entry> records_;
  std::deque<std::size_t> ends_;  // of the pending writes, as counts of records
  std::deque<std::string> texts_;
  std::size_t durable_ = 0;
};

using PoolJournal = Journal<Record>;
using StoreJournal = Journal<mailbox::Record>;

}  // namespace parking_lot::scenario
