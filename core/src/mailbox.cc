#include "parking_lot/mailbox.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include "mailbox_machine.h"
#include "parking_lot/check.h"

namespace parking_lot {
namespace {

std::string name_of(const StorageConfig& storage) {
  std::string name(to_string(storage.kind));
  const std::string& place = storage.kind == StorageKind::file    ? storage.path
                             : storage.kind == StorageKind::idbfs ? storage.database
                             : storage.kind == StorageKind::opfs  ? storage.directory
                                                                  : storage.table;
  return place.empty() ? name : name + ":" + place;
}

std::string spelled(std::uint64_t incarnation, std::uint64_t number) {
  char text[48];
  std::snprintf(text, sizeof text, "%016llx-%llu", static_cast<unsigned long long>(incarnation),
                static_cast<unsigned long long>(number));
  return text;
}

}  // namespace

Mailbox::Machine::Machine(const Config& config, Now now, Entropy entropy, Names& names) : names_(&names), entropy_(entropy), now_(now) {
  for (const PoolConfig& pool : config.pools) {
    const std::string name = name_of(pool.mailbox.storage);
    std::uint32_t index = 0;
    while (index < stores.size() && stores[index].name != name) ++index;
    if (index == stores.size()) {
      const bool is_volatile = pool.mailbox.storage.is_volatile();
      stores.emplace_back(is_volatile ? Keeping::kept_volatile : Keeping::kept_durable, name, pool.mailbox);
    }
    store_of_pool.push_back(StoreId{index});
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
    if (!stores[i].stream.batch().empty()) outbox_->push(mailbox::Write{StoreId{i}, stores[i].stream.batch()});
  }
}

// --- delivery -----------------------------------------------------------------------------------------------------

void Mailbox::Machine::take(const mailbox::Append& input) {
  MailboxStore& store = stores[input.store.index];
  const Deliver& message = input.message;
  if (store.stream.state() != StreamState::open) {
    outbox_->push(mailbox::NotStored{message.pool});
    return;
  }
  const mailbox::Stored answer{message.pool, message.incarnation, message.sequence};
  std::uint64_t& through = store.delivered_through[{std::string(input.pool), message.incarnation}];
  if (message.sequence <= through) {  // the answer got lost: the message is here, or was and is read
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
  const Box* box = find_box(store, message.mailbox);
  kept.counter = (box == nullptr ? 0 : box->last_counter) + 1;
  kept.sequence = record(input.store, [&] {
    std::string task_id = kept.task_id ? std::string(names_->text(kept.task_id)) : spelled(kept.task_incarnation, kept.admission);
    return mailbox::MessageStored{store.stream.keep_text(names_->text(message.mailbox)), kept.counter,
                                  store.stream.keep_text(input.pool), store.stream.keep_text(task_id), message.incarnation,
                                  message.sequence, kept.status, kept.reason, kept.payload};
  });
  kept.created_at = store.stream.last_at();
  apply_stored(store, message.mailbox, kept, input.pool);
  yield_after(input.store, kept.sequence, answer);
  if (subscriptions_.contains(message.mailbox.index)) yield_after(input.store, kept.sequence, mailbox::Arrived{message.mailbox});
  const auto count = stores[input.store.index].boxes[message.mailbox.index].messages.size();
  if (count > store.config.retention_count) drop_through(input.store, message.mailbox, kept.counter - store.config.retention_count);
}

/// Record → state, live and at replay.
void Mailbox::Machine::apply_stored(MailboxStore& store, NameId key, KeptMessage kept, std::string_view pool) {
  Box& box = box_of(store, key);
  std::uint32_t pool_index = 0;
  while (pool_index < store.pool_names.size() && store.pool_names[pool_index] != pool) ++pool_index;
  if (pool_index == store.pool_names.size()) store.pool_names.emplace_back(pool);
  kept.pool = pool_index;
  box.last_counter = kept.counter;
  store.by_age.push_back({kept.created_at, key, kept.counter});
  std::uint64_t& through = store.delivered_through[{std::string(pool), kept.pool_incarnation}];
  through = std::max(through, kept.pool_sequence);
  box.messages.push_back(kept);
  ++store.message_count;
}

Box* Mailbox::Machine::find_box(MailboxStore& store, NameId key) {
  const auto place = store.boxes.find(key.index);
  return place == store.boxes.end() ? nullptr : &place->second;
}

Box& Mailbox::Machine::box_of(MailboxStore& store, NameId key) {
  const auto [place, is_new] = store.boxes.try_emplace(key.index);
  if (is_new) names_->hold(key);  // counters must go on rising: a box keeps its name for good
  return place->second;
}

// --- reading ------------------------------------------------------------------------------------------------------

bool Mailbox::Machine::parse_cursor(std::string_view text, std::vector<std::uint64_t>& counters) const {
  counters.assign(stores.size(), 0);
  if (text.empty()) return true;
  const char* at = text.data();
  const char* end = at + text.size();
  for (std::uint64_t& counter : counters) {
    const auto parsed = std::from_chars(at, end, counter);
    if (parsed.ec != std::errc()) return false;
    at = parsed.ptr;
    if (at == end) return true;
    if (*at++ != '.') return false;
  }
  return false;
}

std::string Mailbox::Machine::spell_cursor(const std::vector<std::uint64_t>& counters) const {
  std::string text;
  for (const std::uint64_t counter : counters) text += (text.empty() ? "" : ".") + std::to_string(counter);
  return text;
}

bool Mailbox::Machine::refused(RequestId request, std::string_view cursor, std::vector<std::uint64_t>& counters) {
  for (const MailboxStore& store : stores) {
    if (store.stream.state() == StreamState::open) continue;
    outbox_->push(mailbox::Refused{request, Refusal::storage_unavailable});
    return true;
  }
  if (parse_cursor(cursor, counters)) return false;
  outbox_->push(mailbox::Refused{request, Refusal::invalid_task});
  return true;
}

/// Merges the stores by (created_at, store, counter). Only durable messages are seen.
void Mailbox::Machine::take(const mailbox::Fetch& input) {
  std::vector<std::uint64_t> counters;
  if (refused(input.request, input.after, counters)) return;
  auto page = std::make_shared<std::vector<MailboxMessage>>();
  std::vector<const Box*> boxes(stores.size(), nullptr);
  std::vector<std::size_t> next(stores.size(), 0);
  for (std::size_t i = 0; i < stores.size(); ++i) {
    boxes[i] = find_box(stores[i], input.key);
    if (boxes[i] == nullptr || boxes[i]->messages.empty()) continue;
    const auto after = std::upper_bound(boxes[i]->messages.begin(), boxes[i]->messages.end(), counters[i],
                                        [](std::uint64_t counter, const KeptMessage& kept) { return counter < kept.counter; });
    next[i] = static_cast<std::size_t>(after - boxes[i]->messages.begin());
  }
  const std::uint32_t limit = std::clamp<std::uint32_t>(input.limit, 1, 1000);
  while (page->size() < limit) {
    std::size_t best = stores.size();
    for (std::size_t i = 0; i < stores.size(); ++i) {
      if (boxes[i] == nullptr || next[i] == boxes[i]->messages.size()) continue;
      const KeptMessage& kept = boxes[i]->messages[next[i]];
      if (kept.sequence > stores[i].stream.durable_through()) continue;
      if (best == stores.size() || kept.created_at < boxes[best]->messages[next[best]].created_at) best = i;
    }
    if (best == stores.size()) break;
    const KeptMessage& kept = boxes[best]->messages[next[best]++];
    counters[best] = kept.counter;
    if (kept.created_at >= input.since) page->push_back(view_of(stores[best], kept, counters));
  }
  const mailbox::Page effect{input.request, page.get()};
  outbox_->push(effect, std::move(page));
}

MailboxMessage Mailbox::Machine::view_of(const MailboxStore& store, const KeptMessage& kept,
                                         const std::vector<std::uint64_t>& counters) const {
  MailboxMessage view;
  view.pool = store.pool_names[kept.pool];
  view.message_id = view.pool + "-" + spelled(kept.pool_incarnation, kept.pool_sequence);
  view.task_id = kept.task_id ? std::string(names_->text(kept.task_id)) : spelled(kept.task_incarnation, kept.admission);
  view.status = kept.status;
  view.reason = kept.reason;
  view.payload = kept.payload;
  view.created_at = kept.created_at;
  view.cursor = spell_cursor(counters);
  return view;
}

void Mailbox::Machine::take(const mailbox::Acknowledge& input) {
  std::vector<std::uint64_t> counters;
  if (refused(input.request, input.cursor, counters)) return;
  PendingAnswer pending{input.request, 0, {}};
  for (std::uint32_t i = 0; i < stores.size(); ++i) {
    pending.count += drop_through(StoreId{i}, input.key, counters[i]);
    const Box* box = find_box(stores[i], input.key);
    if (box != nullptr) pending.rests_on.emplace_back(i, box->last_drop);
  }
  pending_.push_back(std::move(pending));
  answer_pending();
}

/// Answers acknowledgements once every store that they changed has made the change durable.
void Mailbox::Machine::answer_pending() {
  std::erase_if(pending_, [this](const PendingAnswer& pending) {
    for (const auto& [store, sequence] : pending.rests_on) {
      if (sequence > stores[store].stream.durable_through()) return false;
    }
    outbox_->push(mailbox::Acknowledged{pending.request, pending.count});
    return true;
  });
}

void Mailbox::Machine::take(const mailbox::Subscribe& input) {
  names_->hold(input.key);
  ++subscriptions_[input.key.index];
}

void Mailbox::Machine::take(const mailbox::Unsubscribe& input) {
  const auto place = subscriptions_.find(input.key.index);
  if (place == subscriptions_.end()) return;
  names_->release(input.key);
  if (--place->second == 0) subscriptions_.erase(place);
}

// --- dropping -----------------------------------------------------------------------------------------------------

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
    if (box->messages.front().payload.id != 0) yield_after(id, sequence, mailbox::Dropped{box->messages.front().payload});
    drop_front(store, *box);
    ++count;
  }
  return count;
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

// --- storage ------------------------------------------------------------------------------------------------------

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
    if (const auto* stored = std::get_if<mailbox::Stored>(&effect)) outbox_->push(mailbox::NotStored{stored->pool});
    return true;
  });
  std::erase_if(pending_, [&](const PendingAnswer& pending) {
    const bool is_hit = std::any_of(pending.rests_on.begin(), pending.rests_on.end(),
                                    [&](const auto& rest) { return rest.first == input.store.index; });
    if (is_hit) outbox_->push(mailbox::Refused{pending.request, Refusal::unconfirmed});
    return is_hit;
  });
  clear(store);
  store.stream.failed();
}

