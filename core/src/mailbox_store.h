#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "parking_lot/mailbox.h"
#include "stream.h"

namespace parking_lot {

/// One message as it is kept: names are held by the store.
struct KeptMessage {
  std::uint64_t counter = 0;   ///< dense per key, from 1
  std::uint64_t sequence = 0;  ///< of its record: what a read of it rests on
  WallTime created_at;
  PayloadRef payload;
  NameId task_id;
  std::uint64_t task_incarnation = 0;  ///< of a task without a chosen id
  std::uint64_t admission = 0;
  std::uint64_t pool_incarnation = 0;  ///< with the sequence: under which the outcome was recorded
  std::uint64_t pool_sequence = 0;
  std::uint32_t pool = 0;              ///< index into the store's pool names
  Status status = Status::completed;
  Reason reason = Reason::none;
};

/// The messages of one key, oldest first.
struct Box {
  std::uint64_t last_counter = 0;
  std::uint64_t last_drop = 0;  ///< sequence of the record of the last drop: what an acknowledgement rests on
  std::deque<KeptMessage> messages;
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
  MailboxConfig config;
  std::unordered_map<std::uint32_t, Box> boxes;  // by key's NameId; never iterated for a decision
  std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> delivered_through;  // (pool, incarnation) → sequence
  std::vector<std::string> pool_names;
  std::deque<AgedMessage> by_age;  // oldest first; entries of dropped messages are skipped
  std::uint64_t message_count = 0;
};

}  // namespace parking_lot
