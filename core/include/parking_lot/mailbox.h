#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "parking_lot/config.h"
#include "parking_lot/effect.h"
#include "parking_lot/names.h"
#include "parking_lot/time.h"
#include "parking_lot/types.h"

/// The mailbox machine: final outcomes by exact key (tenant, user, session), one message per outcome, kept
/// until they are acknowledged or grow too old. It has the same form as the scheduler: inputs with the time,
/// effects out.
namespace parking_lot {

/// Position of a mailbox store among the distinct stores that a config names. Also names the store's stream.
struct StoreId {
  std::uint32_t index = 0;
  friend auto operator<=>(const StoreId&, const StoreId&) = default;
};

struct MailboxMessage {
  std::string message_id;
  std::string task_id;
  std::string pool;
  Status status = Status::completed;
  Reason reason = Reason::none;
  PayloadRef payload;
  WallTime created_at;
  /// Pass as `after`, or to `Acknowledge`. It names the stores that it counts: where one was added it goes
  /// on, and of one that is gone its part is passed over. One of other stores alone is refused.
  std::string cursor;
};

namespace mailbox {

// Records of a mailbox store's stream.
struct StoreOpened {
  std::uint64_t incarnation = 0;
};
/// The number of its record is the message's counter: what cursors count, rising per key.
struct MessageStored {
  std::string_view key;
  std::string_view pool;
  std::string_view task_id;
  std::uint64_t pool_incarnation =
      0;  ///< under which the outcome was recorded: the watermark `delivered_through`
  std::uint64_t pool_sequence = 0;
  Status status = Status::completed;
  Reason reason = Reason::none;
  PayloadRef payload;
};
struct MessagesDropped {  ///< acknowledged, too old or too many
  std::string_view key;
  std::uint64_t through = 0;  ///< counter
};
// State, for checkpoints: see record.h. `StoreRestored` comes first and forgets everything before.
struct StoreRestored {
  std::uint64_t incarnation = 0;
};
struct WatermarkRestored {  ///< how far a pool's stream has delivered under one incarnation
  std::string_view pool;
  std::uint64_t pool_incarnation = 0;
  std::uint64_t through = 0;
};
struct MessageRestored {
  MessageStored message;
  std::uint64_t counter = 0;
  WallTime created_at;
};
using Fact = std::variant<StoreOpened, MessageStored, MessagesDropped, StoreRestored, WatermarkRestored,
                          MessageRestored>;
struct Record {
  std::uint64_t sequence = 0;
  WallTime at;
  Fact fact;
};

// Inputs.
struct Append {
  StoreId store;
  Deliver message;  ///< as the scheduler gave it
  std::string_view pool;
};
struct Fetch {
  RequestId request = 0;
  NameId key;
  std::string_view after;  ///< cursor of the last message read
  WallTime since{0};       ///< messages created at or after
  std::uint32_t limit = 50;
};
/// Drops the messages up to and including `cursor`. Older cursors change nothing; a text that is no
/// cursor of these stores is refused with `invalid_cursor`.
struct Acknowledge {
  RequestId request = 0;
  NameId key;
  std::string_view cursor;
};
/// `Arrived` is emitted for this key from now on. Calls nest.
struct Subscribe {
  NameId key;
};
struct Unsubscribe {
  NameId key;
};
struct Recovered {
  StoreId store;
  std::span<const Record> records;
};
struct RecoveryDone {
  StoreId store;
  /// What the store was born with and keeps wherever it lies, for its cursors; 0: its name must do.
  std::uint64_t identity = 0;
};
struct Persisted {
  StoreId store;
  std::uint64_t through = 0;
};
struct PersistFailed {
  StoreId store;
};
struct Tick {};
using Input = std::variant<Tick, Append, Fetch, Acknowledge, Subscribe, Unsubscribe, Recovered, RecoveryDone,
                           Persisted, PersistFailed>;

// Effects.
struct Write {
  StoreId store;
  std::span<const Record> records;
};
/// The message is durable (or was so already): report it to the scheduler as `Delivered`.
struct Stored {
  PoolId pool;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;
};
/// Report to the scheduler as `DeliveryFailed`.
struct NotStored {
  PoolId pool;
};
struct Page {
  RequestId request = 0;
  const std::vector<MailboxMessage>* messages = nullptr;  ///< oldest first; valid until the next `handle`
};
struct Acknowledged {
  RequestId request = 0;
  std::uint64_t count = 0;
};
struct Arrived {
  NameId key;
};
/// `storage_unavailable` or `unconfirmed` for a command on a store that is not open; `invalid_cursor`.
struct Refused {
  RequestId request = 0;
  Refusal code = Refusal::storage_unavailable;
  std::string_view field;  ///< what is wrong, of static storage; may be empty
};
struct Dropped {
  PayloadRef payload;  ///< no message holds these bytes any more
  PoolId pool;         ///< that delivered it; beyond the config's pools if that is another one
};
using Effect = std::variant<Write, Stored, NotStored, Page, Acknowledged, Arrived, Refused, Dropped>;

}  // namespace mailbox

struct StoreStats {
  std::uint64_t messages = 0;
  std::uint64_t keys = 0;
  StreamState storage = StreamState::open;
};

class Mailbox {
 public:
  /// `names` is shared with the scheduler and must outlive the mailbox.
  Mailbox(const Config& config, Now now, Entropy entropy, Names& names);
  Mailbox(Mailbox&&) noexcept;
  Mailbox& operator=(Mailbox&&) noexcept;
  ~Mailbox();

  void handle(Now now, std::span<const mailbox::Input> inputs);
  const mailbox::Effect* poll();
  std::optional<SteadyTime> next_deadline() const;

  /// The store that holds the outcomes of this pool.
  StoreId store_of(PoolId pool) const;
  std::uint32_t store_count() const;
  /// The stream's name: the backend and its location, as `in_memory` or `file:./data`.
  std::string_view store_name(StoreId store) const;
  bool is_durable(StoreId store) const;
  /// Whether a message holds these bytes, or one will when its failed store is loaded again.
  bool refers_to(PayloadRef payload) const;
  /// Calls for what each message of the store holds. O(messages).
  void visit_payloads(StoreId store, const std::function<void(PayloadRef)>& visit) const;
  /// As `Scheduler::checkpoint`; `limit` counts messages.
  CheckpointPlace checkpoint(StoreId store, CheckpointPlace from, std::uint32_t limit,
                             std::vector<mailbox::Record>& records) const;
  /// Keys of all sessions of this user that have messages, sorted. `user.session` is not looked at. O(keys).
  std::vector<NameId> keys_of(const MailboxKey& user) const;
  /// The cursor behind all that is there and all that will come. Of the stores that are open now.
  std::string end_cursor() const;
  StoreStats stats(StoreId store) const;
  std::size_t memory_bytes() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace parking_lot