/// Empties a store for a reload.
void Mailbox::Machine::clear(MailboxStore& store) {
  for (auto& [key, box] : store.boxes) {
    while (!box.messages.empty()) drop_front(store, box);
    box.last_counter = box.last_drop = 0;
  }
  store.by_age.clear();
  store.delivered_through.clear();
}

void Mailbox::Machine::take(const mailbox::Recovered& input) {
  MailboxStore& store = stores[input.store.index];
  if (!store.stream.is_durable() || store.stream.state() == StreamState::open) return;
  const bool starts_anew = !input.records.empty() && input.records.front().sequence <= store.stream.sequence();
  if (store.stream.state() == StreamState::failed || starts_anew) {
    clear(store);
    store.stream.reloading();
  }
  for (const mailbox::Record& each : input.records) {
    store.stream.replayed(each.sequence, each.at);
    std::visit([&](const auto& fact) { replay(store, fact, each); }, each.fact);
  }
}

void Mailbox::Machine::replay(MailboxStore& store, const mailbox::StoreOpened& fact, const mailbox::Record&) {
  store.stream.set_incarnation(fact.incarnation);
}

void Mailbox::Machine::replay(MailboxStore& store, const mailbox::MessageStored& fact, const mailbox::Record& each) {
  KeptMessage kept;
  kept.counter = fact.counter;
  kept.sequence = each.sequence;
  kept.created_at = each.at;
  kept.payload = fact.payload;
  kept.task_id = names_->intern(fact.task_id);
  kept.pool_incarnation = fact.pool_incarnation;
  kept.pool_sequence = fact.pool_sequence;
  kept.status = fact.status;
  kept.reason = fact.reason;
  const NameId key = names_->intern(fact.key);
  apply_stored(store, key, kept, fact.pool);
  names_->release(key);
}

