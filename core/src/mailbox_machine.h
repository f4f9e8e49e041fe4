#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "mailbox_store.h"
#include "number_index.h"
#include "outbox.h"
#include "parking_lot/generated_id.h"

namespace parking_lot {

/// What lies behind `Mailbox`: the stores and one handler per input. mailbox.cc has deliveries and drops,
/// mailbox_reading.cc what clients see, mailbox_recovery.cc journals.
class Mailbox::Machine {
 public:
  Machine(const Config& config, Now now, Entropy entropy, Names& names);

  void handle(Now now, std::span<const mailbox::Input> inputs);
  const mailbox::Effect* poll();

  /// When the oldest message grows too old; looked at again at least every hour.
  std::optional<SteadyTime> next_deadline() const;
  std::size_t memory_bytes() const;
  CheckpointPlace checkpoint(MailboxStore& store, CheckpointPlace from, std::uint32_t limit,
                             std::vector<mailbox::Record>& records);
  std::vector<NameId> keys_of(const MailboxKey& user) const;
  void visit_payloads(const MailboxStore& store, const std::function<void(PayloadRef)>& visit) const;

  /// How far somebody has read in one store.
  struct ReadMark {
    std::uint64_t counter = 0;  ///< of the last message that was read; 0: none
    /// When the newest of them was created. A store whose end was lost counts on from an earlier number: what
    /// was created later has not been read, whatever its number is.
    WallTime newest;

    bool covers(const KeptMessage& kept) const {
      return kept.counter <= counter && kept.created_at <= newest;
    }
  };

  /// A part for each store from which messages were read: counter, `-`, the store's mark, `-`, the time.
  std::string spell_cursor(std::span<const ReadMark> marks) const;

  std::deque<MailboxStore> stores;
  std::vector<StoreId> store_of_pool;
  NumberIndex payloads;  // ids of what messages hold

 private:
  /// An acknowledgement that waits for its drops to be durable.
  struct PendingAnswer {
    RequestId request = 0;
    std::uint64_t count = 0;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> rests_on;  // store, sequence
  };

  void take(const mailbox::Tick&) {}
  void take(const mailbox::Append& input);
  void take(const mailbox::Fetch& input);
  void take(const mailbox::Acknowledge& input);
  void take(const mailbox::Subscribe& input);
  void take(const mailbox::Unsubscribe& input);
  void take(const mailbox::Recovered& input);
  void take(const mailbox::RecoveryDone& input);
  void take(const mailbox::Persisted& input);
  void take(const mailbox::PersistFailed& input);

  void open_store(StoreId id);
  void announce_all(StoreId id);
  void mark_stores();
  void apply_stored(MailboxStore& store, Box& box, NameId key, const KeptMessage& kept);
  void replay(MailboxStore& store, const mailbox::StoreOpened& fact, const mailbox::Record& record);
  void replay(MailboxStore& store, const mailbox::MessageStored& fact, const mailbox::Record& record);
  void replay(MailboxStore& store, const mailbox::MessagesDropped& fact, const mailbox::Record& record);
  void replay(MailboxStore& store, const mailbox::StoreRestored& fact, const mailbox::Record& record);
  void replay(MailboxStore& store, const mailbox::WatermarkRestored& fact, const mailbox::Record& record);
  void replay(MailboxStore& store, const mailbox::MessageRestored& fact, const mailbox::Record& record);
  void restore_message(MailboxStore& store, const mailbox::MessageStored& fact, std::uint64_t counter,
                       WallTime created_at);
  static std::uint32_t sender_of(MailboxStore& store, std::string_view pool);
  std::string task_id_of(const KeptMessage& kept) const;
  const KeptMessage* find_message(const MailboxStore& store, const AgedMessage& aged) const;

  Box* find_box(MailboxStore& store, NameId key);
  Box& box_of(MailboxStore& store, NameId key);
  std::uint64_t drop_through(StoreId id, NameId key, std::uint64_t counter);
  void drop_front(MailboxStore& store, Box& box);
  void remove_emptied(MailboxStore& store);
  void remove_box(MailboxStore& store, NameId key);
  void clear(MailboxStore& store);
  void drop_old(StoreId id);
  static std::size_t first_unread(const Box& box, const ReadMark& read);
  bool parse_cursor(std::string_view text, std::vector<ReadMark>& marks) const;
  bool refused(RequestId request, std::string_view cursor, std::string_view field,
               std::vector<ReadMark>& marks);
  MailboxMessage view_of(const MailboxStore& store, const KeptMessage& kept,
                         std::span<const ReadMark> marks) const;
  void answer_pending();
  void yield_after(StoreId store, std::uint64_t sequence, const mailbox::Effect& effect);

  /// Takes the next number of the store's stream; a durable one keeps the fact that `make` spells out.
  template <class Make>
  std::uint64_t record(StoreId id, Make make) {
    Stream<mailbox::Record>& stream = stores[id.index].stream;
    const WallTime at = stream.advance(now_.wall);
    if (stream.is_durable()) stream.append(mailbox::Record{stream.sequence(), at, make()});
    return stream.sequence();
  }

  Names* names_;
  Entropy entropy_;
  Now now_;
  NumberIndex subscriptions_;  // key's NameId → how many
  std::vector<PendingAnswer> pending_;
  std::unique_ptr<Outbox<mailbox::Effect>> outbox_;
};

}  // namespace parking_lot
