#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "blocks.h"
#include "parking_lot/lot.h"
#include "storage.h"

namespace parking_lot::wasm {

/// One effect as JavaScript reads it: twelve 32-bit words of linear memory. The words after `kind` are laid
/// out as in `web/src/wasm/effects.ts`; wide numbers take two words, low word first.
struct Entry {
  std::int32_t words[12];
};
enum class EntryKind : std::int32_t {
  start = 1,
  stop,
  submitted,
  refused,
  done,
  text,
  notify,
  release,
  arrived
};

/// Payloads of volatile pools stay in JavaScript. Their id is the place in one of its two tables.
enum class PayloadTable : std::uint32_t { tasks = 1, results = 2 };
PayloadRef payload_at(PayloadTable table, std::uint32_t index);

/// What a submitter wants to hear of its task.
enum class Answers : std::uint32_t {
  all = 0,
  failures = 1,  ///< a refusal and an end other than `completed`; its host sees the rest happen anyway
};

/// Tells the numbers of submissions apart from those of other commands in the answers.
enum class Asked : std::uint32_t { submission = 0, command = 2 };

/// The number under which a command of JavaScript is answered; 0: it wants no answer.
constexpr RequestId command(std::uint32_t request) {
  return request == 0 ? 0 : RequestId{static_cast<std::uint32_t>(Asked::command)} << 32 | request;
}

/// The lot of this module instance and its traffic with JavaScript: inputs are queued until `flush` hands
/// them over as one batch; effects are written as entries until `take` passes them on.
///
/// A module instance holds one lot, so that a broken invariant takes no other lot with it.
class Session {
 public:
  /// `storage` is null for a lot that stores nothing.
  Session(Lot lot, std::unique_ptr<Storage> storage, std::uint32_t inputs_expected);

  Lot& lot() { return lot_; }
  Storage* storage() const { return has_storage ? storage_.get() : nullptr; }
  std::optional<SteadyTime> next_deadline() const;

  /// The task's payload as it was put; for a pool that stores nothing, its place in JavaScript's table.
  PayloadRef payload_of_submission(PoolId pool, std::uint32_t request, double stored) const;
  /// A result by its place in JavaScript's table or by the id under which its bytes were put; 0: none.
  PayloadRef result_by(double number) const;
  /// Remembers which bytes come with a submission, to give them up if it is refused.
  void comes_with(std::uint32_t request, PayloadRef payload);
  const PoolConfig& pool_config(PoolId pool) const { return lot_.scheduler().config(pool); }

  void queue(const Input& input) { inputs_.push_back(input); }
  /// An input to be filled in where it lies: the variant is as big as a submission, too big to be copied for
  /// each task.
  template <class Kind>
  Kind& queue_in_place() {
    return *std::get_if<Kind>(&inputs_.emplace_back(std::in_place_type<Kind>));
  }
  void queue(const mailbox::Input& input) { mailbox_inputs_.push_back(input); }
  /// A copy that lives until the next flush, for the views in inputs.
  std::string_view keep(std::string_view text);
  std::span<const Units> keep(std::span<const double> units);
  /// Queues the change for the next flush, on top of those that are queued already. Answers what is wrong
  /// with it.
  std::vector<ConfigIssue> reconfigure(RequestId request, PoolId pool, std::string_view settings);
  /// Gives the caller's hold of a name back, after the inputs that may mention it.
  void release_after_flush(NameId name) { released_.push_back(name); }
  std::size_t queued() const { return inputs_.size() + mailbox_inputs_.size(); }

  void flush(Now now);

  /// Makes the oldest entries that were not taken yet the current ones, at most `entries_per_take`, and
  /// forgets those of the last call. Answers how many there are, 0 when all were taken.
  std::size_t take();
  const Entry* entries() const { return current_.entries.data(); }
  const char* text() const { return current_.text.data(); }

  /// A run that has started and not been reported as ended, by the number in its `start` entry.
  struct Run {
    TaskHandle task;
    Lease lease;
    PoolId pool;
    ExecutorId executor = 0;
    bool is_open = false;
  };
  const Run* run(std::uint32_t number) const;
  void close_run(std::uint32_t number);
  void close_runs_of(PoolId pool, ExecutorId executor);

  /// The task that a submission became, once it is admitted; else the zero handle. Valid while the task is.
  TaskHandle admitted(std::uint32_t request) const {
    return admitted_.reaches(request) ? admitted_[request] : TaskHandle{};
  }

  /// Whether events of all tasks are passed on, not only of those with a listener.
  enum class Watch : std::uint8_t { listeners, everything };
  void watch(Watch watch);

 private:
  struct Owner {
    std::uint32_t generation = 0;
    std::uint32_t entry = 0;
    Answers answers = Answers::all;
  };
  /// A hundred thousand answers may wait to be taken; in pieces they need not move when more come.
  static constexpr std::size_t entries_per_take = 1024;
  struct Traffic {
    std::vector<Entry> entries;
    std::string text;
  };

  void drain();
  void turn(Now now);
  template <class Order>
  void write_or_keep(const Order& order) {
    if (storage())
      later_.emplace_back(order);
    else
      write(order);
  }
  Entry& next_entry(EntryKind kind);
  void write(const Start& start);
  void write(const Stop& stop);
  void write(const Reply& reply);
  void write(const Submitted& submitted, RequestId request);
  void write(const Notify& notify);
  void write_mailbox(const Lot::Effect& effect);
  void write_done(RequestId request, std::uint64_t count);
  void write_refusal(RequestId request, const Refused& refused);
  void write_text(RequestId request, std::string_view text);
  void write_release(PayloadRef payload);
  void settle_payload(RequestId request, bool is_kept);
  void own(TaskHandle task, std::uint32_t entry, Answers answers);
  const Owner* owner(TaskHandle task) const;
  std::uint32_t open_run(const Start& start);

  /// A stored task does not carry its place in JavaScript's table: who waits for it is known from the answer
  /// to its submission, which may come out after its start. So answers are written first.
  using Later = std::variant<Start, Stop, Notify>;

  Lot lot_;
  std::unique_ptr<Storage> storage_;
  std::vector<Later> later_;
  std::unordered_map<std::uint32_t, std::uint64_t> submitted_payloads_;  // by request, until it is answered
  std::vector<Input> inputs_;
  std::vector<mailbox::Input> mailbox_inputs_;
  KeptTexts texts_;
  std::vector<std::unique_ptr<Units[]>> costs_;
  std::vector<std::unique_ptr<PoolConfig>> settings_;
  std::vector<NameId> released_;
  std::vector<Run> runs_;
  std::vector<std::uint32_t> free_runs_;
  NumberedTable<std::uint32_t> run_of_slot_;  // number + 1; 0: none
  NumberedTable<Owner> owners_;               // by task slot
  NumberedTable<TaskHandle> admitted_;        // by request of the submission
  std::vector<Traffic> full_;                 // written before `written_`
  std::size_t full_taken_ = 0;                // how many of them have been taken
  Traffic written_;
  Traffic current_;
  Watch watch_ = Watch::listeners;
};

/// The session of this module instance; null before `open_session` and after `close_session`.
Session* session();
void open_session(Lot lot, std::unique_ptr<Storage> storage);
void close_session();

}  // namespace parking_lot::wasm