void Mailbox::Machine::replay(MailboxStore& store, const mailbox::MessagesDropped& fact, const mailbox::Record&) {
  Box* box = find_box(store, names_->find(fact.key));
  while (box != nullptr && !box->messages.empty() && box->messages.front().counter <= fact.through) drop_front(store, *box);
}

void Mailbox::Machine::take(const mailbox::RecoveryDone& input) {
  MailboxStore& store = stores[input.store.index];
  if (!store.stream.is_durable() || store.stream.state() == StreamState::open) return;
  if (store.stream.state() == StreamState::failed) store.stream.reloading();
  store.stream.opened();
  open_store(input.store);
  announce_all(input.store);
}

/// Tells subscribers to look: what they were to hear may have been withdrawn with a failed write.
void Mailbox::Machine::announce_all(StoreId id) {
  std::vector<std::uint32_t> keys;
  for (const auto& [key, count] : subscriptions_) {
    const Box* box = find_box(stores[id.index], NameId{key});
    if (box != nullptr && !box->messages.empty()) keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  for (const std::uint32_t key : keys) outbox_->push(mailbox::Arrived{NameId{key}});
}

void Mailbox::Machine::yield_after(StoreId store, std::uint64_t sequence, const mailbox::Effect& effect) {
  if (sequence <= stores[store.index].stream.durable_through()) {
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
    bytes += static_cast<std::size_t>(store.message_count) * sizeof(KeptMessage) + store.by_age.size() * sizeof(AgedMessage) +
             store.boxes.size() * (sizeof(Box) + 4 * sizeof(void*));
  }
  return bytes;
}

// --- the public class ---------------------------------------------------------------------------------------------

Mailbox::Mailbox(const Config& config, Now now, Entropy entropy, Names& names)
    : machine_(std::make_unique<Machine>(config, now, entropy, names)) {}
Mailbox::Mailbox(Mailbox&&) noexcept = default;
Mailbox& Mailbox::operator=(Mailbox&&) noexcept = default;
Mailbox::~Mailbox() = default;

void Mailbox::handle(Now now, std::span<const mailbox::Input> inputs) { machine_->handle(now, inputs); }
std::optional<mailbox::Effect> Mailbox::poll() { return machine_->poll(); }
StoreId Mailbox::store_of(PoolId pool) const { return machine_->store_of_pool.at(pool.index); }
std::uint32_t Mailbox::store_count() const { return static_cast<std::uint32_t>(machine_->stores.size()); }
std::string_view Mailbox::store_name(StoreId store) const { return machine_->stores.at(store.index).name; }
bool Mailbox::is_durable(StoreId store) const { return machine_->stores.at(store.index).stream.is_durable(); }

StoreStats Mailbox::stats(StoreId id) const {
  const MailboxStore& store = machine_->stores.at(id.index);
  return {store.message_count, store.boxes.size(), store.stream.state()};
}

std::optional<SteadyTime> Mailbox::next_deadline() const { return machine_->next_deadline(); }
std::size_t Mailbox::memory_bytes() const { return machine_->memory_bytes(); }

}  // namespace parking_lot
