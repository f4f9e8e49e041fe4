#include <algorithm>
#include <charconv>
#include <utility>

#include "mailbox_machine.h"

/// Fetching, acknowledging and subscribing: the side of the mailbox that clients see.
namespace parking_lot {

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

bool Mailbox::Machine::refused(RequestId request, std::string_view cursor,
                               std::vector<std::uint64_t>& counters) {
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
    const auto after = std::upper_bound(
        boxes[i]->messages.begin(), boxes[i]->messages.end(), counters[i],
        [](std::uint64_t counter, const KeptMessage& kept) { return counter < kept.counter; });
    next[i] = static_cast<std::size_t>(after - boxes[i]->messages.begin());
  }
  const std::uint32_t limit = std::clamp<std::uint32_t>(input.limit, 1, 1000);
  while (page->size() < limit) {
    std::size_t best = stores.size();
    for (std::size_t i = 0; i < stores.size(); ++i) {
      if (boxes[i] == nullptr || next[i] == boxes[i]->messages.size()) continue;
      const KeptMessage& kept = boxes[i]->messages[next[i]];
      if (kept.counter > stores[i].stream.durable_through()) continue;
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
  view.pool = store.senders[kept.pool].name;
  view.message_id = view.pool + "-" + spell(GeneratedId{kept.pool_incarnation, kept.pool_sequence});
  view.task_id = task_id_of(kept);
  view.status = kept.status;
  view.reason = kept.reason;
  view.payload = kept.payload;
  view.created_at = kept.created_at;
  view.cursor = spell_cursor(counters);
  return view;
}

std::string Mailbox::Machine::task_id_of(const KeptMessage& kept) const {
  return kept.task_id ? std::string(names_->text(kept.task_id))
                      : spell(GeneratedId{kept.task_incarnation, kept.admission});
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
  // A message on its way to the journal is not to be fetched yet: the subscriber hears of it once it is.
  for (std::uint32_t i = 0; i < stores.size(); ++i) {
    const Box* box = find_box(stores[i], input.key);
    if (box == nullptr || box->messages.empty()) continue;
    const std::uint64_t last = box->messages.back().counter;
    if (last > stores[i].stream.durable_through()) yield_after(StoreId{i}, last, mailbox::Arrived{input.key});
  }
}

void Mailbox::Machine::take(const mailbox::Unsubscribe& input) {
  const auto place = subscriptions_.find(input.key.index);
  if (place == subscriptions_.end()) return;
  names_->release(input.key);
  if (--place->second == 0) subscriptions_.erase(place);
}

}  // namespace parking_lot
