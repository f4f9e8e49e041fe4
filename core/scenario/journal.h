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
  } else if (auto* restored = std::get_if<TaskRestored>(&fact)) {
    restored->admitted.task_id = keep(restored->admitted.task_id);
    restored->admitted.tenant = keep(restored->admitted.tenant);
    restored->admitted.mailbox = keep(restored->admitted.mailbox);
  } else if (auto* rejected = std::get_if<TaskRejected>(&fact)) {
    rejected->task_id = keep(rejected->task_id);
    rejected->tenant = keep(rejected->tenant);
  } else if (auto* configured = std::get_if<PoolConfigured>(&fact)) {
    configured->settings = keep(configured->settings);
  } else if (auto* pool = std::get_if<PoolRestored>(&fact)) {
    pool->settings = keep(pool->settings);
  } else if (auto* tenant = std::get_if<TenantRestored>(&fact)) {
    tenant->tenant = keep(tenant->tenant);
  }
}

/// The same for lists of numbers.
template <class Keep>
void own_numbers(Fact& fact, Keep keep) {
  if (auto* admitted = std::get_if<TaskAdmitted>(&fact)) admitted->resources = keep(admitted->resources);
  if (auto* restored = std::get_if<TaskRestored>(&fact))
    restored->admitted.resources = keep(restored->admitted.resources);
  if (auto* tenant = std::get_if<TenantRestored>(&fact)) tenant->figures = keep(tenant->figures);
  if (auto* units = std::get_if<UnitsRestored>(&fact)) units->resources = keep(units->resources);
}

template <class Keep>
void own_texts(mailbox::Fact& fact, Keep keep) {
  auto* stored = std::get_if<mailbox::MessageStored>(&fact);
  if (auto* restored = std::get_if<mailbox::MessageRestored>(&fact)) stored = &restored->message;
  if (stored != nullptr) {
    stored->key = keep(stored->key);
    stored->pool = keep(stored->pool);
    stored->task_id = keep(stored->task_id);
  } else if (auto* mark = std::get_if<mailbox::WatermarkRestored>(&fact)) {
    mark->pool = keep(mark->pool);
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
    for (const Entry& record : records) records_.push_back(own(record));
    ends_.push_back(records_.size());
  }

  /// Takes a step of a checkpoint, which begins when the one before was complete or was given up.
  enum class Step : std::uint8_t { goes_on, is_last };
  void append_state(std::span<const Entry> states, Step step) {
    for (const Entry& state : states) begun_.push_back(own(state));
    if (step == Step::goes_on) return;
    checkpoint_ = std::move(begun_);
    begun_.clear();
  }

  /// What a load reads: the checkpoint, if all that it contains is durable, and the records after its first
  /// number; else all durable records.
  std::vector<Entry> recovery() const {
    const std::span<const Entry> durable_records = durable();
    if (checkpoint_.empty() || checkpoint_.back().sequence > durable_through())
      return {durable_records.begin(), durable_records.end()};
    std::vector<Entry> merged;
    auto state = checkpoint_.begin();
    for (const Entry& record : durable_records) {
      while (state != checkpoint_.end() && state->sequence < record.sequence) merged.push_back(*state++);
      if (record.sequence > checkpoint_.front().sequence) merged.push_back(record);
    }
    merged.insert(merged.end(), state, checkpoint_.end());
    return merged;
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
    begun_.clear();
    if (!checkpoint_.empty() && checkpoint_.back().sequence > durable_through()) checkpoint_.clear();
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
  Entry own(Entry record) {
    own_texts(record.fact, [this](std::string_view text) -> std::string_view {
      if (text.empty()) return {};
      texts_.emplace_back(text);
      return texts_.back();
    });
    if constexpr (std::is_same_v<Entry, Record>) {
      if (auto* pool = std::get_if<PoolRestored>(&record.fact)) {
        numbers_.emplace_back(pool->incarnations.begin(), pool->incarnations.end());
        pool->incarnations = numbers_.back();
      }
      own_numbers(record.fact, [this](std::span<const std::uint64_t> numbers) {
        numbers_.emplace_back(numbers.begin(), numbers.end());
        return std::span<const std::uint64_t>(numbers_.back());
      });
    }
    return record;
  }

  std::vector<Entry> records_;
  std::vector<Entry> begun_;       // a checkpoint that is not complete
  std::vector<Entry> checkpoint_;  // the last complete one
  std::deque<std::size_t> ends_;   // of the pending writes, as counts of records
  std::deque<std::string> texts_;
  std::deque<std::vector<std::uint64_t>> numbers_;
  std::size_t durable_ = 0;
};

using PoolJournal = Journal<Record>;
using StoreJournal = Journal<mailbox::Record>;

/// Puts one step of a checkpoint of a stream into its journal. Returns where the next one begins.
template <class Machine, class Name, class Entry>
CheckpointPlace checkpoint_step(const Machine& machine, Name name, Journal<Entry>& journal,
                                CheckpointPlace from, std::uint32_t limit) {
  std::vector<Entry> states;
  const CheckpointPlace next = machine.checkpoint(name, from, limit, states);
  using Step = typename Journal<Entry>::Step;
  if (next != no_checkpoint)
    journal.append_state(states, next == end_of_checkpoint ? Step::is_last : Step::goes_on);
  return next;
}

}  // namespace parking_lot::scenario
