#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "heap_sort.h"
#include "mailbox_machine.h"
#include "parking_lot/erased_name.h"

/// Durable watermarks, failed writes, journals and checkpoints of mailbox stores.
namespace parking_lot {
namespace {

template <class F>
constexpr bool is_state_fact =
    std::is_same_v<F, mailbox::StoreRestored> || std::is_same_v<F, mailbox::WatermarkRestored> ||
    std::is_same_v<F, mailbox::MessageRestored>;

bool is_store_state(const mailbox::Fact& fact) {
  return std::visit([](const auto& each) { return is_state_fact<std::decay_t<decltype(each)>>; }, fact);
}

}  // namespace

void Mailbox::Machine::take(const mailbox::Persisted& input) {
  MailboxStore& store = stores[input.store.index];
  if (store.stream.state() != StreamState::open) return;
  store.stream.persisted(input.through);
  outbox_->release(input.store.index, store.stream.durable_through());
  answer_pending();
}

void Mailbox::Machine::take(const mailbox::PersistFailed& input) {
  MailboxStore& store = stores[input.store.index];
  if (!store.stream.is_durable() || store.stream.state() != StreamState::open) return;
  outbox_->withdraw(input.store.index, [&](const mailbox::Effect& effect) {
    if (const auto* stored = std::get_if<mailbox::Stored>(&effect))
      outbox_->push(mailbox::NotStored{stored->pool});
    return true;
  });
  std::erase_if(pending_, [&](const PendingAnswer& pending) {
    const bool is_hit = std::any_of(pending.rests_on.begin(), pending.rests_on.end(),
                                    [&](const auto& rest) { return rest.first == input.store.index; });
    if (is_hit) outbox_->push(mailbox::Refused{pending.request, Refusal::unconfirmed, {}});
    return is_hit;
  });
  clear(store);
  store.stream.failed();
}

void Mailbox::Machine::take(const mailbox::RecoveryDone& input) {
  MailboxStore& store = stores[input.store.index];
  if (!store.stream.is_durable() || store.stream.state() == StreamState::open) return;
  if (store.stream.state() == StreamState::failed) store.stream.reloading();
  heap_sort(store.by_age.begin(), store.by_age.end(),
            [](const AgedMessage& a, const AgedMessage& b) { return a.counter < b.counter; });
  store.stream.opened();
  store.identity = input.identity;
  mark_stores();
  open_store(input.store);
  announce_all(input.store);
}

/// Tells subscribers to look: what they were to hear may have been withdrawn with a failed write.
void Mailbox::Machine::announce_all(StoreId id) {
  std::vector<std::uint32_t> keys;
  subscriptions_.visit([&](std::uint64_t number, std::uint32_t) {
    const auto key = static_cast<std::uint32_t>(number);
    const Box* box = find_box(stores[id.index], NameId{key});
    if (box != nullptr && !box->messages.empty()) keys.push_back(key);
  });
  heap_sort(keys.begin(), keys.end());
  for (const std::uint32_t key : keys) outbox_->push(mailbox::Arrived{NameId{key}});
}

/// Empties a store for a reload.
void Mailbox::Machine::clear(MailboxStore& store) {
  std::vector<std::uint32_t> keys;
  store.boxes.visit([&](std::uint64_t key, const std::unique_ptr<Box>& box) {
    while (!box->messages.empty()) drop_front(store, *box);
    keys.push_back(static_cast<std::uint32_t>(key));
  });
  for (const std::uint32_t key : keys) remove_box(store, NameId{key});
  store.by_age.clear();
  store.emptied.clear();
  store.restored_from = 0;
  for (Sender& sender : store.senders) sender.marks.clear();
}

void Mailbox::Machine::take(const mailbox::Recovered& input) {
  MailboxStore& store = stores[input.store.index];
  if (!store.stream.is_durable() || store.stream.state() == StreamState::open) return;
  const bool starts_anew =
      !input.records.empty() && (std::holds_alternative<mailbox::StoreRestored>(input.records.front().fact) ||
                                 (!is_store_state(input.records.front().fact) &&
                                  input.records.front().sequence <= store.stream.sequence()));
  if (store.stream.state() == StreamState::failed || starts_anew) {
    clear(store);
    store.stream.reloading();
  }
  for (const mailbox::Record& each : input.records) {
    const bool is_first_state = std::holds_alternative<mailbox::StoreRestored>(each.fact);
    if (!is_store_state(each.fact) || is_first_state) {
      if (each.sequence <= store.stream.sequence() && store.stream.sequence() != 0) continue;
      store.stream.replayed(each.sequence, each.at);
    }
    std::visit([&](const auto& fact) { replay(store, fact, each); }, each.fact);
  }
}

void Mailbox::Machine::replay(MailboxStore& store, const mailbox::StoreOpened& fact, const mailbox::Record&) {
  store.stream.set_incarnation(fact.incarnation);
}

void Mailbox::Machine::replay(MailboxStore& store, const mailbox::MessageStored& fact,
                              const mailbox::Record& each) {
  restore_message(store, fact, each.sequence, each.at);
}

void Mailbox::Machine::restore_message(MailboxStore& store, const mailbox::MessageStored& fact,
                                       std::uint64_t counter, WallTime created_at) {
  if (is_erased_name(fact.key)) {
    // Its messages were dropped before the name was erased; the record that says so names nobody either.
    std::uint64_t& through =
        store.senders[sender_of(store, fact.pool)].mark_of(fact.pool_incarnation).through;
    through = std::max(through, fact.pool_sequence);
    return;
  }
  KeptMessage kept;
  kept.counter = counter;
  kept.created_at = created_at;
  kept.payload = fact.payload;
  kept.task_id = names_->intern(fact.task_id);
  kept.pool_incarnation = fact.pool_incarnation;
  kept.pool_sequence = fact.pool_sequence;
  kept.status = fact.status;
  kept.reason = fact.reason;
  kept.pool = sender_of(store, fact.pool);
  const NameId key = names_->intern(fact.key);
  apply_stored(store, box_of(store, key), key, kept);
  names_->release(key);
}

std::uint32_t Mailbox::Machine::sender_of(MailboxStore& store, std::string_view pool) {
  std::uint32_t index = 0;
  while (index < store.senders.size() && store.senders[index].name != pool) ++index;
  if (index == store.senders.size()) store.senders.push_back({std::string(pool), {}});
  return index;
}

void Mailbox::Machine::replay(MailboxStore& store, const mailbox::MessagesDropped& fact,
                              const mailbox::Record&) {
  const NameId key = names_->find(fact.key);
  Box* box = find_box(store, key);
  while (box != nullptr && !box->messages.empty() && box->messages.front().counter <= fact.through) {
    payloads.erase(box->messages.front().payload.id);
    drop_front(store, *box);
  }
  if (box != nullptr && box->messages.empty()) remove_box(store, key);
}

// --- checkpoints ---

CheckpointPlace Mailbox::Machine::checkpoint(MailboxStore& store, CheckpointPlace from, std::uint32_t limit,
                                             std::vector<mailbox::Record>& records) {
  if (!store.stream.is_durable() || store.stream.state() != StreamState::open) return no_checkpoint;
  const auto add = [&](const auto& state) {
    records.push_back(mailbox::Record{store.stream.sequence(), store.stream.last_at(), state});
  };
  if (from == 0) {
    add(mailbox::StoreRestored{store.stream.incarnation()});
    for (const Sender& sender : store.senders) {
      for (const Sender::Mark& mark : sender.marks)
        add(mailbox::WatermarkRestored{sender.name, mark.incarnation, mark.through});
    }
  }
  auto next = std::upper_bound(
      store.by_age.begin(), store.by_age.end(), from,
      [](CheckpointPlace counter, const AgedMessage& aged) { return counter < aged.counter; });
  for (std::uint32_t count = 0; next != store.by_age.end() && count < limit; ++next, ++count) {
    from = next->counter;
    const KeptMessage* kept = find_message(store, *next);
    if (kept == nullptr) continue;
    add(mailbox::MessageRestored{
        {.key = names_->text(next->key),
         .pool = store.senders[kept->pool].name,
         .task_id = kept->task_id ? names_->text(kept->task_id) : store.stream.keep_text(task_id_of(*kept)),
         .pool_incarnation = kept->pool_incarnation,
         .pool_sequence = kept->pool_sequence,
         .status = kept->status,
         .reason = kept->reason,
         .payload = kept->payload},
        kept->counter,
        kept->created_at});
  }
  return next == store.by_age.end() ? end_of_checkpoint : from;
}

const KeptMessage* Mailbox::Machine::find_message(const MailboxStore& store, const AgedMessage& aged) const {
  const std::unique_ptr<Box>* box = store.boxes.find(aged.key.index);
  if (box == nullptr) return nullptr;
  const auto& messages = (*box)->messages;
  const auto place =
      std::lower_bound(messages.begin(), messages.end(), aged.counter,
                       [](const KeptMessage& kept, std::uint64_t counter) { return kept.counter < counter; });
  return place == messages.end() || place->counter != aged.counter ? nullptr : &*place;
}

void Mailbox::Machine::replay(MailboxStore& store, const mailbox::StoreRestored& fact,
                              const mailbox::Record& record) {
  store.stream.set_incarnation(fact.incarnation);
  store.restored_from = record.sequence;
}

void Mailbox::Machine::replay(MailboxStore& store, const mailbox::WatermarkRestored& fact,
                              const mailbox::Record&) {
  std::uint64_t& through = store.senders[sender_of(store, fact.pool)].mark_of(fact.pool_incarnation).through;
  through = std::max(through, fact.through);
}

/// A message that came with the records of the stream is there already, or was and has been dropped.
void Mailbox::Machine::replay(MailboxStore& store, const mailbox::MessageRestored& fact,
                              const mailbox::Record&) {
  if (fact.counter <= store.restored_from)
    restore_message(store, fact.message, fact.counter, fact.created_at);
}

void Mailbox::Machine::visit_payloads(const MailboxStore& store,
                                      const std::function<void(PayloadRef)>& visit) const {
  store.boxes.visit([&](std::uint64_t, const std::unique_ptr<Box>& box) {
    for (const KeptMessage& kept : box->messages) {
      if (kept.payload.id != 0) visit(kept.payload);
    }
  });
}

}  // namespace parking_lot
