#include "parking_lot/mailbox.h"

#include <algorithm>
#include <utility>

#include "mailbox_machine.h"
#include "parking_lot/check.h"

namespace parking_lot {

Mailbox::Machine::Machine(const Config& config, Now now, Entropy entropy, Names& names)
    : names_(&names), entropy_(entropy), now_(now) {
  for (const PoolConfig& pool : config.pools) {
    const std::string name = pool.mailbox.storage.place();
    std::uint32_t index = 0;
    while (index < stores.size() && stores[index].name != name) ++index;
    if (index == stores.size()) {
      const bool is_volatile = pool.mailbox.storage.is_volatile();
      stores.emplace_back(is_volatile ? Keeping::kept_volatile : Keeping::kept_durable, name, pool.mailbox);
    }
    store_of_pool.push_back(StoreId{index});
  }
  mark_stores();
  for (MailboxStore& store : stores) {
    for (const PoolConfig& pool : config.pools) store.senders.push_back({pool.name, {}});
  }
  outbox_ = std::make_unique<Outbox<mailbox::Effect>>(stores.size());
  for (std::uint32_t i = 0; i < stores.size(); ++i) {
    if (!stores[i].stream.is_durable()) open_store(StoreId{i});
  }
}

void Mailbox::Machine::open_store(StoreId id) {
  MailboxStore& store = stores[id.index];
  const std::uint64_t incarnation = store.stream.is_durable() ? store.stream.incarnation() + 1 : entropy_.low;
  store.stream.set_incarnation(incarnation);
  record(id, [&] { return mailbox::StoreOpened{incarnation}; });
}

void Mailbox::Machine::handle(Now now, std::span<const mailbox::Input> inputs) {
  outbox_->begin();
  for (MailboxStore& store : stores) store.stream.clear_batch();
  now_.wall = now.wall;
  now_.steady = std::max(now_.steady, now.steady);
  for (const mailbox::Input& input : inputs) {
    std::visit([this](const auto& each) { take(each); }, input);
  }
  for (std::uint32_t i = 0; i < stores.size(); ++i) {
    drop_old(StoreId{i});
    remove_emptied(stores[i]);
    if (!stores[i].stream.batch().empty())
      outbox_->push(mailbox::Write{StoreId{i}, stores[i].stream.batch()});
  }
}

// --- delivery ---

void Mailbox::Machine::take(const mailbox::Append& input) {
  MailboxStore& store = stores[input.store.index];
  const Deliver& message = input.message;
  if (store.stream.state() != StreamState::open) {
    outbox_->push(mailbox::NotStored{message.pool});
    return;
  }
  const mailbox::Stored answer{message.pool, message.incarnation, message.sequence};
  if (message.sequence <= store.senders[message.pool.index]
                              .mark_of(message.incarnation)
                              .through) {  // the answer got lost: the message is here, or was and is read
    yield_after(input.store, store.stream.sequence(), answer);
    return;
  }
  KeptMessage kept;
  kept.payload = message.result;
  kept.task_id = message.task_id;
  kept.task_incarnation = message.task_incarnation;
  kept.admission = message.admission;
  kept.pool_incarnation = message.incarnation;
  kept.pool_sequence = message.sequence;
  kept.status = message.status;
  kept.reason = message.reason;
  names_->hold(kept.task_id);
  Box& box = box_of(store, message.mailbox);
  kept.counter = record(input.store, [&] {
    return mailbox::MessageStored{store.stream.keep_text(names_->text(message.mailbox)),
                                  store.stream.keep_text(input.pool),
                                  store.stream.keep_text(task_id_of(kept)),
                                  message.incarnation,
                                  message.sequence,
                                  kept.status,
                                  kept.reason,
                                  kept.payload};
  });
  kept.created_at = store.stream.last_at();
  kept.pool = message.pool.index;
  apply_stored(store, box, message.mailbox, kept);
  yield_after(input.store, kept.counter, answer);
  if (subscriptions_.contains(message.mailbox.index))
    yield_after(input.store, kept.counter, mailbox::Arrived{message.mailbox});
  if (box.messages.size() > store.config.retention_count)
    drop_through(input.store, message.mailbox, box.messages.front().counter);
}

/// Record → state, live and at replay. A message of a checkpoint may be older than those that are there.
void Mailbox::Machine::apply_stored(MailboxStore& store, Box& box, NameId key, const KeptMessage& kept) {
  store.by_age.push_back({kept.created_at, key, kept.counter});
  std::uint64_t& through = store.senders[kept.pool].mark_of(kept.pool_incarnation).through;
  through = std::max(through, kept.pool_sequence);
  if (kept.payload.id != 0) payloads.insert(kept.payload.id);
  auto place = box.messages.end();
  while (place != box.messages.begin() && std::prev(place)->counter > kept.counter) --place;
  box.messages.insert(place, kept);
  ++store.message_count;
}

Box* Mailbox::Machine::find_box(MailboxStore& store, NameId key) {
  const std::unique_ptr<Box>* box = store.boxes.find(key.index);
  return box == nullptr ? nullptr : box->get();
}

Box& Mailbox::Machine::box_of(MailboxStore& store, NameId key) {
  std::unique_ptr<Box>& box = store.boxes[key.index];
  if (!box) {
    box = std::make_unique<Box>();
    names_->hold(key);
  }
  return *box;
}

// --- dropping ---

/// Drops the messages of a key up to and including `counter`. Returns how many there were.
std::uint64_t Mailbox::Machine::drop_through(StoreId id, NameId key, std::uint64_t counter) {
  MailboxStore& store = stores[id.index];
  Box* box = find_box(store, key);
  if (box == nullptr || box->messages.empty() || box->messages.front().counter > counter) return 0;
  const std::uint64_t sequence = record(id, [&] {
    return mailbox::MessagesDropped{store.stream.keep_text(names_->text(key)), counter};
  });
  box->last_drop = sequence;
  std::uint64_t count = 0;
  while (!box->messages.empty() && box->messages.front().counter <= counter) {
    if (box->messages.front().payload.id != 0)
      yield_after(id, sequence,
                  mailbox::Dropped{box->messages.front().payload, PoolId{box->messages.front().pool}});
    drop_front(store, *box);
    ++count;
  }
  if (box->messages.empty()) store.emptied.emplace_back(sequence, key);
  return count;
}

/// Removes boxes that are empty for good: an acknowledgement of them rests on nothing any more.
void Mailbox::Machine::remove_emptied(MailboxStore& store) {
  while (!store.emptied.empty() && store.emptied.front().first <= store.stream.durable_through()) {
    const NameId key = store.emptied.front().second;
    store.emptied.pop_front();
    const Box* box = find_box(store, key);
    if (box != nullptr && box->messages.empty() && box->last_drop <= store.stream.durable_through())
      remove_box(store, key);
  }
}

void Mailbox::Machine::remove_box(MailboxStore& store, NameId key) {
  store.boxes.erase(key.index);
  names_->release(key);
}

void Mailbox::Machine::drop_front(MailboxStore& store, Box& box) {
  names_->release(box.messages.front().task_id);
  box.messages.pop_front();
  --store.message_count;
}

/// Retention by age. Entries of messages that are gone are thrown out before they outnumber the others.
void Mailbox::Machine::drop_old(StoreId id) {
  MailboxStore& store = stores[id.index];
  if (store.stream.state() != StreamState::open) return;
  while (!store.by_age.empty() && now_.wall - store.by_age.front().created_at > store.config.retention) {
    const AgedMessage oldest = store.by_age.front();
    store.by_age.pop_front();
    drop_through(id, oldest.key, oldest.counter);
  }
  if (store.by_age.size() <= 2 * store.message_count + 1024) return;
  std::erase_if(store.by_age, [&](const AgedMessage& aged) {
    const Box* box = find_box(store, aged.key);
    return box == nullptr || box->messages.empty() || box->messages.front().counter > aged.counter;
  });
}

void Mailbox::Machine::yield_after(StoreId store, std::uint64_t sequence, const mailbox::Effect& effect) {
  if (stores[store.index].stream.has_settled(sequence)) {
    outbox_->push(effect);
  } else {
    outbox_->push_after(store.index, sequence, effect);
  }
}

std::optional<SteadyTime> Mailbox::Machine::next_deadline() const {
  std::optional<SteadyTime> next;
  for (const MailboxStore& store : stores) {
    if (store.by_age.empty() || store.stream.state() != StreamState::open) continue;
    const Duration left = store.by_age.front().created_at + store.config.retention - now_.wall;
    const SteadyTime due = now_.steady + Duration{std::clamp<std::int64_t>(left.ms + 1, 0, 3600000)};
    next = next ? std::min(*next, due) : due;
  }
  return next;
}

std::size_t Mailbox::Machine::memory_bytes() const {
  std::size_t bytes = 0;
  for (const MailboxStore& store : stores) {
    bytes += static_cast<std::size_t>(store.message_count) * sizeof(KeptMessage) +
             store.by_age.size() * sizeof(AgedMessage) +
             store.boxes.size() * (sizeof(Box) + 4 * sizeof(void*));
  }
  return bytes;
}

const mailbox::Effect* Mailbox::Machine::poll() {
  const mailbox::Effect* effect = outbox_->pop();
  // Only now is the drop durable: until then the message may come back.
  if (const auto* dropped = effect == nullptr ? nullptr : std::get_if<mailbox::Dropped>(effect))
    payloads.erase(dropped->payload.id);
  return effect;
}

// --- the public class ---

Mailbox::Mailbox(const Config& config, Now now, Entropy entropy, Names& names)
    : machine_(std::make_unique<Machine>(config, now, entropy, names)) {}
Mailbox::Mailbox(Mailbox&&) noexcept = default;
Mailbox& Mailbox::operator=(Mailbox&&) noexcept = default;
Mailbox::~Mailbox() = default;

void Mailbox::handle(Now now, std::span<const mailbox::Input> inputs) { machine_->handle(now, inputs); }
const mailbox::Effect* Mailbox::poll() { return machine_->poll(); }
StoreId Mailbox::store_of(PoolId pool) const { return machine_->store_of_pool.at(pool.index); }
bool Mailbox::refers_to(PayloadRef payload) const { return machine_->payloads.contains(payload.id); }
std::uint32_t Mailbox::store_count() const { return static_cast<std::uint32_t>(machine_->stores.size()); }
std::string_view Mailbox::store_name(StoreId store) const { return machine_->stores.at(store.index).name; }
bool Mailbox::is_durable(StoreId store) const { return machine_->stores.at(store.index).stream.is_durable(); }

StoreStats Mailbox::stats(StoreId id) const {
  const MailboxStore& store = machine_->stores.at(id.index);
  return {store.message_count, store.boxes.size(), store.stream.state()};
}

void Mailbox::visit_payloads(StoreId store, const std::function<void(PayloadRef)>& visit) const {
  machine_->visit_payloads(machine_->stores.at(store.index), visit);
}
CheckpointPlace Mailbox::checkpoint(StoreId store, CheckpointPlace from, std::uint32_t limit,
                                    std::vector<mailbox::Record>& records) const {
  return machine_->checkpoint(machine_->stores.at(store.index), from, limit, records);
}

std::string Mailbox::end_cursor() const {
  const Machine::ReadMark everything{.counter = ~std::uint64_t{0}, .newest = never_wall};
  return machine_->spell_cursor(std::vector<Machine::ReadMark>(machine_->stores.size(), everything));
}

std::optional<SteadyTime> Mailbox::next_deadline() const { return machine_->next_deadline(); }
std::size_t Mailbox::memory_bytes() const { return machine_->memory_bytes(); }

}  // namespace parking_lot
