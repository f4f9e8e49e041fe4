#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "number_index.h"
#include "parking_lot/mailbox.h"
#include "stream.h"

namespace parking_lot {

/// One message as it is kept: names are held by the store.
struct KeptMessage {
  std::uint64_t counter = 0;  ///< number of its record: what a read of it rests on
  WallTime created_at;
  PayloadRef payload;
  NameId task_id;
  std::uint64_t task_incarnation = 0;  ///< of a task without a chosen id
  std::uint64_t admission = 0;
  std::uint64_t pool_incarnation = 0;  ///< with the sequence: under which the outcome was recorded
  std::uint64_t pool_sequence = 0;
  std::uint32_t pool = 0;  ///< index into the store's senders
  Status status = Status::completed;
  Reason reason = Reason::none;
};

/// The messages of one key, oldest first.
struct Box {
  std::uint64_t last_drop = 0;  ///< number of the record of the last drop: what an acknowledgement rests on
  std::deque<KeptMessage> messages;
};

/// How far one pool's stream has delivered, by incarnation, in the order in which they came. What lies at or
/// below a mark is here, or was and has been read.
struct Sender {
  struct Mark {
    std::uint64_t incarnation = 0;
    std::uint64_t through = 0;
  };
  std::string name;
  std::vector<Mark> marks;

  Mark& mark_of(std::uint64_t incarnation) {
    for (auto mark = marks.rbegin(); mark != marks.rend(); ++mark) {
      if (mark->incarnation == incarnation) return *mark;
    }
    marks.push_back({incarnation, 0});
    return marks.back();
  }
};

/// Where a message is, for retention by age.
struct AgedMessage {
  WallTime created_at;
  NameId key;
  std::uint64_t counter = 0;
};

/// One mailbox store: its stream, its boxes, and how far each pool stream has delivered.
struct MailboxStore {
  MailboxStore(Keeping keeping, std::string store_name, const MailboxConfig& mailbox_config)
      : stream(keeping), name(std::move(store_name)), config(mailbox_config) {}

  Stream<mailbox::Record> stream;
  std::string name;
  std::uint64_t identity = 0;
  std::string mark;  ///< names the store in cursors
  MailboxConfig config;
  NumberMap<std::unique_ptr<Box>> boxes;  // by key's NameId; never visited for a decision
  std::vector<Sender> senders;     // pools: those of the config by PoolId, then others met in a journal
  std::deque<AgedMessage> by_age;  // oldest first; entries of dropped messages are skipped
  std::uint64_t message_count = 0;
  std::uint64_t restored_from = 0;  ///< number at which the checkpoint began that was read; 0: none
  std::deque<std::pair<std::uint64_t, NameId>> emptied;  // boxes that go when their last drop is durable
};

}  // namespace parking_lot
